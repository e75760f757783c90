import { Type } from "typebox";
import { ChannelGroupId, ChannelId, FormulaId, ItemId, LocationId } from "./ids.ts";
import { ItemClass } from "./master.ts";
import { PositiveQuantity, Quantity, QuantityDelta } from "./quantity.ts";
import { DueKind } from "./supply.ts";

const closed = { additionalProperties: false } as const;
const name = Type.String({ minLength: 1, maxLength: 200 });

/** Longest network, and longest line of groups above a channel: beyond it nobody could say what holds. */
export const NETWORK_LOCATIONS_MAX = 1_000;

/** Whom a rule is for: one channel, the channels of a group, or, with neither, every channel. */
const who = {
  channel: Type.Optional(ChannelId),
  group: Type.Optional({
    ...ChannelGroupId,
    description: "The channels of the group, and of the groups below it.",
  }),
};

/** What a rule is about: one item, the items of a class, or, with neither, every item. */
const goods = {
  item: Type.Optional(ItemId),
  itemClass: Type.Optional({
    ...ItemClass,
    description: "The items of a class. A rule about an item goes before one about its class.",
  }),
};

/** Until when something holds: a moment, or a day, which is over when it is in its zone. */
export const RuleEnd = Type.String({
  pattern:
    "^\\d{4}-\\d{2}-\\d{2}(T\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,3})?)?(Z|[+-]\\d{2}:\\d{2})|\\[[A-Za-z0-9_+/-]{1,60}\\])$",
  description:
    "A moment (`2026-12-24T18:00:00Z`), or the last day with its zone (`2026-12-24[Europe/Vienna]`). From then on it holds no more, and a wider rule " +
    "does. Absent: it has no end.",
});
export type RuleEnd = Type.Static<typeof RuleEnd>;

const ends = { until: Type.Optional(RuleEnd) };

/** Parts of a whole, in thousandths. */
export const PERMILLE_MAX = 1_000;
/** Days of shelf life that may be asked for: a hundred years. */
export const SHELF_LIFE_DAYS_MAX = 36_525;
/** Terms of one formula: each input once, and some formulas. */
export const FORMULA_TERMS_MAX = 20;

/** A term of a formula: an input, or another formula by its name; added, or with a minus before it taken away. */
export const FormulaTerm = Type.String({
  pattern: "^[+-]?(open|buffer|protected-for-others|ring-fenced|formula:[A-Za-z0-9][A-Za-z0-9._-]{0,63})$",
  description:
    "An input (`open`, `buffer`, `protected-for-others`, `ring-fenced`) or another formula, for example `-buffer` or `formula:shelf`. `open` is " +
    "what is available and what expired holds give back, less the safety stock.",
});
export type FormulaTerm = Type.Static<typeof FormulaTerm>;

/** Days ahead that availability looks at, at most: two years, the longest lead time that is ordinary. */
export const HORIZON_DAYS_MAX = 730;
/** Hours that are shown one by one, at most: two weeks. */
export const NEAR_HOURS_MAX = 336;
/** Hours until something that is overdue is thought to come, at most: a year. */
const WAIT_HOURS_MAX = 8_760;
/** Steps of one decay. */
const DECAY_STEPS_MAX = 20;
/** Longest vendor that a rule can be about. */
const VENDOR_LENGTH_MAX = 60;

/** What is left of what is overdue from a day on: days, and thousandths. */
export const DecayStep = Type.String({
  pattern: "^\\d{1,4}:(1000|\\d{1,3})$",
  description:
    "From so many days overdue, so many thousandths of what would count do: `0:500`, `7:0`. Days rise, thousandths fall.",
});
export type DecayStep = Type.Static<typeof DecayStep>;

/** What a rule about what is to come is about: a kind, a vendor, both, or, with neither, everything. */
const toCome = {
  supply: Type.Optional({
    ...DueKind,
    description: "What brings it: `purchase-order`, `in-transit` and so on.",
  }),
  vendor: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: VENDOR_LENGTH_MAX,
      description: "Who supplies it, in the words of the source that says so.",
    }),
  ),
};

/**
 * By what locations are ranked for what is promised. `fewest-locations`: from as few as there can be. `priority`: the first of the rule's
 * list. `distance` and `cost`: to where it goes. `expiry`: what expires first. `load`: where less is open to be picked, of what a place
 * can do. `protection`: where more is left.
 */
export const SourcingCriterion = Type.Union(
  [
    Type.Literal("fewest-locations"),
    Type.Literal("priority"),
    Type.Literal("distance"),
    Type.Literal("cost"),
    Type.Literal("expiry"),
    Type.Literal("load"),
    Type.Literal("protection"),
  ],
  { title: "SourcingCriterion" },
);
export type SourcingCriterion = Type.Static<typeof SourcingCriterion>;
/** Each criterion once. */
const CRITERIA_MAX = 7;

