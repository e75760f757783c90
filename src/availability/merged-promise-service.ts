import { itemId, type Lot, locationId, quantity, type StockFact } from "@crossdock/canonical";
import type { FactLog } from "../backbone/index.ts";
import type {
  ConversionFact,
  Ledger,
  LockedPosition,
  PlannedTransfer,
  TouchedPosition,
} from "../ledger/index.ts";
import type { Clock, Transaction } from "../platform/index.ts";
import { unitsGone } from "./fulfilment.ts";
import {
  type Becoming,
  changeLine,
  convertedFact,
  fenceFact,
  freedPromises,
  type LineChange,
  type PositionAt,
  placesOfLine,
  promiseOf,
  type Standing,
  type StandingLine,
  shortFacts,
  totalsFacts,
} from "./merged-promise.ts";
import {
  insertConverted,
  selectEarlyOf,
  selectFencesOf,
  selectOpenPromises,
  updatePromises,
} from "./merged-promise-store.ts";
import { giveUp, keepAgain, numberOf } from "./promise-record.ts";
import { changeRingFences } from "./ring-fence-store.ts";
import {
  deleteEarlyFulfilment,
  type EarlyRow,
  lockOrders,
  lockReservationsOfLines,
  type ReservationRow,
  selectEarlyFulfilment,
  selectPromisedPlaces,
  upsertEarlyFulfilment,
} from "./store.ts";

export type MergedPromiseDeps = {
  readonly clock: Clock;
  readonly factLog: FactLog;
  readonly ledger: Pick<
    Ledger,
    "stockOf" | "placesOf" | "lockPositionsOf" | "hold" | "countedSince" | "convert"
  >;
};

/** A promise of the item was made for an order while its positions were not yet locked: begin again, and lock that order first. */
export class PromisedMeanwhile extends Error {}

/** Everything of an item that becomes another, locked: its positions, its promises and its order lines. */
export type Held = Standing & { readonly rows: readonly LockedPosition[] };

/** Whether to look at every promise of the item, or only when its balances say that there is one. */
type Look = "everywhere" | "where-balances-say-so";

/**
 * Locks and reads everything of an item that becomes another: its orders, then its positions and the other's at the same places and
 * wherever the lines are promised, then its lanes. Throws `PromisedMeanwhile`.
 */
export async function holdItem(
  deps: MergedPromiseDeps,
  tx: Transaction,
  { from, into }: Pick<Becoming, "from" | "into">,
  look: Look,
): Promise<Held> {
  const { ledger } = deps;
  const seen = await subjectsOf(deps, tx, from, look);
  if (seen.orderIds.length > 0) lockOrders(tx, seen.orderIds);
  const [own, promised] = await Promise.all([
    ledger.placesOf(tx, from),
    selectPromisedPlaces(tx, seen.orderIds, seen.lineIds),
  ]);
  const lanes = own.filter(isLane);
  const places = [...own.filter((place) => !isLane(place)), ...promised];
  const locationIds = (some: readonly TouchedPosition[]) => [
    ...new Set(some.map((place) => place.locationId)),
  ];
  const locked = await ledger.lockPositionsOf(tx, [from, into], locationIds(places));
  const lockedLanes = await ledger.lockPositionsOf(tx, [from, into], locationIds(lanes));
  const standing = await readStanding(deps, tx, {
    from,
    into,
    look,
    locked,
    orderIds: new Set(seen.orderIds),
  });
  return { ...standing, rows: [...locked, ...lockedLanes].filter((row) => row.item_id === from) };
}

const LANE_PREFIX = "transit.";
const isLane = ({ locationId: location }: TouchedPosition): boolean => location.startsWith(LANE_PREFIX);

type Subjects = {
  readonly promises: readonly ReservationRow[];
  readonly orderIds: readonly string[];
  /** Of each order id, the line. */
  readonly lineIds: readonly string[];
};

async function subjectsOf(
  deps: MergedPromiseDeps,
  tx: Transaction,
  item: string,
  look: Look,
): Promise<Subjects> {
  const early = await selectEarlyOf(tx, [item]);
  const isLooked = look === "everywhere" || (await isPromised(deps, tx, item, early));
  const promises = isLooked ? await selectOpenPromises(tx, item) : [];
  const lines = [...promises, ...early].flatMap(({ order_id, line_id }) =>
    order_id === null ? [] : [{ order_id, line_id }],
  );
  return {
    promises,
    orderIds: lines.map(({ order_id }) => order_id),
    lineIds: lines.map(({ line_id }) => line_id),
  };
}

