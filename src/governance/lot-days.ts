import type { LoggedFact } from "../backbone/index.ts";

/** What one receipt says of the lot that it brings. Of those that say the same the earliest is kept. */
export type LotStatement = {
  readonly itemId: string;
  readonly lot: string;
  readonly source: string;
  /** Whether the source owned the master data of items at the time that it speaks of. */
  readonly byOwner: boolean;
  /** Undefined: it says no day. */
  readonly expiresOn: string | undefined;
  /** Milliseconds since 1970. */
  readonly effectiveAt: number;
  readonly factId: string;
  readonly factNumber: number;
  readonly recordedAt: Date;
};

/** The statement of a fact that brings a lot; undefined for any other fact. `itemId` is the item that the fact names. */
export function lotStatementIn(fact: LoggedFact): Omit<LotStatement, "byOwner"> | undefined {
  if (fact.type !== "StockReceived") return undefined;
  const { item, lot = "", expiresAt } = fact.data;
  if (lot === "") return undefined;
  return {
    ...{ itemId: item, lot, source: fact.source },
    // An expiry is a day on a label: it stays the day that was written, in whatever zone the source writes.
    expiresOn: expiresAt?.slice(0, 10),
    effectiveAt: Date.parse(fact.effectiveAt),
    ...{ factId: fact.id, factNumber: fact.number, recordedAt: new Date(fact.recordedAt) },
  };
}

/** What a statement is kept by: a source that says the same again adds nothing. */
export const statementKey = ({ itemId, lot, source, byOwner, expiresOn = "" }: LotStatement): string =>
  JSON.stringify([itemId, lot, source, byOwner, expiresOn]);

/** Which of two statements goes before the other: the owner's, then the earlier one, then the one whose source and id read first. */
export function beforeIt(one: LotStatement, other: LotStatement): boolean {
  if (one.byOwner !== other.byOwner) return one.byOwner;
  if (one.effectiveAt !== other.effectiveAt) return one.effectiveAt < other.effectiveAt;
  return (byBytes(one.source, other.source) || byBytes(one.factId, other.factId)) < 0;
}

/** Orders texts as the database does under collation "C", by their bytes in UTF-8. */
const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Statements with new ones among them, and those of the result that are new or earlier than before. */
export function withStatements(
  known: readonly LotStatement[],
  told: readonly LotStatement[],
): { readonly all: readonly LotStatement[]; readonly changed: readonly LotStatement[] } {
  const kept = new Map(known.map((statement) => [statementKey(statement), statement]));
  const changed = new Map<string, LotStatement>();
  for (const statement of told) {
    const key = statementKey(statement);
    const before = kept.get(key);
    if (before !== undefined && !beforeIt(statement, before)) continue;
    kept.set(key, statement);
    changed.set(key, statement);
  }
  return { all: [...kept.values()], changed: [...changed.values()] };
}

/** What master data knows of a lot, and whether receipts alone say so. */
export type KnownLot = {
  readonly expiresOn: string | undefined;
  readonly madeOn: string | undefined;
  readonly expiryFromReceipts: boolean;
};

/**
 * What a lot is by all that is said of it, in whatever order it was said: a day that master data states stays, and otherwise the first
 * day that receipts state counts. A day before the lot was made is never taken. `known` undefined: master data has no such lot.
 */
export function lotBy(known: KnownLot | undefined, statements: readonly LotStatement[]): KnownLot {
  const lot = known ?? { expiresOn: undefined, madeOn: undefined, expiryFromReceipts: false };
  if (lot.expiresOn !== undefined && !lot.expiryFromReceipts) return lot;
  let first: LotStatement | undefined;
  for (const statement of statements) {
    const { expiresOn } = statement;
    if (expiresOn === undefined || (lot.madeOn !== undefined && expiresOn < lot.madeOn)) continue;
    if (first === undefined || beforeIt(statement, first)) first = statement;
  }
  const expiresOn = first?.expiresOn;
  return { ...lot, expiresOn, expiryFromReceipts: expiresOn !== undefined };
}
