import {
  CloudEvent,
  Instant,
  ItemId,
  LocationId,
  Lot,
  MessageId,
  PositiveQuantity,
  Quantity,
  QuantityDelta,
  ReservationId,
  Status,
} from "@crossdock/canonical";
import { type Static, Type } from "typebox";

const closed = { additionalProperties: false } as const;
const count = Type.Integer({ minimum: 0 });
const next = Type.Optional(Type.String({ description: "Give it back in `after`. Absent on the last page." }));
const statuses = Type.Record(Status, QuantityDelta);

/**
 * A position with the quantity in each status. `uncovered`: how far facts from outside have taken it below zero; `version`: how many
 * transfers have touched it.
 */
export const PositionView = Type.Object(
  {
    positionId: Type.String(),
    itemId: ItemId,
    locationId: LocationId,
    lot: Lot,
    onHand: QuantityDelta,
    statuses,
    uncovered: Quantity,
    version: count,
  },
  { title: "Position", ...closed },
);
export type PositionView = Static<typeof PositionView>;

export const PositionPage = Type.Object(
  { positions: Type.Array(PositionView), next },
  { title: "PositionPage", ...closed },
);

const side = Type.Object(
  { positionId: Type.String(), locationId: LocationId, status: Status },
  { title: "TransferSide", ...closed },
);

/** One transfer of a position, with what the position came to by it, the fact that moved it and the message that said so. */
export const ExplainedTransfer = Type.Object(
  {
    transferId: Type.String(),
    from: side,
    to: side,
    quantity: PositiveQuantity,
    reason: Type.String(),
    because: Type.Optional(
      Type.String({ description: "Why, in the words of who said or decided it. Absent: none were given." }),
    ),
    effectiveAt: Instant,
    recordedAt: Instant,
    balance: statuses,
    reservationId: Type.Optional(ReservationId),
    messageId: Type.Optional(MessageId),
    messageLink: Type.Optional(Type.String({ description: "Where the message as it came is read." })),
    fact: Type.Optional(CloudEvent),
  },
  { title: "ExplainedTransfer", ...closed },
);
export type ExplainedTransfer = Static<typeof ExplainedTransfer>;

const ReasonTotal = Type.Object(
  { reason: Type.String(), statuses, transfers: count },
  { title: "ReasonTotal", ...closed },
);

const ArchivedPast = Type.Object(
  { archive: Type.String(), until: Instant, transfers: count },
  { title: "ArchivedPast", ...closed },
);

/**
 * Why a position is, or was, what it is. `totals` are of all transfers behind it, not of this page alone, and add up to the position;
 * `opening` is what it held before the first transfer of this page. The last transfer to take effect comes first.
 */
export const Explanation = Type.Object(
  {
    position: PositionView,
    at: Type.Optional(Instant),
    believedAt: Type.Optional(Instant),
    totals: Type.Array(ReasonTotal),
    balanced: Type.Boolean({
      description: "Whether the totals add up to the position. They do, or something is wrong.",
    }),
    archived: Type.Array(ArchivedPast, {
      description: "What of it has left for archives: it is in the totals, and not among the transfers.",
    }),
    opening: statuses,
    transfers: Type.Array(ExplainedTransfer),
    next,
  },
  { title: "Explanation", ...closed },
);
export type Explanation = Static<typeof Explanation>;
