import {
  type ItemId,
  isStockFact,
  type LocationId,
  type Lot,
  STATUSES,
  type Status,
  locationId as toLocationId,
} from "@crossdock/canonical";
import type { DeadLetters, FactLog, LoggedFact, Subscriber } from "../../backbone/index.ts";
import type { Governance, Owners } from "../../governance/index.ts";
import type { Database, Queryable } from "../../platform/index.ts";
import { type ArchivedPast, selectArchiveOf } from "../archive/past-store.ts";
import { type Balances, NOTHING } from "../balances.ts";
import { isSeenBy } from "../count.ts";
import { type CountMade, selectCounts, selectNumbersAround } from "../count-store.ts";
import { laneId } from "../movement.ts";
import { statedLocation } from "../movement-rules.ts";
import { type PositionRow, selectPositionsOf, selectTakenFacts } from "../store.ts";
import { addTo, balancesOf } from "../time.ts";
import {
  type DueStatement,
  type Evidence,
  effectOf,
  type Hint,
  hintsAt,
  lotsMoved,
  MEASURES,
  type Measure,
  madeUpBy,
  type NamedDifference,
  nameDifferences,
  type OpenStatement,
  type Subject,
} from "./difference.ts";
import { type SinceAsked, selectGainedSince, selectMovedSince, selectOrigins } from "./store.ts";
import { FACTS_SHOWN_MAX, telling } from "./told.ts";
import { becauseOf, readFacts, toldDifferences, toldIn } from "./told-service.ts";
import { type Words, wordsOf } from "./word-service.ts";

/** Facts that the ledger has not read yet, and dead letters, that are looked through. */
const UNREAD_MAX = 1_000;

/** Which number of ours is held against which system's, and what that system counts. */
export type DifferenceAsked = {
  readonly itemId: ItemId;
  readonly locationId: LocationId;
  /** Absent: all lots together. */
  readonly lot?: Lot | undefined;
  readonly source: string;
  readonly measure: Measure;
  /** The statuses that their number counts; everything on hand when absent. */
  readonly counted?: readonly Status[] | undefined;
};

/** Why our number is not theirs. The parts add up to `ours - said`. */
export type Difference = {
  readonly ours: number;
  readonly oursThen: number;
  readonly said: number;
  readonly saidAt: Date;
  readonly word: Words["is"];
  readonly factNumbers: readonly number[];
  readonly watermark: { readonly stream: string; readonly number: number } | undefined;
  readonly counted: readonly Status[];
  readonly parts: readonly NamedDifference[];
  readonly hints: readonly Hint[];
  /** Since when the system has told what moved there, as far as was looked; undefined where it tells none. */
  readonly toldSince: Date | undefined;
  readonly owner: string | undefined;
};

export type DifferenceAnswer =
  | { readonly is: "explained"; readonly difference: Difference }
  | { readonly is: "nothing-said" }
  | { readonly is: "archived"; readonly past: ArchivedPast };

export type DifferenceDeps = {
  readonly database: Database;
  readonly factLog: FactLog;
  readonly governance: Governance;
  readonly subscriber: Pick<Subscriber, "name" | "unread">;
  readonly deadLetters: Pick<DeadLetters, "page">;
};

const ON_ONE_SNAPSHOT = { isolation: "repeatable read", readOnly: true } as const;

/**
 * Explains why our number is not another system's. `stated` are statements that wait outside of the log; those on it that were not taken
 * are found here.
 */
export async function explainDifference(
  deps: DifferenceDeps,
  asked: DifferenceAsked,
  stated: readonly OpenStatement[],
): Promise<DifferenceAnswer> {
  const untaken = await untakenStatements(deps);
  return deps.database.transaction(async (tx) => {
    const subject: Subject = { itemId: asked.itemId, locationId: asked.locationId, lot: asked.lot };
    const words = await wordsOf(deps.factLog, tx, { ...subject, source: asked.source });
    if (words === undefined) return { is: "nothing-said" };
    const books = await booksOf(tx, subject, words);
    const past = await selectArchiveOf(tx, {
      positionIds: [...books.positions, ...books.lanes].map((row) => row.position_id),
      at: new Date(Math.min(...words.words.map(({ at }) => at.getTime()))).toISOString(),
      believedAt: "infinity",
    });
    if (past !== undefined) return { is: "archived", past };
    const open = [...stated, ...(await stillUntaken(tx, untaken))];
    return { is: "explained", difference: await explain(deps, tx, { asked, subject, words, books, open }) };
  }, ON_ONE_SNAPSHOT);
}

