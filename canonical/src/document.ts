import { Type } from "typebox";
import { Instant, ItemId, LineId, LocationId, OrderId } from "./ids.ts";
import { Order } from "./order.ts";
import { Measure, Quantity } from "./quantity.ts";
import { Reference } from "./reference.ts";

const closed = { additionalProperties: false } as const;
const text = Type.String({ minLength: 1, maxLength: 200 });

/** How an item is named to the one who receives the document, with the unit they count in. */
const named = { itemId: ItemId, names: Type.Array(Reference), description: Type.Optional(Type.String()) };

/** Our answer to an order, line by line (X12 855). `promised` and `short` are in the unit of `ordered`. */
export const OrderAcknowledgement = Type.Object(
  {
    kind: Type.Literal("order-acknowledgement"),
    order: Order,
    verdict: Type.Union([
      Type.Literal("accepted"),
      Type.Literal("accepted-with-changes"),
      Type.Literal("rejected"),
    ]),
    acknowledgedAt: Instant,
    lines: Type.Array(
      Type.Object({ lineId: LineId, ...named, ordered: Measure, promised: Measure, short: Measure }, closed),
    ),
  },
  { title: "OrderAcknowledgement", ...closed },
);

/** What left the dock, carton by carton (X12 856, a channel's fulfilment). Quantities are in the unit that was ordered. */
export const ShipNotice = Type.Object(
  {
    kind: Type.Literal("ship-notice"),
    order: Order,
    shipmentNumber: text,
    shippedAt: Instant,
    fromLocationId: LocationId,
    carrier: Type.Optional(text),
    trackingNumber: Type.Optional(text),
    cartons: Type.Array(
      Type.Object(
        {
          sscc: Type.Optional(Type.String({ pattern: "^\\d{18}$" })),
          lines: Type.Array(
            Type.Object(
              {
                lineId: Type.Optional(LineId),
                ...named,
                lot: Type.Optional(Type.String()),
                shipped: Measure,
              },
              closed,
            ),
          ),
        },
        closed,
      ),
    ),
  },
  { title: "ShipNotice", ...closed },
);

/** What a customer may order now (X12 846). Sent whole or for what changed. */
export const InventoryAdvice = Type.Object(
  {
    kind: Type.Literal("inventory-advice"),
    asOf: Instant,
    rows: Type.Array(Type.Object({ ...named, available: Measure }, closed)),
  },
  { title: "InventoryAdvice", ...closed },
);

/** What a warehouse shall pick and ship. It returns `orderId` and `lineId` with every event. */
export const WarehouseRelease = Type.Object(
  {
    kind: Type.Literal("warehouse-release"),
    orderId: OrderId,
    orderNumber: text,
    locationId: LocationId,
    shipBy: Type.Optional(Instant),
    lines: Type.Array(
      Type.Object(
        { lineId: LineId, ...named, lot: Type.Optional(Type.String()), quantity: Quantity },
        closed,
      ),
    ),
  },
  { title: "WarehouseRelease", ...closed },
);

/** An answer on the level of the transport or syntax (X12 997, TA1). Its content is the connector's own business. */
export const Reply = Type.Object(
  { kind: Type.Literal("reply"), replyTo: Type.String(), content: Type.Unknown() },
  { title: "Reply", ...closed },
);

/** Everything that we send to a partner as a document. */
export const OutboundDocument = Type.Union(
  [OrderAcknowledgement, ShipNotice, InventoryAdvice, WarehouseRelease, Reply],
  {
    title: "OutboundDocument",
  },
);
export type OutboundDocument = Type.Static<typeof OutboundDocument>;
export type DocumentKind = OutboundDocument["kind"];
/** A document of one kind. */
export type DocumentOf<Kind extends DocumentKind> = Extract<OutboundDocument, { readonly kind: Kind }>;
