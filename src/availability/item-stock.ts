import { itemId, locationId } from "@crossdock/canonical";
import type { PositionRow } from "../ledger/index.ts";
import type { ItemStock } from "./atp.ts";
import type { RingFenceRow } from "./ring-fence-store.ts";
import { appliedRule, type Channel, type RuleBook, termsOf } from "./rules/book.ts";
import { keptOfLots, safetyRule } from "./rules/safety.ts";
import { daysLeftAt, isTooOld, type LotDaysOf, tooOldFrom } from "./shelf-life.ts";
import type { ExpiredRow } from "./store.ts";

/** What of a position the figures are made of. */
export type StockRow = Pick<PositionRow, "position_id" | "item_id" | "location_id" | "lot" | "available">;

/** Until when lots are good. */
type Ages = {
  readonly lotDays?: LotDaysOf | undefined;
  /** The moment for which lots of a place are looked at, in milliseconds. */
  readonly at?: (locationId: string) => number;
};

/** The same, and whose the units of positions are: those of holds that have run out, and those that are set aside. */
type Shares = Ages & {
  /** What of positions is for those who wait; absent: nothing. */
  readonly waiting?: ReadonlyMap<number, number> | undefined;
  readonly expired: ReadonlyMap<number, readonly ExpiredRow[]>;
  readonly fences: ReadonlyMap<number, readonly Pick<RingFenceRow, "channel_id" | "quantity">[]>;
};

/** What lies where, and whose it is: what the figures of any channel are made of. */
export type StockRead = Shares & { readonly positions: ReadonlyMap<string, readonly PositionRow[]> };

/** The same of one item. */
export type ItemRead = Shares & { readonly rows: readonly StockRow[] };

/** Where a lot lies. */
export const placeOfRow = (row: StockRow) => ({
  itemId: row.item_id,
  locationId: row.location_id,
  lot: row.lot,
});

/** How old a lot is for whoever wants so many days of it, and from when on it will be too old. */
function ageOf({ lotDays, at }: Ages, minimumDays: number, row: StockRow) {
  const days = row.lot === "" ? undefined : lotDays?.(placeOfRow(row));
  if (days === undefined || at === undefined) return FRESH;
  const daysLeft = daysLeftAt(days, at(row.location_id));
  const tooOld = isTooOld(daysLeft, minimumDays);
  return { hasExpired: daysLeft < 0, tooOld, agesAt: tooOld ? undefined : tooOldFrom(days, minimumDays) };
}
const FRESH = { hasExpired: false, tooOld: false, agesAt: undefined };

/** Whether a channel may be promised of a position, as far as the age of its lot goes. */
export function isGoodFor(read: StockRead, book: RuleBook, channel: Channel, row: PositionRow): boolean {
  return !ageOf(read, termsOf(book, channel, itemId(row.item_id)).shelfLifeDays, row).tooOld;
}

/** When lots of an item that are good for a channel will be too old for it, in milliseconds. */
export function agesOf(read: StockRead, book: RuleBook, channel: Channel, item: string): readonly number[] {
  const { shelfLifeDays } = termsOf(book, channel, itemId(item));
  return (read.positions.get(item) ?? []).flatMap((row) => ageOf(read, shelfLifeDays, row).agesAt ?? []);
}

/** One position as a channel may use it. */
function openTo({ channelId }: Channel, read: Shares, minimumDays: number, row: StockRow) {
  const { expired, fences, waiting } = read;
  const back = expired.get(row.position_id) ?? [];
  const expiredHolds = back.reduce((sum, each) => sum + each.quantity, 0);
  let own = 0;
  for (const each of back) if (each.channel_id === channelId) own += each.fenced;
  for (const each of fences.get(row.position_id) ?? [])
    if (each.channel_id === channelId) own += each.quantity;
  const age = ageOf(read, minimumDays, row);
  return {
    location: row.location_id,
    available: row.available,
    expiredHolds,
    ahead: waiting?.get(row.position_id) ?? 0,
    ...age,
    own: age.tooOld ? 0 : own,
  };
}

/** The stock of an item over a channel's network. */
export function stockFor(read: StockRead, book: RuleBook, channel: Channel, item: string): ItemStock {
  return stockOfItem({ ...read, rows: read.positions.get(item) ?? [] }, book, { channel, item });
}

/** The same of what was read of the item alone. */
export function stockOfItem(
  read: ItemRead,
  book: RuleBook,
  { channel, item }: { readonly channel: Channel; readonly item: string },
): ItemStock {
  const network = new Set<string>(channel.locations);
  const rows = read.rows.filter((row) => network.has(row.location_id));
  const { shelfLifeDays } = termsOf(book, channel, itemId(item));
  const open = rows.map((row) => openTo(channel, read, shelfLifeDays, row));
  const byPlace = Map.groupBy(open, (row) => row.location);
  const places = [...byPlace].map(([location, lots]) => placeOf(book, item, { location, lots }));
  const sum = <Row>(all: readonly Row[], of: (row: Row) => number) =>
    all.reduce((total, row) => total + of(row), 0);
  return {
    available: sum(rows, (row) => row.available),
    expiredHolds: sum(open, (row) => row.expiredHolds),
    waitingAhead: sum(open, (row) => row.ahead),
    safetyStock: sum(places, ({ kept }) => kept),
    safetyRules: places.flatMap(({ rule, kept }) =>
      rule === undefined || kept === 0 ? [] : [{ input: "safetyStock", ...appliedRule(rule) }],
    ),
    belowShelfLife: sum(places, ({ tooOld }) => tooOld),
    ringFenced: sum(open, (row) => row.own),
    changesAt: firstOf(open.flatMap(({ agesAt = [] }) => agesAt)),
    locations: places.map(({ place }) => place),
  };
}

const firstOf = (moments: readonly number[]): number | undefined =>
  moments.length === 0 ? undefined : moments.reduce((first, moment) => Math.min(first, moment));

type OpenLot = ReturnType<typeof openTo>;

/** One place of a network: what of it stays as safety stock, by which rule, what is too old, and what is left. */
function placeOf(
  book: RuleBook,
  item: string,
  { location, lots }: { readonly location: string; readonly lots: readonly OpenLot[] },
) {
  const rule = safetyRule(book, item, location);
  const there = lots.map((lot) => lot.available + lot.expiredHolds - lot.ahead);
  const safe = lots.map(({ hasExpired }, index) => (hasExpired ? 0 : (there[index] ?? 0)));
  const kept = rule === undefined ? there.map(() => 0) : keptOfLots(rule.rule.units, safe);
  const rest = there.map((units, index) => units - (kept[index] ?? 0));
  // What is missing of a lot was promised to somebody, however old the lot is by now.
  const left = lots.map(({ tooOld }, index) => (tooOld ? Math.min(0, rest[index] ?? 0) : (rest[index] ?? 0)));
  const tooOld = rest.reduce((sum, units, index) => sum + units - (left[index] ?? 0), 0);
  const own = lots.reduce((sum, lot) => sum + lot.own, 0);
  const place = {
    locationId: locationId(location),
    available: left.reduce((sum, units) => sum + units, own),
    onShelf: left.reduce((sum, units) => sum + Math.max(0, units), own),
    own,
  };
  return { rule, place, tooOld, kept: kept.reduce((sum, units) => sum + units, 0) };
}
