import type {
  AppliedRule,
  ChannelId,
  ItemId,
  LocationId,
  Quantity,
  Rule,
  RuleKind,
  RuleOf,
} from "@crossdock/canonical";
import { quantity, ruleKey } from "@crossdock/canonical";
import { compileFormulas, type Formula } from "./formula.ts";

/** A rule as it stands in a book. */
export type BookRule<Kind extends RuleKind = RuleKind> = {
  readonly key: string;
  readonly rule: Extract<Rule, RuleOf<Kind>>;
  /** The version that brought it. */
  readonly since: number;
};

/** A channel or a group of channels, in the hierarchy. */
type Holder = {
  /** How scopes name it. */
  readonly name: string;
  readonly parent: Holder | undefined;
  readonly children: Holder[];
};

/** A channel with its network, nearest rank first. */
export type Channel = {
  readonly channelId: ChannelId;
  readonly name: string;
  readonly locations: readonly LocationId[];
  /** Below this it is told none. */
  readonly minimumToPublish: number;
  /** Its own; undefined where it sells by the usual one. */
  readonly formula: Formula | undefined;
  readonly holder: Holder;
  /** What was found for items so far. */
  readonly terms: Map<string, Terms>;
};

/** Rules of one kind by what they are about, and then by whom they are for. */
type Scoped<Kind extends RuleKind> = ReadonlyMap<string, ReadonlyMap<string, BookRule<Kind>>>;

/** One version of the rules, laid out for being asked. Protection of one channel is what the others may not sell, so they are known together. */
export type RuleBook = {
  readonly version: number;
  readonly rules: ReadonlyMap<string, BookRule>;
  readonly channels: ReadonlyMap<string, Channel>;
  /** Those that stand under no group. */
  readonly roots: readonly Holder[];
  readonly buffers: Scoped<"buffer">;
  readonly ratios: Scoped<"ratio">;
  readonly caps: Scoped<"cap">;
  /** By item and then by location. */
  readonly safetyStocks: Scoped<"safety-stock">;
  readonly protections: Scoped<"protection">;
};

/** What the rules say of an item for a channel. */
export type Terms = {
  readonly buffer: Quantity;
  readonly ratioPermille: number | undefined;
  readonly cap: Quantity | undefined;
  readonly protectedForOthers: Quantity;
  /** Which rule gave what; undefined where none did. */
  readonly rules: AppliedRule[] | undefined;
};

/** Items of a channel of which the terms are remembered; beyond it they are found again. */
const TERMS_MAX = 50_000;
/** Every item. */
const ALL = "";

type Scope = { readonly channel?: string; readonly group?: string; readonly location?: string };

/** What narrows a scope beside the item, as text: whom it is for, or where. */
function holderName(scope: Scope): string {
  if (scope.location !== undefined) return scope.location;
  if (scope.channel !== undefined) return `channel:${scope.channel}`;
  return scope.group === undefined ? ALL : `group:${scope.group}`;
}

/** The rules of one kind. */
export function rulesOfKind<Kind extends RuleKind>(rules: Iterable<BookRule>, kind: Kind): BookRule<Kind>[] {
  const isOfKind = (entry: BookRule): entry is BookRule<Kind> => entry.rule.kind === kind;
  return [...rules].filter(isOfKind);
}

/** Rules by their item and what else narrows them. */
function scoped<Kind extends "buffer" | "ratio" | "cap" | "protection" | "safety-stock">(
  rules: Iterable<BookRule>,
  kind: Kind,
): Scoped<Kind> {
  const byGoods = new Map<string, Map<string, BookRule<Kind>>>();
  for (const entry of rulesOfKind(rules, kind)) {
    const goods = entry.rule.item ?? ALL;
    const byHolder = byGoods.get(goods) ?? new Map<string, BookRule<Kind>>();
    byHolder.set(holderName(entry.rule), entry);
    byGoods.set(goods, byHolder);
  }
  return byGoods;
}

/** Joins channels and groups. A parent that is missing, or leads back, is none: a checked book has no such thing. */
function hierarchy(rules: readonly BookRule[]): ReadonlyMap<string, Holder> {
  const parents = new Map<string, string | undefined>();
  for (const { rule } of rules) {
    if (rule.kind !== "channel" && rule.kind !== "group") continue;
    parents.set(holderName(rule), rule.parent === undefined ? undefined : `group:${rule.parent}`);
  }
  const holders = new Map<string, Holder>();
  const make = (name: string, below: ReadonlySet<string>): Holder | undefined => {
    const known = holders.get(name);
    if (known !== undefined || !parents.has(name) || below.has(name)) return known;
    const above = parents.get(name);
    const parent = above === undefined ? undefined : make(above, new Set([...below, name]));
    const made: Holder = holders.get(name) ?? { name, parent, children: [] };
    if (!holders.has(name)) made.parent?.children.push(made);
    holders.set(name, made);
    return made;
  };
  for (const name of parents.keys()) make(name, new Set());
  return holders;
}

