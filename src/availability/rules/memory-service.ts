import type { Clock, Database, Queryable, Transaction, Wakeup } from "../../platform/index.ts";
import { type BookRule, bookAt, compileBook, type RuleBook, withClasses } from "./book.ts";
import { type ClassMemory, type ClassSource, createClassMemory } from "./class-memory-service.ts";
import { type RuleRow, selectBookVersion, selectRulesSince } from "./store.ts";

/** How long another version of the rules may go unnoticed here when its wake-up is lost. */
export const BOOK_MEMORY_MS = 2_000;
/** Topic on which processes tell each other that other rules hold. */
export const BOOK_TOPIC = "rule-book";

/** The rules that hold: every decision needs them, and they change rarely. */
export type BookMemory = {
  /** What held a moment ago; undefined where nobody has looked lately. Waits for nothing. */
  recall(): RuleBook | undefined;
  /** The same, looking where nobody has. */
  book(): Promise<RuleBook>;
  /** What holds now: whoever values what was marked for other rules must not do it by those of before. */
  fresh(): Promise<RuleBook>;
  /** What holds for a transaction. */
  within(tx: Transaction): Promise<RuleBook>;
  /** A book that is not in force, as it would hold now, with the items of the classes that it is about. */
  classed(queryable: Queryable, book: RuleBook): Promise<RuleBook>;
};

const EMPTY: RuleBook = compileBook(0, new Map());

/** The rules of a book after what began and what ended since. */
export function withChanges(
  before: ReadonlyMap<string, BookRule>,
  rows: readonly RuleRow[],
): ReadonlyMap<string, BookRule> {
  const rules = new Map(before);
  for (const { rule_key: key, from_version: since, to_version: until, rule } of rows) {
    if (until === null) rules.set(key, { key, rule, since });
    else rules.delete(key);
  }
  return rules;
}

type MemoryDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly wakeup: Wakeup;
  readonly governance: ClassSource;
};

/** Reads versions of the book, each by what changed since the last that was read. */
function createBookReader({ clock, governance }: MemoryDeps) {
  const classes = createClassMemory(governance);
  let known = EMPTY;
  const asOfNow = (book: RuleBook) => bookAt(book, clock.now().getTime());
  const whole = async (queryable: Queryable, book: RuleBook) =>
    asOfNow(await classed(classes, queryable, book));

  async function read(queryable: Queryable, version: number): Promise<RuleBook> {
    const from = known;
    if (version === from.version) {
      const book = await whole(queryable, from);
      if (book.version === known.version) known = book;
      return book;
    }
    // A lower one is that of another past: the database was restored.
    const base = version < from.version ? EMPTY : from;
    const { version: now, rows } = await selectRulesSince(queryable, base.version);
    const book = await whole(queryable, compileBook(now, withChanges(base.rules, rows)));
    if (now > known.version || version < known.version) known = book;
    return book;
  }

  return {
    whole,
    read,
    /** What was read last, as it holds now. */
    last(): RuleBook {
      known = asOfNow(known);
      return known;
    },
  };
}

/** Makes a memory. A look asks for the version, and for the rules only where that is another. */
export function createBookMemory(options: MemoryDeps): BookMemory {
  const { database, clock, wakeup } = options;
  const books = createBookReader(options);
  let goodUntil = Number.NEGATIVE_INFINITY;
  let looking: Promise<RuleBook> | undefined;
  let forgotten = 0;
  const forget = () => {
    forgotten += 1;
    goodUntil = Number.NEGATIVE_INFINITY;
    looking = undefined;
  };
  wakeup.listen(BOOK_TOPIC, forget);

  async function look(): Promise<RuleBook> {
    const startedAt = clock.now().getTime();
    const before = forgotten;
    const book = await books.read(database, await selectBookVersion(database));
    // What was asked before a change must not be believed after it.
    if (before === forgotten) goodUntil = startedAt + BOOK_MEMORY_MS;
    return book;
  }

  function lookTogether(): Promise<RuleBook> {
    const asked = look().finally(() => {
      if (looking === asked) looking = undefined;
    });
    looking = asked;
    return asked;
  }

  const recall = () => (goodUntil > clock.now().getTime() ? books.last() : undefined);
  return {
    recall,
    book: async () => recall() ?? looking ?? lookTogether(),
    fresh: lookTogether,
    within: async (tx) => books.read(tx, await selectBookVersion(tx)),
    classed: books.whole,
  };
}

/** A book with the items of its classes as they are now; the same book, where they are as it knows them. */
async function classed(classes: ClassMemory, queryable: Queryable, book: RuleBook): Promise<RuleBook> {
  if (book.classNames.length === 0) return book;
  const items = await classes.of(queryable, book.classNames);
  return items === book.classes ? book : withClasses(book, items);
}
