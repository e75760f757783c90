import { Type } from "typebox";
import { ItemId, LineId, LocationId } from "./ids.ts";
import { PositiveQuantity, Quantity } from "./quantity.ts";
import { LineRejection } from "./rejection.ts";
import { SourcingCriterion } from "./rule.ts";

const closed = { additionalProperties: false } as const;

/**
 * Why a location gives nothing of a part of a line. `no-stock`: it has none that is free. `below-shelf-life`: its lots are too old for the
 * channel. `safety-stock`: what is there stays there. `protected`: it is kept for others. `not-whole-units`: less than what was
 * ordered as one. `asked-elsewhere`: the line names another location, or a lot that is not there. `other-lines`: other lines of the request take it, or took it when it was decided how much is promised.
 * `channel-limit`: the channel may not sell more of it. `other-part-short`: another part of the kit is missing. `too-many-locations`: it
 * would be one more than is allowed. `ranked-lower`: the best plan with it is worth less, by that criterion. `less-there`: others have more
 * of it. `later-in-network`: nothing but the order of the network decides. `refused`: the request as a whole could not be promised.
 * `not-searched`: there were more ways than could be looked at.
 */
export const NotChosenReason = Type.Union(
  [
    Type.Literal("no-stock"),
    Type.Literal("below-shelf-life"),
    Type.Literal("safety-stock"),
    Type.Literal("protected"),
    Type.Literal("not-whole-units"),
    Type.Literal("asked-elsewhere"),
    Type.Literal("other-lines"),
    Type.Literal("channel-limit"),
    Type.Literal("other-part-short"),
    Type.Literal("too-many-locations"),
    Type.Literal("ranked-lower"),
    Type.Literal("less-there"),
    Type.Literal("later-in-network"),
    Type.Literal("refused"),
    Type.Literal("not-searched"),
  ],
  { title: "NotChosenReason" },
);
export type NotChosenReason = Type.Static<typeof NotChosenReason>;

/** A location of the network, as it was judged for a part of a line. */
export const JudgedLocation = Type.Object(
  {
    locationId: LocationId,
    units: Type.Optional(Type.Unsafe<Quantity>({ ...PositiveQuantity, description: "What it gives." })),
    reason: Type.Optional(NotChosenReason),
    criterion: Type.Optional(SourcingCriterion),
    here: Type.Optional(
      Type.Integer({
        description:
          "With `ranked-lower`: what the best plan with it comes to by the criterion. Else units there.",
      }),
    ),
    chosen: Type.Optional(
      Type.Integer({
        description: "What the plan that was taken comes to, or the least that lay where it takes from.",
      }),
    ),
  },
  { title: "JudgedLocation", ...closed },
);
export type JudgedLocation = Type.Static<typeof JudgedLocation>;

/** Why units of a request come from where they come from. */
export const SourcingExplanation = Type.Object(
  {
    rule: Type.Optional(
      Type.String({ description: "The key of the rule; absent: none speaks of the channel." }),
    ),
    version: Type.Optional(
      Type.Integer({ minimum: 0, description: "The version of the book that brought the rule." }),
    ),
    method: Type.Union([Type.Literal("exact"), Type.Literal("ranked"), Type.Literal("usual")], {
      description:
        "`exact`: no plan is worth more. `ranked`: the best that was found in time. `usual`: from the first location of the network that has all of a line, or else " +
        "from the fullest.",
    }),
    criteria: Type.Array(SourcingCriterion),
    worth: Type.Optional(
      Type.Array(Type.Integer(), {
        description: "What the plan comes to by each criterion; less is better.",
      }),
    ),
    parts: Type.Array(
      Type.Object(
        {
          lineId: LineId,
          itemId: ItemId,
          wanted: Quantity,
          promised: Quantity,
          locations: Type.Array(JudgedLocation),
        },
        closed,
      ),
      { description: "Of each line each item that it takes: a kit takes several." },
    ),
  },
  { title: "SourcingExplanation", ...closed },
);
export type SourcingExplanation = Type.Static<typeof SourcingExplanation>;

/** What a request would be promised now, and why from there. Nothing is kept for it. */
export const SourcingQuote = Type.Object(
  {
    promised: Type.Array(
      Type.Object(
        {
          lineId: LineId,
          itemId: ItemId,
          locationId: LocationId,
          lot: Type.String(),
          quantity: PositiveQuantity,
        },
        closed,
      ),
    ),
    rejections: Type.Array(LineRejection),
    sourcing: SourcingExplanation,
    bookVersion: Type.Integer({ minimum: 0 }),
    asOf: Type.String({ format: "date-time" }),
  },
  { title: "SourcingQuote", ...closed },
);
export type SourcingQuote = Type.Static<typeof SourcingQuote>;
