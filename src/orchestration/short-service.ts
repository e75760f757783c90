import { type FactData, type LinePromise, quantity } from "@crossdock/canonical";
import type { Availabilities } from "../availability/index.ts";
import type { FactLog, LoggedFact } from "../backbone/index.ts";
import type { Clock, Transaction } from "../platform/index.ts";
import { stateAfterShort, unitsMissing } from "./order.ts";
import {
  type LineNotFound,
  lockOrders,
  type OrderRow,
  selectLines,
  selectParts,
  updateNotFound,
  updateState,
} from "./store.ts";

export type ShortDeps = {
  readonly clock: Clock;
  readonly factLog: FactLog;
  readonly availability: Pick<Availabilities, "notFoundOf">;
};

/** A promise on the log of which units were not found, or were found after all. */
export type Short = LoggedFact & {
  readonly type: "ReservationShort";
  readonly data: FactData<"ReservationShort">;
};

/** Whether a fact says how much of a promise is short. */
export function isShort(fact: LoggedFact): fact is Short {
  return fact.type === "ReservationShort";
}

/**
 * Brings orders up to what could be found of their promises. What stands there now is asked for and not what the facts say, so that
 * facts of one promise may be read in any order. Who gets what is missing is decided by a person: an order of which nothing is left
 * is on hold.
 */
export async function takeShorts(deps: ShortDeps, tx: Transaction, shorts: readonly Short[]): Promise<void> {
  const named = [...new Set(shorts.flatMap(({ data }) => data.orderId ?? []))];
  if (named.length === 0) return;
  const orders = await lockOrders(tx, named);
  const ids = orders.map((order) => order.order_id);
  const lines = await linesNotFound(deps, tx, ids);
  const changed = new Set((await updateNotFound(tx, ids, lines)).map(keyOf));
  for (const order of orders) await announce(deps, tx, { order, changed });
}

const keyOf = ({ order_id, line_id }: Pick<LineNotFound, "order_id" | "line_id">) => `${order_id} ${line_id}`;

/** Whole units of each line that were not found: of a kit as many as could not be made. */
async function linesNotFound(
  { availability }: ShortDeps,
  tx: Transaction,
  orderIds: readonly string[],
): Promise<readonly LineNotFound[]> {
  const [notFound, parts] = await Promise.all([
    availability.notFoundOf(tx, orderIds),
    selectParts(tx, orderIds),
  ]);
  const perUnit = new Map(
    parts.map((part) => [`${part.orderId} ${part.lineId} ${part.itemId}`, part.perUnit]),
  );
  return [...Map.groupBy(notFound, keyOf).values()].flatMap((rows) => {
    const [first] = rows;
    if (first === undefined) return [];
    const missing = rows.map((row) => ({
      perUnit: perUnit.get(`${keyOf(row)} ${row.item_id}`) ?? 1,
      missing: row.units,
    }));
    return [{ order_id: first.order_id, line_id: first.line_id, units: unitsMissing(missing) }];
  });
}

async function announce(
  { clock, factLog }: ShortDeps,
  tx: Transaction,
  { order, changed }: { readonly order: OrderRow; readonly changed: ReadonlySet<string> },
): Promise<void> {
  const lines = await selectLines(tx, [order.order_id]);
  const own = lines.filter((line) => changed.has(keyOf(line)));
  if (own.length === 0) return;
  const state = stateAfterShort(lines);
  const standing = new Map(own.map((line) => [line.line_id, line]));
  const told = order.content.lines.flatMap((line): LinePromise[] => {
    const row = standing.get(line.lineId);
    if (row === undefined) return [];
    const { lineId, itemId } = line;
    const short = quantity(row.ordered - row.promised);
    return [{ lineId, itemId, ordered: quantity(row.ordered), promised: quantity(row.promised), short }];
  });
  const data = { orderId: order.content.orderId, state, lines: told };
  const at = clock.now();
  const origin = { at, correlationId: order.correlation_id };
  factLog.append(tx, await factLog.number([{ fact: { type: "OrderShort", data }, ...origin }]));
  await updateState(tx, order.order_id, state, at);
}
