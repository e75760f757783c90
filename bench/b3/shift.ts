import type { WmsEvent } from "@crossdock/connector-wms";
import type { Random } from "../../src/platform/index.ts";
import type { Happening, PostedHappening } from "./books.ts";
import { type Floor, nextHappening } from "./floor.ts";
import { type FirehoseSize, skuOf, warehouseCode } from "./world.ts";

/** Shares of the events that go astray. Of the repeated ones half come in another delivery, half because a whole delivery does. */
const REPEATED = 0.02;
const LATE = 0.05;
const POISON = 0.001;
/** How much later than in order a late event comes at most, by the warehouses' clocks. */
const LATE_MS_MAX = 30_000;
/**
 * The time that a shift takes by the warehouses' clocks, unless it has more events than milliseconds: events of one moment have no
 * order, and books that see them in one would not know.
 */
const SHIFT_MS_MIN = 120_000;
/** Deliveries after which one comes again: its first one is stored by then, or just being stored. */
const AGAIN_AFTER = { min: 1, max: 40 } as const;

/** A delivery as its warehouse has it ready: not signed yet. */
export type Delivery = {
  readonly warehouse: number;
  readonly deliveryId: string;
  readonly body: Buffer;
  readonly events: number;
};

/** What a shift has to come to, if every event counts once. */
export type ShiftCount = {
  /** Events as delivered, those that come again included. */
  readonly delivered: number;
  readonly good: number;
  /** Events that are told again within another delivery. */
  readonly repeated: number;
  /** Deliveries that come again whole. */
  readonly redelivered: number;
  readonly poison: number;
};

/** A stretch of the working day, in the order in which it is posted. */
export type Shift = ShiftCount & {
  readonly name: string;
  readonly deliveries: readonly Delivery[];
  /** The good events in the order in which they are posted, for peers that read no messages. */
  readonly happenings: readonly PostedHappening[];
};

/** Sequence numbers of the warehouses, which go on from shift to shift. */
export type Numbering = number[];

export type ShiftOrder = {
  readonly name: string;
  readonly size: FirehoseSize;
  readonly floor: Floor;
  readonly numbering: Numbering;
  readonly random: Random;
  /** When the shift begins, by the warehouses' clocks: no earlier than the one before it ended. */
  readonly beginsAt: Date;
};

type Told = {
  readonly warehouse: number;
  readonly event: object;
  /** Its turn in the post; fractions put it between two others. */
  readonly turn: number;
  readonly happening?: PostedHappening;
};

/** How long a shift takes by the warehouses' clocks. */
export const shiftMs = ({ eventsPerShift }: FirehoseSize): number => Math.max(SHIFT_MS_MIN, eventsPerShift);

/** Works a shift: what happens, and how it is posted. */
export function workShift(order: ShiftOrder): Shift {
  const { size, random, name } = order;
  const told: Told[] = [];
  let [repeated, poison] = [0, 0];
  const step = shiftMs(size) / size.eventsPerShift;
  for (let index = 0; index < size.eventsPerShift; index += 1) {
    const at = new Date(order.beginsAt.getTime() + index * step).toISOString();
    const turn = random.chance(LATE) ? index + random.integer(1, LATE_MS_MAX / step) : index;
    if (random.chance(POISON)) {
      told.push(spoilt(order, { index, at, turn }));
      poison += 1;
      continue;
    }
    const one = toldOf(order, nextHappening(order.floor, random), { index, at, turn });
    told.push(one);
    if (!random.chance(REPEATED / 2)) continue;
    repeated += 1;
    const { warehouse, event } = one;
    told.push({ warehouse, event, turn: turn + random.integer(1, size.eventsPerDelivery * 20) });
  }
  const inTurn = told.toSorted((a, b) => a.turn - b.turn);
  const once = deliveriesOf(inTurn, size.eventsPerDelivery, name);
  const deliveries = withRepeats(once, random);
  return {
    name,
    deliveries,
    happenings: inTurn.flatMap(({ happening }) => happening ?? []),
    delivered: deliveries.reduce((sum, { events }) => sum + events, 0),
    good: size.eventsPerShift - poison,
    repeated,
    redelivered: deliveries.length - once.length,
    poison,
  };
}

type When = { readonly index: number; readonly at: string; readonly turn: number };

