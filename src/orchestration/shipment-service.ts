import { type FactData, quantity } from "@crossdock/canonical";
import type { FactLog, LoggedFact } from "../backbone/index.ts";
import type { Governance } from "../governance/index.ts";
import type { Clock, Transaction } from "../platform/index.ts";
import { underPartNames } from "./merged-part.ts";
import { partsShipped } from "./merged-part-service.ts";
import { stateAfterShipment } from "./order.ts";
import type { Papers } from "./papers.ts";
import { type NoticeInput, shipmentFor, shipNotice, shippedParts } from "./ship-notice.ts";
import {
  addShipped,
  type EarlyShipment,
  insertEarlyShipments,
  lockOrders,
  type OrderLineRow,
  type OrderRow,
  type PartRow,
  selectLines,
  takeEarlyShipments,
  updateState,
} from "./store.ts";

export type ShipmentDeps = {
  readonly clock: Clock;
  readonly factLog: FactLog;
  readonly governance: Governance;
  readonly papers: Papers;
};

/** A shipment on the log. */
export type Dispatched = LoggedFact & {
  readonly type: "ShipmentDispatched";
  readonly data: FactData<"ShipmentDispatched">;
};

/** Whether a fact is a shipment. */
export function isDispatched(fact: LoggedFact): fact is Dispatched {
  return fact.type === "ShipmentDispatched";
}

/** Takes shipments off the log; what is for orders that have not been heard of is kept for them. */
export async function takeShipments(
  deps: ShipmentDeps,
  tx: Transaction,
  shipments: readonly Dispatched[],
): Promise<void> {
  const naming = shipments.map((shipment) => ({ shipment, named: ordersIn(shipment) }));
  // Most shipments of a warehouse may be of orders that never came this way: they are told apart at once.
  const all = [...new Set(naming.flatMap(({ named }) => named))];
  if (all.length === 0) return;
  const known = new Set((await lockOrders(tx, all)).map((order) => order.order_id));
  const early: EarlyShipment[] = [];
  for (const { shipment, named } of naming) {
    const own = named.filter((id) => known.has(id));
    if (own.length > 0) await takeShipment(deps, tx, shipment, own);
    const unknown = named.filter((id) => !known.has(id));
    early.push(...unknown.map((orderId) => ({ orderId, eventNumber: shipment.number })));
  }
  if (early.length > 0) await insertEarlyShipments(tx, early);
}

/** The orders that a shipment says it is of. */
export const ordersIn = (shipment: Dispatched): readonly string[] => [
  ...new Set(shippedParts(shipment.data).map((part) => part.orderId)),
];

/** Takes the shipments of orders that the warehouse knew of before us. */
export async function takeEarly(
  options: ShipmentDeps,
  tx: Transaction,
  orderIds: readonly string[],
): Promise<void> {
  const early = await takeEarlyShipments(tx, orderIds);
  if (early.length === 0) return;
  const facts = await options.factLog.factsByNumber(tx, [...new Set(early.map((row) => row.event_number))]);
  for (const shipment of facts.filter(isDispatched)) {
    const own = early.filter((row) => row.event_number === shipment.number).map((row) => row.order_id);
    await takeShipment(options, tx, shipment, own);
  }
}

/** Notes what left for which of the orders, and announces it to each order's channel; one shipment may serve several. */
async function takeShipment(
  options: ShipmentDeps,
  tx: Transaction,
  fact: Dispatched,
  orderIds: readonly string[],
): Promise<void> {
  const orders = await lockOrders(tx, orderIds);
  const known = new Set(orders.map((order) => order.order_id));
  const shipped = shippedParts(fact.data).filter((part) => known.has(part.orderId));
  const before = Map.groupBy(await partsShipped(options, tx, shipped), (part) => part.orderId);
  if (shipped.length > 0) await addShipped(tx, shipped);
  for (const row of orders) await announce(options, tx, fact, { row, parts: before.get(row.order_id) ?? [] });
}

async function announce(
  options: ShipmentDeps,
  tx: Transaction,
  fact: Dispatched,
  { row, parts }: { readonly row: OrderRow; readonly parts: readonly PartRow[] },
): Promise<void> {
  const { factLog, papers, clock } = options;
  const { content: order } = row;
  const lines = await selectLines(tx, [row.order_id]);
  const state = stateAfterShipment(lines);
  const own = shipmentFor(fact.data, order.orderId);
  const shipped = Map.groupBy(shippedParts(own), (part) => part.lineId);
  const data = {
    orderId: order.orderId,
    state,
    shipmentNumber: own.shipmentNumber,
    lines: order.lines
      .filter((line) => shipped.has(line.lineId))
      .map(({ lineId }) => ({ lineId, shipped: shippedOf(lines, lineId) })),
  };
  const origin = { correlationId: row.correlation_id, causationId: fact.id };
  const facts = await factLog.number([{ fact: { type: "OrderShipped", data }, at: clock.now(), ...origin }]);
  factLog.append(tx, facts);
  await updateState(tx, row.order_id, state, clock.now());
  if (!(await papers.supports(order.accountId, "ship-notice", order))) return;
  const notice = { order, shipment: underPartNames(own, parts), shippedAt: fact.effectiveAt, parts };
  const document = await noticeFor(options.governance, tx, notice);
  if (document === undefined) return;
  const key = `${order.orderId}.${own.location}.${own.shipmentNumber}`;
  await papers.enqueue(tx, { accountId: order.accountId, kind: document.kind, key, document, ...origin });
}

async function noticeFor(
  governance: Governance,
  tx: Transaction,
  notice: Pick<NoticeInput, "order" | "shipment" | "shippedAt" | "parts">,
) {
  const { order, shipment } = notice;
  const ids = [
    ...order.lines.map((line) => line.itemId),
    ...shippedParts(shipment).map((part) => part.itemId),
  ];
  const [items, names] = await Promise.all([
    governance.items(tx, ids),
    governance.namesFor(tx, ids, order.accountId),
  ]);
  return shipNotice({ ...notice, items, names });
}

function shippedOf(lines: readonly OrderLineRow[], id: string) {
  return quantity(lines.find((line) => line.line_id === id)?.shipped ?? 0);
}
