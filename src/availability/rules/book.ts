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
import { ALL, type BookRule, type Holder, hierarchy, holderName, rulesOfKind } from "./book-rule.ts";
import { compileFormulas, type Formula } from "./formula.ts";
import { compileSupply, type SupplyTerms } from "./supply.ts";
import { endsAt, untilOf } from "./until.ts";

export type { BookRule, Holder } from "./book-rule.ts";
export { rulesOfKind } from "./book-rule.ts";

/** A channel with its network, nearest rank first. */
export type Channel = {
  readonly channelId: ChannelId;
  readonly name: string;
  readonly locations: readonly LocationId[];
  /** Below this it is told none. */
  readonly minimumToPublish: number;
  /** Below this buyers are told that few are left; 0: never. */
  readonly lowBelow: number;
  /** Its own; undefined where it sells by the usual one. */
  readonly formula: Formula | undefined;
  readonly holder: Holder;
  /** What was found for items so far. */
  readonly terms: Map<string, Terms>;
};

/** Rules of one kind by what they are about (an item, `class A`, or everything), and then by whom they are for. */
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
  readonly shelfLives: Scoped<"minimum-shelf-life">;
  /** What is said of what is to come. */
  readonly supply: SupplyTerms;
  readonly sourcing: SourcingTerms;
  /** The classes that rules are about, and the items of them: of others nothing needs to be known. */
  readonly classNames: readonly string[];
  readonly classes: Classes;
  /** The rules that have an end, the earliest first, those that have come to it among them. */
  readonly ends: readonly RuleEnding[];
  /** Until when, in milliseconds since 1970, it says what it says: then a rule comes to its end. */
  readonly validUntil: number;
};

/** What the rules say of from where something is sent. */
export type SourcingTerms = {
  /** By whom they are for. */
  readonly rules: ReadonlyMap<string, BookRule<"sourcing">>;
  /** By location, the narrowest zone first. */
  readonly lanes: ReadonlyMap<string, readonly RuleOf<"lane">[]>;
  readonly places: ReadonlyMap<string, RuleOf<"place">>;
  /** Whether any rule ranks by what waits to be picked. */
  readonly looksAtLoad: boolean;
};
/** A rule and when it ends, in milliseconds since 1970. */
export type RuleEnding = { readonly at: number; readonly entry: BookRule };

/** Classes of items by item. */
export type Classes = ReadonlyMap<string, string>;

/** What the rules say of an item for a channel. */
export type Terms = {
  readonly buffer: Quantity;
  readonly ratioPermille: number | undefined;
  readonly cap: Quantity | undefined;
  readonly protectedForOthers: Quantity;
  /** Days that a lot must be good for when it is promised. */
  readonly shelfLifeDays: number;
  /** Which rule gave what; undefined where none did. */
  readonly rules: AppliedRule[] | undefined;
};

/** Items of a channel of which the terms are remembered; beyond it they are found again. */
const TERMS_MAX = 50_000;
const NO_CLASSES: Classes = new Map();

/** How the goods of a rule are named in a book. No id of an item has a space in it. */
const goodsOf = ({ item, itemClass }: { readonly item?: string; readonly itemClass?: string }): string =>
  item ?? (itemClass === undefined ? ALL : ofClass(itemClass));
const ofClass = (itemClass: string): string => `class ${itemClass}`;

/** What of a book is about an item, the narrowest first: itself, its class, everything. */
export function goodsOfItem({ classes }: Pick<RuleBook, "classes">, item: string): readonly string[] {
  const itemClass = classes.size === 0 ? undefined : classes.get(item);
  return itemClass === undefined ? [item, ALL] : [item, ofClass(itemClass), ALL];
}

/** Rules by their item and what else narrows them. */
function scoped<
  Kind extends "buffer" | "ratio" | "cap" | "protection" | "safety-stock" | "minimum-shelf-life",
>(rules: Iterable<BookRule>, kind: Kind): Scoped<Kind> {
  const byGoods = new Map<string, Map<string, BookRule<Kind>>>();
  for (const entry of rulesOfKind(rules, kind)) {
    const goods = goodsOf(entry.rule);
    const byHolder = byGoods.get(goods) ?? new Map<string, BookRule<Kind>>();
    byHolder.set(holderName(entry.rule), entry);
    byGoods.set(goods, byHolder);
  }
  return byGoods;
}

/** As of when a book is laid out, and what is known of classes. */
type As = { readonly classes?: Classes; readonly now?: number };

function endingsOf(rules: readonly BookRule[]): readonly RuleEnding[] {
  const endings = rules.flatMap((entry): RuleEnding[] => {
    const until = untilOf(entry.rule);
    const at = until === undefined ? undefined : endsAt(until);
    return at === undefined ? [] : [{ at, entry }];
  });
  return endings.toSorted((a, b) => a.at - b.at);
}

