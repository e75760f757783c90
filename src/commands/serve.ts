import { createSecretBox, createStopper, readOrMakeSecretKey } from "../platform/index.ts";
import { openProduct, type Product } from "../product.ts";
import { openSession, type Session } from "./session.ts";

export type ServeOptions = { readonly http: boolean; readonly work: boolean };

/** A product over a session's database, with the key that opens its secrets. */
export async function openServedProduct(session: Session): Promise<Product> {
  const key = await readOrMakeSecretKey({
    secretKey: session.config.secretKey,
    dataDir: session.config.dataDir,
  });
  const { bodyBytesMax, requestTimeoutMs } = session.config;
  return openProduct({
    ...session,
    secretBox: createSecretBox(key),
    limits: { bodyBytesMax, requestTimeoutMs },
  });
}

/**
 * `crossdock serve` and `crossdock work`: runs until it is told to stop. Resolves with the exit code once everything that was begun
 * has ended.
 */
export async function serve(options: ServeOptions): Promise<number> {
  const session = await openSession({ applicationName: options.http ? "crossdock serve" : "crossdock work" });
  const { config, log } = session;
  const stopper = createStopper({ graceMs: config.shutdownGraceMs, log, process });
  stopper.add("database", () => session.close());
  try {
    const product = await openServedProduct(session);
    stopper.add("product", () => product.close());
    const listening = options.http
      ? await product.gateway.listen({ host: config.host, port: config.port })
      : undefined;
    // Only once the port is ours: a second server by mistake must not do half of the first one's work.
    if (options.work) product.startWork();
    log.info({ event: "serve.ready", url: listening?.url, work: options.work, migrated: session.migrated });
  } catch (error) {
    await stopper.stop("start failed");
    throw error;
  }
  await stopped(stopper.stopping);
  const failed = await stopper.stop("stopped");
  return failed.length === 0 ? 0 : 1;
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
