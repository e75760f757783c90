import { Type } from "typebox";
import { BACKORDER_FACTS } from "./backorder.ts";
import {
  AccountId,
  ChannelId,
  Instant,
  ItemId,
  LineId,
  LocationId,
  Lot,
  OrderId,
  ReservationId,
} from "./ids.ts";
import { LinePromise, Order, OrderState } from "./order.ts";
import { PositiveQuantity, Quantity, QuantityDelta } from "./quantity.ts";
import { Reservation } from "./reservation.ts";
import { snapshotPageShape } from "./snapshot.ts";
import { Status } from "./status.ts";
import { stockShapes } from "./stock.ts";
import { SUPPLY_DECISIONS, SUPPLY_FACTS } from "./supply.ts";

const closed = { additionalProperties: false } as const;

const shapes = stockShapes({
  item: ItemId,
  location: LocationId,
  quantity: PositiveQuantity,
  total: Quantity,
  delta: QuantityDelta,
});

/**
 * The facts that move stock, each about one thing that happened. A source converts what lies on its shelves; units of an item that is
 * merged into another become units of that one whatever they are kept for, and on the lane where they are.
 */
export const STOCK_FACTS = {
  ...shapes,
  StockConverted: Type.Object({ ...shapes.StockConverted.properties, status: Type.Optional(Status) }, closed),
};
export type StockFactType = keyof typeof STOCK_FACTS;

/** Many counts at once. The ledger gathers the pages, and takes the counts when it has all of them. */
export const SNAPSHOT_FACTS = {
  StockSnapshotPage: snapshotPageShape({ item: ItemId, location: LocationId, quantity: Quantity }),
};

const reservationStep = {
  reservationId: ReservationId,
  itemId: ItemId,
  locationId: LocationId,
  lot: Lot,
  quantity: PositiveQuantity,
};

/** `ringFenced`: units of it that go back into what is set aside for its channel; absent: none. */
const reservationEnd = { ...reservationStep, ringFenced: Type.Optional(PositiveQuantity) };

/** Stock that a channel has to itself, or has no longer. */
const ringFence = {
  channelId: ChannelId,
  itemId: ItemId,
  locationId: LocationId,
  lot: Lot,
  quantity: PositiveQuantity,
  reason: Type.String(),
};

/** What has happened to units of an order line at a place, in all. */
const lineTotals = { picked: Quantity, putBack: Quantity, shipped: Quantity, notFound: Quantity };

