import type { AccountId, ItemId, OutboundDocument, Quantity, Reference } from "@crossdock/canonical";
import type { ObservedRow, PublicationOutcome, PublicationRow } from "@crossdock/connector-kit";
import type { ResolvedItem } from "../governance/index.ts";

/** One availability to tell an account's channel. */
export type RowToPublish = {
  readonly itemId: ItemId;
  readonly quantity: Quantity;
  /** What the channel is believed to show; undefined when it was never told or seen. */
  readonly believed: Quantity | undefined;
};

/** What became of the rows, one outcome a row. */
export type PublishAnswer = {
  readonly outcomes: readonly PublicationOutcome[];
  /** When the account's budget allows the next call; absent when it does at once. */
  readonly nextCallAfterMs?: number;
};

/** An item's names as they are known to one account. */
export type NamesOf = ReadonlyMap<string, readonly Reference[]>;

/** The refusal of a row whose item the channel does not list. */
export const NOT_LISTED = "not-listed";

/** An item that is listed more than once is told to each of its listings; one that is not listed is refused. */
export function listedRows(
  rows: readonly RowToPublish[],
  listing: { readonly scheme: string; readonly accountId: AccountId; readonly names: NamesOf },
): { readonly listed: readonly PublicationRow[]; readonly refused: readonly PublicationOutcome[] } {
  const listed: PublicationRow[] = [];
  const refused: PublicationOutcome[] = [];
  for (const row of rows) {
    const listings = listingsOf(row.itemId, listing);
    listed.push(...listings.map((name) => ({ ...row, listing: name })));
    if (listings.length === 0) refused.push({ itemId: row.itemId, result: "refused", reason: NOT_LISTED });
  }
  return { listed, refused };
}

/** The names under which a channel lists an item. */
export function listingsOf(
  itemId: ItemId,
  listing: { readonly scheme: string; readonly accountId: AccountId; readonly names: NamesOf },
): readonly string[] {
  const { scheme, accountId, names } = listing;
  return (names.get(itemId) ?? [])
    .filter((name) => name.scheme === scheme && name.scope === accountId)
    .map((name) => name.value);
}

/** What is worse for an item with several listings: it counts as told when all of them were. */
const gravity = { published: 0, stale: 1, retry: 2, refused: 3 } as const;

/** One outcome an item, the gravest of its listings. A row that the connector left out is to be tried again. */
export function outcomePerItem(
  rows: readonly RowToPublish[],
  outcomes: readonly PublicationOutcome[],
): readonly PublicationOutcome[] {
  const byItem = Map.groupBy(outcomes, (outcome) => outcome.itemId);
  return rows.map(({ itemId }) => {
    const own = byItem.get(itemId) ?? [];
    const gravest = own.toSorted((a, b) => gravity[b.result] - gravity[a.result])[0];
    return gravest ?? { itemId, result: "retry", reason: "the connector said nothing of this row" };
  });
}

/** What a channel shows, by item; of several listings the one that shows most, because that is the one that oversells. */
export function observedPerItem(
  listings: ReadonlyMap<string, ItemId>,
  observed: readonly ObservedRow[],
): readonly { readonly itemId: ItemId; readonly shows: number }[] {
  const shows = new Map<ItemId, number>();
  for (const row of observed) {
    const itemId = listings.get(row.listing);
    if (itemId !== undefined) shows.set(itemId, Math.max(row.shows, shows.get(itemId) ?? row.shows));
  }
  return [...shows].map(([itemId, most]) => ({ itemId, shows: most }));
}

/**
 * Rows of one inventory advice. Availability values more than these for one call, so that an advice which is full is one that left
 * something out.
 */
export const ADVICE_ROWS_MAX = 500;
/** How soon an account whose interval is not over is looked at again: so late may an item that goes to zero be told. */
const ADVICE_LOOK_MS = 15_000;

/**
 * How long these rows have to wait for their account's interval; 0 when an advice may go now, as it may at once when an item goes to
 * zero, which oversells with every second, when one was never told, and when the last advice was full and this one goes on with it.
 */
export function adviceWaitMs(
  rows: readonly RowToPublish[],
  pace: {
    readonly last: { readonly at: Date; readonly rows: number } | undefined;
    readonly intervalMs: number;
    readonly now: Date;
  },
): number {
  const { last, intervalMs, now } = pace;
  if (last === undefined || last.rows >= ADVICE_ROWS_MAX) return 0;
  if (rows.some(({ quantity, believed }) => quantity === 0 || believed === undefined)) return 0;
  const left = last.at.getTime() + intervalMs - now.getTime();
  return Math.min(Math.max(0, left), ADVICE_LOOK_MS, intervalMs);
}

/** The inventory advice that says these rows; items that are gone are refused. */
export function adviceOf(
  rows: readonly RowToPublish[],
  known: {
    readonly items: ReadonlyMap<string, ResolvedItem>;
    readonly names: NamesOf;
    readonly asOf: Date;
  },
): { readonly document: OutboundDocument; readonly outcomes: readonly PublicationOutcome[] } {
  const outcomes: PublicationOutcome[] = [];
  const advised: AdviceRow[] = [];
  for (const { itemId, quantity } of rows) {
    const item = known.items.get(itemId);
    if (item === undefined) {
      outcomes.push({ itemId, result: "refused", reason: "unknown-item" });
      continue;
    }
    const names = [...(known.names.get(itemId) ?? [])];
    const available = { value: quantity, unit: item.baseUnit };
    advised.push({
      itemId,
      names,
      available,
      ...(item.description === "" ? {} : { description: item.description }),
    });
    outcomes.push({ itemId, result: "published", quantity });
  }
  const document = { kind: "inventory-advice" as const, asOf: known.asOf.toISOString(), rows: advised };
  return { document, outcomes };
}

type AdviceRow = (OutboundDocument & { kind: "inventory-advice" })["rows"][number];
