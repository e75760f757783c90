import { Type } from "typebox";
import { ChannelId, Instant, ItemId, LocationId } from "./ids.ts";
import { PositiveQuantity, Quantity } from "./quantity.ts";
import { DueKind, SupplyBasis, SupplyVerdict } from "./supply.ts";

const closed = { additionalProperties: false } as const;
const papers = {
  document: Type.String({ description: "The document's number; empty where there is none." }),
  line: Type.String({ description: "Its line; empty where it has none." }),
};
const permille = Type.Integer({
  minimum: 0,
  maximum: 1_000,
  description:
    "How much of it counts, of a thousand: the confidence in its kind and vendor, less with every day that it is overdue.",
});

/** Something that is to come, with what of it counts and from when on. */
export const SupplyInput = Type.Object(
  {
    kind: DueKind,
    source: Type.Optional(
      Type.String({ description: "Who says so. Absent: it has left, and is in transit." }),
    ),
    ...papers,
    itemId: ItemId,
    locationId: LocationId,
    fromLocationId: Type.Optional(LocationId),
    vendor: Type.Optional(Type.String()),
    stated: Quantity,
    basis: SupplyBasis,
    arrived: Quantity,
    open: PositiveQuantity,
    expectedAt: Type.Optional(Instant),
    dueAt: Type.Optional(
      Type.Unsafe<Instant>({
        ...Instant,
        description:
          "From when on it can be sold: when it is expected and has been put away. Absent: nobody has said when.",
      }),
    ),
    overdueDays: Type.Optional(
      Type.Integer({ minimum: 0, description: "Whole days. Absent: it is not overdue." }),
    ),
    permille,
    by: Type.Optional(
      Type.Array(Type.String(), {
        description:
          "The rules that say how far it is believed, by their keys. Absent: nobody has said otherwise than usual.",
      }),
    ),
    counted: Type.Unsafe<Quantity>({ ...Quantity, description: "Units of it that count from `dueAt` on." }),
    waiting: Type.Optional(
      Type.Unsafe<Quantity>({
        ...Quantity,
        description: "What of `counted` is for backorders, and nobody else's. Absent: nothing.",
      }),
    ),
    decided: Type.Optional(SupplyVerdict),
    saidFor: Type.Optional(
      Type.Unsafe<Instant>({
        ...Instant,
        description: "When its source expects it. Absent: as `expectedAt` says, which nobody has changed.",
      }),
    ),
    asOf: Type.Optional(Instant),
  },
  { title: "SupplyInput", ...closed },
);
export type SupplyInput = Type.Static<typeof SupplyInput>;

/** Units that will leave a location of the network for another: a transfer that has not left yet. */
export const DemandInput = Type.Object(
  {
    ...papers,
    source: Type.Optional(Type.String()),
    itemId: ItemId,
    locationId: LocationId,
    units: PositiveQuantity,
    at: Type.Unsafe<Instant>({
      ...Instant,
      description: "When they leave; where that is not said, at once.",
    }),
  },
  { title: "DemandInput", ...closed },
);
export type DemandInput = Type.Static<typeof DemandInput>;

const CutOff = Type.Object(
  {
    locationId: LocationId,
    at: Type.Optional(
      Type.Unsafe<Instant>({
        ...Instant,
        description: "Absent: nothing ships from there within a year before.",
      }),
    ),
    is: Type.Optional(
      Type.Union(
        [
          Type.Literal("cut-off"),
          Type.Literal("end-of-work"),
          Type.Literal("end-of-day"),
          Type.Literal("moment"),
        ],
        {
          description:
            "A cut-off of its calendar; where that has none the end of work; where it has no calendar the end of the day; or the moment that was asked for.",
        },
      ),
    ),
    passed: Type.Optional(
      Type.Boolean({ description: "It is over: what lies there cannot leave by then, and is not counted." }),
    ),
  },
  { title: "CutOff", ...closed },
);

/** The horizon, and what it was computed from. */
const inputs = {
  channelId: ChannelId,
  itemId: ItemId,
  sku: Type.Optional(Type.String()),
  supply: Type.Array(SupplyInput, {
    description:
      "Everything that is to come to the network, of a kit's components for a kit; also what does not count by then.",
  }),
  demand: Type.Array(DemandInput),
  horizon: Type.Unsafe<Instant>({ ...Instant, description: "What is beyond it is not looked at." }),
  asOf: Instant,
};

/**
 * Available to promise by a moment: the fewest that the channel may sell at any time from then to the horizon, with everything that is to
 * come by then and everything that leaves. So many may be promised for it without a later promise, or what leaves later, being short.
 */
export const DatedAvailability = Type.Object(
  {
    ...inputs,
    by: Type.String({ description: "The moment or day that was asked for." }),
    cutOffs: Type.Array(CutOff, {
      description:
        "Until when goods have to be ready, place by place: by a day, the last cut-off there on the last day up to it on which anything ships.",
    }),
    availableToPromise: Quantity,
    limitedAt: Type.Optional(
      Type.Unsafe<Instant>({
        ...Instant,
        description:
          "When there are fewest: what leaves then keeps the figure down. Absent: it is so at the moment itself.",
      }),
    ),
  },
  { title: "DatedAvailability", ...closed },
);
export type DatedAvailability = Type.Static<typeof DatedAvailability>;

/** Available to promise over time: the figure of each moment holds until the next. */
export const AvailabilitySeries = Type.Object(
  {
    ...inputs,
    points: Type.Array(Type.Object({ at: Instant, availableToPromise: Quantity }, closed), {
      description: "By the hour at first, and by the day beyond.",
    }),
  },
  { title: "AvailabilitySeries", ...closed },
);
export type AvailabilitySeries = Type.Static<typeof AvailabilitySeries>;
