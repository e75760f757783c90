import type { OrderLineReference } from "@crossdock/canonical";
import type { FactLog } from "../backbone/index.ts";
import type { EarmarkSplit, Earmarks, EarmarkUse, Settlement } from "../ledger/index.ts";
import type { Clock, Transaction } from "../platform/index.ts";
import {
  advance,
  type LinePlace,
  NO_TOTALS,
  replacedAt,
  stateOf,
  totalsOf,
  unitsShort,
} from "./fulfilment.ts";
import { giveUp, keepAgain, numberOf, replacedFact, restoredFact, shortFact } from "./promise-record.ts";
import {
  type EarlyRow,
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
      if (uses.length === 0) return { splits: [], yielded: [], restored: [] };
      const { orderIds, lineIds } = columnsOf(uses.map((use) => use.orderLine));
      const [reservations, early] = await Promise.all([
        lockReservationsOfLines(tx, orderIds, lineIds),
        selectEarlyFulfilment(tx, orderIds),
      ]);
      const books: Books = {
        lines: Map.groupBy([...reservations.map(promisedPlace), ...early.map(earlyPlace)], lineKey),
        changed: new Set(),
        freed: new Map(),
      };
      const splits = uses.map((use) => settleUse(use, books));
      const now = deps.clock.now();
      const written = writeBooks(tx, books, now);
      return { splits, ...(await tellFreed(deps, tx, { freed: books.freed, written, now })) };
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
  /** Units of each reservation that need not be kept any more; fewer than none where units are kept again. */
  readonly freed: Map<ReservationRow, number>;
};

/** One text per item of an order line. */
const lineKey = ({ orderId, lineId, itemId }: Pick<BookedPlace, "orderId" | "lineId" | "itemId">): string =>
  `${orderId} ${lineId} ${itemId}`;

function promisedPlace(row: ReservationRow): BookedPlace {
  const place = placeOf({ ...row, order_id: row.order_id ?? "" });
  return { ...place, ...totalsOf(row), quantity: row.quantity, reservation: row };
}

function earlyPlace(row: EarlyRow): BookedPlace {
  return { ...placeOf(row), ...totalsOf(row), quantity: 0, reservation: undefined };
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
function settleUse(use: EarmarkUse, { lines, changed, freed }: Books): readonly EarmarkSplit[] {
  const { orderLine, itemId, locationId, positionId, step, to, quantity: units } = use;
  const key = lineKey({ ...orderLine, itemId });
  const known = lines.get(key) ?? [];
  const found = known.findIndex((place) => place.positionId === positionId);
  const place = { ...orderLine, itemId, locationId, positionId };
  const untouched = { ...place, ...NO_TOTALS, quantity: 0, reservation: undefined };
  const places = found < 0 ? [...known, untouched] : known;
  const at = found < 0 ? known.length : found;
  const done = advance<BookedPlace>(places, { at, step, units, to });
  lines.set(key, done.places);
  changed.add(key);
  done.places.forEach(({ reservation }, index) => {
    const given = (done.yielded[index] ?? 0) - (done.restored[index] ?? 0);
    if (reservation !== undefined && given !== 0)
      freed.set(reservation, (freed.get(reservation) ?? 0) + given);
  });
  const reservationId = done.places[at]?.reservation?.reservation_id;
  return reservationId === undefined
    ? done.splits
    : done.splits.map((split) => ({ ...split, reservationId }));
}

/** A reservation before and after a batch of uses. */
type Written = { readonly before: ReservationRow; readonly after: ReservationRow };

function writeBooks(tx: Transaction, { lines, changed }: Books, now: Date): readonly Written[] {
  const changedLines = [...changed].map((key) => lines.get(key) ?? []);
  const written = changedLines.flatMap((places) => {
    const replaced = replacedAt(places);
    return places.flatMap((place, index): Written[] => {
      const { reservation: before, picked, putBack, shipped, notFound } = place;
      if (before === undefined) return [];
      const totals = { picked, put_back: putBack, shipped, not_found: notFound };
      const row = { ...before, ...totals, replaced: replaced[index] ?? 0 };
      return [{ before, after: { ...row, state: stateOf({ ...place, replaced: row.replaced }) } }];
    });
  });
  if (written.length > 0)
    updateFulfilment(
      tx,
      written.map(({ after }) => after),
      now,
    );
  const early = changedLines.flat().filter(({ reservation }) => reservation === undefined);
  if (early.length > 0) upsertEarlyFulfilment(tx, early);
  return written;
}

type Freed = {
  readonly freed: ReadonlyMap<ReservationRow, number>;
  readonly written: readonly Written[];
  readonly now: Date;
};

/**
 * Says on the log which promises have yielded, which keep units again, and of which others are short than before; gives the transfers
 * that move their units.
 */
async function tellFreed(
  { factLog }: EarmarkDeps,
  tx: Transaction,
  { freed, written, now }: Freed,
): Promise<Pick<Settlement, "yielded" | "restored">> {
  const given = [...freed].filter(([, units]) => units > 0);
  const kept = [...freed].filter(([, units]) => units < 0);
  const short = written.filter(({ before, after }) => shortOf(before) !== shortOf(after));
  if (given.length + kept.length + short.length === 0) return { yielded: [], restored: [] };
  const facts = await factLog.number([
    ...given.map(([row, units]) => replacedFact(row, units, now)),
    ...kept.map(([row, units]) => restoredFact(row, -units, now)),
    ...short.map(({ after }) => shortFact(after, now)),
  ]);
  factLog.append(tx, facts);
  const told = (index: number) => ({ eventNumber: numberOf(facts, index), at: now });
  return {
    yielded: given.map(([row, units], index) => giveUp(row, units, told(index))),
    restored: kept.map(([row, units], index) => keepAgain(row, -units, told(given.length + index))),
  };
}

const shortOf = (row: ReservationRow): number => unitsShort({ ...totalsOf(row), quantity: row.quantity });
