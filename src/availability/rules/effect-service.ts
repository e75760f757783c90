import type { Rule } from "@crossdock/canonical";
import type { Governance, ResolvedItem } from "../../governance/index.ts";
import type { Database } from "../../platform/index.ts";
import { type AtpDesk, amountsOf } from "../atp.ts";
import { type AtpDeps, readStock } from "../atp-service.ts";
import { toldOf } from "../channel.ts";
import { stockFor } from "../item-stock.ts";
import { componentsOf, partIdsOf } from "../request.ts";
import { type Concerned, concernedByAll, itemsByClass } from "./affected.ts";
import type { Channel, RuleBook } from "./book.ts";
import type { Effect } from "./effect-store.ts";

/** Items of which the stock is read and the figures are computed at a time. */
const CHUNK_ITEMS = 1_000;

export type EffectDeps = Omit<AtpDeps, "governance"> & {
  readonly database: Database;
  readonly governance: Pick<Governance, "items" | "kitsWith" | "itemPage" | "itemsOfClasses">;
};

/** Two books, and the rules by which they differ. */
export type TwoBooks = {
  readonly before: RuleBook;
  readonly after: RuleBook;
  readonly changed: readonly Rule[];
};

/** Asks which pairs of a channel and an item are concerned. */
type IsConcerned = (channelId: string, itemId: string) => boolean;

function asking(concerned: readonly Concerned[]): IsConcerned {
  const byChannel = new Map<string, Set<string>>();
  for (const { channelId, itemId } of concerned) {
    const items = byChannel.get(channelId) ?? new Set<string>();
    byChannel.set(channelId, items.add(itemId));
  }
  const holds = (channelId: string, itemId: string) => {
    const items = byChannel.get(channelId);
    return items !== undefined && (items.has(itemId) || items.has(""));
  };
  return (channelId, itemId) => holds(channelId, itemId) || holds("", itemId);
}

/** The items to look at, in chunks. Kits of them follow, because a kit may be sold as often as its components allow. */
async function* itemChunks(
  { database, governance }: EffectDeps,
  concerned: readonly Concerned[],
): AsyncGenerator<readonly string[]> {
  if (concerned.some(({ itemId }) => itemId === "")) {
    let afterSku = "";
    for (;;) {
      const page = await governance.itemPage({ afterSku, limit: CHUNK_ITEMS });
      if (page.length > 0) yield page.map((row) => row.item_id);
      if (page.length < CHUNK_ITEMS) return;
      afterSku = page.at(-1)?.sku ?? "";
    }
  }
  const items = [...new Set(concerned.map(({ itemId }) => itemId))];
  const all = [...new Set([...items, ...(await governance.kitsWith(database, items))])];
  for (let from = 0; from < all.length; from += CHUNK_ITEMS) yield all.slice(from, from + CHUNK_ITEMS);
}

function toldNow(desk: Omit<AtpDesk, "channel">, channel: Channel | undefined, item: ResolvedItem): number {
  if (channel === undefined) return 0;
  return toldOf(channel, amountsOf({ ...desk, channel }, item).availableToPromise);
}

/** The stock of items as each of two channels of one id may use it; one for both where they sell from the same places. */
async function effectsOfChunk(
  deps: EffectDeps,
  { before, after }: TwoBooks,
  itemIds: readonly string[],
  isConcerned: IsConcerned,
): Promise<readonly Effect[]> {
  const items = await deps.governance.items(deps.database, itemIds);
  const parts = partIdsOf(items.values());
  const channelIds = [...new Set([...before.channels.keys(), ...after.channels.keys()])];
  const channels = [before, after].flatMap((book) => [...book.channels.values()]);
  const locations = [...new Set(channels.flatMap((channel) => channel.locations))];
  const read = await deps.database.transaction(
    (tx) => readStock(deps, tx, { itemIds: parts, locations, channelIds, book: before }),
    { isolation: "repeatable read", readOnly: true },
  );
  const effects: Effect[] = [];
  for (const channelId of channelIds) {
    const [was, is] = [before.channels.get(channelId), after.channels.get(channelId)];
    const stockOf = (book: RuleBook, channel: Channel | undefined) =>
      new Map(
        channel === undefined ? [] : parts.map((part) => [String(part), stockFor(read, book, channel, part)]),
      );
    const [stockBefore, stockAfter] = [stockOf(before, was), stockOf(after, is)];
    for (const item of items.values()) {
      const isPart = componentsOf(item).some((part) => isConcerned(channelId, part.itemId));
      if (!isPart) continue;
      const effect = {
        channelId,
        itemId: item.itemId,
        before: toldNow({ book: before, stock: stockBefore }, was, item),
        after: toldNow({ book: after, stock: stockAfter }, is, item),
      };
      if (effect.before !== effect.after) effects.push(effect);
    }
  }
  return effects;
}

/**
 * What channels would be told by other rules, as far as that differs from what they are told now. Each thousand items are of one moment.
 * A hundred thousand items and twenty channels take seconds, and only where a rule concerns all of them.
 */
export async function effectsOf(deps: EffectDeps, books: TwoBooks): Promise<readonly Effect[]> {
  const { before, after, changed } = books;
  const concerned = [before, after].flatMap((book) =>
    concernedByAll(book, changed, itemsByClass(book.classes)),
  );
  const isConcerned = asking(concerned);
  const effects: Effect[] = [];
  for await (const itemIds of itemChunks(deps, concerned)) {
    for (const effect of await effectsOfChunk(deps, books, itemIds, isConcerned)) effects.push(effect);
  }
  return effects;
}
