import { Type } from "typebox";
import { Backorder } from "./backorder.ts";
import { ChannelId, Instant, ItemId, LineId, LocationId, Lot, OrderId, ReservationId } from "./ids.ts";
import { Measure, PositiveQuantity, Quantity } from "./quantity.ts";
import { Reference } from "./reference.ts";
import { LineRejection } from "./rejection.ts";
import { Zone } from "./rule.ts";
import { SourcingExplanation } from "./sourcing.ts";

/** The life of a promise. `held` may expire; `allocated` does not; the last four are the ends. */
export const ReservationState = Type.Union(
  [
    Type.Literal("held"),
    Type.Literal("allocated"),
    Type.Literal("picked"),
    Type.Literal("shipped"),
    Type.Literal("released"),
    Type.Literal("expired"),
    Type.Literal("short"),
  ],
  { title: "ReservationState" },
);
export type ReservationState = Type.Static<typeof ReservationState>;

/**
 * What to do when not every line can be promised in full. `all-or-nothing`: every line whole, from as many locations as it takes, or
 * nothing. `ship-complete`: every line whole and all from one location, so that it leaves as one shipment, or nothing. `partial`: of
 * each line what there is. `backorder`: the same, and the rest waits for stock. More may be added: whoever reads it must expect values
 * that it does not know.
 */
export const PromisePolicy = Type.Union(
  [
    Type.Literal("all-or-nothing"),
    Type.Literal("ship-complete"),
    Type.Literal("partial"),
    Type.Literal("backorder"),
  ],
  { title: "PromisePolicy" },
);
export type PromisePolicy = Type.Static<typeof PromisePolicy>;

/** Longest hold: a hold that outlives a day is an order. */
export const TTL_SECONDS_MAX = 86_400;
export const TTL_SECONDS_DEFAULT = 900;
/** How long a hold may last in all, extended however often, where nothing else is said of its client or channel: a week. */
export const HOLD_SECONDS_MAX_DEFAULT = 604_800;
/** Lines of one request: they are decided together under one lock. */
export const RESERVATION_LINES_MAX = 500;

/** Splits that may be allowed: a network has no more locations. */
export const SPLITS_MAX = 100;
/** Into how many more shipments than one something may be split: none means that all of it comes from one location. */
export const MaxSplits = Type.Integer({ minimum: 0, maximum: SPLITS_MAX });

/** A line as a caller asks for it: any reference we know, any unit the item has, a location or "choose for me". */
export const ReservationLineRequest = Type.Object(
  {
    lineId: LineId,
    item: Reference,
    quantity: Measure,
    locationId: Type.Optional(LocationId),
    lot: Type.Optional(Lot),
    /** Of this line: absent, as many as it takes. */
    maxSplits: Type.Optional(MaxSplits),
    /** With the policy `backorder`: when it is wanted, and until when it waits. */
    needBy: Type.Optional(Instant),
    waitUntil: Type.Optional(Instant),
  },
  { title: "ReservationLineRequest", additionalProperties: false },
);
export type ReservationLineRequest = Type.Static<typeof ReservationLineRequest>;

/** Where something is sent: by its coordinates, by its zone, or by both. */
export const ShipTo = Type.Object(
  {
    zone: Type.Optional(Zone),
    latitude: Type.Optional(Type.Number({ minimum: -90, maximum: 90 })),
    longitude: Type.Optional(Type.Number({ minimum: -180, maximum: 180 })),
  },
  { title: "ShipTo", additionalProperties: false },
);
export type ShipTo = Type.Static<typeof ShipTo>;

export const ReservationRequest = Type.Object(
  {
    channelId: ChannelId,
    policy: Type.Optional(PromisePolicy),
    /** Of all lines together: absent, as many as it takes. */
    maxSplits: Type.Optional(MaxSplits),
    /** Where it goes, for rules that rank locations by distance or cost. */
    destination: Type.Optional(ShipTo),
    /** Whether the answer says why locations were chosen or not. It is kept with what was promised. */
    explain: Type.Optional(Type.Boolean({ default: false })),
    ttlSeconds: Type.Optional(
      Type.Integer({ minimum: 1, maximum: TTL_SECONDS_MAX, default: TTL_SECONDS_DEFAULT }),
    ),
    lines: Type.Array(ReservationLineRequest, { minItems: 1, maxItems: RESERVATION_LINES_MAX }),
  },
  { title: "ReservationRequest", additionalProperties: false },
);
export type ReservationRequest = Type.Static<typeof ReservationRequest>;

/** One promise: one order line at one location. */
export const Reservation = Type.Object(
  {
    reservationId: ReservationId,
    channelId: ChannelId,
    orderId: Type.Optional(OrderId),
    lineId: LineId,
    itemId: ItemId,
    locationId: LocationId,
    lot: Lot,
    quantity: PositiveQuantity,
    /** Units of it that came out of what was set aside for its channel; absent: none. */
    ringFenced: Type.Optional(PositiveQuantity),
    state: ReservationState,
    expiresAt: Type.Optional(Instant),
    /** The reservation that it was split off, or moved from; absent: none. */
    cameFrom: Type.Optional(ReservationId),
  },
  { title: "Reservation", additionalProperties: false },
);
export type Reservation = Type.Static<typeof Reservation>;

/** The answer to a request: what was promised, and why the rest was not. */
export const ReservationAnswer = Type.Object(
  {
    outcome: Type.Union([
      Type.Literal("reserved"),
      Type.Literal("partly-reserved"),
      /** Nothing was refused: what is not reserved waits for stock. */
      Type.Literal("backordered"),
      Type.Literal("rejected"),
    ]),
    reservations: Type.Array(Reservation),
    rejections: Type.Array(LineRejection),
    /** What waits for stock. Absent: nothing. */
    backorders: Type.Optional(Type.Array(Backorder)),
    decidedAt: Instant,
    /** Where it was asked for. */
    sourcing: Type.Optional(SourcingExplanation),
  },
  { title: "ReservationAnswer", additionalProperties: false },
);
export type ReservationAnswer = Type.Static<typeof ReservationAnswer>;

/** How much of a reservation has been fulfilled, from the facts so far. */
export const Fulfilment = Type.Object(
  { picked: Quantity, shipped: Quantity },
  { title: "Fulfilment", additionalProperties: false },
);
export type Fulfilment = Type.Static<typeof Fulfilment>;
