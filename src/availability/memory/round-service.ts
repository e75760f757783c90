import type { Fact, FactType } from "@crossdock/canonical";
import type { CommitMoment, FactLog } from "../../backbone/index.ts";
import type { Governance, ResolvedItem } from "../../governance/index.ts";
import type { Transaction } from "../../platform/index.ts";
import { type AtpDeps, readStock } from "../atp-service.ts";
import type { ItemRead, StockRow } from "../item-stock.ts";
import { partIdsOf } from "../request.ts";
import { bookAt, placesOf, type RuleBook } from "../rules/book.ts";
import type { BookMemory } from "../rules/memory-service.ts";
import { selectBookVersion } from "../rules/store.ts";
import { selectNextExpiries } from "../store.ts";
import { TOUCHING_TYPES, touchedItems } from "../touched.ts";
import { type Remembered, remember } from "./remembered.ts";

/** Facts of a round that are looked at; behind more of them reading what is asked for anew costs less. */
const FACTS_MAX = 2_000;

/** Facts after which the stock of an item, or the rules, may be other than they were read. */
export const FORGETTING_TYPES = [
  ...TOUCHING_TYPES,
  "ReservationSettled",
  "ReservationRestored",
  "ReservationExtended",
  "ReservationConverted",
  "RingFenceConverted",
] as const satisfies readonly FactType[];

/** The items of which a fact changes what figures are made of. */
export function forgottenItems(fact: Fact): readonly string[] {
  switch (fact.type) {
    case "ReservationSettled":
    case "ReservationRestored":
    case "ReservationExtended":
      return [fact.data.itemId];
    case "ReservationConverted":
    case "RingFenceConverted":
      return [fact.data.itemId, fact.data.into.itemId];
    default:
      return touchedItems(fact);
  }
}

export type RoundDeps = Pick<AtpDeps, "database" | "clock" | "ledger"> & {
  readonly governance: Pick<Governance, "items" | "lastChange">;
  readonly factLog: Pick<FactLog, "committedSince">;
  readonly rules: Pick<BookMemory, "book" | "fresh">;
  /** Milliseconds from an arbitrary start. */
  readonly stopwatch: () => number;
};

/** What a round saw beside the stock that it read: what is remembered is as it was at that moment. */
export type Seen = {
  readonly moment: CommitMoment;
  readonly lastChange: number;
  readonly book: RuleBook;
  /** The locations of all channels, of which stock is read. */
  readonly places: readonly string[];
  /** Taken before the snapshot was. */
  readonly asOf: Date;
  readonly asOfText: string;
  readonly stopwatchMs: number;
};

/** What a round is to read. What it is given it need not read, unless it finds that it has changed. */
export type RoundWanted = {
  readonly itemIds: ReadonlySet<string>;
  readonly items: ReadonlyMap<string, ResolvedItem | undefined>;
  readonly stock: ReadonlyMap<string, Remembered>;
  /** Numbers of facts whose items are forgotten already. */
  readonly except: readonly number[];
};

export type Round = {
  readonly seen: Seen;
  /** Items whose stock is not what it was when the last round was; `all` when that cannot be said. */
  readonly touched: ReadonlySet<string> | "all";
  /** All that was asked for, of this moment; undefined where there is no such item. */
  readonly items: ReadonlyMap<string, ResolvedItem | undefined>;
  readonly stock: ReadonlyMap<string, Remembered>;
};

/**
 * Reads what is wanted in one snapshot, which also tells what has changed since the last round: so all that is remembered and was not
 * touched is of this snapshot as well.
 */
export async function readRound(
  deps: RoundDeps,
  past: Seen | undefined,
  wanted: RoundWanted,
): Promise<Round> {
  const held = await deps.rules.book();
  const asOf = deps.clock.now();
  // As the rules hold at the moment that the round is of.
  const known = bookAt(held, asOf.getTime());
  const at = { asOf, asOfText: asOf.toISOString(), stopwatchMs: deps.stopwatch() };
  const reading = { isolation: "repeatable read", readOnly: true } as const;
  return deps.database.transaction(async (tx) => {
    const guess = guessed(wanted);
    const places = placesOf(known);
    const [committed, version, lastChange, itemsRead, stockRead] = await Promise.all([
      deps.factLog.committedSince(tx, past?.moment, {
        ...{ types: FORGETTING_TYPES, factsMax: FACTS_MAX, except: wanted.except },
      }),
      selectBookVersion(tx),
      deps.governance.lastChange(tx),
      readItems(deps, tx, guess.items),
      readShelves(deps, tx, { ...at, book: known, itemIds: guess.stock, places }),
    ]);
    const isOtherMaster = lastChange !== past?.lastChange;
    const isOtherBook = version !== known.version || (isOtherMaster && known.classNames.length > 0);
    const book = isOtherBook ? bookAt(await deps.rules.fresh(), asOf.getTime()) : known;
    const seen: Seen = { ...at, moment: committed.moment, lastChange, book, places: placesOf(book) };
    const touched =
      committed.facts === "all" || past === undefined || !isSame(past.places, seen.places)
        ? "all"
        : touchedBy(committed.facts);
    const items = isOtherMaster
      ? await readItems(deps, tx, [...wanted.itemIds])
      : new Map([...wanted.items, ...itemsRead]);
    const stock = new Map([
      ...untouched(wanted.stock, { touched, isOtherMaster, asOf: at.asOf }),
      ...(isSame(seen.places, places) ? stockRead : []),
    ]);
    const missing = partsOf(items).filter((id) => !stock.has(id));
    const more = await readShelves(deps, tx, { ...seen, itemIds: missing });
    return { seen, touched, items, stock: new Map([...stock, ...more]) };
  }, reading);
}