/** Lays the rules of a version out. */
export function compileBook(version: number, rules: ReadonlyMap<string, BookRule>): RuleBook {
  const all = [...rules.values()];
  const holders = hierarchy(all);
  const formulas = compileFormulas(rulesOfKind(all, "formula"));
  const channels = rulesOfKind(all, "channel").map(({ rule }): [string, Channel] => [
    rule.channel,
    {
      channelId: rule.channel,
      name: rule.name,
      locations: rule.locations,
      minimumToPublish: rule.minimumToPublish ?? 0,
      formula: rule.formula === undefined ? undefined : formulas.get(rule.formula),
      holder: holders.get(holderName(rule)) ?? { name: holderName(rule), parent: undefined, children: [] },
      terms: new Map(),
    },
  ]);
  return {
    version,
    rules,
    channels: new Map(channels),
    roots: [...holders.values()].filter(({ parent }) => parent === undefined),
    buffers: scoped(all, "buffer"),
    ratios: scoped(all, "ratio"),
    caps: scoped(all, "cap"),
    safetyStocks: scoped(all, "safety-stock"),
    protections: scoped(all, "protection"),
  };
}

/** A book of rules that nobody had to check; for set-up and tests. */
export function bookOf(rules: readonly Rule[], version = 1): RuleBook {
  return compileBook(version, new Map(rules.map((rule) => [ruleKey(rule), entryOf(rule, version)])));
}

/** A rule with its key. */
export const entryOf = (rule: Rule, since: number): BookRule => ({ key: ruleKey(rule), rule, since });

/**
 * The rule of a scope that goes before the others: one of the item before one of every item; among those the channel's own, then its
 * group's, then that of the group above, and at last everybody's. A rule about the item was written for it as an exception, so it holds
 * for a channel even where that has a rule for everything.
 */
function narrowest<Kind extends RuleKind>(
  rules: Scoped<Kind>,
  channel: Channel,
  item: ItemId,
): BookRule<Kind> | undefined {
  if (rules.size === 0) return undefined;
  for (const goods of [item, ALL]) {
    const byHolder = rules.get(goods);
    if (byHolder === undefined) continue;
    for (let holder: Holder | undefined = channel.holder; holder !== undefined; holder = holder.parent) {
      const found = byHolder.get(holder.name);
      if (found !== undefined) return found;
    }
    const everybodys = byHolder.get(ALL);
    if (everybodys !== undefined) return everybodys;
  }
  return undefined;
}

/** The rule of an item at a place that goes before the others: the item's before everything's, then the place's before everywhere's. */
export function ruleWhere<Kind extends RuleKind>(
  rules: Scoped<Kind>,
  item: string,
  location: string,
): BookRule<Kind> | undefined {
  const [own, all] = [rules.get(item), rules.get(ALL)];
  return own?.get(location) ?? own?.get(ALL) ?? all?.get(location) ?? all?.get(ALL);
}

type Kept = { readonly units: number; readonly by: readonly BookRule<"protection">[] };
const NOTHING_KEPT: Kept = { units: 0, by: [] };

const sumOf = (parts: readonly Kept[]): Kept => ({
  units: parts.reduce((sum, { units }) => sum + units, 0),
  by: parts.flatMap(({ by }) => by),
});

/** What is kept for a channel or a group as a whole: what its members have protected is part of what it has protected itself. */
function keptFor(protections: Scoped<"protection">, holder: Holder, item: ItemId): Kept {
  const members = sumOf(holder.children.map((child) => keptFor(protections, child, item)));
  const own = protections.get(item)?.get(holder.name) ?? protections.get(ALL)?.get(holder.name);
  if (own === undefined || own.rule.units <= members.units) return members;
  return { units: own.rule.units, by: [own] };
}

/** What is protected for those of which the channel is no part. */
function keptForOthers(book: RuleBook, channel: Channel, item: ItemId): Kept {
  if (!book.protections.has(item) && !book.protections.has(ALL)) return NOTHING_KEPT;
  const parts: Kept[] = [];
  let own: Holder | undefined = channel.holder;
  while (own !== undefined) {
    const self: Holder = own;
    const beside = self.parent?.children ?? book.roots;
    for (const other of beside) if (other !== self) parts.push(keptFor(book.protections, other, item));
    own = self.parent;
  }
  return sumOf(parts);
}

function findTerms(book: RuleBook, channel: Channel, item: ItemId): Terms {
  const buffer = narrowest(book.buffers, channel, item);
  const ratio = narrowest(book.ratios, channel, item);
  const cap = narrowest(book.caps, channel, item);
  const kept = keptForOthers(book, channel, item);
  const applied = (input: string, entries: readonly (BookRule | undefined)[]): AppliedRule[] =>
    entries.flatMap((entry) =>
      entry === undefined ? [] : [{ input, rule: entry.key, version: entry.since }],
    );
  const rules = [
    ...applied("buffer", [buffer]),
    ...applied("ratio", [ratio]),
    ...applied("cap", [cap]),
    ...applied("protectedForOthers", kept.by),
  ];
  return {
    buffer: buffer?.rule.units ?? quantity(0),
    ratioPermille: ratio?.rule.permille,
    cap: cap?.rule.units ?? undefined,
    protectedForOthers: quantity(kept.units),
    rules: rules.length === 0 ? undefined : rules,
  };
}

/** What the rules say of an item for a channel. Found once for each version of the book, because every decision asks. */
export function termsOf(book: RuleBook, channel: Channel, item: ItemId): Terms {
  const known = channel.terms.get(item);
  if (known !== undefined) return known;
  const found = findTerms(book, channel, item);
  if (channel.terms.size >= TERMS_MAX) channel.terms.clear();
  channel.terms.set(item, found);
  return found;
}