/** Longest zone: a country and a postal code. */
export const ZONE_LENGTH_MAX = 32;
/** A zone of destinations: all whose own zone begins with it. */
export const Zone = Type.String({
  pattern: "^[A-Z0-9][A-Z0-9-]{0,31}$",
  description:
    "A country, or a country and the beginning of its postal codes: `DE`, `DE-80`, `US-606`. Of zones that fit the longest counts.",
});

/** The kinds of rules, each with the schema of its rules. What names a rule is its key; the rest is what it says. */
export const RULES = {
  /** A channel, and the network that it sells from, in its order. */
  channel: Type.Object(
    {
      kind: Type.Literal("channel"),
      channel: ChannelId,
      name,
      locations: Type.Array(LocationId, { maxItems: NETWORK_LOCATIONS_MAX }),
      parent: Type.Optional(ChannelGroupId),
      minimumToPublish: Type.Optional({
        ...PositiveQuantity,
        description: "Where it may sell fewer than this, it is told none.",
      }),
      lowBelow: Type.Optional({
        ...PositiveQuantity,
        description: "Where it may sell fewer than this, buyers are told that few are left.",
      }),
      formula: Type.Optional({
        ...FormulaId,
        description:
          "By which it may sell. Absent: its share of what is open less buffer and what is protected for others, and what is set aside for it, " +
          "up to its limit.",
      }),
    },
    { title: "ChannelRule", ...closed },
  ),
  /** Channels, or groups of them, that stand together. */
  group: Type.Object(
    {
      kind: Type.Literal("group"),
      group: ChannelGroupId,
      name,
      parent: Type.Optional(ChannelGroupId),
    },
    { title: "GroupRule", ...closed },
  ),
  /** By what the locations of a channel are ranked, the first criterion first; what is the same by all of them is taken in the order of the network. */
  sourcing: Type.Object(
    {
      kind: Type.Literal("sourcing"),
      ...who,
      criteria: Type.Array(SourcingCriterion, { minItems: 1, maxItems: CRITERIA_MAX }),
      locations: Type.Optional(
        Type.Array(LocationId, {
          minItems: 1,
          maxItems: NETWORK_LOCATIONS_MAX,
          description: "In the order of `priority`; those that are not named come after them.",
        }),
      ),
      leaveUnits: Type.Optional({
        ...PositiveQuantity,
        description: "By `protection` so many of an item should stay at each location.",
      }),
    },
    { title: "SourcingRule", ...closed },
  ),
  /** What it takes to send something from a location to a zone. */
  lane: Type.Object(
    {
      kind: Type.Literal("lane"),
      location: LocationId,
      zone: Zone,
      perOrder: Type.Optional({ ...Quantity, description: "In the smallest unit of the company's money." }),
      perUnit: Type.Optional({ ...Quantity, description: "The same, for every base unit." }),
      metres: Type.Optional({ ...Quantity, description: "How far it is, where no coordinates say it." }),
    },
    { title: "LaneRule", ...closed },
  ),
  /** Where a location is, and how much it can do. */
  place: Type.Object(
    {
      kind: Type.Literal("place"),
      location: LocationId,
      latitude: Type.Optional(Type.Number({ minimum: -90, maximum: 90 })),
      longitude: Type.Optional(Type.Number({ minimum: -180, maximum: 180 })),
      capacityUnits: Type.Optional({
        ...PositiveQuantity,
        description: "Units that may wait to be picked there; the load is what waits, of that.",
      }),
    },
    { title: "PlaceRule", ...closed },
  ),
  /** How a figure is made of its inputs. */
  formula: Type.Object(
    {
      kind: Type.Literal("formula"),
      formula: FormulaId,
      name,
      terms: Type.Array(FormulaTerm, { minItems: 1, maxItems: FORMULA_TERMS_MAX }),
      atLeast: Type.Optional({ ...QuantityDelta, description: "What the sum counts for where it is less." }),
      takesRatio: Type.Optional(
        Type.Boolean({ description: "Then the ratio of the channel and item is taken of it." }),
      ),
      takesCap: Type.Optional(
        Type.Boolean({ description: "Then it is no more than the limit of the channel and item." }),
      ),
    },
    { title: "FormulaRule", ...closed },
  ),
  /** Units of an item that stay at a place, whoever asks; without a place, at each. */
  "safety-stock": Type.Object(
    {
      kind: Type.Literal("safety-stock"),
      ...goods,
      location: Type.Optional(LocationId),
      units: Quantity,
      ...ends,
    },
    { title: "SafetyStockRule", ...closed },
  ),
  /** How long a lot must be good for on the day on which it is promised; 0: it must not have expired, which holds without any rule. */
  "minimum-shelf-life": Type.Object(
    {
      kind: Type.Literal("minimum-shelf-life"),
      ...who,
      ...goods,
      days: Type.Integer({
        minimum: 0,
        maximum: SHELF_LIFE_DAYS_MAX,
        description: "Days that must be left, by the calendar of the place where the lot lies.",
      }),
    },
    { title: "MinimumShelfLifeRule", ...closed },
  ),
  /** Units that a channel leaves on the shelf, against its own lag. */
  buffer: Type.Object(
    { kind: Type.Literal("buffer"), ...who, ...goods, units: Quantity, ...ends },
    { title: "BufferRule", ...closed },
  ),
  /** The share of what is open that a channel may have, rounded down. */
  ratio: Type.Object(
    {
      kind: Type.Literal("ratio"),
      ...who,
      ...goods,
      permille: Type.Integer({
        minimum: 0,
        maximum: PERMILLE_MAX,
        description: "Thousandths of what is open.",
      }),
      ...ends,
    },
    { title: "RatioRule", ...closed },
  ),
  /** The most that a channel is shown and promised; null: no limit, whatever a wider rule says. */
  cap: Type.Object(
    { kind: Type.Literal("cap"), ...who, ...goods, units: Type.Union([Quantity, Type.Null()]), ...ends },
    { title: "CapRule", ...closed },
  ),
  /** Units that all who are outside must leave for a channel, or for a group as a whole. */
  protection: Type.Object(
    { kind: Type.Literal("protection"), ...who, ...goods, units: Quantity, ...ends },
    { title: "ProtectionRule", ...closed },
  ),
  /** How far what is to come is believed. The rule of a kind and vendor goes before the vendor's, that before the kind's, that before everything's. */
  "supply-confidence": Type.Object(
    {
      kind: Type.Literal("supply-confidence"),
      ...toCome,
      permille: Type.Integer({
        minimum: 0,
        maximum: PERMILLE_MAX,
        description: "So many of a thousand units that are due count.",
      }),
    },
    { title: "SupplyConfidenceRule", ...closed },
  ),
  /** How much of what is overdue counts, and when it is thought to come. */
  "supply-decay": Type.Object(
    {
      kind: Type.Literal("supply-decay"),
      ...toCome,
      waitHours: Type.Integer({
        minimum: 0,
        maximum: WAIT_HOURS_MAX,
        description: "What is overdue is thought to come so many hours from now.",
      }),
      steps: Type.Array(DecayStep, { minItems: 1, maxItems: DECAY_STEPS_MAX }),
    },
    { title: "SupplyDecayRule", ...closed },
  ),
  /** How far ahead is looked where a question does not say it. */
  "supply-horizon": Type.Object(
    {
      kind: Type.Literal("supply-horizon"),
      days: Type.Integer({ minimum: 1, maximum: HORIZON_DAYS_MAX }),
      nearHours: Type.Integer({
        minimum: 0,
        maximum: NEAR_HOURS_MAX,
        description: "Hours that are shown one by one; beyond them days are.",
      }),
    },
    { title: "SupplyHorizonRule", ...closed },
  ),
};

