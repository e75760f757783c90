import type { Rule } from "@crossdock/canonical";
import type { RuleBook } from "./book.ts";

/** What a change of rules may concern: pairs of a channel and an item, each of which may be empty for every one. */
export type Concerned = { readonly channelId: string; readonly itemId: string };

const EVERYTHING: Concerned = { channelId: "", itemId: "" };

/** The channels of a group and of the groups below it. */
function channelsOf(book: RuleBook, group: string): readonly string[] {
  const stands = (channelId: string): boolean => {
    for (let holder = book.channels.get(channelId)?.holder; holder !== undefined; holder = holder.parent) {
      if (holder.name === `group:${group}`) return true;
    }
    return false;
  };
  return [...book.channels.keys()].filter(stands);
}

/** The items of a class as they are now. */
export type ItemsOfClass = (itemClass: string) => readonly string[];

/** The items of classes, out of the classes of items. */
export function itemsByClass(classes: ReadonlyMap<string, string | null>): ItemsOfClass {
  const items = Map.groupBy(classes.keys(), (item) => classes.get(item));
  return (itemClass) => items.get(itemClass) ?? [];
}

/** The items that a rule is about; an empty one for every item. */
function goodsOf(
  { item, itemClass }: { readonly item?: string; readonly itemClass?: string },
  itemsOf: ItemsOfClass,
): readonly string[] {
  if (item !== undefined) return [item];
  return itemClass === undefined ? [""] : itemsOf(itemClass);
}

function concernedBy(book: RuleBook, rule: Rule, itemsOf: ItemsOfClass): readonly Concerned[] {
  switch (rule.kind) {
    case "channel":
      // Where it stands decides what is protected for others.
      return rule.parent === undefined ? [{ channelId: rule.channel, itemId: "" }] : [EVERYTHING];
    case "sourcing":
    case "lane":
    case "place":
      // They say from where, and never how many.
      return [];
    case "group":
    case "formula":
      return [EVERYTHING];
    case "supply-confidence":
    case "supply-decay":
    case "supply-horizon":
      // What may be sold at once does not depend on what is to come, and channels are told no other figure.
      return [];
    case "safety-stock":
    case "protection":
      return goodsOf(rule, itemsOf).map((itemId) => ({ channelId: "", itemId }));
    case "buffer":
    case "ratio":
    case "minimum-shelf-life":
    case "cap": {
      const channels = rule.group === undefined ? [rule.channel ?? ""] : channelsOf(book, rule.group);
      const items = goodsOf(rule, itemsOf);
      return channels.flatMap((channelId) => items.map((itemId) => ({ channelId, itemId })));
    }
    default:
      return rule satisfies never;
  }
}

/** Which figures may be others because of rules that began or ended. More is named than changes, never less. */
export function concernedByAll(
  book: RuleBook,
  rules: readonly Rule[],
  itemsOf: ItemsOfClass,
): readonly Concerned[] {
  const found = new Map<string, Concerned>();
  for (const rule of rules) {
    for (const each of concernedBy(book, rule, itemsOf)) found.set(`${each.channelId} ${each.itemId}`, each);
  }
  return found.has(" ") ? [EVERYTHING] : [...found.values()];
}