/** What is remembered and still so at a moment. */
function untouched(
  stock: ReadonlyMap<string, Remembered>,
  news: Pick<Round, "touched"> & { readonly isOtherMaster: boolean; readonly asOf: Date },
): readonly (readonly [string, Remembered])[] {
  const { touched, isOtherMaster, asOf } = news;
  if (touched === "all") return [];
  return [...stock].filter(
    ([id, { untilMs, hasLots }]) =>
      !touched.has(id) && asOf.getTime() < untilMs && !(isOtherMaster && hasLots),
  );
}

/** What has to be read in any case. Items of which nothing is known are most likely no kits. */
function guessed({ itemIds, items, stock }: RoundWanted) {
  const unknown = [...itemIds].filter((id) => !items.has(id));
  const parts = [...partsOf(items), ...unknown].filter((id) => !stock.has(id));
  return { items: unknown, stock: [...new Set(parts)] };
}

/** The items whose stock figures are made of. */
function partsOf(items: ReadonlyMap<string, ResolvedItem | undefined>): readonly string[] {
  return partIdsOf([...items.values()].filter((item) => item !== undefined));
}

function touchedBy(facts: readonly Fact[]): ReadonlySet<string> {
  return new Set(facts.flatMap(forgottenItems));
}

const isSame = (a: readonly string[], b: readonly string[]): boolean =>
  a === b || (a.length === b.length && a.every((place, index) => place === b[index]));

async function readItems(
  { governance }: RoundDeps,
  tx: Transaction,
  itemIds: readonly string[],
): Promise<ReadonlyMap<string, ResolvedItem | undefined>> {
  if (itemIds.length === 0) return new Map();
  const items = await governance.items(tx, itemIds);
  return new Map(itemIds.map((id) => [id, items.get(id)]));
}

type ShelvesWanted = Pick<Seen, "asOf" | "stopwatchMs" | "places" | "book"> & {
  readonly itemIds: readonly string[];
};

async function readShelves(
  deps: RoundDeps,
  tx: Transaction,
  { itemIds, places, book, asOf, stopwatchMs }: ShelvesWanted,
): Promise<ReadonlyMap<string, Remembered>> {
  if (itemIds.length === 0) return new Map();
  const at = { now: () => asOf };
  const [read, expiries] = await Promise.all([
    readStock({ ledger: deps.ledger, clock: at }, tx, { itemIds, locations: places, book }),
    selectNextExpiries(tx, { itemIds, now: asOf }),
  ]);
  const untilMs = new Map(expiries.map((row) => [row.item_id, row.until_ms]));
  // The same text for the same place, however often it was read.
  const named = new Map(places.map((place) => [place, place]));
  return new Map(
    itemIds.map((id) => {
      const rows = (read.positions.get(id) ?? []).map(({ position_id, location_id, lot, available }) => ({
        ...{ position_id, item_id: id, lot, available },
        location_id: named.get(location_id) ?? location_id,
      }));
      const own = {
        expired: onlyOf(read.expired, rows),
        fences: onlyOf(read.fences, rows),
        ...lotsOf(read, rows),
        waiting: onlyOf(read.waiting ?? NONE, rows),
      };
      // While somebody waits for what lies there it is read anew: it is his within moments.
      const isWaitedFor = own.waiting.size > 0;
      const end = isWaitedFor ? 0 : (untilMs.get(id) ?? Number.POSITIVE_INFINITY);
      const until = { untilMs: end, readMs: stopwatchMs };
      return [id, remember(id, { rows, ...own }, until)];
    }),
  );
}

/** What is known of lots; nearly no item has any. */
const lotsOf = ({ lotDays }: Pick<ItemRead, "lotDays">, rows: readonly StockRow[]) =>
  rows.some(({ lot }) => lot !== "") ? { lotDays } : {};

const NONE: ReadonlyMap<number, never> = new Map<number, never>();

/** Those of some positions. Nearly always there are none. */
function onlyOf<Row>(
  byPosition: ReadonlyMap<number, Row>,
  rows: readonly { readonly position_id: number }[],
): ReadonlyMap<number, Row> {
  if (byPosition.size === 0) return NONE;
  const found = rows.flatMap(({ position_id: id }): [number, Row][] => {
    const row = byPosition.get(id);
    return row === undefined ? [] : [[id, row]];
  });
  return found.length === 0 ? NONE : new Map(found);
}
