import {
  accountId,
  channelId,
  itemId,
  type LocationId,
  lineId,
  locationId,
  orderId,
  quantity,
  type ReservationRequest,
  type StockFact,
} from "@crossdock/canonical";
import { createCheckpoints } from "../../src/ledger/index.ts";
import { createOrchestration, type Orchestration, type Papers } from "../../src/orchestration/index.ts";
import type { Database } from "../../src/platform/index.ts";
import { atMinute, type Core, openCore, stock, type Told, tell, warehouse, widget } from "../support/core.ts";
import { sealFirstFact } from "./first-seal.ts";
import { fillInbox } from "./inbox.ts";

/** The core with orders on top, and short ways to make things happen in it. */
export type Activity = Core & { readonly orders: Orchestration };

const noPapers = { supports: async () => false, enqueue: async () => undefined };

const second: LocationId = locationId("wh-2");
/** A warehouse that no channel sells from. */
const foreign: LocationId = locationId("wh-3");
const nut = itemId("nut");
const milk = itemId("milk");
const resin = itemId("resin");

const item = (id: string, components: readonly { itemId: string; quantity: number }[] = []) => ({
  itemId: id,
  sku: id.toUpperCase(),
  description: id,
  baseUnit: "EA",
  tracking: id === "milk" ? ("lot" as const) : ("none" as const),
  units: [{ unit: "XCS", numerator: 12, denominator: 1 }],
  components,
});

/** Wires the core and orchestration, with items, a kit, locations with an owner, and channels. */
export async function openActivity(database: Database, papers: Papers = noPapers): Promise<Activity> {
  const core = openCore(database);
  const orders = createOrchestration({ ...core, papers });
  await core.governance.saveItems(
    ["widget", "nut", "bolt", "milk", "cork", "tin", "screw", "washer"].map((id) => item(id)),
  );
  await core.governance.saveItems([
    item("set", [
      { itemId: "nut", quantity: 2 },
      { itemId: "bolt", quantity: 1 },
    ]),
    item("box", [{ itemId: "tin", quantity: 2 }]),
  ]);
  await core.governance.saveLocations(
    ["wh-1", "wh-2"].map((id) => ({
      locationId: id,
      code: id.toUpperCase(),
      name: id,
      type: "warehouse" as const,
      timeZone: "UTC",
    })),
  );
  await core.governance.saveOwnership([
    { measure: "physical-stock", locationId: "wh-2", source: "/accounts/wms-1" },
  ]);
  await core.availability.saveChannels([
    { channelId: "web", name: "Web", locationIds: ["wh-1", "wh-2"] },
    { channelId: "retail", name: "Retail", locationIds: ["wh-1", "wh-2"] },
  ]);
  return { ...core, orders };
}

let ids = 0;
/** More transfers than lie between two checkpoints of a position. */
const TRANSFERS_TO_CHECKPOINT = 110;

/** Tells one fact, under an id of its own unless it is given one, and lets every reader take it. */
export async function happen(
  activity: Activity,
  fact: Told["fact"],
  more: Partial<Told> = {},
): Promise<string> {
  ids += 1;
  const told = { id: `fact-${String(ids).padStart(4, "0")}`, minute: ids, fact, ...more };
  await tell(activity, [told]);
  await drain(activity);
  return told.id;
}

export async function drain(activity: Activity): Promise<void> {
  await activity.lots.subscriber.drain();
  await activity.ledger.subscriber.drain();
  await activity.orders.subscriber.drain();
}

const line = (id: string, wanted: string, units: number): ReservationRequest["lines"][number] => ({
  lineId: lineId(id),
  item: { scheme: "id", value: wanted },
  quantity: { value: units, unit: "EA" },
});

/** Reserves units of an item and gives the ids of the reservations. */
export async function reserve(
  { availability }: Activity,
  wanted: string,
  units: number,
  more: {
    readonly key?: string;
    readonly orderId?: string;
    readonly ttlSeconds?: number;
    readonly policy?: ReservationRequest["policy"];
  } = {},
): Promise<readonly string[]> {
  const { key, orderId: order, ttlSeconds, policy } = more;
  const request: ReservationRequest = {
    channelId: channelId("web"),
    lines: [line("1", wanted, units)],
    ...(order === undefined ? {} : { orderId: orderId(order) }),
    ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
    ...(policy === undefined ? {} : { policy }),
  };
  const answer = await availability.reserve(request, { clientId: "test", key, correlationId: "test" });
  return "answer" in answer ? answer.answer.reservations.map((made) => made.reservationId) : [];
}