/** Facts on the log that the ledger has not read, or could not take. */
async function untakenStatements({
  database,
  factLog,
  subscriber,
  deadLetters,
}: DifferenceDeps): Promise<readonly OpenStatement[]> {
  const of = { subscriber: subscriber.name, limit: UNREAD_MAX } as const;
  const [unread, open, dismissed] = await Promise.all([
    subscriber.unread(UNREAD_MAX),
    deadLetters.page({ ...of, state: "open" }),
    deadLetters.page({ ...of, state: "dismissed" }),
  ]);
  const factsOf = (letters: typeof open) =>
    readFacts(
      factLog,
      database,
      letters.map(({ number }) => number),
    );
  const [dead, refused] = await Promise.all([factsOf(open), factsOf(dismissed)]);
  // A reader that was put back has not read again what it could not take.
  const letters = new Set([...dead, ...refused].map((fact) => fact.number));
  return [
    ...unread.filter((fact) => !letters.has(fact.number)).flatMap((fact) => openFact(fact, "not-read")),
    ...dead.flatMap((fact) => openFact(fact, "dead-letter")),
    ...refused.flatMap((fact) => openFact(fact, "refused")),
  ];
}

function openFact(fact: LoggedFact, is: OpenStatement["is"]): readonly OpenStatement[] {
  if (!isStockFact(fact)) return [];
  const { number: factNumber, source, effectiveAt, sequence } = fact;
  return [{ is, fact, source, effectiveAt, sequence, factNumber, record: undefined }];
}

async function stillUntaken(
  tx: Queryable,
  untaken: readonly OpenStatement[],
): Promise<readonly OpenStatement[]> {
  const numbers = untaken.flatMap(({ factNumber }) => factNumber ?? []);
  const taken = new Set((await selectTakenFacts(tx, numbers)).map((row) => row.event_number));
  return untaken.filter(({ factNumber }) => factNumber === undefined || !taken.has(factNumber));
}

/** Our books of a subject: its positions, what is on its way to it, and since when each is asked about. */
type Books = {
  readonly positions: readonly PositionRow[];
  readonly lanes: readonly PositionRow[];
  readonly since: SinceAsked;
  readonly lanesSince: SinceAsked;
};

async function booksOf(tx: Queryable, subject: Subject, words: Words): Promise<Books> {
  const { itemId, locationId, lot } = subject;
  const origins = await selectOrigins(tx, subject);
  const laneIds = origins.map((origin) => laneId(toLocationId(origin), locationId));
  const [rows, laneRows, around] = await Promise.all([
    selectPositionsOf(tx, [itemId], [locationId]),
    selectPositionsOf(tx, [itemId], laneIds),
    words.watermark === undefined ? [] : selectNumbersAround(tx, words.watermark, words.at),
  ]);
  const isOfLot = (row: PositionRow) => lot === undefined || row.lot === lot;
  const [positions, lanes] = [rows.filter(isOfLot), laneRows.filter(isOfLot)];
  const upTo = words.watermark?.number ?? 0;
  const numbers = {
    seen: around.filter((row) => row.number <= upTo).map((row) => row.event_number),
    unseen: around.filter((row) => row.number > upTo).map((row) => row.event_number),
  };
  const ofPositions = positions.map((row) => ({ positionId: row.position_id, at: momentOf(words, row.lot) }));
  const ofLanes = lanes.map((row) => ({ positionId: row.position_id, at: words.at }));
  return {
    positions,
    lanes,
    since: { positions: ofPositions, ...numbers },
    lanesSince: { positions: ofLanes, seen: [], unseen: [] },
  };
}

