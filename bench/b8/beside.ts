import { accountId, accountSource, itemId, locationId, quantity } from "@crossdock/canonical";
import type { ProductParts } from "../product-parts.ts";
import type { Fold } from "./folds.ts";

const BATCH_FACTS = 100;

/** Postings a second, alone and beside a rebuild. */
export type Beside = {
  readonly alonePerSecond: number;
  readonly besidePerSecond: number;
  readonly differences: number;
};

/** Posts receipts in batches, one batch after the other, by itself for a while and then for as long as a rebuild takes. */
export async function postBeside(parts: ProductParts, fold: Fold, aloneMs: number): Promise<Beside> {
  let told = 0;
  const post = async (until: AbortSignal) => {
    const begun = performance.now();
    let facts = 0;
    for (; !until.aborted; facts += BATCH_FACTS) {
      await postBatch(parts, told);
      told += BATCH_FACTS;
    }
    return (facts * 1_000) / (performance.now() - begun);
  };
  const alonePerSecond = await post(AbortSignal.timeout(aloneMs));
  const over = new AbortController();
  const [besidePerSecond, differences] = await Promise.all([
    post(over.signal),
    fold.run().finally(() => over.abort()),
  ]);
  return { alonePerSecond, besidePerSecond, differences };
}

async function postBatch({ database, factLog, ledger }: ProductParts, told: number): Promise<void> {
  const numbers = await factLog.takeNumbers(BATCH_FACTS);
  const facts = numbers.map((number, place) => ({
    type: "StockReceived" as const,
    data: {
      item: itemId(`item-${(told + place) % 1_000}`),
      location: locationId("wh-1"),
      quantity: quantity(1),
    },
    number,
    id: `beside-${told + place}`,
    source: accountSource(accountId("bench")),
    effectiveAt: new Date().toISOString(),
    correlationId: "beside",
  }));
  await database.transaction((tx) => factLog.appendFromOutside(tx, facts));
  await ledger.subscriber.drain();
}
