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

function concernedBy(book: RuleBook, rule: Rule): readonly Concerned[] {
  switch (rule.kind) {
    case "channel":
      // Where it stands decides what is protected for others.
      return rule.parent === undefined ? [{ channelId: rule.channel, itemId: "" }] : [EVERYTHING];
    case "group":
    case "formula":
      return [EVERYTHING];
    case "safety-stock":
      return [{ channelId: "", itemId: rule.item ?? "" }];
    case "protection":
      return [{ channelId: "", itemId: rule.item ?? "" }];
    case "buffer":
    case "ratio":
    case "cap": {
      const itemId = rule.item ?? "";
      if (rule.group === undefined) return [{ channelId: rule.channel ?? "", itemId }];
      return channelsOf(book, rule.group).map((channelId) => ({ channelId, itemId }));
    }
    default:
      return rule satisfies never;
  }
}

/** Which figures may be others because of rules that began or ended. More is named than changes, never less. */
export function concernedByAll(book: RuleBook, rules: readonly Rule[]): readonly Concerned[] {
  const found = new Map<string, Concerned>();
  for (const rule of rules) {
    for (const each of concernedBy(book, rule)) found.set(`${each.channelId} ${each.itemId}`, each);
  }
  return found.has(" ") ? [EVERYTHING] : [...found.values()];
}
