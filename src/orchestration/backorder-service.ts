import { type FactData, quantity } from "@crossdock/canonical";
import type { Availabilities } from "../availability/index.ts";
import type { FactLog, LoggedFact } from "../backbone/index.ts";
import type { Transaction } from "../platform/index.ts";
import { stateAfterShort } from "./order.ts";
import { queueReleases, type ReleaseDeps } from "./release-service.ts";
import { addPromised, lockOrders, type OrderRow, selectLines, updateState } from "./store.ts";

type ServedDeps = ReleaseDeps & {
  readonly factLog: FactLog;
  readonly availability: Pick<Availabilities, "reservationsOfOrder">;
};

/** Units on the log that an order's line waited for, and that were promised then. */
export type Served = LoggedFact & {
  readonly type: "BackorderServed";
  readonly data: FactData<"BackorderServed">;
};

/** Whether a fact says that units which were waited for have been promised. */
export function isServed(fact: LoggedFact): fact is Served {
  return fact.type === "BackorderServed";
}

/** Brings orders up to what their lines have been promised since, and tells the warehouses that shall pick it. */
export async function takeServed(deps: ServedDeps, tx: Transaction, facts: readonly Served[]): Promise<void> {
  const byOrder = Map.groupBy(
    facts.filter(({ data }) => data.orderId !== undefined),
    ({ data }) => String(data.orderId),
  );
  if (byOrder.size === 0) return;
  const orders = await lockOrders(tx, [...byOrder.keys()]);
  const lines = [...byOrder].flatMap(([order_id, own]) =>
    own.map(({ data }) => ({ order_id, line_id: data.lineId, units: data.quantity })),
  );
  await addPromised(tx, lines);
  for (const order of orders) await announce(deps, tx, order, byOrder.get(order.order_id) ?? []);
}

async function announce(
  deps: ServedDeps,
  tx: Transaction,
  order: OrderRow,
  served: readonly Served[],
): Promise<void> {
  const { clock, factLog, availability } = deps;
  const lines = await selectLines(tx, [order.order_id]);
  const state = stateAfterShort(lines);
  const added = new Map<string, number>();
  for (const { data } of served) added.set(data.lineId, (added.get(data.lineId) ?? 0) + data.quantity);
  const rows = new Map(lines.map((line) => [line.line_id, line]));
  const told = order.content.lines.flatMap(({ lineId, itemId }) => {
    const [row, units] = [rows.get(lineId), added.get(lineId)];
    if (row === undefined || units === undefined) return [];
    const { ordered, promised } = row;
    const promise = { ordered: quantity(ordered), promised: quantity(promised) };
    return [{ lineId, itemId, ...promise, short: quantity(ordered - promised), added: quantity(units) }];
  });
  const at = clock.now();
  const data = { orderId: order.content.orderId, state, lines: told };
  const [first] = served;
  const correlationId = order.correlation_id;
  const origin = { at, correlationId, ...(first === undefined ? {} : { causationId: first.id }) };
  factLog.append(tx, await factLog.number([{ fact: { type: "OrderReplenished", data }, ...origin }]));
  await updateState(tx, order.order_id, state, at);
  const made = new Set(served.flatMap(({ data: { reservationIds } }) => reservationIds));
  const all = await availability.reservationsOfOrder(order.order_id);
  const reservations = all.filter(({ reservationId }) => made.has(reservationId));
  const [again] = reservations.map(({ reservationId }) => reservationId);
  await queueReleases(deps, tx, { order: order.content, reservations, correlationId, again });
}
