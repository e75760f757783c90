import type { Transaction } from "../platform/index.ts";
import { selectArchiveOf, selectArchiveOfFacts } from "./archive/past-store.ts";
import type { CountHistory, Numbered, OnHandChange } from "./count.ts";
import {
  type CountMade,
  type CountsWanted,
  type PostedChange,
  selectChanges,
  selectCounts,
  selectEarliestWatermark,
  selectNumbersAround,
} from "./count-store.ts";
import { type FactToPost, lowestNumbers, positionKey } from "./plan.ts";
import { rowKey } from "./position-service.ts";
import { believedOf, type PositionHistory, type Shelf } from "./shelf.ts";
import type { LockedPosition, PositionRow } from "./store.ts";

/** What will be taken at positions, as far as it decides how much of their past is needed. */
export type HistoriesWanted = {
  readonly positions: readonly LockedPosition[];
  /** The earliest time of anything that will be taken. */
  readonly from: Date;
  /** The lowest number of each stream among the movements that will be taken. */
  readonly lowest: readonly Numbered[];
  /** The positions that will be counted, by counts that all have this watermark or none. */
  readonly counted: ReadonlySet<number>;
  readonly watermark?: Numbered | undefined;
};

/**
 * The histories of the positions that have a count which matters to what will be taken, and of all that will be counted. Those
 * of real places are locked, so nothing of it changes before the transaction's end.
 */
export async function loadHistories(
  tx: Transaction,
  wanted: HistoriesWanted,
): Promise<ReadonlyMap<number, PositionHistory>> {
  const [counts, changes] = await Promise.all([loadCounts(tx, wanted), loadChanges(tx, wanted)]);
  const byPosition = Map.groupBy(counts, (count) => count.positionId);
  const byLocation = Map.groupBy(counts, (count) => count.locationId);
  const histories = new Map<number, PositionHistory>();
  for (const row of wanted.positions) {
    const own = byPosition.get(row.position_id) ?? [];
    const shared = (byLocation.get(row.location_id) ?? []).filter(
      ({ leftOut }) => !leftOut.has(row.position_id),
    );
    if (own.length + shared.length === 0 && !wanted.counted.has(row.position_id)) continue;
    histories.set(row.position_id, historyOf(row, [...own, ...shared], changes.get(row.position_id) ?? []));
  }
  return histories;
}

async function loadCounts(tx: Transaction, wanted: HistoriesWanted): Promise<readonly CountMade[]> {
  const at: CountsWanted = {
    positionIds: wanted.positions.map((row) => row.position_id),
    locationIds: [...new Set(wanted.positions.map((row) => row.location_id))],
    from: wanted.from,
  };
  const [counts, earliest] = await Promise.all([
    selectCounts(tx, at),
    wanted.lowest.length === 0 ? undefined : selectEarliestWatermark(tx, at, wanted.lowest),
  ]);
  // A count before all of it has seen some of it all the same: the counts between the two may not have, and are needed as well.
  return earliest !== undefined && earliest < wanted.from
    ? selectCounts(tx, { ...at, from: earliest })
    : counts;
}

/** When positions were last counted, by themselves or with all of their location, of those that were at or after an instant. */
export async function lastCounted(
  tx: Transaction,
  positions: readonly PositionRow[],
  from: Date,
): Promise<ReadonlyMap<number, Date>> {
  const counts = await selectCounts(tx, {
    positionIds: positions.map((row) => row.position_id),
    locationIds: [...new Set(positions.map((row) => row.location_id))],
    from,
  });
  const last = new Map<number, Date>();
  for (const row of positions) {
    const own = counts.filter(
      ({ positionId, locationId, leftOut }) =>
        positionId === row.position_id || (locationId === row.location_id && !leftOut.has(row.position_id)),
    );
    if (own.length > 0) last.set(row.position_id, new Date(Math.max(...own.map(({ at }) => at))));
  }
  return last;
}

type KnownChange = { readonly row: PostedChange; readonly numbered: Numbered | undefined };

/** What the counts that will be taken may not have seen. */
async function loadChanges(
  tx: Transaction,
  { counted, from, watermark }: HistoriesWanted,
): Promise<ReadonlyMap<number, readonly KnownChange[]>> {
  if (counted.size === 0) return new Map();
  const around = watermark === undefined ? [] : await selectNumbersAround(tx, watermark, from);
  const numbers = new Map(around.map((row) => [row.event_number, row.number]));
  const events = around.filter((row) => row.number > (watermark?.number ?? 0)).map((row) => row.event_number);
  const positionIds = [...counted];
  const [rows] = await Promise.all([
    selectChanges(tx, { positionIds, after: from, events }),
    mustBeHere(tx, { positionIds, from, events }),
  ]);
  const known = rows.map((row) => {
    const number = row.is_variance ? undefined : numbers.get(row.event_number);
    const numbered = watermark === undefined || number === undefined ? undefined : { ...watermark, number };
    return { row, numbered };
  });
  return Map.groupBy(known, ({ row }) => row.position_id);
}

/** A count cannot be held against transfers that have left. It becomes a dead letter, to be taken once they are back. */
async function mustBeHere(
  tx: Transaction,
  asked: {
    readonly positionIds: readonly number[];
    readonly from: Date;
    readonly events: readonly number[];
  },
): Promise<void> {
  const { positionIds, from, events } = asked;
  const [past, ofEvents] = await Promise.all([
    selectArchiveOf(tx, { positionIds, at: from.toISOString(), believedAt: "infinity" }),
    events.length === 0 ? undefined : selectArchiveOfFacts(tx, events),
  ]);
  const archive = past?.archive ?? ofEvents;
  if (archive === undefined) return;
  throw new Error(
    `a count of ${from.toISOString()} cannot be held against transfers that lie in the archive ${archive}: restore it with crossdock archive --restore, and retry`,
  );
}

function historyOf(
  row: LockedPosition,
  counts: readonly CountMade[],
  changes: readonly KnownChange[],
): PositionHistory {
  const { quarantined, damaged } = row;
  const onHand = row.available + row.held + row.allocated + row.picked + row.channel_reserved;
  const shelf = (name: Shelf, balance: number, deltaOf: (change: PostedChange) => number): CountHistory => ({
    onHand: balance,
    posted: changes.map((change) => toChange(change, deltaOf)),
    counts: believedOf(counts.filter((count) => count.shelf === name)),
    planned: [],
  });
  return {
    "on-hand": shelf("on-hand", onHand + quarantined + damaged, (change) => change.on_hand),
    quarantined: shelf("quarantined", quarantined, (change) => change.quarantined),
    damaged: shelf("damaged", damaged, (change) => change.damaged),
  };
}

function toChange({ row, numbered }: KnownChange, deltaOf: (change: PostedChange) => number): OnHandChange {
  return { at: row.effective_at.getTime(), delta: deltaOf(row), numbered };
}

/** What the facts of a batch need to know of the past of their positions. */
export function historiesWanted(
  facts: readonly FactToPost[],
  positions: readonly LockedPosition[],
): HistoriesWanted {
  const counts = facts.filter((fact) => fact.type === "StockCounted");
  const keys = new Set(counts.map(({ data }) => positionKey(data.item, data.location, data.lot ?? "")));
  return {
    positions,
    from: new Date(Math.min(...facts.map((fact) => Date.parse(fact.effectiveAt)))),
    lowest: lowestNumbers(facts),
    counted: new Set(positions.filter((row) => keys.has(rowKey(row))).map((row) => row.position_id)),
  };
}
