import { type Fact, type ItemId, itemId } from "@crossdock/canonical";
import type { FactLog, OwnFact } from "../../backbone/index.ts";
import type { Governance } from "../../governance/index.ts";
import type { Clock, Database, Transaction } from "../../platform/index.ts";
import type { RuleBook, RuleEnding } from "./book.ts";
import { lockClock, updateClock } from "./clock-store.ts";
import type { BookMemory } from "./memory-service.ts";

/** Items that one fact names. */
const ITEMS_TOLD_MAX = 500;

export type RuleClockDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly factLog: FactLog;
  readonly governance: Pick<Governance, "itemsReclassed">;
  readonly rules: Pick<BookMemory, "book" | "within">;
};

/**
 * Tells on the log of rules that have come to their end and of items that have another class, for all who are to hear of what they sell. No
 * figure depends on it: the book says by itself what holds at a moment. Gives how many facts it told; a process that finds another at it
 * leaves it to that.
 */
export async function tellOfTerms(deps: RuleClockDeps): Promise<number> {
  const known = await deps.rules.book();
  if (known.ends.length === 0 && known.classNames.length === 0) return 0;
  return deps.database.transaction(async (tx) => {
    const told = await lockClock(tx);
    if (told === undefined) return 0;
    const book = await deps.rules.within(tx);
    const now = deps.clock.now();
    const ended = book.ends.filter(({ at }) => at > told.told_until.getTime() && at <= now.getTime());
    const { at: change, items } = await reclassedSince(deps, tx, { book, since: told.classes_seen });
    const facts = [
      ...ended.map((ending) => endedFact(book, ending)),
      ...inParts(items).map((part) => classFact(book, part)),
    ].map((fact): OwnFact => ({ fact, at: now, correlationId: `rule-book-${book.version}` }));
    if (facts.length > 0) deps.factLog.append(tx, await deps.factLog.number(facts));
    const toldUntil = ended.at(-1)?.at ?? told.told_until.getTime();
    if (ended.length > 0 || change !== told.classes_seen)
      await updateClock(tx, { toldUntil: new Date(toldUntil), classesSeen: change });
    return facts.length;
  });
}

/** The items that rules may say something else of because of their class. At the first look nobody has heard anything of before. */
async function reclassedSince(
  { governance }: RuleClockDeps,
  tx: Transaction,
  { book, since }: { readonly book: RuleBook; readonly since: number | null },
): Promise<{ readonly at: number | null; readonly items: readonly ItemId[] }> {
  if (book.classNames.length === 0) return { at: null, items: [] };
  const { at, of } = await governance.itemsReclassed(tx, since ?? Number.MAX_SAFE_INTEGER);
  return { at, items: since === null ? [] : [...of.keys()].map(itemId) };
}

function inParts(items: readonly ItemId[]): readonly (readonly ItemId[])[] {
  const parts: ItemId[][] = [];
  for (let from = 0; from < items.length; from += ITEMS_TOLD_MAX)
    parts.push(items.slice(from, from + ITEMS_TOLD_MAX));
  return parts;
}

function endedFact({ version }: RuleBook, { at, entry }: RuleEnding): Fact {
  const item = "item" in entry.rule ? entry.rule.item : undefined;
  return {
    type: "RuleTermsChanged",
    data: {
      ...{ because: "rule-ended", version, rule: entry.key, endedAt: new Date(at).toISOString() },
      ...(item === undefined ? {} : { items: [item] }),
    },
  };
}

function classFact({ version }: RuleBook, items: readonly ItemId[]): Fact {
  return { type: "RuleTermsChanged", data: { because: "class-changed", version, items: [...items] } };
}
