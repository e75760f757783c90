import { type LogPosition, parsePosition } from "../backbone/index.ts";
import type { Product } from "../product.ts";
import { openServedProduct } from "./serve.ts";
import { commandLog, openSession } from "./session.ts";

export type ReplayOptions = {
  readonly from?: string | undefined;
  readonly since?: string | undefined;
  readonly deadLetters: boolean;
};

/** The exit code of a command that was asked for what cannot be. */
const EXIT_MISUSED = 2;

async function startOf(product: Product, options: ReplayOptions): Promise<LogPosition | string> {
  if (options.since !== undefined) {
    const since = new Date(options.since);
    if (Number.isNaN(since.getTime()))
      return `${options.since} is not a time; write it like 2026-11-23T09:30:00Z`;
    return (await product.factLog.positionBefore(since)) ?? `nothing was recorded since ${options.since}`;
  }
  const position = parsePosition(options.from ?? "0.0");
  return position ?? `${options.from} is not a position; copy one from GET /system/v1/events`;
}

/** `crossdock replay`, over the database that the settings name. */
export async function replayReader(reader: string, options: ReplayOptions): Promise<number> {
  const session = await openSession({
    applicationName: "crossdock replay",
    pending: "refuse",
    log: commandLog(),
  });
  const product = await openServedProduct(session);
  try {
    return await replay(product, reader, options);
  } finally {
    await product.close();
    await session.close();
  }
}

/**
 * `crossdock replay READER`: has a reader of the log read again from a position or a time, or take its dead letters again. The reader
 * itself runs where the workers run; this moves its cursor.
 */
export async function replay(product: Product, reader: string, options: ReplayOptions): Promise<number> {
  const starts = [options.from, options.since, options.deadLetters ? "dead letters" : undefined];
  if (starts.filter((start) => start !== undefined).length > 1) {
    console.error("--from, --since and --dead-letters say different things; give one of them");
    return EXIT_MISUSED;
  }
  const subscriber = product.subscribers.find(({ name }) => name === reader);
  if (subscriber === undefined) {
    console.error(
      `there is no reader "${reader}"; there are: ${product.subscribers.map(({ name }) => name).join(", ")}`,
    );
    return EXIT_MISUSED;
  }
  if (options.deadLetters) {
    const LETTERS_MAX = 1_000;
    const { taken, failed } = await subscriber.retryDeadLetters(LETTERS_MAX);
    console.log(`${taken} dead letter(s) taken, ${failed} failed again`);
    return failed === 0 ? 0 : 1;
  }
  const start = await startOf(product, options);
  if (typeof start === "string") {
    console.error(start);
    return EXIT_MISUSED;
  }
  await subscriber.rewind(start);
  const taken = await subscriber.drain();
  const from = `${start.transaction}.${start.number}`;
  // Where workers run, they may have been quicker.
  console.log(
    `${reader} reads again from ${from}; ${taken} fact(s) of it were read here, the rest by the workers that run`,
  );
  return 0;
}
