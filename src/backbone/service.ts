import { FACT_TYPES, OWN_SOURCE } from "@crossdock/canonical";
import type { Clock, Database, Ids, Log, Queryable, Transaction, Wakeup } from "../platform/index.ts";
import { Terminal } from "../platform/index.ts";
import {
  type CommitMoment,
  type Committed,
  type CommittedWanted,
  selectCommittedSince,
  selectMoment,
} from "./commit-store.ts";
import { backboneErrors } from "./errors.ts";
import {
  APPEND_FACTS_MAX,
  LOG_TOPIC,
  type LoggedFact,
  type NumberedFact,
  type OwnFact,
  type PageRequest,
  type ReadPage,
} from "./log.ts";
import { createLogWindow, type LogWindow } from "./log-window-service.ts";
import {
  blockFrom,
  EMPTY_BLOCK,
  NUMBER_BLOCK_LIFETIME_MS,
  NUMBER_BLOCK_SIZE,
  type NumberBlock,
  remaining,
  STRETCH_AHEAD_NUMBERS,
  STRETCH_NUMBERS,
  takeNumbers,
} from "./numbers.ts";
import { LOG_START, type LogPosition } from "./position.ts";
import { toRecordedFact, toRow } from "./recorded.ts";
import {
  type EventToInsert,
  insertEventsFromOutside,
  openStretch,
  selectArchivedTellings,
  selectContradictions,
  selectEnd,
  selectEventOfSource,
  selectEventsByNumber,
  selectPageAfter,
  selectPositionBefore,
  selectRunningElsewhere,
  selectTold,
  sendOwnEvents,
  type TakenBlock,
  takeNumberBlock,
} from "./store.ts";
import { createSubscriber, type Subscriber, type Subscription } from "./subscriber-service.ts";

export type FactLogOptions = {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly wakeup: Wakeup;
  readonly log: Log;
};

/** The log of facts. One a process. */
export type FactLog = {
  /** Numbers for facts that are about to be appended, rising. Unused numbers are lost, which harms nothing. */
  takeNumbers(count: number): Promise<readonly number[]>;
  /** Dresses facts that were decided here with numbers and ids; append them in the same transaction as their effect. */
  number(facts: readonly OwnFact[]): Promise<readonly NumberedFact[]>;
  /** Appends in the caller's transaction, without waiting: an error shows at its commit. Readers are woken after it. */
  append(tx: Transaction, facts: readonly NumberedFact[]): void;
  /** Appends facts from outside; gives the numbers of those that were not on the log already. */
  appendFromOutside(tx: Transaction, facts: readonly NumberedFact[]): Promise<ReadonlySet<number>>;
  /** Of facts from outside, those whose id their source has used before for something else: what it was, by their numbers. */
  contradictions(tx: Transaction, facts: readonly NumberedFact[]): Promise<ReadonlyMap<number, LoggedFact>>;
  /** Of facts from outside, those whose first telling lies in an archive, by their numbers: what it said is not here to be compared. */
  archivedTellings(tx: Transaction, facts: readonly NumberedFact[]): Promise<ReadonlyMap<number, string>>;
  /** Of facts from outside, the numbers of those whose id their source has used before, for whatever. */
  toldBefore(tx: Transaction, facts: readonly NumberedFact[]): Promise<ReadonlySet<number>>;
  /** Settled facts after a position, oldest first. `types` absent: all. `limit` counts facts read, not facts wanted. */
  read(options: { after: LogPosition; limit: number; types?: readonly string[] }): Promise<ReadPage>;
  /** Settled facts after a position that this process has read already, as rows; undefined when the next one is not among them. */
  recall: LogWindow["recall"];
  /** Where the log ends: the newest settled fact, or the start of an empty log. No page has given out a later position. */
  end(): Promise<LogPosition>;
  /**
   * What was committed since a moment, whether it is settled or not, as the snapshot of a `repeatable read` transaction sees it. Without a
   * moment only that of the snapshot is given, with `all`.
   */
  committedSince(
    tx: Transaction,
    since: CommitMoment | undefined,
    wanted: CommittedWanted,
  ): Promise<Committed>;
  /**
   * Tells of facts that this process has appended, after their commit and before whoever waits for it goes on. A listener neither throws
   * nor waits. When it is unknown whether a commit happened, nothing is told.
   */
  onAppended(listener: (facts: readonly NumberedFact[]) => void): void;
  /** Facts by number, for explanations. */
  factsByNumber(queryable: Queryable, numbers: readonly number[]): Promise<readonly LoggedFact[]>;
  /** A fact from outside by its source and its id there; undefined while it is not on the log. */
  factOfSource(source: string, id: string): Promise<LoggedFact | undefined>;
  /** The position from which everything recorded at or after an instant is read; the end of the log when nothing was. */
  positionBefore(recordedAt: Date): Promise<LogPosition | undefined>;
  /** Makes a named reader. It starts at the beginning of the log, or where it stopped. */
  subscribe(subscription: Subscription): Subscriber;
};

