import { createCheckpoints } from "../../src/ledger/index.ts";
import { type Database, openLeases, silentLog, systemClock, systemIds } from "../../src/platform/index.ts";
import { createHistogram } from "../measure/histogram.ts";
import type { ProductParts } from "../product-parts.ts";
import { BOOKS_BEGIN, BOOKS_END, BUSY_POSITIONS } from "./books.ts";

/** How long a question about one position at a random instant of its past takes, one after the other. */
export type PastTimes = { readonly p50Ms: number; readonly p99Ms: number; readonly maxMs: number };

/** Makes the checkpoints that are due; gives how many. */
export async function makeCheckpoints(database: Database): Promise<number> {
  const leases = openLeases({ database, ids: systemIds(systemClock), log: silentLog });
  try {
    return await createCheckpoints({ database, clock: systemClock, leases }).make();
  } finally {
    await leases.close();
  }
}

/** Asks about busy and quiet positions in turn, at instants that a fixed seed draws. */
export async function askThePast(
  { ledger }: ProductParts,
  { questions, positions }: { readonly questions: number; readonly positions: number },
): Promise<PastTimes> {
  const histogram = createHistogram();
  let seed = 12_345;
  const draw = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  for (let asked = 0; asked < questions; asked += 1) {
    const positionId = 1 + Math.floor(draw() * (asked % 2 === 0 ? BUSY_POSITIONS : positions));
    const at = new Date(BOOKS_BEGIN + draw() * (BOOKS_END - BOOKS_BEGIN));
    const begun = performance.now();
    const row = await ledger.position(positionId, { at });
    if (row === undefined) throw new Error(`there is no position ${positionId}`);
    histogram.record((performance.now() - begun) * 1_000);
  }
  const ms = (microseconds: number) => microseconds / 1_000;
  return {
    p50Ms: ms(histogram.quantile(0.5)),
    p99Ms: ms(histogram.quantile(0.99)),
    maxMs: ms(histogram.max),
  };
}
