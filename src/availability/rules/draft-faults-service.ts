import type { Governance } from "../../governance/index.ts";
import type { Clock, Transaction } from "../../platform/index.ts";
import { type BookRule, compileBook, type RuleBook } from "./book.ts";
import { checkBook, namesOf, type RuleFault } from "./check.ts";
import { selectChannelsInUse } from "./draft-store.ts";
import type { RuleChange } from "./store.ts";

/** Rules that one draft may change: with a book of a hundred thousand, all of them. */
export const DRAFT_CHANGES_MAX = 200_000;

export type FaultDeps = {
  readonly clock: Clock;
  readonly governance: Pick<Governance, "items" | "locations" | "classesInUse">;
};

/** The book as it would be. */
export function withDraft(book: RuleBook, changes: readonly RuleChange[], version: number): RuleBook {
  const rules = new Map<string, BookRule>(book.rules);
  for (const { key, rule } of changes) {
    if (rule === undefined) rules.delete(key);
    else rules.set(key, { key, rule, since: version });
  }
  return compileBook(version, rules);
}

/** A book, what it would become, and by which changes; `isReturn`: they put back what held before. */
export type Proposed = {
  readonly before: RuleBook;
  readonly after: RuleBook;
  readonly changes: readonly RuleChange[];
  readonly isReturn: boolean;
};

/** What stands against a draft, looking at the book as a whole. */
export async function faultsOf(
  { governance, clock }: FaultDeps,
  tx: Transaction,
  { before, after, changes, isReturn }: Proposed,
): Promise<readonly RuleFault[]> {
  if (changes.length > DRAFT_CHANGES_MAX) {
    const message = `The draft changes ${changes.length} rules, and ${DRAFT_CHANGES_MAX} are the most; make several.`;
    return [{ key: "draft", message }];
  }
  const names = namesOf(changes.flatMap(({ rule }) => rule ?? []));
  const gone = [...before.channels.keys()].filter((id) => !after.channels.has(id));
  const [locations, items, classes, inUse] = [
    await governance.locations(tx, names.locations),
    await governance.items(tx, names.items),
    await governance.classesInUse(tx, names.classes),
    await selectChannelsInUse(tx, gone),
  ];
  const named = {
    locations: new Set(locations.keys()),
    items: new Set(items.keys()),
    classes,
    inUse,
    now: isReturn ? undefined : clock.now().getTime(),
  };
  const missing = changes.filter(({ key, rule }) => rule === undefined && !before.rules.has(key));
  return [
    ...missing.map(({ key }) => ({
      key,
      message: "There is no such rule to take away; leave this change out.",
    })),
    ...checkBook(after, { before, changed: new Set(changes.map(({ key }) => key)), named }),
  ];
}
