import { Type } from "typebox";
import { ChannelGroupId, ChannelId, ItemId, LocationId } from "./ids.ts";
import { PositiveQuantity, Quantity } from "./quantity.ts";

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

/** What a rule is about: one item, or, without it, every item. */
const goods = { item: Type.Optional(ItemId) };

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
  /** Units that a channel leaves on the shelf, against its own lag. */
  buffer: Type.Object(
    { kind: Type.Literal("buffer"), ...who, ...goods, units: Quantity },
    { title: "BufferRule", ...closed },
  ),
  /** The most that a channel is shown and promised; null: no limit, whatever a wider rule says. */
  cap: Type.Object(
    { kind: Type.Literal("cap"), ...who, ...goods, units: Type.Union([Quantity, Type.Null()]) },
    { title: "CapRule", ...closed },
  ),
  /** Units that all who are outside must leave for a channel, or for a group as a whole. */
  protection: Type.Object(
    { kind: Type.Literal("protection"), ...who, ...goods, units: Quantity },
    { title: "ProtectionRule", ...closed },
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
const KEY_PARTS = ["channel", "group", "item"] as const;

/** Longest key: the kind, and every part with the longest id. */
export const RULE_KEY_LENGTH_MAX = 400;

/**
 * The name of a rule: its kind and its scope, and nothing of what it says. `buffer/channel:web/item:itm-1` is the buffer of the
 * channel `web` for the item `itm-1`; `buffer` is everybody's for everything. No two rules of a book have one key.
 */
export function ruleKey(rule: Rule): string {
  const parts: { readonly [Part in (typeof KEY_PARTS)[number]]?: string } = rule;
  let key: string = rule.kind;
  for (const part of KEY_PARTS) {
    const value = parts[part];
    if (value !== undefined) key += `/${part}:${value}`;
  }
  return key;
}