/** The moment that their number of a lot speaks of. */
const momentOf = (words: Words, lot: Lot): Date =>
  words.words.find((word) => word.lot === lot)?.at ?? words.at;

const sumOf = (rows: readonly PositionRow[]): Balances =>
  rows.reduce((sum, row) => addTo(sum, balancesOf(row)), NOTHING);

const less = (balances: Balances, gained: readonly { status: Status; units: number }[]): Balances =>
  gained.reduce((sum, { status, units }) => addTo(sum, { [status]: -units }), balances);

type Explaining = {
  readonly asked: DifferenceAsked;
  readonly subject: Subject;
  readonly words: Words;
  readonly books: Books;
  readonly open: readonly OpenStatement[];
};

async function explain(deps: DifferenceDeps, tx: Queryable, explaining: Explaining): Promise<Difference> {
  const { asked, subject, words, books } = explaining;
  const measure: ReadonlySet<Status> = MEASURES[asked.measure];
  const counted = countedOf(asked);
  const [gained, onTheWay, since, owners] = await Promise.all([
    selectGainedSince(tx, books.since),
    selectGainedSince(tx, books.lanesSince),
    movedSince(deps, tx, books.since, measure),
    deps.governance.owners(tx, "physical-stock", [asked.locationId]),
  ]);
  const oursNow = sumOf(books.positions);
  const inTransit = less(sumOf(books.lanes), onTheWay)["in-transit"];
  const oursThen = { ...less(oursNow, gained), "in-transit": inTransit };
  const derived = words.words.some((word) => word.said === undefined);
  const onHandThen = unitsOf(oursThen, MEASURES["on-hand"]);
  const said = derived ? onHandThen : words.words.reduce((sum, word) => sum + (word.said ?? 0), 0);
  const sides = await sidesOf(tx, explaining, owners);
  const { parts: told, toldSince } = await toldDifferences(deps.factLog, tx, {
    ...{
      subject,
      source: asked.source,
      statuses: counted,
      at: words.at,
      positions: books.since.positions,
      ...sides,
    },
  });
  const isRefused = words.is === "unaccepted";
  const evidence: Evidence = { said, oursNow, oursThen, measure, counted, since, told, isRefused };
  const parts = nameDifferences(evidence);
  const items = await deps.governance.items(tx, [asked.itemId]);
  const asides = {
    units: items.get(asked.itemId)?.units ?? new Map(),
    statements: sides.asides.map((statement) => ({
      ...telling(toldIn(statement), -statement.units),
      state: statement.is,
    })),
  };
  return {
    ours: unitsOf(oursNow, measure),
    oursThen: unitsOf(oursThen, measure),
    ...{ said, saidAt: words.at, word: words.is, watermark: words.watermark, toldSince, parts },
    factNumbers: words.words.flatMap((word) => word.factNumber ?? []),
    counted: STATUSES.filter((status) => counted.has(status)),
    hints: hintsAt(parts.at(-1)?.units ?? 0, evidence, asides),
    owner: owners.at(asked.locationId, words.at.getTime()),
  };
}

const countedOf = ({ counted }: DifferenceAsked): ReadonlySet<Status> =>
  new Set(counted ?? MEASURES["on-hand"]);

const unitsOf = (balances: Balances, statuses: ReadonlySet<Status>): number =>
  STATUSES.reduce((sum, status) => sum + (statuses.has(status) ? balances[status] : 0), 0);

