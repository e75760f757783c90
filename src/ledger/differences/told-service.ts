import { isStockFact, type Status, type StockFact } from "@crossdock/canonical";
import type { FactLog, LoggedFact } from "../../backbone/index.ts";
import type { Queryable } from "../../platform/index.ts";
import { type DueStatement, effectOf, type NamedDifference, type Subject } from "./difference.ts";
import { papersOf } from "./matching.ts";
import { selectClaimsBy, selectMovedBetween } from "./store.ts";
import { namesOf, type ToldFact } from "./told.ts";

/** Claims of a system that are looked through, the last first, and facts of ours that they are held against. */
const CLAIMS_MAX = 5_000;
const OURS_MAX = 2_000;
/** How much earlier than a system we may have known of what it tells first. */
const SAME_WITHIN_MS = 7 * 24 * 60 * 60 * 1_000;
/** Facts read back from the log at once. */
const FACTS_AT_ONCE = 1_000;

/** What is held against each other: a subject in the statuses that their number counts, up to the moment that it speaks of. */
export type ToldAsked = {
  readonly subject: Subject;
  readonly source: string;
  readonly statuses: ReadonlySet<Status>;
  readonly at: Date;
  readonly positions: readonly { readonly positionId: number; readonly at: Date }[];
  /** Statements that should be in our books by then and are not: of the owners, and of the system itself. */
  readonly ofOwners: readonly DueStatement[];
  readonly ofTheirs: readonly DueStatement[];
};

/** What was told or stated and is not the same in both books; and since when the system tells what moved, if it does. */
export async function toldDifferences(
  factLog: FactLog,
  tx: Queryable,
  asked: ToldAsked,
): Promise<{ readonly parts: readonly NamedDifference[]; readonly toldSince: Date | undefined }> {
  const { subject, statuses } = asked;
  const claims = await claimedMovements(factLog, tx, asked);
  const oldest = claims.at(-1);
  const toldSince = oldest === undefined ? undefined : new Date(oldest.effectiveAt);
  const claimed = claims.map((fact) => toldBy(fact, effectOf(fact, subject, statuses)));
  const theirs = [...claimed.filter(({ units }) => units !== 0), ...asked.ofTheirs.map(toldIn)];
  const first = Math.min(...theirs.map(({ at }) => at), toldSince?.getTime() ?? Number.POSITIVE_INFINITY);
  const from = new Date(first - SAME_WITHIN_MS);
  const ours = Number.isFinite(first) ? await ourMovements(factLog, tx, { asked, from }) : [];
  const parts = namesOf([...ours, ...asked.ofOwners.map(toldIn)], theirs, toldSince?.getTime());
  return { parts, toldSince };
}

/** The movements that a system has told about a location, the last first. What it counted is none. */
async function claimedMovements(
  factLog: FactLog,
  tx: Queryable,
  { subject, source, at }: ToldAsked,
): Promise<readonly (LoggedFact & StockFact)[]> {
  const numbers = await selectClaimsBy(tx, {
    ...{ locationId: subject.locationId, source, at, limit: CLAIMS_MAX },
  });
  const facts = await readFacts(factLog, tx, numbers);
  return facts
    .filter(isLoggedStockFact)
    .filter(({ type }) => type !== "StockCounted")
    .toSorted((a, b) => Date.parse(b.effectiveAt) - Date.parse(a.effectiveAt));
}

function isLoggedStockFact(fact: LoggedFact): fact is LoggedFact & StockFact {
  return isStockFact(fact);
}

async function ourMovements(
  factLog: FactLog,
  tx: Queryable,
  { asked, from }: { readonly asked: ToldAsked; readonly from: Date },
): Promise<readonly ToldFact[]> {
  const { positions, statuses } = asked;
  const rows = await selectMovedBetween(tx, { positions, from, statuses: [...statuses], limit: OURS_MAX });
  const facts = await readFacts(
    factLog,
    tx,
    rows.map((row) => row.event_number),
  );
  const unitsOf = new Map(rows.map((row) => [row.event_number, row.units]));
  return facts.map((fact) => toldBy(fact, unitsOf.get(fact.number) ?? 0));
}

/** Facts off the log, as many at a time as are read well. */
export async function readFacts(
  factLog: FactLog,
  tx: Queryable,
  numbers: readonly number[],
): Promise<readonly LoggedFact[]> {
  const facts: LoggedFact[] = [];
  for (let start = 0; start < numbers.length; start += FACTS_AT_ONCE)
    facts.push(...(await factLog.factsByNumber(tx, numbers.slice(start, start + FACTS_AT_ONCE))));
  return facts;
}

/** A fact with what it did to the units that are compared. */
function toldBy(fact: LoggedFact, units: number): ToldFact {
  const { number: factNumber, source, type, effectiveAt, data } = fact;
  return {
    ...{ factNumber, record: undefined, source, type, effectiveAt, units, because: becauseOf(data) },
    at: Date.parse(effectiveAt),
    papers: isStockFact(fact) ? papersOf(fact) : new Set(),
    open: undefined,
  };
}

/** A statement that is in no book of ours, as a side tells it. */
export function toldIn(statement: DueStatement): ToldFact {
  const { fact, factNumber, record, source, effectiveAt, units, is } = statement;
  return {
    ...{ factNumber, record, source, type: fact.type, effectiveAt, units, because: becauseOf(fact.data) },
    at: Date.parse(effectiveAt),
    papers: papersOf(fact),
    open: is,
  };
}

/** Why something happened, in the words of who said it. */
export function becauseOf(data: object): string | undefined {
  return "reason" in data && typeof data.reason === "string" ? data.reason : undefined;
}
