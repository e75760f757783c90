import {
  ChannelId,
  Instant,
  ItemId,
  LineId,
  LocationId,
  Lot,
  OrderId,
  PositiveQuantity,
  Quantity,
  QuantityDelta,
  ReservationId,
} from "@crossdock/canonical";
import { type Static, Type } from "typebox";

const closed = { additionalProperties: false } as const;
const next = Type.Optional(Type.String({ description: "Give it back in `after`. Absent on the last page." }));

/** A promise that a shortfall hits. */
export const ShortfallHit = Type.Object(
  {
    reservationId: ReservationId,
    channelId: ChannelId,
    orderId: Type.Optional(OrderId),
    orderNumber: Type.Optional(Type.String()),
    lineId: LineId,
    state: Type.Union([Type.Literal("held"), Type.Literal("allocated")]),
    promised: Type.Unsafe<Quantity>({ ...Quantity, description: "Units that it keeps on the shelf." }),
    units: Type.Unsafe<Quantity>({ ...Quantity, description: "How many of them are not there." }),
    promisedAt: Instant,
    shipBy: Type.Optional(Instant),
  },
  { title: "ShortfallHit", ...closed },
);
export type ShortfallHit = Static<typeof ShortfallHit>;

/** A position of which less is there than is promised. */
export const Shortfall = Type.Object(
  {
    positionId: Type.String({ pattern: "^[0-9]{1,15}$" }),
    itemId: ItemId,
    locationId: LocationId,
    lot: Lot,
    version: Type.Integer({ minimum: 0, description: "Of the position: it is higher after each change." }),
    promised: Type.Unsafe<Quantity>({ ...Quantity, description: "Held and allocated." }),
    missing: Type.Unsafe<Quantity>({ ...Quantity, description: "Units that are promised and not there." }),
    beyondPromises: Type.Unsafe<Quantity>({
      ...Quantity,
      description:
        "Units that left beyond all that is promised: the books are behind, and no promise is hit by them.",
    }),
    hits: Type.Array(ShortfallHit, { description: "Whom it hits, in the order in which they yield." }),
  },
  { title: "Shortfall", ...closed },
);
export type Shortfall = Static<typeof Shortfall>;

export const ShortfallPage = Type.Object(
  { shortfalls: Type.Array(Shortfall), next },
  { title: "ShortfallPage", ...closed },
);

/** What may be said of how promises of one channel yield. */
const ShortfallYield = Type.Union([
  Type.Literal("held-first"),
  Type.Literal("latest-ship-date"),
  Type.Literal("smallest-order"),
  Type.Literal("whole-orders-last"),
]);

/** How a channel's promises yield in a shortfall. */
export const ShortfallPolicyToSet = Type.Object(
  {
    rank: Type.Integer({
      minimum: 0,
      maximum: 999,
      description: "Channels of a lower rank yield first. Where nothing was said it is 100.",
    }),
    yields: Type.Array(ShortfallYield, {
      maxItems: 4,
      uniqueItems: true,
      description:
        "What decides within the channel, the first first. At last the latest promise yields first.",
    }),
    because: Type.String({ minLength: 1, maxLength: 500 }),
  },
  { title: "ShortfallPolicyToSet", ...closed },
);
export type ShortfallPolicyToSet = Static<typeof ShortfallPolicyToSet>;

export const ShortfallPolicy = Type.Object(
  {
    channelId: ChannelId,
    ...ShortfallPolicyToSet.properties,
    saidBy: Type.String(),
    saidAt: Instant,
  },
  { title: "ShortfallPolicy", ...closed },
);
export type ShortfallPolicy = Static<typeof ShortfallPolicy>;

export const ShortfallPolicyPage = Type.Object(
  { policies: Type.Array(ShortfallPolicy), next },
  { title: "ShortfallPolicyPage", ...closed },
);

const SeenVersion = Type.Object(
  { positionId: Type.Integer({ minimum: 1 }), version: Type.Integer({ minimum: 0 }) },
  closed,
);

/** Where units of a promise could come from instead. */
export const ReallocationProposals = Type.Object(
  {
    reservationId: ReservationId,
    units: Quantity,
    offers: Type.Array(
      Type.Object(
        {
          locationId: LocationId,
          units: Type.Unsafe<Quantity>({
            ...Quantity,
            description: "What it can give: of what was asked, or fewer.",
          }),
          lots: Type.Array(
            Type.Object(
              {
                positionId: Type.Integer({ minimum: 1 }),
                lot: Lot,
                units: Quantity,
                leaves: Type.Unsafe<QuantityDelta>({
                  ...QuantityDelta,
                  description:
                    "What is left of it for all after that, beside what is set aside and what stays as safety stock.",
                }),
              },
              closed,
            ),
          ),
          channelsHit: Type.Array(ChannelId, {
            description: "Other channels that sell from there: they have fewer to sell afterwards.",
          }),
        },
        { title: "ReallocationOffer", ...closed },
      ),
      { description: "Those that can give most come first." },
    ),
    notChosen: Type.Array(Type.Object({ locationId: LocationId, because: Type.String() }, closed), {
      description: "The other locations of the network, and why they can give nothing.",
    }),
    versions: Type.Array(SeenVersion, { description: "What was looked at. Give it back unchanged." }),
  },
  { title: "ReallocationProposals", ...closed },
);
export type ReallocationProposals = Static<typeof ReallocationProposals>;

/** A proposal that somebody has chosen. */
export const ReallocationRequest = Type.Object(
  {
    locationId: LocationId,
    units: PositiveQuantity,
    versions: Type.Array(SeenVersion, { maxItems: 5_000 }),
    because: Type.String({ minLength: 1, maxLength: 200 }),
  },
  { title: "ReallocationRequest", ...closed },
);
export type ReallocationRequest = Static<typeof ReallocationRequest>;
