import {
  channelId,
  itemId,
  lineId,
  locationId,
  orderId,
  quantity,
  type Reservation,
  type ReservationRefusal,
  reservationId,
} from "@crossdock/canonical";
import type { Ledger, PositionRow } from "../../ledger/index.ts";
import type { KeepAnswer, Transaction } from "../../platform/index.ts";
import { admit } from "../admission-service.ts";
import { withExpiries } from "../expiry-service.ts";
import { type NotDone, unknownReservation } from "../life.ts";
import { untouched } from "../life-change.ts";
import { lifeOf } from "../life-change-service.ts";
import { type LifeRow, selectLives, updateOrigin } from "../life-change-store.ts";
import {
  type ChangeAnswer,
  type ChangeDeps,
  type Changing,
  done,
  Withdrawn,
} from "../life-changing-service.ts";
import { reduce } from "../life-parts-service.ts";
import { writeSteps } from "../life-service.ts";
import { openPositions } from "../open-positions.ts";
import { selectRingFences } from "../ring-fence-store.ts";
import type { RuleBook } from "../rules/book.ts";
import { lockOrders, selectEarlyFulfilment, sumExpiredHolds } from "../store.ts";
import {
  changedSince,
  type PromiseToRelocate,
  type Proposals,
  proposalsFor,
  relocationRequest,
  type SeenVersion,
  type StockAround,
} from "./proposal.ts";
import { selectPlacesOfLine } from "./store.ts";

export type RelocationDeps = ChangeDeps & { readonly ledger: Pick<Ledger, "positionsOf"> };

/** Where units of a promise could come from instead, and the state of things that this was found in. */
export type RelocationProposals = Proposals & {
  readonly reservationId: string;
  readonly units: number;
  readonly versions: readonly SeenVersion[];
};

/** What is decided of proposals: so many units shall come from there. */
export type Relocation = {
  readonly reservationId: string;
  readonly units: number;
  readonly toLocationId: string;
  /** As they were proposed: where one of them is another by now, nothing happens. */
  readonly versions: readonly SeenVersion[];
  readonly because: string;
  readonly correlationId: string;
  readonly keep?: KeepAnswer<ChangeAnswer>;
};

const refused = (reason: ReservationRefusal["reason"], message: string): NotDone => ({
  done: false,
  refused: { reason, message },
});

/** Promises that may be relocated are of the shelf alone: nothing of them was picked, was not found, or left from elsewhere. */
function standing(
  row: LifeRow,
  units: number,
  now: Date,
): NotDone | { readonly state: "held" | "allocated" } {
  const reach = untouched(lifeOf(row), now);
  if ("refused" in reach) return { done: false, refused: reach.refused };
  if (units <= row.quantity) return reach;
  return refused("not-possible", `It has ${row.quantity} units; ask for no more than that.`);
}

const ON_ONE_SNAPSHOT = { isolation: "repeatable read", readOnly: true } as const;

/** Proposes where else units of a promise could come from, by the rules that hold. Nothing is locked and nothing is kept for it. */
export async function proposeRelocation(
  deps: RelocationDeps,
  id: string,
  asked: number | undefined,
): Promise<RelocationProposals | NotDone> {
  const book = await deps.book();
  return deps.database.transaction(async (tx) => {
    const row = (await selectLives(tx, id)).find((each) => each.reservation_id === id);
    if (row === undefined) return unknownReservation(id);
    const units = asked ?? row.quantity;
    const stands = standing(row, units, deps.clock.now());
    if ("done" in stands) return stands;
    const positions = await deps.ledger.positionsOf(tx, [row.item_id], reachOf(book, row));
    const around = await stockAround(deps, tx, { row, book, positions });
    if (around === "begun") return begun(row);
    const proposals = proposalsFor(around, promiseOf(row), units);
    return { ...proposals, reservationId: id, units, versions: positions.map(seenAs) };
  }, ON_ONE_SNAPSHOT);
}

const seenAs = (row: Pick<PositionRow, "position_id" | "version">): SeenVersion => ({
  positionId: row.position_id,
  version: row.version,
});

/** All that the channel sells from, because what others protect is protected there; and where the promise is. */
const reachOf = (book: RuleBook, row: LifeRow): readonly string[] => [
  ...new Set([...(book.channels.get(row.channel_id)?.locations ?? []), row.location_id]),
];

const begun = (row: LifeRow) =>
  refused(
    "wrong-state",
    `Units have left for the line ${row.line_id} of its order; what is kept goes with them.`,
  );

/** Everything that admission will look at, read as it is now. */
async function stockAround(
  deps: RelocationDeps,
  tx: Transaction,
  of: { readonly row: LifeRow; readonly book: RuleBook; readonly positions: readonly PositionRow[] },
): Promise<StockAround | "begun"> {
  const { row, book, positions } = of;
  const taken = await placesTaken(tx, row);
  if (taken === "begun") return taken;
  const ids = positions.map((each) => each.position_id);
  const [expired, fenceRows] = await Promise.all([
    sumExpiredHolds(tx, { itemIds: [row.item_id], now: deps.clock.now() }),
    selectRingFences(tx, ids, [row.channel_id]),
  ]);
  const fence = new Map<number, number>();
  const back = expired
    .filter((each) => each.channel_id === row.channel_id && each.fenced > 0)
    .map((each) => ({ position_id: each.position_id, quantity: each.fenced }));
  for (const each of [...fenceRows, ...back])
    fence.set(each.position_id, (fence.get(each.position_id) ?? 0) + each.quantity);
  const free = expired.map((each) => ({ position_id: each.position_id, quantity: each.quantity, fenced: 0 }));
  return {
    book,
    positions: await withExpiries(tx, openPositions(positions, free), deps.clock.now()),
    fences: fence.size === 0 ? new Map() : new Map([[row.channel_id, fence]]),
    taken,
  };
}

