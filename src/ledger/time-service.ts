import type { RecordedFact, Status } from "@crossdock/canonical";
import type { FactLog } from "../backbone/index.ts";
import type { Database, Queryable } from "../platform/index.ts";
import { type ArchivedPast, selectArchivedPast, selectArchiveOf } from "./archive/past-store.ts";
import { type Balances, NOTHING } from "./balances.ts";
import { type PositionPage, type PositionRow, selectPosition, selectPositionPage } from "./store.ts";
import { addTo, areEqual, balancesOf, type Moment, positionOf } from "./time.ts";
import {
  believedText,
  type ReasonTotal,
  selectEffect,
  selectReasonTotals,
  selectSumsAt,
  selectTransfersOf,
  type TransferRow,
  type UpTo,
  upToMoment,
} from "./time-store.ts";

type Options = { readonly database: Database; readonly factLog: FactLog };

const isNow = ({ at, believedAt }: Moment): boolean => at === undefined && believedAt === undefined;

/** Positions as they were at a moment. Live ones are what they are, and no transfer is looked at. */
async function asOf(
  database: Queryable,
  rows: readonly PositionRow[],
  moment: Moment,
): Promise<PositionRow[]> {
  if (isNow(moment) || rows.length === 0) return [...rows];
  const positionIds = rows.map((row) => row.position_id);
  const asked = { positionIds, upTo: upToMoment(moment), believedAt: believedText(moment) };
  const sums = await selectSumsAt(database, asked);
  return rows.map((row) => positionOf(row, sums.get(row.position_id) ?? { balances: NOTHING, transfers: 0 }));
}

/** A position as it was at a moment; undefined when there is no such position today. */
export async function positionAt(
  database: Queryable,
  positionId: number,
  moment: Moment,
): Promise<PositionRow | undefined> {
  const row = await selectPosition(database, positionId);
  return row === undefined ? undefined : (await asOf(database, [row], moment))[0];
}

/** A page of positions as they were at a moment. */
export async function positionPageAt(
  database: Queryable,
  page: PositionPage,
  moment: Moment,
): Promise<PositionRow[]> {
  return asOf(database, await selectPositionPage(database, page), moment);
}

/** The archive that a moment of the past of positions lies in, so that it is not known here; undefined where it is. */
export async function archiveOf(
  database: Queryable,
  positionIds: readonly number[],
  moment: Moment,
): Promise<ArchivedPast | undefined> {
  if (isNow(moment)) return undefined;
  return selectArchiveOf(database, {
    positionIds,
    at: upToMoment(moment).at,
    believedAt: believedText(moment),
  });
}

/** A transfer as a place to go on from. */
export type TransferPlace = { readonly eventNumber: number; readonly transferId: number };

/** Which balance to explain, and which of the transfers behind it. */
export type ExplanationPage = Moment & {
  /** Transfers that took effect before this one. Absent: the last ones. */
  readonly before?: TransferPlace | undefined;
  readonly limit: number;
};

/** A transfer with the fact behind it, and what the position came to by it. */
export type ExplainedRow = TransferRow & {
  readonly fact: RecordedFact | undefined;
  readonly balances: Balances;
};

/** Why a position is, or was, what it is. */
export type Explanation = {
  readonly position: PositionRow;
  /** All transfers behind the balance, summed by reason. They equal the position, or `balanced` says that they do not. */
  readonly totals: readonly ReasonTotal[];
  readonly balanced: boolean;
  /** What of it has left for archives, the oldest first; the totals have it, and the transfers do not. */
  readonly archived: readonly ArchivedPast[];
  /** What the position held before the first transfer of this page. */
  readonly opening: Balances;
  /** The last to take effect first. */
  readonly transfers: readonly ExplainedRow[];
  /** Give it as `before` for the next page; undefined on the last. */
  readonly next: TransferPlace | undefined;
};

/** Explains a balance in one snapshot, so that position, totals and transfers are of the same moment. */
export async function explain(
  { database, factLog }: Options,
  positionId: number,
  page: ExplanationPage,
): Promise<Explanation | undefined> {
  return database.transaction(
    async (tx) => {
      const position = await positionAt(tx, positionId, page);
      const upTo = await startOf(tx, page);
      if (position === undefined || upTo === undefined) return;
      const believedAt = believedText(page);
      const [archived, totals, sums, rows] = await Promise.all([
        selectArchivedPast(tx, positionId),
        selectReasonTotals(tx, { positionId, at: upToMoment(page).at, believedAt }),
        selectSumsAt(tx, { positionIds: [positionId], upTo, believedAt }),
        selectTransfersOf(tx, { positionId, upTo, believedAt, limit: page.limit }),
      ]);
      const facts = await factLog.factsByNumber(tx, [...new Set(rows.map((row) => row.event_number))]);
      const factOf = new Map(facts.map((fact) => [fact.number, fact]));
      const walked = walkBack(positionId, sums.get(positionId)?.balances ?? NOTHING, rows);
      const summed = totals.reduce((sum, { balances }) => addTo(sum, balances), NOTHING);
      const last = rows.at(-1);
      return {
        position,
        totals,
        balanced: areEqual(summed, balancesOf(position)),
        archived,
        opening: walked.opening,
        transfers: walked.rows.map((row) => ({ ...row, fact: factOf.get(row.event_number) })),
        next:
          last === undefined || rows.length < page.limit
            ? undefined
            : { eventNumber: last.event_number, transferId: last.transfer_id },
      };
    },
    { isolation: "repeatable read", readOnly: true },
  );
}

/** Where a page begins: at its moment, or just before the last transfer of the page before; undefined when there is no such transfer. */
async function startOf(tx: Queryable, page: ExplanationPage): Promise<UpTo | undefined> {
  if (page.before === undefined) return upToMoment(page);
  const at = await selectEffect(tx, page.before);
  return at === undefined ? undefined : { at, transferId: page.before.transferId - 1 };
}

/** Walks from the balance after the last transfer back to the one before the first. */
function walkBack(
  positionId: number,
  closing: Balances,
  rows: readonly TransferRow[],
): { readonly rows: readonly (TransferRow & { balances: Balances })[]; readonly opening: Balances } {
  let balances = closing;
  const walked = rows.map((row) => {
    const after = balances;
    if (row.to_position_id === positionId) balances = shifted(balances, row.to_status, -row.quantity);
    if (row.from_position_id === positionId) balances = shifted(balances, row.from_status, row.quantity);
    return { ...row, balances: after };
  });
  return { rows: walked, opening: balances };
}

const shifted = (balances: Balances, status: Status, units: number): Balances => ({
  ...balances,
  [status]: balances[status] + units,
});
