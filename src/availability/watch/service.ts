import { setTimeout as pause } from "node:timers/promises";
import type { Availability, ChannelId } from "@crossdock/canonical";
import { type FactLog, isBefore, LOG_START, LOG_TOPIC, type LogPosition } from "../../backbone/index.ts";
import type { Governance } from "../../governance/index.ts";
import { type Database, isRetryable, type Log, type Wakeup } from "../../platform/index.ts";
import type { BookMemory } from "../rules/memory-service.ts";
import { TOUCHING_TYPES, touchedItems, touchesAll } from "../touched.ts";
import { cursorText, fingerprintOf, positionIn } from "./cursor.ts";
import { mark, moveTo, newWatcher, tellOnlyChanged, type Watcher } from "./watcher.ts";

/** Facts of one reading, and readings of one look: who is further behind values everything instead, which costs less. */
const PAGE_FACTS = 1_000;
const PAGES_MAX = 5;
/** Between two looks, in milliseconds: in a rush all that changed meanwhile is told once. */
const LOOK_PAUSE_MS = 50;
/** How late a look can be when its wake-up is lost, or when a fact was held back by a transaction that ends without one. */
const LOOK_MS_MAX = 250;
/** Items of one look at stock. */
const VALUED_MAX = 500;

/** Figures that changed, and where whoever has got them stands. */
export type WatchRound = { readonly cursor: string; readonly figures: readonly Availability[] };

/** One who watches some items of a channel. */
export type Watch = {
  /**
   * Waits until figures are other than they were told, and gives them as they are then; at first all of them. Undefined when the watch
   * was closed, or when the channel is no more. Call it when what it gave last is out: meanwhile nothing piles up.
   */
  next(): Promise<WatchRound | undefined>;
  /** Where it stands while it waits; undefined before it was told anything. */
  cursor(): string | undefined;
  close(): void;
};

export type WatchAsked = {
  readonly channelId: ChannelId;
  readonly itemIds: readonly string[];
  /** A cursor of the same channel and items: what may have changed since is told first. Any other: everything is. */
  readonly after?: string | undefined;
};

/** Those who watch what channels may sell. */
export type Watching = { open(asked: WatchAsked): Promise<Watch> };

export type WatchDeps = {
  readonly database: Database;
  readonly log: Log;
  readonly wakeup: Wakeup;
  readonly factLog: Pick<FactLog, "read" | "end">;
  readonly governance: Pick<Governance, "kitsWith">;
  readonly rules: Pick<BookMemory, "fresh">;
  /** Answers those who ask at the same moment together. */
  readonly availability: (
    channelId: ChannelId,
    itemIds: readonly string[],
  ) => Promise<readonly Availability[] | undefined>;
};

/** What the log says between two positions. `all`: too much to say of which items. */
type Touched = { readonly items: ReadonlySet<string> | "all"; readonly end: LogPosition };

async function readTouched({ factLog }: WatchDeps, from: LogPosition): Promise<Touched> {
  const items = new Set<string>();
  let [after, isAll] = [from, false];
  for (let pages = 0; pages < PAGES_MAX && !isAll; pages += 1) {
    const page = await factLog.read({ after, limit: PAGE_FACTS, types: TOUCHING_TYPES });
    for (const id of page.facts.flatMap(touchedItems)) items.add(id);
    isAll = page.facts.some(touchesAll);
    after = page.end;
    if (page.isLast && !isAll) return { items, end: after };
  }
  const end = await factLog.end();
  return { items: "all", end: isBefore(end, after) ? after : end };
}

/** The items, and the kits of them: a kit may be sold as often as its components allow. */
async function concerned({ database, governance, rules }: WatchDeps, { items }: Touched) {
  if (items === "all") {
    // Whoever values for other rules must not do it by those of before.
    await rules.fresh();
    return "all";
  }
  if (items.size === 0) return items;
  return new Set([...items, ...(await governance.kitsWith(database, [...items]))]);
}

/** The one who reads the log for all watchers, while there are any. */
type Tail = { position: LogPosition; readonly stopping: AbortController };

type Desk = {
  readonly deps: WatchDeps;
  readonly watchers: Map<string, Set<Watcher>>;
  readonly all: Set<Watcher>;
  tail: Promise<Tail> | undefined;
};

async function look(desk: Desk, tail: Tail): Promise<void> {
  const touched = await readTouched(desk.deps, tail.position);
  const items = await concerned(desk.deps, touched);
  if (tail.stopping.signal.aborted) return;
  if (items === "all") for (const watcher of desk.all) mark(watcher, watcher.items);
  else for (const id of items) for (const watcher of desk.watchers.get(id) ?? []) watcher.pending.add(id);
  tail.position = touched.end;
  for (const watcher of desk.all) moveTo(watcher, touched.end);
}

