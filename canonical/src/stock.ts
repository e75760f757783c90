import { type TSchema, Type } from "typebox";
import { Instant, Lot } from "./ids.ts";
import { ConditionStatus } from "./status.ts";

/**
 * An order line as our order and line ids name it. A warehouse returns what the release told it, so nothing is looked up.
 */
export const OrderLineReference = Type.Object(
  {
    orderId: Type.String({ minLength: 1, maxLength: 64 }),
    lineId: Type.String({ minLength: 1, maxLength: 64 }),
  },
  { title: "OrderLineReference", additionalProperties: false },
);
export type OrderLineReference = Type.Static<typeof OrderLineReference>;

/** Cartons of one shipment, and lines of one carton: the most that one fact carries. */
export const CARTONS_MAX = 2_000;
export const CARTON_LINES_MAX = 500;

/** How a statement and a fact differ: references and measures in one, ids and base units in the other. */
export type StockSlots<
  Item extends TSchema,
  Place extends TSchema,
  Amount extends TSchema,
  Total extends TSchema,
  Delta extends TSchema,
> = {
  readonly item: Item;
  readonly location: Place;
  /** Units that move: at least one. */
  readonly quantity: Amount;
  /** Units that were counted or expected: there may be none. */
  readonly total: Total;
  readonly delta: Delta;
};

const closed = { additionalProperties: false } as const;
const text = Type.String({ minLength: 1, maxLength: 200 });
const namedLot = Type.String({ ...Lot, minLength: 1 });

/** What a receipt is known by. With number and line the same receipt is recognised whatever id it is told under. */
const receiptPapers = {
  purchaseOrder: Type.Optional(text),
  receiptNumber: Type.Optional(text),
  receiptLine: Type.Optional(text),
};

/** What a transfer is known by. With its line two equal amounts of one transfer are told apart. */
const transferPapers = { transferNumber: Type.Optional(text), transferLine: Type.Optional(text) };

/** What happens to goods on their way from one location to another. */
function laneShapes<
  I extends TSchema,
  P extends TSchema,
  Q extends TSchema,
  T extends TSchema,
  D extends TSchema,
>(slots: StockSlots<I, P, Q, T, D>) {
  const lane = {
    item: slots.item,
    from: slots.location,
    to: slots.location,
    lot: Type.Optional(Lot),
    quantity: slots.quantity,
    ...transferPapers,
  };
  const due = { expectedAt: Type.Optional(Instant) };
  return {
    TransferDispatched: Type.Object({ ...lane, ...due }, closed),
    TransferReceived: Type.Object({ ...lane, ...due }, closed),
    TransferLost: Type.Object({ ...lane, reason: Type.Optional(text) }, closed),
  };
}

/** Units stay where they are and become units of another lot or item. */
function becomingShapes<
  I extends TSchema,
  P extends TSchema,
  Q extends TSchema,
  T extends TSchema,
  D extends TSchema,
>(slots: StockSlots<I, P, Q, T, D>) {
  const { item, location, quantity } = slots;
  const status = { status: Type.Optional(ConditionStatus) };
  const amount = Type.Object({ item, lot: Type.Optional(Lot), quantity }, closed);
  return {
    LotChanged: Type.Object(
      {
        item,
        location,
        fromLot: namedLot,
        toLot: namedLot,
        quantity,
        ...status,
        reason: Type.Optional(text),
      },
      closed,
    ),
    StockConverted: Type.Object({ location, from: amount, to: amount, ...status, reason: text }, closed),
  };
}

/** What happens to goods between the shelf and the lorry, mostly for an order line. */
function pickShapes<
  I extends TSchema,
  P extends TSchema,
  Q extends TSchema,
  T extends TSchema,
  D extends TSchema,
>(slots: StockSlots<I, P, Q, T, D>) {
  const moved = {
    item: slots.item,
    location: slots.location,
    lot: Type.Optional(Lot),
    quantity: slots.quantity,
  };
  const forOrder = { orderLine: Type.Optional(OrderLineReference) };
  const cartonLine = Type.Object(
    { item: slots.item, lot: Type.Optional(Lot), quantity: slots.quantity, ...forOrder },
    closed,
  );
  const carton = Type.Object(
    {
      sscc: Type.Optional(Type.String({ pattern: "^\\d{18}$" })),
      lines: Type.Array(cartonLine, { minItems: 1, maxItems: CARTON_LINES_MAX }),
    },
    closed,
  );
  return {
    StockPicked: Type.Object({ ...moved, ...forOrder }, closed),
    StockPickedShort: Type.Object(
      { ...moved, orderLine: OrderLineReference, reason: Type.Optional(text) },
      closed,
    ),
    PickCancelled: Type.Object(
      { ...moved, ...forOrder, status: Type.Optional(ConditionStatus), reason: Type.Optional(text) },
      closed,
    ),
    StockPacked: Type.Object({ ...moved, ...forOrder, sscc: Type.Optional(text) }, closed),
    ShipmentDispatched: Type.Object(
      {
        location: slots.location,
        shipmentNumber: text,
        orderId: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
        carrier: Type.Optional(text),
        trackingNumber: Type.Optional(text),
        cartons: Type.Array(carton, { minItems: 1, maxItems: CARTONS_MAX }),
      },
      closed,
    ),
  };
}

/**
 * The shapes of everything that can happen to stock, written once for statements and facts.
 *
 * A warehouse says what condition stock is in; that it is held, allocated or picked follows from promises and picks, and cannot be
 * stated. `StockPickedShort` are units of an order line that were not where they should be; `PickCancelled` are units that were picked
 * and put back on a shelf. `StockCounted` is absolute: `counted` units on hand, all statuses together, at `effectiveAt`; with `conditions` it says
 * how many of these are quarantined and damaged, and without it nothing of that. All others are movements.
 *
 * `StockReceived` may say how many units the line was expected to bring; more or fewer are received all the same, and told apart.
 *
 * `StockConverted` turns units of one item (or lot) into units of another: a case is broken, a kit is built, an item takes the place of
 * another. What it took and what it gave are both said, because they need not be the same number.
 */
export function stockShapes<
  I extends TSchema,
  P extends TSchema,
  Q extends TSchema,
  T extends TSchema,
  D extends TSchema,
>(slots: StockSlots<I, P, Q, T, D>) {
  const stock = { item: slots.item, location: slots.location, lot: Type.Optional(Lot) };
  const moved = { ...stock, quantity: slots.quantity };
  const forOrder = { orderLine: Type.Optional(OrderLineReference) };
  return {
    StockReceived: Type.Object(
      {
        ...moved,
        status: Type.Optional(ConditionStatus),
        ...receiptPapers,
        expected: Type.Optional(slots.total),
        expiresAt: Type.Optional(Instant),
      },
      closed,
    ),
    ...pickShapes(slots),
    StockCounted: Type.Object(
      {
        ...stock,
        counted: slots.total,
        conditions: Type.Optional(Type.Object({ quarantined: slots.total, damaged: slots.total }, closed)),
      },
      closed,
    ),
    StockAdjusted: Type.Object(
      { ...stock, delta: slots.delta, status: Type.Optional(ConditionStatus), reason: text },
      closed,
    ),
    ...laneShapes(slots),
    StockReturned: Type.Object({ ...moved, ...forOrder, status: Type.Optional(ConditionStatus) }, closed),
    StockStatusChanged: Type.Object(
      { ...moved, from: ConditionStatus, to: ConditionStatus, reason: Type.Optional(text) },
      closed,
    ),
    ...becomingShapes(slots),
  };
}
