import { Type } from "typebox";
import { AccountId, ChannelId, Instant, ItemId, LineId, OrderId } from "./ids.ts";
import { Measure, PositiveQuantity, Quantity } from "./quantity.ts";
import { Reference } from "./reference.ts";
import { MaxSplits, PromisePolicy } from "./reservation.ts";

/** Lines of one order. A retailer's largest purchase orders have some thousands. */
export const ORDER_LINES_MAX = 5_000;

const shortText = Type.String({ minLength: 1, maxLength: 200 });
const closed = { additionalProperties: false } as const;

/** A party of the order by role, as the channel describes it. Codes are the partner's own or a GLN. */
export const Party = Type.Object(
  {
    role: Type.Union([
      Type.Literal("buyer"),
      Type.Literal("ship-to"),
      Type.Literal("bill-to"),
      Type.Literal("vendor"),
    ]),
    name: Type.Optional(shortText),
    code: Type.Optional(shortText),
    codeQualifier: Type.Optional(shortText),
    address: Type.Optional(Type.Array(shortText, { maxItems: 6 })),
    city: Type.Optional(shortText),
    region: Type.Optional(shortText),
    postalCode: Type.Optional(shortText),
    country: Type.Optional(shortText),
  },
  { title: "Party", ...closed },
);
export type Party = Type.Static<typeof Party>;

/** Price in minor units of its currency per stated unit; kept for the papers, never computed with. */
export const Price = Type.Object(
  {
    amount: Type.String({ pattern: "^-?\\d+(\\.\\d+)?$" }),
    currency: Type.Optional(Type.String({ pattern: "^[A-Z]{3}$" })),
  },
  { title: "Price", ...closed },
);
export type Price = Type.Static<typeof Price>;

/** Where part of a line goes when one order serves many stores (X12 SDQ). */
export const Destination = Type.Object(
  { code: shortText, quantity: Measure },
  { title: "Destination", ...closed },
);
export type Destination = Type.Static<typeof Destination>;

const lineCommon = {
  lineId: LineId,
  /** All names the channel gave for the item, so that the papers can give them back. */
  names: Type.Optional(Type.Array(Reference, { maxItems: 12 })),
  description: Type.Optional(Type.String({ maxLength: 500 })),
  price: Type.Optional(Price),
  destinations: Type.Optional(Type.Array(Destination, { maxItems: 1_000 })),
};

export const OrderLineStatement = Type.Object(
  { ...lineCommon, item: Reference, quantity: Measure },
  { title: "OrderLineStatement", ...closed },
);
export type OrderLineStatement = Type.Static<typeof OrderLineStatement>;

/** `ordered` is what the channel said, `quantity` the same in base units. */
export const OrderLine = Type.Object(
  { ...lineCommon, itemId: ItemId, ordered: Measure, quantity: PositiveQuantity },
  { title: "OrderLine", ...closed },
);
export type OrderLine = Type.Static<typeof OrderLine>;

const orderCommon = {
  /** The channel's own number: unique per account, the second layer against duplicates. */
  orderNumber: shortText,
  placedAt: Instant,
  policy: Type.Optional(PromisePolicy),
  /** How many more locations than one the order may come from; absent: as many as it takes. */
  maxSplits: Type.Optional(MaxSplits),
  deliverBy: Type.Optional(Instant),
  shipBy: Type.Optional(Instant),
  cancelAfter: Type.Optional(Instant),
  parties: Type.Optional(Type.Array(Party, { maxItems: 10 })),
  /** What the papers must give back and we do not interpret: BEG05, department, customer order numbers. */
  attributes: Type.Optional(Type.Record(Type.String({ maxLength: 60 }), Type.String({ maxLength: 500 }))),
};

export const OrderStatement = Type.Object(
  {
    type: Type.Literal("OrderReceived"),
    id: Type.String({ minLength: 1, maxLength: 200 }),
    effectiveAt: Instant,
    data: Type.Object(
      { ...orderCommon, lines: Type.Array(OrderLineStatement, { minItems: 1, maxItems: ORDER_LINES_MAX }) },
      closed,
    ),
  },
  { title: "OrderStatement", ...closed },
);
export type OrderStatement = Type.Static<typeof OrderStatement>;

/** An order as it stands on the log: every line resolved to an item and to base units. */
export const Order = Type.Object(
  {
    orderId: OrderId,
    accountId: AccountId,
    channelId: ChannelId,
    ...orderCommon,
    lines: Type.Array(OrderLine, { minItems: 1, maxItems: ORDER_LINES_MAX }),
  },
  { title: "Order", ...closed },
);
export type Order = Type.Static<typeof Order>;

/** What was promised of one line. `promised + short = ordered`. */
export const LinePromise = Type.Object(
  { lineId: LineId, itemId: ItemId, ordered: Quantity, promised: Quantity, short: Quantity },
  { title: "LinePromise", ...closed },
);
export type LinePromise = Type.Static<typeof LinePromise>;

export const OrderState = Type.Union(
  [
    Type.Literal("received"),
    Type.Literal("promised"),
    Type.Literal("on-hold"),
    Type.Literal("rejected"),
    Type.Literal("partly-shipped"),
    Type.Literal("shipped"),
    Type.Literal("cancelled"),
  ],
  { title: "OrderState" },
);
export type OrderState = Type.Static<typeof OrderState>;
