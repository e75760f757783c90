import type { FactLog, LoggedFact } from "../backbone/index.ts";
import { selectFactsOfReservation } from "../ledger/index.ts";
import type { Database } from "../platform/index.ts";
import { selectLives, selectReservationFacts } from "./life-change-store.ts";

/** Facts of one reservation that are shown: a life has a dozen, and its picks and shipments as many as its units at most. */
export const HISTORY_FACTS_MAX = 1_000;
/** How much before and after our own steps a warehouse's facts may say that they took effect. */
const SLACK_MS = 3_600_000;

export type HistoryDeps = {
  readonly database: Database;
  readonly factLog: Pick<FactLog, "factsByNumber">;
};

/**
 * What happened to a reservation, as the log has it, the earliest first; undefined where there is none. The facts are found by the transfers
 * at its position and by what is noted of those that move nothing, so the log needs no index for it.
 */
export async function historyOf(
  { database, factLog }: HistoryDeps,
  id: string,
): Promise<readonly LoggedFact[] | undefined> {
  const rows = await selectLives(database, id);
  const row = rows.find((each) => each.reservation_id === id);
  if (row === undefined) return undefined;
  const [moved, others] = await Promise.all([
    selectFactsOfReservation(database, {
      positionId: row.position_id,
      reservationId: id,
      from: new Date(row.created_at.getTime() - SLACK_MS),
      to: new Date(row.changed_at.getTime() + SLACK_MS),
      limit: HISTORY_FACTS_MAX,
    }),
    selectReservationFacts(database, id),
  ]);
  const numbers = [...new Set([...moved, ...others])];
  const facts = await factLog.factsByNumber(database, numbers);
  return facts.toSorted((a, b) => Date.parse(a.recordedAt) - Date.parse(b.recordedAt) || a.number - b.number);
}