/** Whether balances of an item come from promises: something is kept, or more is picked than early picks and picks for no order explain. */
async function isPromised(
  { ledger }: MergedPromiseDeps,
  tx: Transaction,
  item: string,
  early: readonly EarlyRow[],
): Promise<boolean> {
  const picked = new Map<number, number>();
  for (const row of early) {
    const units = unitsGone({ ...row, putBack: row.put_back }) - row.shipped;
    picked.set(row.position_id, (picked.get(row.position_id) ?? 0) + units);
  }
  const rows = await ledger.stockOf(tx, [item]);
  return rows.some(
    (row) => row.held + row.allocated > 0 || row.picked !== (picked.get(row.position_id) ?? 0),
  );
}

type ToRead = Pick<Becoming, "from" | "into"> & {
  readonly look: Look;
  readonly locked: readonly LockedPosition[];
  readonly orderIds: ReadonlySet<string>;
};

/** Reads again what was seen, behind the locks. */
async function readStanding(
  deps: MergedPromiseDeps,
  tx: Transaction,
  { from, into, look, locked, orderIds: known }: ToRead,
): Promise<Standing> {
  const { promises, orderIds, lineIds } = await subjectsOf(deps, tx, from, look);
  if (orderIds.some((orderId) => !known.has(orderId)))
    throw new PromisedMeanwhile(`an order was promised of ${from} while it became ${into}`);
  const isPlain = (row: ReservationRow) => row.order_id === null || row.state === "held";
  const lineKeys = new Set(orderIds.map((orderId, at) => `${orderId} ${lineIds[at]}`));
  const isOf = (row: { order_id: string | null; line_id: string; item_id: string }) =>
    lineKeys.has(`${row.order_id} ${row.line_id}`) && (row.item_id === from || row.item_id === into);
  const [firm, early, fences] = await Promise.all([
    orderIds.length === 0 ? [] : lockReservationsOfLines(tx, orderIds, lineIds),
    orderIds.length === 0 ? [] : selectEarlyFulfilment(tx, orderIds),
    selectFencesOf(tx, from),
  ]);
  const lots = new Map(locked.map((row) => [row.position_id, row.lot]));
  const rows = {
    firm: firm.filter(isOf),
    early: early.filter(isOf).map((row) => ({ ...row, lot: lots.get(row.position_id) ?? "" })),
  };
  return { plain: promises.filter(isPlain), lines: linesOf(rows, from), fences };
}

function linesOf(
  {
    firm,
    early,
  }: {
    readonly firm: readonly ReservationRow[];
    readonly early: readonly (EarlyRow & { readonly lot: Lot })[];
  },
  from: string,
): readonly StandingLine[] {
  type Of = { readonly order_id: string | null; readonly line_id: string; readonly item_id: string };
  const keyOf = ({ order_id, line_id }: Of) => JSON.stringify([order_id, line_id]);
  const promises = Map.groupBy(firm, keyOf);
  const without = Map.groupBy(early, keyOf);
  const isFrom = (row: Of) => row.item_id === from;
  const isInto = (row: Of) => row.item_id !== from;
  return [...new Set([...promises.keys(), ...without.keys()])].flatMap((key): StandingLine[] => {
    const own = promises.get(key) ?? [];
    const loose = without.get(key) ?? [];
    const [first] = [...own, ...loose];
    if (first === undefined) return [];
    return [
      {
        ...{ orderId: first.order_id ?? "", lineId: first.line_id, early: loose },
        from: placesOfLine(own.filter(isFrom), loose.filter(isFrom)),
        into: placesOfLine(own.filter(isInto), loose.filter(isInto)),
      },
    ];
  });
}

/** How many promises and order lines become those of another item. */
export const countOf = ({ plain, lines }: Standing) => ({
  promises:
    plain.length + lines.flatMap(({ from }) => from.filter(({ promise }) => promise !== undefined)).length,
  lines: lines.filter(({ from }) => from.length > 0).length,
});

export type Carrying = Becoming & {
  readonly conversions: readonly ConversionFact[];
  readonly since: Date;
  readonly reason: string;
  readonly correlationId: string;
};

/**
 * Lets everything of an item be of another: units in whatever status, promises, what happened for order lines, what is set aside. All of
 * it is in `held`, which this transaction locked.
 */
export async function carryOver(
  deps: MergedPromiseDeps,
  tx: Transaction,
  held: Held,
  carrying: Carrying,
): Promise<void> {
  const { conversions, since, correlationId } = carrying;
  const now = deps.clock.now();
  const { places, positionAt } = await placesInto(deps, tx, held, carrying);
  const lines = held.lines.map((line) => changeLine(line, carrying, positionAt));
  const transfers = await tell(deps, tx, { held, lines, carrying, positionAt, now });
  const found = lines.flatMap((line) => foundAgain(line, carrying.into)).map((fact) => ({ fact, at: since }));
  await deps.ledger.convert(tx, [...conversions, ...found], {
    correlationId,
    settled: { places, transfers },
  });
}