/** Opens the log over a database. */
export function createFactLog(options: FactLogOptions): FactLog {
  const { database, clock, ids, wakeup } = options;
  const takeNumber = numberSource(options);
  const names = new Set<string>();
  const window = createLogWindow(readPage);
  const listeners: ((facts: readonly NumberedFact[]) => void)[] = [];
  const appended = (facts: readonly NumberedFact[]) => {
    for (const listener of listeners) listener(facts);
  };
  return {
    takeNumbers: takeNumber,
    number: async (facts) => dressed(facts, await takeNumber(facts.length), ids),
    append(tx, facts) {
      if (facts.length === 0) return;
      refuseOthers(facts);
      const [rows, now] = [toRows(tx, facts, wakeup), clock.now()];
      sendOwnEvents(tx, rows, now);
      tx.afterCommit(() => {
        window.handOver(rows, now);
        appended(facts);
      });
    },
    appendFromOutside: (tx, facts) => appendFromOutside({ ...options, window, appended }, tx, facts),
    contradictions,
    archivedTellings,
    toldBefore,
    read: (request) => readPage(database, request),
    recall: window.recall,
    end: async () => (await selectEnd(database, await selectRunningElsewhere(database))) ?? LOG_START,
    committedSince,
    onAppended(listener) {
      listeners.push(listener);
    },
    async factsByNumber(queryable, numbers) {
      const rows = await selectEventsByNumber(queryable, numbers);
      return rows.map((row) => ({ ...toRecordedFact(row), number: row.number }));
    },
    factOfSource: (source, id) => factOfSource(database, source, id),
    positionBefore: (recordedAt) => selectPositionBefore(database, recordedAt),
    subscribe(subscription) {
      if (names.has(subscription.name)) {
        throw new Terminal(
          backboneErrors.alreadySubscribed,
          `"${subscription.name}" is subscribed in this process already`,
        );
      }
      names.add(subscription.name);
      return createSubscriber(subscription, { ...options, readPage: window.readPage });
    },
  };
}

/** Facts of ours with their numbers, and ids. */
function dressed(facts: readonly OwnFact[], numbers: readonly number[], ids: Ids): readonly NumberedFact[] {
  // Facts of one decision nearly always happened at one moment, and writing it out is not for nothing.
  let moment: { readonly at: Date; readonly text: string } | undefined;
  return facts.map(({ fact, at, correlationId, causationId }, index) => {
    const number = numbers[index] ?? unnumbered(facts.length);
    if (moment?.at !== at) moment = { at, text: at.toISOString() };
    const effectiveAt = moment.text;
    return { ...fact, number, source: OWN_SOURCE, id: ids.next(), effectiveAt, correlationId, causationId };
  });
}

type Appending = {
  readonly window: LogWindow;
  readonly appended: (facts: readonly NumberedFact[]) => void;
};

async function appendFromOutside(
  { clock, wakeup, window, appended }: FactLogOptions & Appending,
  tx: Transaction,
  facts: readonly NumberedFact[],
): Promise<ReadonlySet<number>> {
  if (facts.length === 0) return new Set();
  const [rows, now] = [toRows(tx, inKeyOrder(facts), wakeup), clock.now()];
  const written = new Set((await insertEventsFromOutside(tx, rows, now)).map((row) => row.number));
  const handed = rows.filter((row) => written.has(row.number));
  tx.afterCommit(() => {
    window.handOver(handed, now);
    appended(facts.filter((fact) => written.has(fact.number)));
  });
  return written;
}

async function committedSince(
  tx: Transaction,
  since: CommitMoment | undefined,
  wanted: CommittedWanted,
): Promise<Committed> {
  if (since === undefined) return { moment: await selectMoment(tx), facts: "all" };
  const { moment, ...found } = await selectCommittedSince(tx, since, wanted);
  const isOther = moment.epoch !== since.epoch || moment.next < since.next;
  return { moment, facts: isOther || found.scanned >= wanted.factsMax ? "all" : found.facts };
}

/** What others have said is known by their ids, and goes the other way. */
function refuseOthers(facts: readonly NumberedFact[]): void {
  const other = facts.find(({ source, sequence }) => source !== OWN_SOURCE || sequence !== undefined);
  if (other !== undefined)
    throw new RangeError(`fact ${other.number} of ${other.source} was not decided here`);
}