/** Lays the rules of a version out as they hold at a moment; without one, as if none had come to its end. */
export function compileBook(
  version: number,
  rules: ReadonlyMap<string, BookRule>,
  { classes = NO_CLASSES, now = Number.NEGATIVE_INFINITY }: As = {},
): RuleBook {
  const ends = endingsOf([...rules.values()]);
  const ended = new Set(ends.filter(({ at }) => at <= now).map(({ entry }) => entry));
  const all =
    ended.size === 0 ? [...rules.values()] : [...rules.values()].filter((entry) => !ended.has(entry));
  const holders = hierarchy(all);
  const formulas = compileFormulas(rulesOfKind(all, "formula"));
  const channels = rulesOfKind(all, "channel").map(({ rule }): [string, Channel] => [
    rule.channel,
    {
      channelId: rule.channel,
      name: rule.name,
      locations: rule.locations,
      minimumToPublish: rule.minimumToPublish ?? 0,
      lowBelow: rule.lowBelow ?? 0,
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
    shelfLives: scoped(all, "minimum-shelf-life"),
    supply: compileSupply({
      confidences: rulesOfKind(all, "supply-confidence"),
      decays: rulesOfKind(all, "supply-decay"),
      horizons: rulesOfKind(all, "supply-horizon"),
    }),
    sourcing: sourcingTerms(all),
    classNames: classesIn(all.map(({ rule }) => rule)),
    classes,
    ends,
    validUntil: ends.find(({ at }) => at > now)?.at ?? Number.POSITIVE_INFINITY,
  };
}

function sourcingTerms(all: readonly BookRule[]): SourcingTerms {
  const lanes = rulesOfKind(all, "lane").map(({ rule }) => rule);
  const rules = rulesOfKind(all, "sourcing");
  return {
    rules: new Map(rules.map((entry) => [holderName(entry.rule), entry])),
    looksAtLoad: rules.some(({ rule }) => rule.criteria.includes("load")),
    lanes: Map.groupBy(
      lanes.toSorted((a, b) => b.zone.length - a.zone.length),
      ({ location }): string => location,
    ),
    places: new Map(rulesOfKind(all, "place").map(({ rule }) => [rule.location, rule])),
  };
}

/** By which rule the locations of a channel are ranked: its own, its group's, that of the group above, or everybody's; nearly always none. */
export function sourcingRule(
  { sourcing: { rules } }: RuleBook,
  channel: Channel,
): BookRule<"sourcing"> | undefined {
  if (rules.size === 0) return undefined;
  for (let holder: Holder | undefined = channel.holder; holder !== undefined; holder = holder.parent) {
    const found = rules.get(holder.name);
    if (found !== undefined) return found;
  }
  return rules.get(ALL);
}

/** What a book becomes when the next of its rules ends, once somebody has asked. */
const laterBooks = new WeakMap<RuleBook, RuleBook>();

/** The same version as it holds at a moment, which is not before the one that it was laid out for. */
export function bookAt(book: RuleBook, now: number): RuleBook {
  if (now < book.validUntil) return book;
  const known = laterBooks.get(book);
  if (known !== undefined) return bookAt(known, now);
  const later = compileBook(book.version, book.rules, { classes: book.classes, now });
  laterBooks.set(book, later);
  return later;
}

/** The same rules where items are of other classes. What was found for items is found again. */
export function withClasses(book: RuleBook, classes: Classes): RuleBook {
  const channels = [...book.channels].map(([id, channel]): [string, Channel] => [
    id,
    { ...channel, terms: new Map() },
  ]);
  return { ...book, classes, channels: new Map(channels) };
}

/** The classes that rules are about, each once. */
export function classesIn(rules: Iterable<Rule>): readonly string[] {
  const named = new Set<string>();
  for (const rule of rules)
    if ("itemClass" in rule && rule.itemClass !== undefined) named.add(rule.itemClass);
  return [...named];
}

/** A book of rules that nobody had to check; for set-up and tests. */
export function bookOf(rules: readonly Rule[], version = 1, classes: Classes = NO_CLASSES): RuleBook {
  const entries = rules.map((rule): [string, BookRule] => [ruleKey(rule), entryOf(rule, version)]);
  return compileBook(version, new Map(entries), { classes });
}

/** A rule with its key. */
export const entryOf = (rule: Rule, since: number): BookRule => ({ key: ruleKey(rule), rule, since });

/**
 * The rule of a scope that goes before the others: one of the item before one of its class, and that before one of every item; among those
 * the channel's own, then its group's, then that of the group above, and at last everybody's. A rule about the item was written for it as an exception, so it holds
 * for a channel even where that has a rule for everything.
 */
function narrowest<Kind extends RuleKind>(
  rules: Scoped<Kind>,
  channel: Channel,
  goods: readonly string[],
): BookRule<Kind> | undefined {
  if (rules.size === 0) return undefined;
  for (const about of goods) {
    const byHolder = rules.get(about);
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

/**
 * The rule of an item at a place that goes before the others: the item's before its class's, and that before everything's; of each the place's
 * before everywhere's.
 */
export function ruleWhere<Kind extends RuleKind>(
  rules: Scoped<Kind>,
  goods: readonly string[],
  location: string,
): BookRule<Kind> | undefined {
  for (const about of goods) {
    const byPlace = rules.get(about);
    const found = byPlace?.get(location) ?? byPlace?.get(ALL);
    if (found !== undefined) return found;
  }
  return undefined;
}

type Kept = { readonly units: number; readonly by: readonly BookRule<"protection">[] };
const NOTHING_KEPT: Kept = { units: 0, by: [] };

const sumOf = (parts: readonly Kept[]): Kept => ({
  units: parts.reduce((sum, { units }) => sum + units, 0),
  by: parts.flatMap(({ by }) => by),
});

/** What is kept for a channel or a group as a whole: what its members have protected is part of what it has protected itself. */
function keptFor(protections: Scoped<"protection">, holder: Holder, goods: readonly string[]): Kept {
  const members = sumOf(holder.children.map((child) => keptFor(protections, child, goods)));
  const own = ruleOf(protections, goods, holder.name);
  if (own === undefined || own.rule.units <= members.units) return members;
  return { units: own.rule.units, by: [own] };
}

/** The narrowest rule of a holder about goods. */
function ruleOf<Kind extends RuleKind>(rules: Scoped<Kind>, goods: readonly string[], holder: string) {
  for (const about of goods) {
    const found = rules.get(about)?.get(holder);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What is protected for those of which the channel is no part. */
function keptForOthers(book: RuleBook, channel: Channel, goods: readonly string[]): Kept {
  if (!goods.some((about) => book.protections.has(about))) return NOTHING_KEPT;
  const parts: Kept[] = [];
  let own: Holder | undefined = channel.holder;
  while (own !== undefined) {
    const self: Holder = own;
    const beside = self.parent?.children ?? book.roots;
    for (const other of beside) if (other !== self) parts.push(keptFor(book.protections, other, goods));
    own = self.parent;
  }
  return sumOf(parts);
}

/** A rule as an explanation names it. */
export function appliedRule({ key, since, rule }: BookRule): Omit<AppliedRule, "input"> {
  const until = untilOf(rule);
  return { rule: key, version: since, ...(until === undefined ? {} : { until }) };
}

function findTerms(book: RuleBook, channel: Channel, item: ItemId): Terms {
  const goods = goodsOfItem(book, item);
  const buffer = narrowest(book.buffers, channel, goods);
  const ratio = narrowest(book.ratios, channel, goods);
  const cap = narrowest(book.caps, channel, goods);
  const shelfLife = narrowest(book.shelfLives, channel, goods);
  const kept = keptForOthers(book, channel, goods);
  const applied = (input: string, entries: readonly (BookRule | undefined)[]): AppliedRule[] =>
    entries.flatMap((entry) => (entry === undefined ? [] : [{ input, ...appliedRule(entry) }]));
  const rules = [
    ...applied("buffer", [buffer]),
    ...applied("ratio", [ratio]),
    ...applied("cap", [cap]),
    ...applied("belowShelfLife", [shelfLife]),
    ...applied("protectedForOthers", kept.by),
  ];
  return {
    buffer: buffer?.rule.units ?? quantity(0),
    ratioPermille: ratio?.rule.permille,
    cap: cap?.rule.units ?? undefined,
    protectedForOthers: quantity(kept.units),
    shelfLifeDays: shelfLife?.rule.days ?? 0,
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

/**
 * Whether anything but what lies there bears on what a channel may be promised of an item. Where nothing does, a promise at one place
 * asks nothing of the others.
 */
export function isRuled(book: RuleBook, channel: Channel, item: ItemId): boolean {
  return (
    channel.formula !== undefined ||
    termsOf(book, channel, item).rules !== undefined ||
    goodsOfItem(book, item).some((goods) => book.safetyStocks.has(goods))
  );
}

const placesByBook = new WeakMap<RuleBook, readonly LocationId[]>();

/** The locations of all channels, in order. A book is asked once. */
export function placesOf(book: RuleBook): readonly LocationId[] {
  const known = placesByBook.get(book);
  if (known !== undefined) return known;
  const places = [...new Set([...book.channels.values()].flatMap(({ locations }) => locations))].toSorted();
  placesByBook.set(book, places);
  return places;
}
