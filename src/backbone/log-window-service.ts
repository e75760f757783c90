import { FACT_TYPES } from "@crossdock/canonical";
import type { Queryable } from "../platform/index.ts";
import { createHandedFacts, type HandedFacts } from "./handed-facts.ts";
import type { LoggedFact, PageRequest, ReadPage } from "./log.ts";
import { isBefore, LOG_START, type LogPosition, positionText } from "./position.ts";
import { toRecordedFact } from "./recorded.ts";
import { type SettledRow, selectPlacesAfter, selectSettledAfter, selectSettledOf } from "./settled-store.ts";
import { type EventToInsert, selectRunningElsewhere } from "./store.ts";

/** Facts kept at most, and the bytes of their data: what readers that keep up with each other lie apart. */
const FACTS_MAX = 20_000;
const BYTES_MAX = 16 * 1024 * 1024;
/** Stored bytes of data after which a page ends, so that a thousand facts of a megabyte are not read at once. */
export const PAGE_BYTES_MAX = 1024 * 1024;

/** Reads a page from the database alone. */
export type ReadPageAlone = (queryable: Queryable, request: PageRequest) => Promise<ReadPage>;

/**
 * The newest stretch of the log that this process has read. Everything settled in it is there for good and in its place, so that what one
 * reader has read need not be asked for again by the next: a log that four readers and the sealer follow is read once.
 */
export type LogWindow = {
  /** A page for a subscriber: remembered, or read for all where the window ends, or read for it alone where it is far behind. */
  readPage(queryable: Queryable, request: PageRequest): Promise<ReadPage>;
  /** Settled facts after a position, as many as are remembered up to a limit; undefined when the next one is not. */
  recall(after: LogPosition, limit: number): readonly SettledRow[] | undefined;
  /** Takes facts that this process has appended, after their commit: its readers need only be told where they stand. */
  handOver(facts: readonly EventToInsert[], recordedAt: Date): void;
};

/** A remembered fact, which is made of its row when the first reader wants it. */
type Kept = { readonly row: SettledRow; fact?: LoggedFact };

/** What one look into the log gave; `isLast` when nothing settled stood after it then. */
type Look = { readonly kept: readonly Kept[]; readonly isLast: boolean };

/** Makes an empty window. */
export function createLogWindow(readAlone: ReadPageAlone): LogWindow {
  const memory = createMemory();
  const handed = createHandedFacts();
  const look = createLooks(memory, handed);
  let isRead = false;
  return {
    handOver(facts, recordedAt) {
      // A process without readers has nobody to keep them for.
      if (isRead) handed.keep(facts, recordedAt);
    },
    async readPage(queryable, request) {
      isRead = true;
      const remembered = memory.after(request.after, request.limit);
      if (remembered.length > 0) return pageOf(request, { kept: remembered, isLast: true }, true);
      const end = memory.end();
      if (end !== undefined && isBefore(request.after, end)) return readAlone(queryable, request);
      return pageOf(request, await look(queryable, request), false);
    },
    recall(position, limit) {
      const remembered = memory.after(position, limit);
      return remembered.length === 0 ? undefined : remembered.map(({ row }) => row);
    },
  };
}

/** Facts without a gap between a position and the last of them. */
type Memory = {
  end(): LogPosition | undefined;
  /** The facts after a position; none when it does not stand among them. */
  after(position: LogPosition, limit: number): readonly Kept[];
  /** Adds what stands after a position, where that leads further. Beyond a gap it begins anew. */
  add(position: LogPosition, news: readonly Kept[]): void;
};

function createMemory(): Memory {
  let start: LogPosition | undefined;
  let kept: Kept[] = [];
  let bytes = 0;
  const end = (): LogPosition | undefined => kept.at(-1)?.row ?? start;
  return {
    end,
    after(position, limit) {
      if (start === undefined || isBefore(position, start)) return [];
      const first = firstAfter(kept, position);
      return kept.slice(first, first + limit);
    },
    add(position, news) {
      const known = end();
      if (news.length === 0 || (known !== undefined && isBefore(position, known))) return;
      if (known === undefined || isBefore(known, position)) {
        start = position;
        kept = [];
        bytes = 0;
      }
      kept.push(...news);
      bytes += bytesOf(news);
      if (kept.length <= FACTS_MAX && bytes <= BYTES_MAX) return;
      // The older half, so that forgetting is rare and what readers lie apart stays.
      const half = Math.ceil(kept.length / 2);
      start = kept[half - 1]?.row ?? start;
      kept = kept.slice(half);
      bytes = bytesOf(kept);
    },
  };
}

