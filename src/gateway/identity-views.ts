import {
  ConditionStatus,
  Instant,
  ItemId,
  LineId,
  LocationId,
  Lot,
  OrderId,
  Quantity,
  Reference,
  ReservationId,
  Status,
} from "@crossdock/canonical";
import { type Static, Type } from "typebox";

const closed = { additionalProperties: false };

/** Names and places in one request at most: a person's decision, not a load of data. */
const LINES_MAX = 500;

const shared = {
  validFrom: Type.Optional({
    ...Instant,
    description:
      "From when on names lead to the other item, and as of when units move. Absent: now. Never ahead of now.",
  }),
  reason: Type.String({ minLength: 1, maxLength: 200, description: "Why; it stays on the log." }),
  preview: Type.Optional(
    Type.Boolean({ description: "Shows what would move, and what stands against it; changes nothing." }),
  ),
};

/** An item that turns out to be another one. */
export const MergeRequest = Type.Object({ into: ItemId, ...shared }, { title: "MergeRequest", ...closed });
export type MergeRequest = Static<typeof MergeRequest>;

/** Names and units of an item that are those of another one. */
export const SplitRequest = Type.Object(
  {
    into: Type.Union([
      Type.Object({ itemId: ItemId }, closed),
      Type.Object(
        {
          sku: Type.String({ minLength: 1, maxLength: 200 }),
          description: Type.Optional(Type.String({ maxLength: 500 })),
        },
        closed,
      ),
    ]),
    names: Type.Array(Reference, { maxItems: LINES_MAX, description: "Names that lead there from then on." }),
    units: Type.Array(
      Type.Object(
        {
          locationId: LocationId,
          lot: Type.Optional(Lot),
          status: Type.Optional(ConditionStatus),
          quantity: Type.Intersect([Quantity, Type.Integer({ minimum: 1 })]),
        },
        closed,
      ),
      { maxItems: LINES_MAX, description: "Base units to take, place by place." },
    ),
    ...shared,
  },
  { title: "SplitRequest", ...closed },
);
export type SplitRequest = Static<typeof SplitRequest>;

/** What merging or splitting an item came to, or would come to. */
export const ItemIdentityAnswer = Type.Object(
  {
    outcome: Type.Union([Type.Literal("done"), Type.Literal("previewed")]),
    itemId: ItemId,
    into: ItemId,
    validFrom: Instant,
    names: Type.Array(Type.String(), { description: "Names that lead to the other item from then on." }),
    moves: Type.Array(
      Type.Object(
        {
          locationId: LocationId,
          lot: Lot,
          status: Status,
          quantity: Type.Integer({ description: "Base units; below zero where the books are." }),
          becomes: Type.Integer({ description: "The same in base units of the other item." }),
        },
        closed,
      ),
    ),
    promises: Type.Integer({ description: "Promises that are of the other item from then on." }),
    orderLines: Type.Integer({
      description:
        "Order lines of which units were promised, picked or shipped, that are of the other item from then on.",
    }),
    stayingPromises: Type.Integer({
      description:
        "Of a split that undoes a merge: open promises that were of the other item before, and stay promised of this one.",
    }),
    staying: Type.Array(
      Type.Object(
        {
          reservationId: ReservationId,
          orderId: Type.Optional(OrderId),
          lineId: LineId,
          locationId: LocationId,
          lot: Lot,
          quantity: Type.Integer({ description: "Base units of the item that it is of now." }),
          state: Type.String(),
        },
        closed,
      ),
      { description: "These, those of orders first; 500 at most." },
    ),
    refusals: Type.Array(Type.Object({ reason: Type.String(), detail: Type.String() }, closed), {
      description: "What stands against it. Empty when it is done.",
    }),
  },
  { title: "ItemIdentityAnswer", ...closed },
);
export type ItemIdentityAnswer = Static<typeof ItemIdentityAnswer>;
