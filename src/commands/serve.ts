import {
  createLog,
  createSecretBox,
  createStopper,
  readOrMakeSecretKey,
  type Stopper,
} from "../platform/index.ts";
import { openProduct, type Product } from "../product.ts";
import { openSession, readSettings, type Session } from "./session.ts";

export type ServeOptions = { readonly http: boolean; readonly work: boolean };

/** A product over a session's database, with the key that opens its secrets. */
export async function openServedProduct(session: Session): Promise<Product> {
  const key = await readOrMakeSecretKey({
    secretKey: session.config.secretKey,
    dataDir: session.config.dataDir,
  });
  const { bodyBytesMax, requestTimeoutMs, availabilityMemoryBytes } = session.config;
  return openProduct({
    ...session,
    secretBox: createSecretBox(key),
    limits: { bodyBytesMax, requestTimeoutMs },
    memoryBytesMax: availabilityMemoryBytes,
  });
}

/**
 * `crossdock serve` and `crossdock work`: runs until it is told to stop. Resolves with the exit code once everything that was begun
 * has ended.
 */
export async function serve(options: ServeOptions): Promise<number> {
  const { logLevel, shutdownGraceMs } = readSettings();
  const log = createLog({ level: logLevel });
  const stopper = createStopper({ graceMs: shutdownGraceMs, log, process });
  const applicationName = options.http ? "crossdock serve" : "crossdock work";
  const session = openSession({ applicationName, pending: "as-set", log });
  // Added before it is open: whoever stops us while it opens must not leave a database running.
  stopper.add("database", async () => (await session.catch(() => undefined))?.close());
  try {
    await begin(options, await session, stopper);
  } catch (error) {
    // Whoever stops us at the start takes away what the start was using; that is no error.
    const isStopped = stopper.stopping.aborted;
    await stopper.stop("start failed");
    if (!isStopped) throw error;
  }
  await stopped(stopper.stopping);
  const failed = await stopper.stop("stopped");
  return failed.length === 0 ? 0 : 1;
}

async function begin({ http, work }: ServeOptions, session: Session, stopper: Stopper): Promise<void> {
  const { config, log } = session;
  const product = await openServedProduct(session);
  stopper.add("product", () => product.close());
  const listening = http ? await product.gateway.listen({ host: config.host, port: config.port }) : undefined;
  // Only once the port is ours: a second server by mistake must not do half of the first one's work.
  if (work) product.startWork();
  log.info({ event: "serve.ready", url: listening?.url, work, migrated: session.migrated });
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