/** Where the line is promised units, or was; "begun" where units have left for it that no promise knows. */
async function placesTaken(tx: Transaction, row: LifeRow): Promise<ReadonlySet<number> | "begun"> {
  if (row.order_id === null) return new Set();
  const early = await selectEarlyFulfilment(tx, [row.order_id]);
  if (early.some((each) => each.line_id === row.line_id)) return "begun";
  const line = { orderId: row.order_id, lineId: row.line_id, without: row.reservation_id };
  return new Set(await selectPlacesOfLine(tx, line));
}

function promiseOf(row: LifeRow): PromiseToRelocate {
  return {
    channelId: channelId(row.channel_id),
    orderId: row.order_id === null ? undefined : orderId(row.order_id),
    lineId: lineId(row.line_id),
    itemId: itemId(row.item_id),
    positionId: row.position_id,
    locationId: locationId(row.location_id),
    fenced: row.fenced,
  };
}

/**
 * Lets units of a promise come from another location, in one transaction: they are given back where they were and taken there, by the
 * rules that hold, or nothing happens. Where a position is not as it was proposed, it says which. Locks the order and then the positions,
 * as everywhere.
 */
export async function relocate(deps: RelocationDeps, wanted: Relocation): Promise<ChangeAnswer> {
  const book = await deps.book();
  try {
    return await deps.database.transaction((tx) => relocateWithin(deps, tx, { wanted, book }));
  } catch (error) {
    if (error instanceof Withdrawn) return { done: false, refused: error.refused };
    throw error;
  }
}

async function relocateWithin(
  deps: RelocationDeps,
  tx: Transaction,
  { wanted, book }: { readonly wanted: Relocation; readonly book: RuleBook },
): Promise<ChangeAnswer> {
  const { reservationId: id, units, toLocationId, versions, because, correlationId } = wanted;
  const read = async () => (await selectLives(tx, id)).find((each) => each.reservation_id === id);
  const seen = await read();
  if (seen === undefined) return unknownReservation(id);
  if (seen.order_id !== null) lockOrders(tx, [seen.order_id]);
  const locked = await deps.ledger.lockPositionsOf(tx, [seen.item_id], reachOf(book, seen));
  const row = (await read()) ?? seen;
  const now = deps.clock.now();
  const changed = changedSince(versions, locked.map(seenAs));
  if (changed.length > 0 || row.item_id !== seen.item_id) return outOfDate(changed);
  const stands = standing(row, units, now);
  if ("done" in stands) return stands;
  const taken = await placesTaken(tx, row);
  if (taken === "begun") return begun(row);
  const options = { reason: `moved to ${toLocationId}: ${because}`, correlationId };
  const left = await giveBackHere({ deps, tx, row, options, now }, stands.state, units);
  if (!left.done) return left;
  const made = await takeThere(deps, tx, { row, book, wanted, taken });
  const ids = made.map((each) => each.reservationId);
  updateOrigin(tx, { ids, cameFrom: row.reservation_id, createdAt: row.created_at });
  const answer: ChangeAnswer = { ...left, made };
  await wanted.keep?.(tx, answer);
  return answer;
}

/** Gives units back where they were promised: the promise is smaller then, or over. */
async function giveBackHere(
  changing: Changing,
  state: "held" | "allocated",
  units: number,
): Promise<ChangeAnswer> {
  const { deps, tx, row, options } = changing;
  if (units < row.quantity) return reduce(changing, state, row.quantity - units);
  await writeSteps(deps, tx, [{ row, from: state, to: "released", units }], { ...options, step: "release" });
  return done({ ...row, state: "released", fenced: 0 });
}

function outOfDate(changed: readonly number[]): NotDone {
  const named = changed.length === 0 ? "its item" : `position ${changed.slice(0, 5).join(", ")}`;
  return refused(
    "not-possible",
    `It is not as it was proposed any more: ${named} has changed. Ask for proposals again.`,
  );
}

async function takeThere(
  deps: RelocationDeps,
  tx: Transaction,
  {
    row,
    book,
    wanted,
    taken,
  }: {
    readonly row: LifeRow;
    readonly book: RuleBook;
    readonly wanted: Relocation;
    readonly taken: ReadonlySet<number>;
  },
): Promise<readonly Reservation[]> {
  const to = locationId(wanted.toLocationId);
  const entry = {
    request: relocationRequest(promiseOf(row), { units: wanted.units, to, policy: "all-or-nothing" }),
    expiresAt: row.expires_at ?? undefined,
    correlationId: wanted.correlationId,
    cameFrom: reservationId(row.reservation_id),
  };
  const [admitted] = await admit(deps, tx, [entry], { book, isMove: true });
  const made = admitted?.reservations ?? [];
  if (admitted?.decision.promised.some(({ position }) => taken.has(position.positionId)) === true)
    throw new Withdrawn({ reason: "not-possible", message: "The line is promised units there already." });
  if (made.length > 0) return made;
  const rejection = admitted?.decision.rejections[0];
  const message = `It stays where it is. At the other place: ${rejection?.message ?? "There is nothing there."}`;
  const shortBy = rejection?.shortBy ?? quantity(wanted.units);
  throw new Withdrawn({ reason: "insufficient-stock", message, shortBy });
}