async function follow(desk: Desk, tail: Tail): Promise<void> {
  const { log, wakeup } = desk.deps;
  const { signal } = tail.stopping;
  while (!signal.aborted) {
    try {
      await look(desk, tail);
    } catch (err) {
      if (!signal.aborted) log.warn({ event: "availability.watch-waits", err });
    }
    await pause(LOOK_PAUSE_MS, undefined, { signal }).catch(() => undefined);
    await wakeup.wait(LOG_TOPIC, LOOK_MS_MAX, signal);
  }
}

/** The reader that runs, or a new one that begins where the log ends. */
async function tailOf(desk: Desk): Promise<Tail> {
  desk.tail ??= desk.deps.factLog.end().then((position) => {
    const tail = { position, stopping: new AbortController() };
    follow(desk, tail).catch((err: unknown) =>
      desk.deps.log.error({ event: "availability.watch-ended", err }),
    );
    return tail;
  });
  const { tail } = desk;
  return tail.catch((error: unknown) => {
    if (desk.tail === tail) desk.tail = undefined;
    throw error;
  });
}

function add({ all, watchers }: Desk, watcher: Watcher): void {
  all.add(watcher);
  for (const id of watcher.items) {
    const others = watchers.get(id) ?? new Set();
    watchers.set(id, others.add(watcher));
  }
}

function remove(desk: Desk, watcher: Watcher): void {
  watcher.isEnded = true;
  watcher.wake();
  desk.all.delete(watcher);
  for (const id of watcher.items) {
    const others = desk.watchers.get(id);
    others?.delete(watcher);
    if (others?.size === 0) desk.watchers.delete(id);
  }
  if (desk.all.size > 0) return;
  desk.tail?.then(
    ({ stopping }) => stopping.abort(),
    () => undefined,
  );
  desk.tail = undefined;
}

/** Marks what may have changed since a cursor; everything, where that cannot be said. */
async function catchUp(desk: Desk, watcher: Watcher, from: LogPosition | undefined): Promise<void> {
  const { deps } = desk;
  const touched: Touched =
    from === undefined || isBefore(watcher.marked, from)
      ? { items: "all", end: watcher.marked }
      : await readTouched(deps, from).catch((error: unknown) => {
          // Facts that lie in an archive are not read again; whoever was away for so long is told everything.
          if (isRetryable(error)) throw error;
          return { items: "all", end: watcher.marked };
        });
  const items = await concerned(deps, touched);
  mark(watcher, items === "all" ? watcher.items : items);
  if (watcher.pending.size === 0) watcher.settled = watcher.marked;
}

/** Values items of a channel as they are now, some at a time. */
async function valuesOf({ availability }: WatchDeps, { channelId }: Watcher, itemIds: readonly string[]) {
  const figures: Availability[] = [];
  for (let start = 0; start < itemIds.length; start += VALUED_MAX) {
    const some = await availability(channelId, itemIds.slice(start, start + VALUED_MAX));
    if (some === undefined) return undefined;
    figures.push(...some);
  }
  return new Map(figures.map((figure) => [String(figure.itemId), figure]));
}

/** Values what is marked; nothing, where it all is as it was told. Undefined when the channel is no more. */
async function value(deps: WatchDeps, watcher: Watcher): Promise<readonly Availability[] | undefined> {
  const [itemIds, position] = [[...watcher.pending], watcher.marked];
  watcher.pending.clear();
  watcher.isValuing = true;
  try {
    const values = await valuesOf(deps, watcher, itemIds);
    watcher.settled = position;
    return values && tellOnlyChanged(watcher, itemIds, values);
  } catch (error) {
    mark(watcher, itemIds);
    throw error;
  } finally {
    watcher.isValuing = false;
  }
}

/** Opens the watch over the log: one reader for all, which reads while somebody watches. */
export function createWatching(deps: WatchDeps): Watching {
  const desk: Desk = { deps, watchers: new Map(), all: new Set(), tail: undefined };
  return {
    async open({ channelId, itemIds, after }) {
      const fingerprint = fingerprintOf(channelId, itemIds);
      const watcher = newWatcher(channelId, itemIds, LOG_START);
      // Before the log is looked at: what is read from now on is marked, so nothing falls between.
      add(desk, watcher);
      try {
        const { position } = await tailOf(desk);
        if (isBefore(watcher.marked, position)) watcher.marked = position;
        await catchUp(desk, watcher, after === undefined ? undefined : positionIn(after, fingerprint));
      } catch (error) {
        remove(desk, watcher);
        throw error;
      }
      return {
        async next() {
          while (!watcher.isEnded) {
            if (watcher.pending.size === 0) {
              await new Promise<void>((wake) => {
                watcher.wake = wake;
              });
              continue;
            }
            const figures = await value(deps, watcher);
            if (figures === undefined) break;
            if (figures.length > 0 && !watcher.isEnded)
              return { cursor: cursorText(watcher.settled ?? watcher.marked, fingerprint), figures };
          }
          return undefined;
        },
        cursor: () => watcher.settled && cursorText(watcher.settled, fingerprint),
        close: () => remove(desk, watcher),
      };
    },
  };
}