/** The facts that were decided here. */
export const DECIDED_FACTS = {
  ...SUPPLY_DECISIONS,
  ...BACKORDER_FACTS,
  StockReserved: Reservation,
  ReservationAllocated: Type.Object({ ...reservationStep, orderId: Type.Optional(OrderId) }, closed),
  /** Units of it had been picked or shipped before it was promised: so many need not be kept for it any more. */
  ReservationSettled: Type.Object(
    {
      ...reservationStep,
      picked: Quantity,
      shipped: Quantity,
      putBack: Type.Optional(Quantity),
      notFound: Type.Optional(Quantity),
    },
    closed,
  ),
  /** As many units left from elsewhere for the same order line: so many need not be kept here any more. */
  ReservationReplaced: Type.Object(reservationStep, closed),
  /** Units that had left elsewhere, or had been picked here, came back: so many are kept here again. */
  ReservationRestored: Type.Object(reservationStep, closed),
  /** How many units of it the warehouse could not find, in all, as it stands now; none where they were found after all. */
  ReservationShort: Type.Object(
    { ...reservationStep, quantity: Quantity, orderId: Type.Optional(OrderId), lineId: LineId },
    closed,
  ),
  ReservationReleased: Type.Object({ ...reservationEnd, reason: Type.String() }, closed),
  /** A hold lasts longer than was said before. */
  ReservationExtended: Type.Object({ ...reservationStep, expiresAt: Instant, before: Instant }, closed),
  /** So many units are not promised any more, and `remaining` still are. `state`: what it was and is. */
  ReservationReduced: Type.Object(
    {
      ...reservationEnd,
      remaining: PositiveQuantity,
      state: Type.Union([Type.Literal("held"), Type.Literal("allocated")]),
      reason: Type.String(),
    },
    closed,
  ),
  ReservationExpired: Type.Object({ ...reservationEnd, expiredAt: Instant }, closed),
  /** Its item was merged into another: the same promise, of `into.quantity` units of that item, at the same place. */
  ReservationConverted: Type.Object(
    {
      ...reservationStep,
      orderId: Type.Optional(OrderId),
      lineId: LineId,
      into: Type.Object({ itemId: ItemId, quantity: PositiveQuantity }, closed),
    },
    closed,
  ),
  /** What was picked, put back, shipped and not found of an item for an order line at a place is that of the item that it was merged into. */
  LineTotalsConverted: Type.Object(
    {
      orderId: OrderId,
      lineId: LineId,
      itemId: ItemId,
      locationId: LocationId,
      lot: Lot,
      ...lineTotals,
      into: Type.Object({ itemId: ItemId, ...lineTotals }, closed),
    },
    closed,
  ),
  StockRingFenced: Type.Object(ringFence, closed),
  RingFenceGivenBack: Type.Object(ringFence, closed),
  /** Its item was merged into another: as much of that item is set aside at the same place. */
  RingFenceConverted: Type.Object(
    { ...ringFence, into: Type.Object({ itemId: ItemId, quantity: PositiveQuantity }, closed) },
    closed,
  ),
  /** Other rules hold from now on. What they are is read from the book. */
  RuleBookActivated: Type.Object(
    {
      version: Type.Integer({ minimum: 1 }),
      /** `loaded`: at set-up. `emergency`: one person went back to an earlier version. */
      how: Type.Union([
        Type.Literal("loaded"),
        Type.Literal("activated"),
        Type.Literal("rolled-back"),
        Type.Literal("emergency"),
      ]),
      rulesChanged: Type.Integer({ minimum: 1 }),
      draftId: Type.Optional(Type.String()),
      /** The version whose rules hold again. */
      restores: Type.Optional(Type.Integer({ minimum: 0 })),
      by: Type.String(),
      approvedBy: Type.Optional(Type.String()),
      because: Type.String(),
    },
    closed,
  ),
  /** Other lots may be sent from now on: a day began at a place, or lots have another last day than was known. */
  ShelfLifeChanged: Type.Object(
    {
      because: Type.Union([Type.Literal("day-began"), Type.Literal("last-day-corrected")]),
      /** Absent: wherever they lie. */
      locationId: Type.Optional(LocationId),
      /** The day that began there. */
      day: Type.Optional(Type.String({ format: "date" })),
      lots: Type.Array(Type.Object({ itemId: ItemId, lot: Lot }, closed)),
    },
    closed,
  ),
  /** What rules say of items is other than before, though the book is the same: a rule came to its end, or items got another class. */
  RuleTermsChanged: Type.Object(
    {
      because: Type.Union([Type.Literal("rule-ended"), Type.Literal("class-changed")]),
      version: Type.Integer({ minimum: 0 }),
      /** The rule that holds no more, and since when. */
      rule: Type.Optional(Type.String()),
      endedAt: Type.Optional(Instant),
      /** Absent: of any. */
      items: Type.Optional(Type.Array(ItemId)),
    },
    closed,
  ),
  PositionsChanged: Type.Object(
    {
      positions: Type.Array(
        Type.Object(
          { itemId: ItemId, locationId: LocationId, lot: Lot, version: Type.Integer({ minimum: 1 }) },
          closed,
        ),
      ),
    },
    closed,
  ),
  OrderReceived: Order,
  OrderPromised: Type.Object(
    {
      orderId: OrderId,
      channelId: ChannelId,
      accountId: AccountId,
      state: OrderState,
      lines: Type.Array(LinePromise),
    },
    closed,
  ),
  /** Units of an order were not found after it was promised, or were found after all: this is what stays promised of these lines. */
  OrderShort: Type.Object({ orderId: OrderId, state: OrderState, lines: Type.Array(LinePromise) }, closed),
  /** More of an order was promised than before, because stock came that its lines waited for: this is what is promised of them now. */
  OrderReplenished: Type.Object(
    {
      orderId: OrderId,
      state: OrderState,
      lines: Type.Array(Type.Object({ ...LinePromise.properties, added: PositiveQuantity }, closed)),
    },
    closed,
  ),
  OrderShipped: Type.Object(
    {
      orderId: OrderId,
      state: OrderState,
      shipmentNumber: Type.String(),
      lines: Type.Array(Type.Object({ lineId: LineId, shipped: Quantity }, closed)),
    },
    closed,
  ),
  OrderCancelled: Type.Object({ orderId: OrderId, reason: Type.String() }, closed),
  AvailabilityPublished: Type.Object(
    {
      accountId: AccountId,
      channelId: ChannelId,
      itemId: ItemId,
      quantity: Quantity,
      previous: Type.Optional(Quantity),
    },
    closed,
  ),
  DocumentAcknowledged: Type.Object(
    {
      accountId: AccountId,
      controlNumber: Type.String(),
      documentType: Type.Optional(Type.String()),
      verdict: Type.Union([
        Type.Literal("accepted"),
        Type.Literal("accepted-with-errors"),
        Type.Literal("rejected"),
      ]),
      detail: Type.Optional(Type.String()),
    },
    closed,
  ),
};

/** Every type of fact with the schema of its data. The event catalogue, and the only list of its kind. */
export const FACTS = { ...STOCK_FACTS, ...SNAPSHOT_FACTS, ...SUPPLY_FACTS, ...DECIDED_FACTS };
export type FactType = keyof typeof FACTS;

/** The data of a fact by its type. */
export type FactData<Kind extends FactType> = Type.Static<(typeof FACTS)[Kind]>;

/** A fact as a value: what happened, without where it stands on the log. */
export type Fact = { [Kind in FactType]: { readonly type: Kind; readonly data: FactData<Kind> } }[FactType];

/** A fact that moves stock. */
export type StockFact = Extract<Fact, { readonly type: StockFactType }>;

/** Version of the data's schema; a breaking change of a fact makes a new one. */
export const FACT_SCHEMA_VERSION = 1;

export const FACT_TYPES = Object.keys(FACTS) as readonly FactType[];
export const STOCK_FACT_TYPES = Object.keys(STOCK_FACTS) as readonly StockFactType[];

/** Whether a fact moves stock; narrows its type. */
export function isStockFact(fact: Fact): fact is StockFact {
  return fact.type in STOCK_FACTS;
}
