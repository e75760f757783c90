import { setTimeout } from "node:timers/promises";
import { EVENT_TYPE_PREFIX, OWN_SOURCE } from "@crossdock/canonical";
import {
  type Clock,
  type Database,
  isRetryableDatabaseError,
  Retryable,
  type Transaction,
} from "../platform/index.ts";
import { backboneErrors } from "./errors.ts";
import {
  attachParts,
  closeStretch,
  countForgotten,
  dropStretch,
  forgetSubjects,
  keepSubjects,
  loadFacts,
  loadPart,
  lockStretch,
  makeParts,
  type Stretch,
  type StretchHolds,
  selectHolds,
  selectStretches,
  takeTime,
  waitBriefly,
} from "./stretch-store.ts";

/** Attempts to take the log's tables for a moment, and the pause between two. Postings go on in the pauses. */
const ATTEMPTS_MAX = 240;
const PAUSE_MS = 250;

/** The stretches that the log and what is kept beside it lie in, as whoever moves them to an archive and back needs them. */
export type Stretches = {
  /** All of them, the oldest first. */
  list(): Promise<readonly Stretch[]>;
  /** What may still need a stretch. It reads the whole of it. */
  holds(stretch: Stretch): Promise<StretchHolds>;
  /** Has a stretch refuse every fact, transfer and outcome from here on. What is there stays readable. */
  close(first: number): Promise<void>;
  /** Notes what a closed stretch speaks of, in place of what an earlier attempt noted. */
  keepSubjects(stretch: Stretch): Promise<void>;
  /** Drops the partitions of a closed stretch and notes where they lie, in one transaction. */
  drop(
    first: number,
    left: { readonly archive: string; readonly recordedTo: Date; readonly lastTransfer: number },
  ): Promise<void>;
  /** Makes empty tables for an archived stretch, beside the log. */
  makeParts(first: number): Promise<void>;
  /** Loads facts out of the lines of an audit export; gives how many there were. Other lines are passed over. */
  loadFacts(first: number, lines: readonly string[]): Promise<number>;
  loadPart(
    table: { readonly schema: string; readonly table: string; readonly first: number },
    lines: readonly string[],
  ): Promise<number>;
  /** Puts a loaded stretch back, closed; `also` runs in the same transaction. */
  attach(stretch: Stretch, also: (tx: Transaction) => Promise<void>): Promise<void>;
  /** Of facts from outside, as lines of an audit export, how many the memory of what was told lacks. */
  countForgotten(lines: readonly string[]): Promise<number>;
  /** Lifts the time limits of a transaction that reads a whole stretch. */
  takeTime(tx: Transaction): void;
};

type Deps = { readonly database: Database; readonly clock: Clock };

/** Opens the stretches of a log. */
export function createStretches({ database, clock }: Deps): Stretches {
  const change = (what: string, work: (tx: Transaction) => Promise<void>) =>
    changeTables(database, what, work);
  return {
    list: () => selectStretches(database),
    holds: (stretch) =>
      database.transaction(async (tx) => {
        takeTime(tx);
        return selectHolds(tx, stretch);
      }),
    close: (first) =>
      change(`close the stretch from ${first}`, async (tx) => {
        const stretch = await lockStretch(tx, first);
        if (stretch?.state === "open") await closeStretch(tx, first, clock.now());
      }),
    keepSubjects: (stretch) =>
      database.transaction(async (tx) => {
        takeTime(tx);
        await keepSubjects(tx, stretch);
      }),
    drop: (first, left) =>
      change(`drop the stretch from ${first}`, async (tx) => {
        const stretch = await lockStretch(tx, first);
        if (stretch?.state !== "closed")
          throw new Error(`the stretch from ${first} is ${stretch?.state}, not closed`);
        await dropStretch(tx, first, { ...left, at: clock.now() });
      }),
    makeParts: (first) => makeParts(database, first),
    async loadFacts(first, lines) {
      const facts = lines.filter(isFactLine);
      return facts.length === 0
        ? 0
        : loadFacts(database, first, { lines: facts, typePrefix: EVENT_TYPE_PREFIX });
    },
    loadPart: (table, lines) => loadPart(database, table, lines),
    attach: (stretch, also) =>
      change(`attach the stretch from ${stretch.first_number}`, async (tx) => {
        takeTime(tx);
        await attachParts(tx, stretch, clock.now());
        await forgetSubjects(tx, stretch.first_number);
        await also(tx);
      }),
    countForgotten: (lines) => countForgotten(database, lines.flatMap(nameOfLine)),
    takeTime,
  };
}

/** Whether a line of an audit export is a fact: its head and what stands for others' facts begin otherwise. */
export function isFactLine(line: string): boolean {
  return line.startsWith('{"causationid":') || line.startsWith('{"correlationid":');
}

function nameOfLine(
  line: string,
): readonly { readonly source: string; readonly id: string; readonly number: number }[] {
  if (!isFactLine(line)) return [];
  const fact: { source: string; id: string; position: string } = JSON.parse(line);
  if (fact.source === OWN_SOURCE) return [];
  return [{ source: fact.source, id: fact.id, number: Number(fact.position.split(".")[1]) }];
}

/** Takes the tables of the log for a moment. Where others use them it lets go at once and tries again, so that nobody waits behind it. */
async function changeTables(
  database: Database,
  what: string,
  work: (tx: Transaction) => Promise<void>,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await database.transaction(async (tx) => {
        waitBriefly(tx);
        await work(tx);
      });
      return;
    } catch (error) {
      if (!isRetryableDatabaseError(error)) throw error;
      if (attempt === ATTEMPTS_MAX) throw inUse(what, error);
      await setTimeout(PAUSE_MS);
    }
  }
}

const inUse = (what: string, cause: unknown): Retryable =>
  new Retryable(backboneErrors.logInUse, `could not ${what}`, { cause });