/** The other item's positions wherever something of the item stands, made where it has none. */
async function placesInto(
  { ledger }: MergedPromiseDeps,
  tx: Transaction,
  { plain, lines, fences }: Held,
  { into }: Becoming,
): Promise<{ readonly places: readonly TouchedPosition[]; readonly positionAt: PositionAt }> {
  const spots = new Map<string, TouchedPosition>();
  const add = (location: string, lot: string) =>
    spots.set(`${location} ${lot}`, { itemId: itemId(into), locationId: locationId(location), lot });
  for (const row of [...plain, ...fences]) add(row.location_id, row.lot);
  for (const place of lines.flatMap((line) => [...line.from, ...line.into])) add(place.locationId, place.lot);
  const places = [...spots.values()];
  const positions = await ledger.hold(tx, places);
  const ids = new Map(positions.map((row) => [`${row.location_id} ${row.lot}`, row.position_id]));
  const positionAt: PositionAt = (place) => {
    const id = ids.get(`${place.locationId} ${place.lot}`);
    if (id === undefined)
      throw new Error(`${into} at ${place.locationId}, lot "${place.lot}", was not locked`);
    return id;
  };
  return { places, positionAt };
}

/** Units that both names had taken off the shelf for a line, as the fact that they are there: they were picked once. */
function foundAgain({ joined }: LineChange, into: string): readonly StockFact[] {
  return joined.pickedTwice.map(({ locationId: location, lot, units }) => ({
    type: "PickCancelled",
    data: {
      ...{ item: itemId(into), location: locationId(location), quantity: quantity(units) },
      ...(lot === "" ? {} : { lot }),
    },
  }));
}

type Telling = {
  readonly held: Held;
  readonly lines: readonly LineChange[];
  readonly carrying: Carrying;
  readonly positionAt: PositionAt;
  readonly now: Date;
};

/** Writes promises, lines and ring-fences and says so on the log; gives the transfers of promises that keep fewer or more units. */
async function tell(
  deps: MergedPromiseDeps,
  tx: Transaction,
  { held, lines, carrying, positionAt, now }: Telling,
): Promise<readonly PlannedTransfer[]> {
  const { from, into, reason, correlationId } = carrying;
  const plain = held.plain.map((before) => ({ before, after: promiseOf(before, carrying, positionAt) }));
  const changed = [...plain, ...lines.flatMap(({ promises }) => promises)];
  const freed = freedPromises(lines, now);
  const converted = changed.filter(({ before }) => before.item_id === from);
  const facts = await deps.factLog.number([
    ...freed.map(({ told }) => told),
    ...converted.map((promise) => convertedFact(promise, now)),
    ...lines.flatMap((line) => totalsFacts(line, carrying, now)),
    ...shortFacts(lines, carrying, now),
    ...held.fences.map((fence) => fenceFact(fence, carrying, { reason, at: now, correlationId })),
  ]);
  deps.factLog.append(tx, facts);
  if (changed.length > 0)
    updatePromises(
      tx,
      changed.map(({ after }) => after),
      now,
    );
  if (converted.length > 0) {
    const ids = converted.map(({ before }) => before.reservation_id);
    insertConverted(tx, { ids, from, into, at: now });
  }
  writeEarly(tx, lines, carrying, positionAt);
  changeFences(tx, held, carrying, positionAt);
  return freed.map(({ row, units }, index) => {
    const told = { eventNumber: numberOf(facts, index), at: now };
    return units > 0 ? giveUp(row, units, told) : keepAgain(row, -units, told);
  });
}

/** What happened for lines without a promise: at the other item's position, or with the promise that has come to that place. */
function writeEarly(
  tx: Transaction,
  lines: readonly LineChange[],
  { into }: Becoming,
  positionAt: PositionAt,
): void {
  const gone = lines.flatMap(({ early }) =>
    early.map((row) => ({ orderId: row.order_id, lineId: row.line_id, positionId: row.position_id })),
  );
  if (gone.length > 0) deleteEarlyFulfilment(tx, gone);
  const kept = lines.flatMap(({ orderId, lineId, joined }) =>
    joined.places.flatMap((place) =>
      place.promise === undefined
        ? [{ ...place, orderId, lineId, itemId: into, positionId: positionAt(place) }]
        : [],
    ),
  );
  if (kept.length > 0) upsertEarlyFulfilment(tx, kept);
}

function changeFences(
  tx: Transaction,
  { fences }: Held,
  { into, units }: Becoming,
  positionAt: PositionAt,
): void {
  if (fences.length === 0) return;
  const changes = fences.flatMap((fence) => {
    const place = { locationId: fence.location_id, lot: fence.lot };
    const other = { ...fence, item_id: into, position_id: positionAt(place), units: fence.quantity * units };
    return [{ ...fence, units: -fence.quantity }, other];
  });
  changeRingFences(tx, changes);
}