type Looker = (queryable: Queryable, request: PageRequest) => Promise<Look>;

/** One look for all who want it at the same moment. If it fails, each of them looks for itself. */
function createLooks(memory: Memory, handed: HandedFacts): Looker {
  const looking = new Map<string, Promise<Look>>();

  const look: Looker = async (queryable, { after, limit, near = false }) => {
    const elsewhere = near ? [] : await selectRunningElsewhere(queryable);
    const { rows, isLast } = await gatherRows(queryable, handed, { after, limit, elsewhere });
    const kept = rows.map((row): Kept => ({ row }));
    memory.add(after, kept);
    return { kept, isLast };
  };

  return async (queryable, request) => {
    const key = `${positionText(request.after)} ${request.limit} ${request.near === true}`;
    const theirs = looking.get(key);
    if (theirs !== undefined) {
      const shared = await theirs.catch(() => undefined);
      if (shared !== undefined) return shared;
    }
    const mine = look(queryable, request);
    looking.set(key, mine);
    try {
      return await mine;
    } finally {
      if (looking.get(key) === mine) looking.delete(key);
    }
  };
}

type Rows = { readonly rows: readonly SettledRow[]; readonly isLast: boolean };

const sizeOf = (rows: readonly SettledRow[]) => rows.reduce((sum, row) => sum + row.bytes, 0);

type Wanted = { readonly after: LogPosition; readonly limit: number; readonly elsewhere: readonly string[] };

async function readRows(queryable: Queryable, wanted: Wanted): Promise<Rows> {
  const rows = await selectSettledAfter(queryable, { ...wanted, bytesMax: PAGE_BYTES_MAX });
  return { rows, isLast: rows.length < wanted.limit && sizeOf(rows) < PAGE_BYTES_MAX };
}

/** Asks which facts are settled and where, and reads those that were not handed over. */
async function gatherRows(queryable: Queryable, handed: HandedFacts, wanted: Wanted): Promise<Rows> {
  if (handed.isEmpty()) return readRows(queryable, wanted);
  const places = await selectPlacesAfter(queryable, wanted);
  const numbers = places.flatMap(({ number }) => (handed.has(number) ? [] : [number]));
  const others =
    numbers.length === 0 ? [] : await selectSettledOf(queryable, { numbers, bytesMax: PAGE_BYTES_MAX });
  const byNumber = new Map(others.map((row) => [row.number, row]));
  const rows: SettledRow[] = [];
  let bytes = 0;
  for (const { number, transaction } of places) {
    if (bytes >= PAGE_BYTES_MAX) break;
    const row = byNumber.get(number) ?? handed.take(number, transaction);
    // Too many bytes stand before it, or it was forgotten here meanwhile: the page ends, and the next one begins with it.
    if (row === undefined) break;
    rows.push(row);
    bytes += row.bytes;
  }
  if (rows.length === 0 && places.length > 0) return readRows(queryable, wanted);
  return { rows, isLast: rows.length === places.length && places.length < wanted.limit };
}

/** The place of the first fact after a position. */
function firstAfter(kept: readonly Kept[], position: LogPosition): number {
  let [low, high] = [0, kept.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(position, kept[middle]?.row ?? LOG_START)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** About as many bytes as the data of facts takes. */
function bytesOf(facts: readonly Kept[]): number {
  return facts.reduce((sum, { row }) => sum + row.data.length, 0);
}

function pageOf(request: PageRequest, { kept, isLast }: Look, isRemembered: boolean): ReadPage {
  const { after, limit, types = FACT_TYPES, wantedMax = limit } = request;
  const facts: LoggedFact[] = [];
  let end = after;
  for (const one of kept) {
    const isWanted = types.includes(one.row.type);
    if (isWanted && facts.length === wantedMax) return { facts, end, isLast: false };
    if (isWanted) facts.push(factOf(one));
    end = one.row;
  }
  const isCut = isRemembered && kept.length === limit;
  return {
    facts,
    end: { transaction: end.transaction, number: end.number },
    isLast: isLast && !isCut,
    isRemembered,
  };
}

function factOf(one: Kept): LoggedFact {
  one.fact ??= { ...toRecordedFact({ ...one.row, data: JSON.parse(one.row.data) }), number: one.row.number };
  return one.fact;
}
