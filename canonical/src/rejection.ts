import { Type } from "typebox";
import { ItemId, LineId, LocationId } from "./ids.ts";
import { Quantity } from "./quantity.ts";

/** A limit of holds that would be passed: so much is allowed, so much is held, and so much more was asked for. */
export const HoldLimitReached = Type.Object(
  {
    kind: Type.Union([
      Type.Literal("open-holds"),
      Type.Literal("units-per-item"),
      Type.Literal("share-of-item"),
      Type.Literal("hold-seconds"),
    ]),
    /** Whose limit: `client:` or `channel:` and its id. */
    subject: Type.String(),
    allowed: Quantity,
    held: Quantity,
    asked: Quantity,
  },
  { title: "HoldLimitReached", additionalProperties: false },
);
export type HoldLimitReached = Type.Static<typeof HoldLimitReached>;

/** Why a line could not be promised. A reason is an answer, not an error. */
export const LineRejection = Type.Object(
  {
    lineId: LineId,
    itemId: Type.Optional(ItemId),
    locationId: Type.Optional(LocationId),
    reason: Type.Union([
      Type.Literal("insufficient-stock"),
      Type.Literal("unknown-item"),
      Type.Literal("unknown-location"),
      Type.Literal("unit-refused"),
      /** There is enough, but not from as few locations as were allowed. */
      Type.Literal("split-limit"),
      /** The client or the channel would keep more from the others than it may. */
      Type.Literal("hold-limit"),
    ]),
    shortBy: Type.Optional(Quantity),
    limit: Type.Optional(HoldLimitReached),
    message: Type.String(),
  },
  { title: "LineRejection", additionalProperties: false },
);
export type LineRejection = Type.Static<typeof LineRejection>;

/** Why a reservation cannot take the step that was asked of it. */
export const ReservationRefusal = Type.Object(
  {
    reason: Type.Union([
      Type.Literal("unknown-reservation"),
      Type.Literal("expired"),
      Type.Literal("wrong-state"),
      /** What was asked for cannot be of this reservation: more units than it has, a place that its channel does not sell from. */
      Type.Literal("not-possible"),
      Type.Literal("insufficient-stock"),
      Type.Literal("hold-limit"),
    ]),
    message: Type.String(),
    /** Units that were missing where it should go. */
    shortBy: Type.Optional(Quantity),
  },
  { title: "ReservationRefusal", additionalProperties: false },
);
export type ReservationRefusal = Type.Static<typeof ReservationRefusal>;
