import type { Database, Log, Queryable } from "../../platform/index.ts";
import { type Difference, differenceText } from "../rebuild.ts";
import { selectWrongSupply, setSupply } from "./rebuild-store.ts";

/** Holds what is kept of supply against the log, in the caller's snapshot. */
export async function compareSupply(
  snapshot: Queryable,
  found: (difference: Difference) => void,
): Promise<void> {
  for (const { about, kept, rebuilt } of await selectWrongSupply(snapshot)) {
    found({ kind: "supply", about, kept: kept ?? undefined, rebuilt: rebuilt ?? undefined });
  }
}

/** Sets what is kept of supply to what the log makes of it, where something differed. Gives how many differences that settles. */
export async function repairSupply(
  { database, log }: { readonly database: Database; readonly log: Log },
  differences: readonly Difference[],
): Promise<number> {
  const wrong = differences.filter((difference) => difference.kind === "supply");
  if (wrong.length === 0) return 0;
  const changed = await database.transaction((tx) => setSupply(tx));
  for (const difference of wrong)
    log.warn({ event: "ledger.supply-rebuilt", was: differenceText(difference) });
  return Math.min(changed, wrong.length);
}
