import type { Rule } from "@crossdock/canonical";
import { type BookRule, type RuleBook, rulesOfKind } from "./book.ts";

/** What is wrong with a rule, and what to do. */
export type RuleFault = { readonly key: string; readonly message: string };

/** What rules may name, as far as a book does not say it itself. */
export type Named = {
  readonly locations: ReadonlySet<string>;
  readonly items: ReadonlySet<string>;
  /** Channels that cannot go, with what still hangs on them. */
  readonly inUse: ReadonlyMap<string, string>;
};

/** Faults that are told of one draft: enough to see what kind of mistake it is. */
export const RULE_FAULTS_MAX = 1_000;
/** Groups above a channel at most. */
export const GROUP_DEPTH_MAX = 16;

/** What the rules of a book name that somebody else must know: of those that a draft changes, because the others were checked. */
export function namesOf(rules: readonly Rule[]): { readonly locations: string[]; readonly items: string[] } {
  const locations = rules.flatMap((rule) => (rule.kind === "channel" ? rule.locations : []));
  const items = rules.flatMap((rule) => ("item" in rule && rule.item !== undefined ? [rule.item] : []));
  return { locations: [...new Set(locations)], items: [...new Set(items)] };
}

/** Looks at a book as a whole. `changed`: the keys that a draft sets; what stands outside of the book is asked of those only. */
export function checkBook(
  book: RuleBook,
  {
    before,
    changed,
    named,
  }: { readonly before: RuleBook; readonly changed: ReadonlySet<string>; readonly named: Named },
): readonly RuleFault[] {
  const groups = new Set<string>(rulesOfKind(book.rules.values(), "group").map(({ rule }) => rule.group));
  const parents = new Map(
    rulesOfKind(book.rules.values(), "group").map(({ rule }): [string, string | undefined] => [
      rule.group,
      rule.parent,
    ]),
  );
  const known = { book, groups, parents };
  const faults: RuleFault[] = [];
  for (const entry of book.rules.values()) {
    const own = [...scopeFaults(entry, known), ...(changed.has(entry.key) ? nameFaults(entry, named) : [])];
    for (const message of own) faults.push({ key: entry.key, message });
    if (faults.length >= RULE_FAULTS_MAX) return faults;
  }
  for (const id of before.channels.keys()) {
    const use = book.channels.has(id) ? undefined : named.inUse.get(id);
    if (use !== undefined)
      faults.push({ key: `channel/channel:${id}`, message: `The channel cannot go: ${use}.` });
  }
  return faults;
}

type Known = {
  readonly book: RuleBook;
  readonly groups: ReadonlySet<string>;
  readonly parents: ReadonlyMap<string, string | undefined>;
};

function scopeFaults({ rule }: BookRule, known: Known): readonly string[] {
  const { book, groups } = known;
  const faults: string[] = [];
  if (rule.kind === "channel" || rule.kind === "group") {
    faults.push(...parentFaults(rule.parent, known));
    if (rule.kind === "channel" && new Set(rule.locations).size < rule.locations.length)
      faults.push("A location stands twice in the network; name each once.");
    return faults;
  }
  const { channel, group } = rule;
  if (channel !== undefined && group !== undefined)
    faults.push("It names a channel and a group; name one of them, or neither for everybody.");
  if (channel !== undefined && !book.channels.has(channel))
    faults.push(`There is no channel ${channel}; add it to the draft, or take this rule away.`);
  if (group !== undefined && !groups.has(group))
    faults.push(`There is no group ${group}; add it to the draft, or take this rule away.`);
  if (rule.kind === "protection" && channel === undefined && group === undefined)
    faults.push("It protects for nobody; name the channel or the group that the units are for.");
  return faults;
}

/** Follows the groups upwards. A circle is told at each of its members, because any of them may be the one to mend. */
function parentFaults(parent: string | undefined, { groups, parents }: Known): readonly string[] {
  if (parent === undefined) return [];
  if (!groups.has(parent))
    return [`There is no group ${parent}; add it to the draft, or name another parent.`];
  let above: string | undefined = parent;
  for (let depth = 1; above !== undefined; depth += 1) {
    if (depth > GROUP_DEPTH_MAX)
      return [
        `More than ${GROUP_DEPTH_MAX} groups stand above it, or they stand in a circle; name another parent.`,
      ];
    above = parents.get(above);
  }
  return [];
}

function nameFaults({ rule }: BookRule, named: Named): readonly string[] {
  if (rule.kind === "channel") {
    return rule.locations
      .filter((location) => !named.locations.has(location))
      .map((location) => `There is no location ${location}; set it up first, or leave it out.`);
  }
  if (!("item" in rule) || rule.item === undefined || named.items.has(rule.item)) return [];
  return [`There is no item ${rule.item}; set it up first, or take this rule away.`];
}