/** What took effect since, by reason, each with its last facts. */
async function movedSince(
  { factLog }: DifferenceDeps,
  tx: Queryable,
  since: SinceAsked,
  measure: ReadonlySet<Status>,
): Promise<readonly NamedDifference[]> {
  const rows = await selectMovedSince(tx, { ...since, statuses: [...measure], factsMax: FACTS_SHOWN_MAX });
  const facts = await readFacts(factLog, tx, [...new Set(rows.map((row) => row.event_number))]);
  const factOf = new Map(facts.map((fact) => [fact.number, fact]));
  return [...Map.groupBy(rows, (row) => row.reason)].map(([reason, of]) => ({
    ...{ name: "moved-since" as const, reason, units: of[0]?.of_reason ?? 0 },
    facts: of.flatMap((row) => {
      const fact = factOf.get(row.event_number);
      if (fact === undefined) return [];
      const { number: factNumber, source, type, effectiveAt, data } = fact;
      const because = becauseOf(data);
      return [{ factNumber, record: undefined, source, type, effectiveAt, because, units: row.units }];
    }),
    factsLeftOut: (of[0]?.facts ?? 0) - of.length,
  }));
}

type Sides = {
  readonly ofOwners: readonly DueStatement[];
  readonly ofTheirs: readonly DueStatement[];
  /** In the sum of nobody: what an owner said and somebody holds or has refused. */
  readonly asides: readonly DueStatement[];
};

/**
 * Sorts what is in no book of ours: what had happened by their moment and no count of ours has made up for. What the system itself said,
 * it has. What an owner said, it is taken to have; but not what looks like a duplicate, or was refused: that may be why.
 */
async function sidesOf(
  tx: Queryable,
  { asked, subject, words, books, open }: Explaining,
  owners: Owners,
): Promise<Sides> {
  const here = open.filter(({ fact }) => lotsMoved(fact, subject).length > 0);
  if (here.length === 0) return { ofOwners: [], ofTheirs: [], asides: [] };
  const from = new Date(Math.min(...here.map(({ effectiveAt }) => Date.parse(effectiveAt))));
  const positionIds = books.positions.map((row) => row.position_id);
  const counts = await selectCounts(tx, { positionIds, locationIds: [asked.locationId], from });
  const known = { subject, words, books, counts, statuses: countedOf(asked) };
  const due = here
    .map((statement): DueStatement => ({ ...statement, units: unitsDue(statement, known) }))
    .filter(({ units }) => units !== 0);
  const isTheirs = ({ source }: OpenStatement) => source === asked.source;
  const ofOwner = due.filter((statement) => {
    if (isTheirs(statement)) return false;
    const owner = owners.at(statedLocation(statement.fact), statement.effectiveAt);
    return owner === undefined || owner === statement.source;
  });
  const isDoubtful = ({ is }: OpenStatement) => is === "suspect-duplicate" || is === "refused";
  return {
    ofOwners: ofOwner.filter((statement) => !isDoubtful(statement)),
    ofTheirs: due.filter(isTheirs),
    asides: ofOwner.filter(isDoubtful),
  };
}

type Known = Pick<Explaining, "subject" | "words" | "books"> & {
  readonly counts: readonly CountMade[];
  readonly statuses: ReadonlySet<Status>;
};

/**
 * What a statement has done to their number and not to ours: what it does to each lot by the moment that their number of the lot speaks
 * of, less what a count of ours that saw it has made up for since.
 */
function unitsDue({ fact, source, effectiveAt, sequence }: OpenStatement, known: Known): number {
  const { subject, words, books, counts, statuses } = known;
  const numbered = sequence === undefined ? undefined : { source, ...sequence };
  const change = { at: Date.parse(effectiveAt), numbered };
  return lotsMoved(fact, subject).reduce((sum, lot) => {
    const said = { at: momentOf(words, lot).getTime(), inOrder: "", watermark: words.watermark };
    if (!isSeenBy(change, said)) return sum;
    const positionId = books.positions.find((row) => row.lot === lot)?.position_id;
    const saw = counts.filter(
      (count) =>
        count.at <= said.at &&
        (count.positionId === undefined || count.positionId === positionId) &&
        !(positionId !== undefined && count.leftOut.has(positionId)) &&
        isSeenBy(change, count),
    );
    const of = { ...subject, lot };
    const shelves = new Set(saw.map((count) => count.shelf));
    return sum + effectOf(fact, of, statuses) - madeUpBy(shelves, (on) => effectOf(fact, of, on), statuses);
  }, 0);
}
