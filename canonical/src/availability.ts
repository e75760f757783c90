import { Type } from "typebox";
import { ChannelId, Instant, ItemId, LocationId } from "./ids.ts";
import { PositiveQuantity, Quantity, QuantityDelta } from "./quantity.ts";
import { RuleEnd } from "./rule.ts";

/** The rule that gave an input of a figure. */
export const AppliedRule = Type.Object(
  {
    input: Type.String({ description: "The input that it gave, or had a part in." }),
    rule: Type.String({ description: "Its key." }),
    version: Type.Integer({ minimum: 1, description: "The version of the book that brought it." }),
    until: Type.Optional(RuleEnd),
  },
  { title: "AppliedRule", additionalProperties: false },
);
export type AppliedRule = Type.Static<typeof AppliedRule>;

/** The inputs of an available-to-promise figure: with them anyone can compute it again. */
export const AvailabilityFormula = Type.Object(
  {
    available: QuantityDelta,
    expiredHolds: Quantity,
    buffer: Quantity,
    protectedForOthers: Quantity,
    cap: Type.Optional(Quantity),
    waitingAhead: Type.Optional(
      Type.Unsafe<Quantity>({
        ...Quantity,
        description: "What of it is for backorders, which go before anybody who asks now. Absent: nothing.",
      }),
    ),
    safetyStock: Type.Optional(
      Type.Unsafe<Quantity>({
        ...Quantity,
        description: "What stays at the places of the network, whoever asks. Absent: nothing.",
      }),
    ),
    belowShelfLife: Type.Optional(
      Type.Unsafe<Quantity>({
        ...Quantity,
        description:
          "What lies there of lots that have expired, or that the channel may not be sent any more because they soon will. Absent: nothing.",
      }),
    ),
    ratioPermille: Type.Optional(
      Type.Integer({
        minimum: 0,
        description: "The share of what is open, in thousandths. Absent: all of it.",
      }),
    ),
    ringFenced: Type.Optional(
      Type.Unsafe<Quantity>({
        ...Quantity,
        description: "What is set aside for this channel. Absent: nothing.",
      }),
    ),
    worked: Type.Optional(
      Type.Object(
        {
          formulas: Type.Array(
            Type.Object({ formula: Type.String(), value: Type.Integer() }, { additionalProperties: false }),
            {
              description: "What each came to: those that the channel's is made of first, and that one last.",
            },
          ),
          atMost: Type.Unsafe<Quantity>({
            ...Quantity,
            description: "What lies there for it: no formula promises more.",
          }),
        },
        {
          additionalProperties: false,
          description: "How the channel's own formula came to the figure. Absent: it sells by the usual one.",
        },
      ),
    ),
    rules: Type.Optional(
      Type.Array(AppliedRule, {
        description: "The rules that gave the inputs. Absent: there is none for this item.",
      }),
    ),
  },
  { title: "AvailabilityFormula", additionalProperties: false },
);
export type AvailabilityFormula = Type.Static<typeof AvailabilityFormula>;

const atLocation = { locationId: LocationId, available: QuantityDelta };

/** What one component allows of a kit. With the others it makes the kit's figure explain itself. */
export const KitComponentAvailability = Type.Object(
  {
    itemId: ItemId,
    perKit: PositiveQuantity,
    availableToPromise: Quantity,
    formula: AvailabilityFormula,
    locations: Type.Array(
      Type.Object(
        {
          ...atLocation,
          kits: Quantity,
        },
        { additionalProperties: false },
      ),
    ),
    kits: Quantity,
  },
  {
    title: "KitComponentAvailability",
    description:
      "What one component allows of a kit; all but `kits` is in the component's own units. A location gives what whole kits take, " +
      "so it has the whole kits in what is left there; the component allows the whole kits in its `availableToPromise`, or the sum " +
      "of its locations if that is fewer.",
    additionalProperties: false,
  },
);
export type KitComponentAvailability = Type.Static<typeof KitComponentAvailability>;

/** What makes a kit's figure. */
export const KitAvailability = Type.Object(
  { limitedBy: ItemId, components: Type.Array(KitComponentAvailability) },
  {
    title: "KitAvailability",
    description:
      "The components of a kit, and the one that allows the fewest: the kit's figure is what that one allows.",
    additionalProperties: false,
  },
);
export type KitAvailability = Type.Static<typeof KitAvailability>;

/**
 * Available to promise: how many a channel may sell of an item, now. What explains the figure is the formula and the locations of an
 * item that lies on shelves, and the components of a kit, which does not.
 */
export const Availability = Type.Object(
  {
    channelId: ChannelId,
    itemId: ItemId,
    sku: Type.Optional(Type.String()),
    availableToPromise: Quantity,
    formula: Type.Optional(AvailabilityFormula),
    locations: Type.Optional(Type.Array(Type.Object(atLocation, { additionalProperties: false }))),
    kit: Type.Optional(KitAvailability),
    bookVersion: Type.Integer({ minimum: 0, description: "The version of the rules that held." }),
    asOf: Instant,
  },
  {
    title: "Availability",
    description:
      "An item's figure follows from `formula`; a kit's, which is in kits and has neither `formula` nor `locations`, from `kit`.",
    additionalProperties: false,
  },
);
export type Availability = Type.Static<typeof Availability>;

/**
 * Computes available-to-promise from its inputs, never below zero:
 * `min(cap, ratio(max(0, available + expired holds − waiting ahead − safety stock − what is below shelf life − buffer − what is protected for others)) + ring-fenced)`. What is set
 * aside for the channel is not there for others, so nobody's protection takes from it. A formula of the channel's own says itself what
 * it came to.
 */
export function availableToPromise(formula: AvailabilityFormula): Quantity {
  const {
    worked,
    waitingAhead = 0,
    safetyStock = 0,
    belowShelfLife = 0,
    ringFenced = 0,
    ratioPermille = 1_000,
  } = formula;
  if (worked !== undefined)
    return Math.max(0, Math.min(worked.formulas.at(-1)?.value ?? 0, worked.atMost)) as Quantity;
  const open = formula.available + formula.expiredHolds - waitingAhead - safetyStock - belowShelfLife;
  const shelf = Math.max(0, open - formula.buffer - formula.protectedForOthers);
  const thousands = Math.floor(shelf / 1_000);
  const rest = shelf - thousands * 1_000;
  const own = thousands * ratioPermille + Math.floor((rest * ratioPermille) / 1_000) + ringFenced;
  return Math.max(0, Math.min(own, formula.cap ?? own)) as Quantity;
}