export async function step(
  { availability }: Activity,
  reservationIds: readonly string[],
  to: "allocate" | "release",
): Promise<void> {
  await availability.step(reservationIds, { step: to, reason: "test", correlationId: "test" });
}

export const ordered = (id: string, line = "1") => ({ orderId: id, lineId: line });

type Line = { readonly id: string; readonly item: string; readonly units: number };

/** An order comes in from a shop. */
export async function order(
  activity: Activity,
  id: string,
  lines: readonly Line[],
  number = id,
): Promise<void> {
  await happen(activity, {
    type: "OrderReceived",
    data: {
      orderId: orderId(id),
      accountId: accountId("shop-1"),
      channelId: channelId("web"),
      orderNumber: number,
      placedAt: atMinute(1),
      lines: lines.map((each) => ({
        lineId: lineId(each.id),
        itemId: itemId(each.item),
        ordered: { value: each.units, unit: "EA" },
        quantity: quantity(each.units),
      })),
    },
  });
}

/** A shipment of units of an order's line. */
export function shipment(
  id: string,
  parts: readonly { readonly item: string; readonly units: number; readonly lineId?: string }[],
  from: typeof warehouse = warehouse,
): StockFact {
  return {
    type: "ShipmentDispatched",
    data: {
      location: from,
      shipmentNumber: `S-${id}`,
      cartons: [
        {
          lines: parts.map((part) => ({
            item: itemId(part.item),
            quantity: quantity(part.units),
            orderLine: ordered(id, part.lineId ?? "1"),
          })),
        },
      ],
    },
  };
}

const moved = (
  type: "TransferDispatched" | "TransferReceived" | "TransferLost",
  units: number,
): StockFact => ({
  type,
  data: { item: widget, from: warehouse, to: second, quantity: quantity(units) },
});

const milkCounted: StockFact = {
  type: "StockCounted",
  data: { item: milk, location: warehouse, lot: "L 1", counted: quantity(7) },
};

const brokenBulk: StockFact = {
  type: "StockConverted",
  data: {
    location: warehouse,
    from: { item: widget, quantity: quantity(1) },
    to: { item: itemId("clip"), lot: "K 1", quantity: quantity(12) },
    status: "available",
    reason: "break bulk",
  },
};

/** Everything that a warehouse may say, in and out of order, late and twice, and a claim by somebody who owns nothing. */
async function warehouseDay(activity: Activity): Promise<void> {
  await tell(activity, [{ id: "fact-0000", minute: 10, fact: stock.received(100) }]);
  await happen(activity, stock.counted(97), { minute: 60 });
  await happen(activity, stock.adjusted(-2), { minute: 30 });
  await happen(activity, stock.counted(99), { minute: 20 });
  await happen(activity, stock.counted(96), { minute: 60 });
  await happen(activity, stock.adjusted(3), { minute: 70 });
  await happen(activity, stock.received(40, nut), { minute: 10 });
  await happen(activity, stock.received(20, itemId("bolt")), { minute: 10 });
  const id = await happen(activity, stock.picked(5));
  await happen(activity, stock.picked(5), { id });
  await happen(activity, stock.shipped(4));
  await happen(activity, moved("TransferDispatched", 6));
  await happen(activity, moved("TransferReceived", 5));
  await happen(activity, moved("TransferLost", 1));
  await happen(activity, stock.received(9, widget, second), { account: "erp" });
  await happen(activity, { type: "StockReturned", data: { ...at(widget, 2), status: "quarantined" } });
  await happen(activity, {
    type: "StockStatusChanged",
    data: { ...at(widget, 1), from: "quarantined", to: "damaged" },
  });
  await happen(activity, {
    type: "StockReceived",
    data: { ...at(milk, 8), lot: "L 1", expiresAt: "2026-05-01T00:00:00Z" },
  });
  await happen(activity, milkCounted, { minute: 600 });
  await happen(activity, milkCounted, { minute: 600 });
  await happen(activity, { type: "LotChanged", data: { ...at(resin, 2), fromLot: "R 1", toLot: "R 2" } });
  await happen(activity, { type: "LotChanged", data: { ...at(resin, 1), fromLot: "R 2", toLot: "R 2" } });
  await happen(activity, brokenBulk);
  await happen(activity, { type: "StockPacked", data: at(widget, 1) });
  await happen(activity, stock.received(3, itemId("cork")), { minute: 10 });
  await miscounted(activity);
}