/** What every event has; the number is taken. */
function head({ name, numbering }: ShiftOrder, warehouse: number, { index, at }: When) {
  const sequence = numbering[warehouse] ?? 0;
  numbering[warehouse] = sequence + 1;
  return { eventId: `${name}-${index}`, sequence, occurredAt: at };
}

function toldOf(order: ShiftOrder, happening: Happening, when: When): Told {
  const { warehouse } = happening;
  const common = head(order, warehouse, when);
  const { eventId, occurredAt } = common;
  const event: WmsEvent = { ...common, ...saidOf(happening, eventId) };
  return { warehouse, event, turn: when.turn, happening: { ...happening, eventId, occurredAt } };
}

type Said = WmsEvent extends infer Each
  ? Each extends WmsEvent
    ? Omit<Each, "eventId" | "sequence" | "occurredAt">
    : never
  : never;

function saidOf({ kind, item, units, other = 0 }: Happening, eventId: string): Said {
  const sku = skuOf(item);
  switch (kind) {
    case "receipt":
      return { type: kind, sku, quantity: units, purchaseOrder: `PO-${item % 997}` };
    case "pick":
    case "pack":
      return { type: kind, sku, quantity: units };
    case "ship":
      return {
        type: kind,
        shipmentNumber: `SH-${eventId}`,
        carrier: "UPSN",
        cartons: [{ lines: [{ sku, quantity: units }] }],
      };
    case "count":
      return { type: kind, sku, counted: units };
    case "adjustment":
      return { type: kind, sku, delta: units, reason: "cycle" };
    case "transfer-out":
      return { type: kind, sku, quantity: units, to: warehouseCode(other) };
    case "transfer-in":
      return { type: kind, sku, quantity: units, from: warehouseCode(other) };
    default:
      return kind satisfies never;
  }
}

/** What no parser and no master data can make sense of, in turn. */
const SPOILT: readonly object[] = [
  { type: "receipt", sku: "NO-SUCH-SKU", quantity: 1 },
  { type: "receipt", sku: skuOf(0), quantity: 1, unit: "ZZ" },
  { type: "pick", sku: skuOf(0), quantity: -4 },
  { type: "teleport", sku: skuOf(0), quantity: 1 },
  { type: "count", sku: skuOf(0), counted: "many" },
  { type: "receipt", sku: skuOf(0), quantity: 1, occurredAt: "9999-12-31T23:59:59Z" },
];

function spoilt(order: ShiftOrder, when: When): Told {
  const warehouse = order.random.integer(0, order.size.warehouses - 1);
  const event = { ...head(order, warehouse, when), ...order.random.pick(SPOILT) };
  return { warehouse, event, turn: when.turn };
}

/** Each warehouse posts what it has as soon as a delivery is full; in the end it posts the rest. */
function deliveriesOf(told: readonly Told[], eventsPerDelivery: number, name: string): readonly Delivery[] {
  const open = new Map<number, object[]>();
  const deliveries: Delivery[] = [];
  const post = (warehouse: number, events: readonly object[]) => {
    const body = Buffer.from(JSON.stringify({ warehouse: warehouseCode(warehouse), events }));
    const deliveryId = `${name}-${deliveries.length}`;
    deliveries.push({ warehouse, deliveryId, body, events: events.length });
  };
  for (const { warehouse, event } of told) {
    const events = open.get(warehouse) ?? [];
    open.set(warehouse, events);
    events.push(event);
    if (events.length < eventsPerDelivery) continue;
    post(warehouse, events);
    open.delete(warehouse);
  }
  for (const [warehouse, events] of open) post(warehouse, events);
  return deliveries;
}

/** Has some deliveries come again later, byte for byte. */
function withRepeats(deliveries: readonly Delivery[], random: Random): readonly Delivery[] {
  const turns = deliveries.flatMap((delivery, turn) => {
    if (!random.chance(REPEATED / 2)) return [{ delivery, turn }];
    const again = turn + random.integer(AGAIN_AFTER.min, AGAIN_AFTER.max) + 0.5;
    return [
      { delivery, turn },
      { delivery, turn: again },
    ];
  });
  return turns.toSorted((a, b) => a.turn - b.turn).map(({ delivery }) => delivery);
}
