import type { OrderLineReference } from "@crossdock/canonical";
import type { FactLog } from "../backbone/index.ts";
import type { EarmarkSplit, Earmarks, EarmarkUse, PlannedTransfer } from "../ledger/index.ts";
import type { Clock, Transaction } from "../platform/index.ts";
import { advance, type LinePlace, replacedAt, stateOf } from "./fulfilment.ts";
import { giveUp, numberOf, replacedFact } from "./promise-record.ts";
import {
  lockOrders,
  lockReservationsOfLines,
  type ReservationRow,
  selectEarlyFulfilment,
  selectPromisedPlaces,
  updateFulfilment,
  upsertEarlyFulfilment,
} from "./store.ts";

export type EarmarkDeps = { readonly clock: Clock; readonly factLog: FactLog };

/** The promises behind picks and shipments, as the ledger asks for them; see `Earmarks`. */
export function createEarmarks(deps: EarmarkDeps): Earmarks<Transaction> {
  return {
    async promisedPlaces(tx, orderLines) {
      if (orderLines.length === 0) return [];
      const { orderIds, lineIds } = columnsOf(orderLines);
      lockOrders(tx, orderIds);
      return selectPromisedPlaces(tx, orderIds, lineIds);
    },
    async settle(tx, uses) {
      if (uses.length === 0) return { splits: [], yielded: [] };
      const { orderIds, lineIds } = columnsOf(uses.map((use) => use.orderLine));
      const [reservations, early] = await Promise.all([
        lockReservationsOfLines(tx, orderIds, lineIds),
        selectEarlyFulfilment(tx, orderIds),
      ]);
      const books: Books = {
        lines: Map.groupBy([...reservations.map(promisedPlace), ...early.map(earlyPlace)], lineKey),
        changed: new Set(),
        yielded: new Map(),
      };
      const splits = uses.map((use) => settleUse(use, books));
      const now = deps.clock.now();
      writeBooks(tx, books, now);
      return { splits, yielded: await tellYielded(deps, tx, books, now) };
    },
  };
}

function columnsOf(lines: readonly OrderLineReference[]) {
  return { orderIds: lines.map(({ orderId }) => orderId), lineIds: lines.map(({ lineId }) => lineId) };
}

/** A place of an order line, with the promise that was made there, if any was. */
type BookedPlace = LinePlace & {
  readonly orderId: string;
  readonly lineId: string;
  readonly itemId: string;
  readonly positionId: number;
  readonly reservation: ReservationRow | undefined;
};

/** The lines in question, item by item, their promises in the order in which they were made. They change as uses are settled. */
type Books = {
  readonly lines: Map<string, readonly BookedPlace[]>;
  readonly changed: Set<string>;
  /** Units of each reservation that need not be kept any more. */
  readonly yielded: Map<ReservationRow, number>;
};

/** One text per item of an order line. */
const lineKey = ({ orderId, lineId, itemId }: Pick<BookedPlace, "orderId" | "lineId" | "itemId">): string =>
  `${orderId} ${lineId} ${itemId}`;

function promisedPlace(row: ReservationRow): BookedPlace {
  const { quantity, picked, shipped } = row;
  return {
    ...placeOf({ ...row, order_id: row.order_id ?? "" }),
    quantity,
    picked,
    shipped,
    reservation: row,
  };
}

function earlyPlace(row: RowOfPlace & Pick<LinePlace, "picked" | "shipped">): BookedPlace {
  const { picked, shipped } = row;
  return { ...placeOf(row), quantity: 0, picked, shipped, reservation: undefined };
}

type RowOfPlace = {
  readonly order_id: string;
  readonly line_id: string;
  readonly item_id: string;
  readonly location_id: string;
  readonly position_id: number;
};

function placeOf(row: RowOfPlace) {
  return {
    orderId: row.order_id,
    lineId: row.line_id,
    itemId: row.item_id,
    locationId: row.location_id,
    positionId: row.position_id,
  };
}

/**
 * Settles one use and notes the progress for the uses after it. A place where nothing was promised is settled by the same rule as one
 * where something was, with a promise of nothing: then it does not matter whether the order or its pick is heard of first.
 */
function settleUse(use: EarmarkUse, { lines, changed, yielded }: Books): readonly EarmarkSplit[] {
  const { orderLine, itemId, locationId, positionId, step, quantity: units } = use;
  const key = lineKey({ ...orderLine, itemId });
  const known = lines.get(key) ?? [];
  const found = known.findIndex((place) => place.positionId === positionId);
  const place = { ...orderLine, itemId, locationId, positionId };
  const untouched = { ...place, quantity: 0, picked: 0, shipped: 0, reservation: undefined };
  const places = found < 0 ? [...known, untouched] : known;
  const at = found < 0 ? known.length : found;
  const done = advance<BookedPlace>(places, { at, step, units });
  lines.set(key, done.places);
  changed.add(key);
  done.places.forEach(({ reservation }, index) => {
    const given = done.yielded[index] ?? 0;
    if (reservation !== undefined && given > 0)
      yielded.set(reservation, (yielded.get(reservation) ?? 0) + given);
  });
  const reservationId = done.places[at]?.reservation?.reservation_id;
  return reservationId === undefined
    ? done.splits
    : done.splits.map((split) => ({ ...split, reservationId }));
}

function writeBooks(tx: Transaction, { lines, changed }: Books, now: Date): void {
  const changedLines = [...changed].map((key) => lines.get(key) ?? []);
  const rows = changedLines.flatMap((places) => {
    const replaced = replacedAt(places);
    return places.flatMap(({ reservation, picked, shipped }, index) => {
      if (reservation === undefined) return [];
      const row = { ...reservation, picked, shipped, replaced: replaced[index] ?? 0 };
      return [{ ...row, state: stateOf(row) }];
    });
  });
  if (rows.length > 0) updateFulfilment(tx, rows, now);
  const early = changedLines.flat().filter(({ reservation }) => reservation === undefined);
  if (early.length > 0) upsertEarlyFulfilment(tx, early);
}

/** Says on the log which promises have yielded, and gives the transfers that put their units back. */
async function tellYielded(
  { factLog }: EarmarkDeps,
  tx: Transaction,
  { yielded }: Books,
  now: Date,
): Promise<readonly PlannedTransfer[]> {
  if (yielded.size === 0) return [];
  const rows = [...yielded];
  const facts = await factLog.number(rows.map(([row, units]) => replacedFact(row, units, now)));
  factLog.append(tx, facts);
  return rows.map(([row, units], index) =>
    giveUp(row, units, { eventNumber: numberOf(facts, index), at: now }),
  );
}