/** A count that was beyond its tolerance, and wrong. */
async function miscounted({ governance, ledger, ...activity }: Activity): Promise<void> {
  const tolerance = { unitsMax: 2, percentMax: null, valueMax: null, acceptAfterHours: null };
  const scope = { source: undefined, locationId: undefined, itemId: "cork" };
  await governance.setCountTolerance({ ...scope, tolerance, by: "clerk" });
  await happen({ ...activity, governance, ledger }, stock.counted(33, itemId("cork")), { minute: 20 });
  const list = { before: Number.MAX_SAFE_INTEGER, limit: 1, sources: undefined };
  const [opened] = await ledger.countCases.page({ ...list, state: "open" });
  const decided = { decision: "rejected", by: "clerk", because: "read 33 for 3" } as const;
  const caseNumber = opened?.case_number ?? 0;
  await ledger.countCases.decide({ ...decided, caseNumber, correlationId: "test" });
}

const at = (of: typeof widget, units: number) => ({
  item: of,
  location: warehouse,
  quantity: quantity(units),
});

/** Reservations through every state of their life, and one request told twice. */
async function promises(activity: Activity): Promise<void> {
  await reserve(activity, "widget", 3, { key: "k-1" });
  await reserve(activity, "widget", 3, { key: "k-1" });
  await reserve(activity, "widget", 10_000, { key: "k-2" });
  await reserve(activity, "washer", 3, { key: "k-3", policy: "backorder" });
  await reserve(activity, "set", 2);
  await step(activity, await reserve(activity, "widget", 2), "release");
  const firm = await reserve(activity, "widget", 4);
  await step(activity, firm, "allocate");
  await step(activity, firm, "release");
  await step(activity, await reserve(activity, "widget", 1), "allocate");
  await reserve(activity, "widget", 5, { ttlSeconds: 1 });
  activity.clock.advance(1_000);
  await reserve(activity, "widget", 1);
  await reserve(activity, "cork", 2);
  await reserve(activity, "nut", 1, { ttlSeconds: 1 });
  activity.clock.advance(1_000);
  await activity.availability.sweep();
}

/** Orders: whole, short and of a kit; picked before, after and beyond what was promised; one that comes after its picks, one that never
 * comes; some that leave from another place than they were promised at, before and after; a repeated number; stock below zero. */
async function orders(activity: Activity): Promise<void> {
  await order(activity, "o-1", [{ id: "1", item: "widget", units: 4 }]);
  await happen(activity, stock.picked(4, ordered("o-1")));
  await happen(activity, shipment("o-1", [{ item: "widget", units: 4 }]));
  await order(activity, "o-2", [{ id: "1", item: "widget", units: 6 }]);
  await happen(activity, shipment("o-2", [{ item: "widget", units: 5 }]));
  await happen(activity, stock.picked(7, ordered("o-2")));
  await order(activity, "o-3", [
    { id: "1", item: "set", units: 3 },
    { id: "2", item: "bolt", units: 500 },
  ]);
  await order(activity, "o-4", [{ id: "1", item: "widget", units: 1 }], "o-3");
  await order(activity, "o-5", [{ id: "1", item: "widget", units: 2 }]);
  const unwanted = await activity.availability.reservationsOfOrder("o-5");
  await step(
    activity,
    unwanted.map((made) => made.reservationId),
    "release",
  );
  await happen(activity, stock.picked(1, ordered("o-6")));
  await happen(activity, shipment("o-6", [{ item: "widget", units: 2 }]));
  await order(activity, "o-6", [{ id: "1", item: "widget", units: 3 }]);
  await happen(activity, stock.picked(2, ordered("o-6")));
  await happen(activity, shipment("o-6", [{ item: "widget", units: 1 }]));
  await happen(activity, shipment("o-8", [{ item: "widget", units: 1 }]));
  await order(activity, "o-11", [{ id: "1", item: "widget", units: 3 }]);
  await happen(activity, shipment("o-11", [{ item: "widget", units: 2 }], second));
  await happen(activity, shipment("o-12", [{ item: "widget", units: 2 }], foreign));
  await order(activity, "o-12", [{ id: "1", item: "widget", units: 3 }]);
  await happen(activity, shipment("o-12", [{ item: "widget", units: 1 }], foreign));
  await happen(activity, stock.adjusted(-100, nut));
}

