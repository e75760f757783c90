import type { Rule, RuleKind, RuleOf } from "@crossdock/canonical";

/** Every item, or everybody. */
export const ALL = "";

/** A rule as it stands in a book. */
export type BookRule<Kind extends RuleKind = RuleKind> = {
  readonly key: string;
  readonly rule: Extract<Rule, RuleOf<Kind>>;
  /** The version that brought it. */
  readonly since: number;
};

/** A channel or a group of channels, in the hierarchy. */
export type Holder = {
  /** How scopes name it. */
  readonly name: string;
  readonly parent: Holder | undefined;
  readonly children: Holder[];
};

type Scope = { readonly channel?: string; readonly group?: string; readonly location?: string };

/** What narrows a scope beside the item, as text: whom it is for, or where. */
export function holderName(scope: Scope): string {
  if (scope.location !== undefined) return scope.location;
  if (scope.channel !== undefined) return `channel:${scope.channel}`;
  return scope.group === undefined ? ALL : `group:${scope.group}`;
}

/** The rules of one kind. */
export function rulesOfKind<Kind extends RuleKind>(rules: Iterable<BookRule>, kind: Kind): BookRule<Kind>[] {
  const isOfKind = (entry: BookRule): entry is BookRule<Kind> => entry.rule.kind === kind;
  return [...rules].filter(isOfKind);
}

/** Joins channels and groups. A parent that is missing, or leads back, is none: a checked book has no such thing. */
export function hierarchy(rules: readonly BookRule[]): ReadonlyMap<string, Holder> {
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
