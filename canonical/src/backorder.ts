import { Type } from "typebox";
import {
  BackorderId,
  ChannelId,
  Instant,
  ItemId,
  LineId,
  LocationId,
  Lot,
  OrderId,
  ReservationId,
} from "./ids.ts";
import { PositiveQuantity, Quantity } from "./quantity.ts";
import { DueKind } from "./supply.ts";

const closed = { additionalProperties: false } as const;

/** The life of a backorder. `waiting` until all of it was served, or somebody or something ended it; the last three are the ends. */
export const BackorderState = Type.Union(
  [Type.Literal("waiting"), Type.Literal("served"), Type.Literal("cancelled"), Type.Literal("expired")],
  { title: "BackorderState" },
);
export type BackorderState = Type.Static<typeof BackorderState>;

/** Backorders that wait for one item at most: all of them are looked at before anybody else is promised a unit of it. */
export const BACKORDERS_PER_ITEM_MAX = 5_000;

const wanted = {
  backorderId: BackorderId,
  channelId: ChannelId,
  orderId: Type.Optional(OrderId),
  lineId: LineId,
  itemId: ItemId,
  /** Of which units of a line are promised together: a case, say. */
  orderedUnit: PositiveQuantity,
  locationId: Type.Optional(LocationId),
  lot: Type.Optional(Lot),
  needBy: Type.Optional(Instant),
  until: Type.Optional({
    ...Instant,
    description: "When it waits no longer. Absent: until it is served or cancelled.",
  }),
};

/** What of something that is to come is for a backorder. */
export const BackorderPeg = Type.Object(
  {
    kind: DueKind,
    document: Type.String(),
    line: Type.String(),
    itemId: ItemId,
    locationId: LocationId,
    units: PositiveQuantity,
    dueAt: Instant,
  },
  { title: "BackorderPeg", ...closed },
);

/** Units of a line that could not be promised and wait for stock, in the queue of their item. */
export const Backorder = Type.Object(
  {
    ...wanted,
    quantity: { ...PositiveQuantity, description: "What waited, in base units: `served` and what waits." },
    served: { ...Quantity, description: "What has been promised of it since." },
    state: BackorderState,
    queuedAt: Instant,
    promisedAt: Type.Optional({
      ...Instant,
      description:
        "When what is to come suffices for it and all before it. Absent: nothing that is to come does.",
    }),
    pegs: Type.Optional(
      Type.Array(BackorderPeg, { description: "What is to come and is for it, as it stands now." }),
    ),
  },
  { title: "Backorder", ...closed },
);
export type Backorder = Type.Static<typeof Backorder>;

const named = { backorderId: BackorderId, itemId: ItemId, orderId: Type.Optional(OrderId), lineId: LineId };

/** The facts of a backorder's life. */
export const BACKORDER_FACTS = {
  BackorderQueued: Type.Object({ ...wanted, quantity: PositiveQuantity }, closed),
  /** So many units of it were promised; `waiting` still wait. */
  BackorderServed: Type.Object(
    { ...named, quantity: PositiveQuantity, waiting: Quantity, reservationIds: Type.Array(ReservationId) },
    closed,
  ),
  /** It waits for other units than before, or otherwise. */
  BackorderChanged: Type.Object(
    {
      ...named,
      waiting: PositiveQuantity,
      before: PositiveQuantity,
      needBy: Type.Optional(Instant),
      until: Type.Optional(Instant),
      by: Type.String(),
      because: Type.String(),
    },
    closed,
  ),
  /** So many units of it wait no longer, and none does. */
  BackorderEnded: Type.Object(
    {
      ...named,
      quantity: PositiveQuantity,
      how: Type.Union([Type.Literal("cancelled"), Type.Literal("expired")]),
      by: Type.Optional(Type.String()),
      because: Type.Optional(Type.String()),
    },
    closed,
  ),
  /** What is to come suffices for it at another time than was said before; absent: at none. */
  BackorderDated: Type.Object(
    { ...named, promisedAt: Type.Optional(Instant), before: Type.Optional(Instant) },
    closed,
  ),
};