export type RuleKind = keyof typeof RULES;

/** What one rule of a kind says. */
export type RuleOf<Kind extends RuleKind> = Type.Static<(typeof RULES)[Kind]>;

/** A rule of the book. */
export type Rule = { [Kind in RuleKind]: RuleOf<Kind> }[RuleKind];

export const RULE_KINDS: readonly RuleKind[] = Object.keys(RULES).filter(isRuleKind);

/** Whether a text names a kind of rule. */
export function isRuleKind(text: string): text is RuleKind {
  return Object.hasOwn(RULES, text);
}

/** Any rule, as it is published. */
export const Rule = Type.Unsafe<Rule>(
  Type.Union(Object.values(RULES), {
    title: "Rule",
    description: "One rule of the book, by its `kind`. A rule of the same kind and scope takes its place.",
  }),
);

/** What may name a rule beside its kind, in the order in which a key says it. */
const KEY_PARTS = [
  ["formula", "formula"],
  ["channel", "channel"],
  ["group", "group"],
  ["item", "item"],
  ["itemClass", "class"],
  ["location", "location"],
  ["supply", "supply"],
  ["vendor", "vendor"],
  ["zone", "zone"],
] as const;

/** Parts that may have any letter in them, and not only those of ids. */
const FREE_PARTS: ReadonlySet<string> = new Set(["itemClass", "vendor"]);

/** Longest key: the kind, and every part with the longest id, or the longest class of the letters that take most. */
export const RULE_KEY_LENGTH_MAX = 700;

/**
 * The name of a rule: its kind and its scope, and nothing of what it says. `buffer/channel:web/item:itm-1` is the buffer of the
 * channel `web` for the item `itm-1`, `cap/class:A` everybody's limit for the items of class A; `buffer` is everybody's for everything. No two rules of a book have one key.
 */
export function ruleKey(rule: Rule): string {
  const parts: { readonly kind: RuleKind } & { readonly [Part in (typeof KEY_PARTS)[number][0]]?: string } =
    rule;
  let key: string = rule.kind;
  for (const [part, name] of KEY_PARTS) {
    // The formula of a channel is what its rule says, and no part of what names it.
    if (part === "formula" && rule.kind !== "formula") continue;
    const value = parts[part];
    // A class is what a company calls it, and may have any letter in it; ids have none that means something in a key.
    if (value !== undefined) key += `/${name}:${FREE_PARTS.has(part) ? encodeURIComponent(value) : value}`;
  }
  return key;
}