/** Units that were not found, before the order and after, of a kit too, and some found after all; picks that were put back, before they
 * were heard of, where the promise is open, where it yielded and where there is none; and a promise that was released after it. */
async function secondThoughts(activity: Activity): Promise<void> {
  const tin = itemId("tin");
  await happen(activity, stock.received(60, tin));
  await happen(activity, stock.received(30, tin, second), { account: "wms-1" });
  const on = (type: "StockPicked" | "StockPickedShort" | "PickCancelled", id: string, units: number) =>
    happen(activity, { type, data: { ...at(tin, units), orderLine: ordered(id) } });
  await order(activity, "t-1", [{ id: "1", item: "tin", units: 5 }]);
  await on("StockPicked", "t-1", 2);
  await on("StockPickedShort", "t-1", 3);
  await happen(activity, shipment("t-1", [{ item: "tin", units: 2 }]));
  await order(activity, "t-2", [{ id: "1", item: "tin", units: 4 }]);
  await on("StockPickedShort", "t-2", 4);
  await order(activity, "t-3", [{ id: "1", item: "tin", units: 4 }]);
  await on("StockPickedShort", "t-3", 2);
  await on("StockPicked", "t-3", 4);
  await on("StockPickedShort", "t-4", 1);
  await on("PickCancelled", "t-4", 2);
  await on("StockPicked", "t-4", 3);
  await order(activity, "t-4", [{ id: "1", item: "tin", units: 6 }]);
  await order(activity, "t-5", [{ id: "1", item: "tin", units: 3 }]);
  await happen(activity, {
    type: "StockPicked",
    data: { ...at(tin, 3), location: foreign, orderLine: ordered("t-5") },
  });
  await happen(activity, {
    type: "PickCancelled",
    data: { ...at(tin, 2), location: foreign, orderLine: ordered("t-5"), status: "damaged" },
  });
  await happen(activity, { type: "StockPicked", data: at(tin, 2) });
  await happen(activity, { type: "PickCancelled", data: { ...at(tin, 1), status: "quarantined" } });
  await order(activity, "t-6", [{ id: "1", item: "tin", units: 3 }]);
  await on("StockPickedShort", "t-6", 1);
  await on("StockPicked", "t-6", 2);
  await on("PickCancelled", "t-6", 2);
  const unwanted = await activity.availability.reservationsOfOrder("t-6");
  await step(
    activity,
    unwanted.map((made) => made.reservationId),
    "release",
  );
  await on("StockPickedShort", "t-6", 1);
  await order(activity, "t-7", [{ id: "1", item: "box", units: 4 }]);
  await on("StockPickedShort", "t-7", 3);
}

/** What is kept of the past: a receipt line that came short and then over, a position with a checkpoint of which more is learned. */
async function memories(activity: Activity): Promise<void> {
  const screw = itemId("screw");
  const line = { purchaseOrder: "PO-1", receiptNumber: "R-1", receiptLine: "1" };
  const received = (units: number, expected: number): StockFact => ({
    type: "StockReceived",
    data: { ...at(screw, units), ...line, expected: quantity(expected) },
  });
  await happen(activity, received(4, 10), { minute: 10 });
  await happen(activity, received(8, 11), { minute: 11 });
  const moves = Array.from({ length: TRANSFERS_TO_CHECKPOINT }, (_, index): Told => {
    return { id: `screw-${index}`, minute: 20 + index, fact: stock.adjusted(1, screw) };
  });
  await tell(activity, moves);
  await drain(activity);
  await createCheckpoints(activity).make();
  await happen(activity, stock.adjusted(-3, screw), { minute: 15 });
}

/** A day in the life of the core, through its doors. `isSealed`: its first fact is sealed and signed for, with a key of the tests. */
export async function liveADay(activity: Activity, { isSealed = false } = {}): Promise<void> {
  if (isSealed) await sealFirstFact(activity);
  await warehouseDay(activity);
  await promises(activity);
  await orders(activity);
  await secondThoughts(activity);
  await fillInbox(activity);
  await memories(activity);
  await drain(activity);
}