/** One order of keys, so that two transactions with the same facts wait for each other instead of deadlocking. */
function inKeyOrder(facts: readonly NumberedFact[]): readonly NumberedFact[] {
  return facts.toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : a.number - b.number));
}

async function factOfSource(
  database: Queryable,
  source: string,
  id: string,
): Promise<LoggedFact | undefined> {
  const row = await selectEventOfSource(database, source, id);
  return row === undefined ? undefined : { ...toRecordedFact(row), number: row.number };
}

async function toldBefore(tx: Transaction, facts: readonly NumberedFact[]): Promise<ReadonlySet<number>> {
  return new Set((await selectTold(tx, facts)).map((row) => row.number));
}

async function archivedTellings(
  tx: Transaction,
  facts: readonly NumberedFact[],
): Promise<ReadonlyMap<number, string>> {
  return new Map((await selectArchivedTellings(tx, facts)).map((row) => [row.number, row.archive]));
}

async function contradictions(
  tx: Transaction,
  facts: readonly NumberedFact[],
): Promise<ReadonlyMap<number, LoggedFact>> {
  const rows = await selectContradictions(tx, facts.map(toRow));
  return new Map(
    rows.map((told): [number, LoggedFact] => [told.asked, { ...toRecordedFact(told), number: told.number }]),
  );
}

/** What every append has in common: its limit, its rows, and that readers are woken after its commit. */
function toRows(tx: Transaction, facts: readonly NumberedFact[], wakeup: Wakeup): readonly EventToInsert[] {
  if (facts.length > APPEND_FACTS_MAX) {
    throw new RangeError(`${facts.length} facts in one append; at most ${APPEND_FACTS_MAX}`);
  }
  tx.afterCommit(() => wakeup.signal(LOG_TOPIC));
  return facts.map(toRow);
}

/**
 * Reads one page. Which facts are settled is decided by the server, in the same snapshot that reads them. It ends early at the last of
 * `wantedMax` facts of the wanted types.
 */
export async function readPage(queryable: Queryable, request: PageRequest): Promise<ReadPage> {
  const { after, limit, types = FACT_TYPES, wantedMax = limit, near = false } = request;
  const elsewhere = near ? [] : await selectRunningElsewhere(queryable);
  const rows = await selectPageAfter(queryable, { after, limit, types, wantedMax, elsewhere });
  const [last, lastWanted] = [rows.at(-1), rows[wantedMax - 1]];
  const isCut = lastWanted !== undefined && last !== undefined && last.wanted > wantedMax;
  const end = isCut ? lastWanted : last;
  return {
    facts: rows
      .filter((row) => row.data !== null)
      .map((row) => ({ ...toRecordedFact(row), number: row.number })),
    end: end === undefined ? after : { transaction: end.transaction, number: end.number },
    isLast: !isCut && (last?.page_size ?? 0) < limit,
  };
}

function unnumbered(wanted: number): never {
  throw new Error(`fewer numbers were taken than the ${wanted} facts to number`);
}

/** Sees to it that the log has room for a block, and for what will be written soon. Only a block without room has to wait for it. */
async function openStretchAhead({ database, log }: FactLogOptions, block: TakenBlock): Promise<void> {
  let { openedTo } = block;
  const end = block.first + NUMBER_BLOCK_SIZE;
  for (; openedTo < end; openedTo += STRETCH_NUMBERS) await openStretch(database, openedTo);
  if (openedTo >= end + STRETCH_AHEAD_NUMBERS) return;
  try {
    await openStretch(database, openedTo);
  } catch (error) {
    // The next block tries again.
    log.warn({ event: "backbone.stretch-not-opened", first: openedTo, err: error });
  }
}

/** Hands out numbers from blocks. Callers queue while a block is fetched, so that numbers of one caller come from one block. */
function numberSource(options: FactLogOptions): (count: number) => Promise<readonly number[]> {
  let block: NumberBlock = EMPTY_BLOCK;
  let takenAt = 0;
  let turn: Promise<unknown> = Promise.resolve();

  async function next(count: number): Promise<readonly number[]> {
    if (count > NUMBER_BLOCK_SIZE)
      throw new RangeError(`${count} numbers wanted at once; at most ${NUMBER_BLOCK_SIZE}`);
    const now = options.clock.now().getTime();
    if (remaining(block) < count || now - takenAt >= NUMBER_BLOCK_LIFETIME_MS) {
      const taken = await takeNumberBlock(options.database);
      await openStretchAhead(options, taken);
      takenAt = now;
      block = blockFrom(taken.first, NUMBER_BLOCK_SIZE);
    }
    const taken = takeNumbers(block, count);
    block = taken.rest;
    return taken.numbers;
  }

  return (count) => {
    const mine = turn.then(() => next(count));
    turn = mine.catch(() => undefined);
    return mine;
  };
}
