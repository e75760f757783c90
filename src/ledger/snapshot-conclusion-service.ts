import type { Clock, Database, KeepAnswer, Transaction, Wakeup } from "../platform/index.ts";
import { SNAPSHOTS_TOPIC } from "./gather-service.ts";
import { concludeSnapshot } from "./snapshot-conclusion-store.ts";
import { selectSnapshot } from "./snapshot-store.ts";

/** What a person has decided about rows of a full snapshot that have not become known. */
export type Conclusion = { readonly snapshotNumber: number; readonly by: string; readonly because: string };

/** What a conclusion came to. A second one changes nothing and says so. */
export type ConclusionOutcome = "concluded" | "already-concluded" | "nothing-missing" | "not-taken";

type ConcludeDeps = { readonly clock: Clock; readonly wakeup: Wakeup };

/**
 * Concludes a full snapshot whose unknown rows will never be known: what none of its rows names is not there, as in any full snapshot, and
 * is judged by its tolerance like any other count. A row that becomes known all the same is counted as one that comes late.
 * `keep` keeps the answer in the transaction that concludes.
 */
export function conclude(
  deps: ConcludeDeps & { readonly database: Database },
  conclusion: Conclusion,
  keep?: KeepAnswer<ConclusionOutcome>,
): Promise<ConclusionOutcome> {
  return deps.database.transaction(async (tx) => {
    const outcome = await concludeWithin(deps, tx, conclusion);
    await keep?.(tx, outcome);
    return outcome;
  });
}

async function concludeWithin(
  deps: ConcludeDeps,
  tx: Transaction,
  conclusion: Conclusion,
): Promise<ConclusionOutcome> {
  if ((await concludeSnapshot(tx, conclusion, deps.clock.now())) > 0) {
    tx.afterCommit(() => deps.wakeup.signal(SNAPSHOTS_TOPIC));
    return "concluded";
  }
  const snapshot = await selectSnapshot(tx, conclusion.snapshotNumber);
  if (snapshot !== undefined && snapshot.concluded_at !== null) return "already-concluded";
  const isWhole = snapshot?.scope === "partial" || snapshot?.rows_unresolved === 0;
  return isWhole ? "nothing-missing" : "not-taken";
}
