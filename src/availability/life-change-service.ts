import { orderId } from "@crossdock/canonical";
import type { Transaction } from "../platform/index.ts";
import { totalsOf } from "./fulfilment.ts";
import { unknownReservation } from "./life.ts";
import {
  type ChangeDecision,
  decideConfirm,
  decideExtend,
  decideMove,
  decideReduce,
  decideSplit,
  extendedTo,
  type LifeChange,
  type LifeToChange,
} from "./life-change.ts";
import {
  insertReservationFact,
  type LifeRow,
  selectLives,
  updateConfirmed,
  updateExpiry,
} from "./life-change-store.ts";
import {
  already,
  type ChangeAnswer,
  type ChangeDeps,
  type ChangeOptions,
  type Changing,
  done,
  own,
  Withdrawn,
} from "./life-changing-service.ts";
import { move, movedBefore } from "./life-move-service.ts";
import { reduce, split } from "./life-parts-service.ts";
import { lockPromises } from "./life-service.ts";
import { giveBack, numberOf, stepData } from "./promise-record.ts";
import type { RuleBook } from "./rules/book.ts";
import { lockOrders, lockReservationsOfLines, selectEarlyFulfilment } from "./store.ts";

/**
 * Changes a reservation in a transaction of its own: all of it or nothing, decided behind the locks of what it touches, in the program's
 * lock order (orders, then positions).
 */
export async function changeReservation(
  deps: ChangeDeps,
  id: string,
  change: LifeChange,
  options: ChangeOptions,
): Promise<ChangeAnswer> {
  const book = await deps.book();
  try {
    return await deps.database.transaction(async (tx) => {
      const seen = (await selectLives(tx, id)).find((row) => row.reservation_id === id);
      if (seen === undefined) return unknownReservation(id);
      const rows = await lockAll(deps, tx, { seen, change, book });
      const row = rows.find((each) => each.reservation_id === id) ?? seen;
      const changing: Changing = { deps, tx, row, options, now: deps.clock.now() };
      const answer = await carryOut(changing, change, { book, came: rows.filter((each) => each !== row) });
      if (answer.done && !answer.already) await options.keep?.(tx, answer);
      return answer;
    });
  } catch (error) {
    if (error instanceof Withdrawn) return { done: false, refused: error.refused };
    throw error;
  }
}

type ToLock = { readonly seen: LifeRow; readonly change: LifeChange; readonly book: RuleBook };

/**
 * Locks the order that is named, and then the positions: for a move all that the channel sells from, because what others protect is
 * protected there. Gives what is read behind the locks.
 */
async function lockAll(
  deps: ChangeDeps,
  tx: Transaction,
  { seen, change, book }: ToLock,
): Promise<readonly LifeRow[]> {
  if (change.kind === "confirm") lockOrders(tx, [change.orderId]);
  const { reservation_id: id } = seen;
  if (change.kind !== "move") {
    await lockPromises(deps, tx, [seen]);
    return selectLives(tx, id);
  }
  const network = book.channels.get(seen.channel_id)?.locations ?? [];
  const lockItem = (item: string) =>
    deps.ledger.lockPositionsOf(tx, [item], [...new Set([...network, seen.location_id])]);
  await lockItem(seen.item_id);
  const rows = await selectLives(tx, id);
  // Merged into another item meanwhile, it lies elsewhere.
  const item = rows.find((row) => row.reservation_id === id)?.item_id ?? seen.item_id;
  if (item === seen.item_id) return rows;
  await lockItem(item);
  return selectLives(tx, id);
}

type Around = { readonly book: RuleBook; readonly came: readonly LifeRow[] };

async function carryOut(changing: Changing, change: LifeChange, around: Around): Promise<ChangeAnswer> {
  const { deps, row, now } = changing;
  const life = lifeOf(row);
  switch (change.kind) {
    case "extend": {
      const until = extendedTo(change.until, now);
      const holdMsMax = await deps.holdMsMax(row.channel_id);
      return settle(changing, decideExtend(life, until, { now, holdMsMax }), () => extend(changing, until));
    }
    case "reduce":
      return settle(changing, decideReduce(life, change.keep, now), (state) =>
        reduce(changing, state, change.keep),
      );
    case "split":
      return settle(changing, decideSplit(life, change.units, now), (state) =>
        split(changing, state, change),
      );
    case "move":
      return (
        movedBefore(changing, change, around.came) ??
        settle(changing, decideMove(life, change, now), (state) =>
          move(changing, state, { ...change, book: around.book }),
        )
      );
    case "confirm":
      return settle(changing, decideConfirm(life, change.orderId, now), () =>
        confirm(changing, change.orderId),
      );
    default:
      return change satisfies never;
  }
}

/** A stored reservation as changes of it are decided. */
export function lifeOf(row: LifeRow): LifeToChange {
  return {
    ...totalsOf(row),
    reservationId: row.reservation_id,
    state: row.state,
    quantity: row.quantity,
    replaced: row.replaced,
    expiresAt: row.expires_at ?? undefined,
    orderId: row.order_id ?? undefined,
    locationId: row.location_id,
    lot: row.lot,
    createdAt: row.created_at,
  };
}

/** Answers what needs nothing done, and does the rest. */
function settle(
  { row, now }: Changing,
  decision: ChangeDecision,
  run: (state: "held" | "allocated") => Promise<ChangeAnswer>,
): Promise<ChangeAnswer> | ChangeAnswer {
  if ("refused" in decision) return { done: false, refused: decision.refused };
  if ("already" in decision) return already(row, now, []);
  return run(decision.state);
}

async function extend({ deps, tx, row, options, now }: Changing, until: Date): Promise<ChangeAnswer> {
  const before = (row.expires_at ?? now).toISOString();
  const data = { ...stepData(row, row.quantity), expiresAt: until.toISOString(), before };
  const facts = await deps.factLog.number([own({ type: "ReservationExtended", data }, options, now)]);
  updateExpiry(tx, { id: row.reservation_id, expiresAt: until, at: now });
  insertReservationFact(tx, row.reservation_id, numberOf(facts, 0));
  deps.factLog.append(tx, facts);
  return done({ ...row, expires_at: until });
}

/** Allocates a hold for an order, unless something has left for that line already or is promised to it at the same position. */
async function confirm({ deps, tx, row, options, now }: Changing, order: string): Promise<ChangeAnswer> {
  const [early, promised] = await Promise.all([
    selectEarlyFulfilment(tx, [order]),
    lockReservationsOfLines(tx, [order], [row.line_id]),
  ]);
  if (
    early.some((each) => each.line_id === row.line_id) ||
    promised.some((each) => each.position_id === row.position_id)
  ) {
    const message = `The line ${row.line_id} of the order ${order} has a promise there, or units have left for it; confirm another line.`;
    return { done: false, refused: { reason: "wrong-state", message } };
  }
  const data = { ...stepData(row, row.quantity), orderId: orderId(order) };
  const facts = await deps.factLog.number([own({ type: "ReservationAllocated", data }, options, now)]);
  deps.ledger.post(tx, [
    { ...giveBack(row, numberOf(facts, 0), now), toStatus: "allocated", reason: "allocate" },
  ]);
  updateConfirmed(tx, { id: row.reservation_id, orderId: order, at: now });
  deps.factLog.append(tx, facts);
  return done({ ...row, state: "allocated", order_id: order, expires_at: null });
}
