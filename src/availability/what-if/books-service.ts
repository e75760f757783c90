import type { Governance } from "../../governance/index.ts";
import type { Queryable } from "../../platform/index.ts";
import { type BookRule, compileBook, type RuleBook, withClasses } from "../rules/book.ts";
import { withDraft } from "../rules/draft-faults-service.ts";
import { selectDraftChanges, selectDrafts } from "../rules/draft-store.ts";
import { selectBookVersion, selectRules, selectVersionsSince } from "../rules/store.ts";
import type { RuleSet } from "./rule-set.ts";
import type { Books } from "./stage.ts";

/** Why there are no such rules. */
export type NoRules = { readonly refused: "unknown-version" | "unknown-draft"; readonly message: string };

/** Where items of classes are found: the classes of now, because master data does not say what they were. */
export type ClassSource = Pick<Governance, "itemsOfClasses">;

/** Rules of a book that are read at a time. */
const PAGE = 10_000;

async function bookOfVersion(database: Queryable, version: number): Promise<RuleBook> {
  const rules = new Map<string, BookRule>();
  for (let after = ""; ; ) {
    const any = { kind: undefined, channelId: undefined, group: undefined, itemId: undefined };
    const rows = await selectRules(database, { ...any, version, after, limit: PAGE });
    for (const { rule_key: key, rule, from_version: since } of rows) rules.set(key, { key, rule, since });
    if (rows.length < PAGE) return compileBook(version, rules);
    after = rows.at(-1)?.rule_key ?? "";
  }
}

async function classed(governance: ClassSource, database: Queryable, book: RuleBook): Promise<RuleBook> {
  if (book.classNames.length === 0) return book;
  const { of } = await governance.itemsOfClasses(database, book.classNames);
  return withClasses(book, new Map([...of].flatMap(([item, name]) => (name === null ? [] : [[item, name]]))));
}

/** The books that a rule set means for a window. */
export async function booksOf(
  governance: ClassSource,
  database: Queryable,
  set: RuleSet,
  { from, to }: { readonly from: Date; readonly to: Date },
): Promise<Books | NoRules> {
  if (set.is !== "as-it-was") {
    const book = await bookOfSet(database, set);
    return "refused" in book ? book : { is: "fixed", book: await classed(governance, database, book) };
  }
  const versions = await selectVersionsSince(database, { from, to });
  const books = new Map<number, RuleBook>();
  for (const version of versions)
    books.set(version, await classed(governance, database, await bookOfVersion(database, version)));
  const first = books.get(versions[0] ?? 0) ?? compileBook(0, new Map());
  // A version of outside the window may still have held for somebody at its edge: then the nearest of it is taken.
  return { is: "as-it-was", first, version: (version) => books.get(version) ?? first };
}

async function bookOfSet(
  database: Queryable,
  set: Exclude<RuleSet, { readonly is: "as-it-was" }>,
): Promise<RuleBook | NoRules> {
  const active = await selectBookVersion(database);
  if (set.is === "version") {
    if (set.version <= active) return bookOfVersion(database, set.version);
    const message = `There is no version ${set.version} of the rules; the last is ${active}.`;
    return { refused: "unknown-version", message };
  }
  const [draft] = await selectDrafts(database, { draftId: set.draftId, before: undefined, limit: 1 });
  if (draft === undefined)
    return { refused: "unknown-draft", message: `There is no draft ${set.draftId} of the rules.` };
  const changes = await selectDraftChanges(database, set.draftId);
  return withDraft(await bookOfVersion(database, active), changes, active + 1);
}
