import { type Reference, referenceText } from "@crossdock/canonical";
import type { Queryable } from "../platform/index.ts";
import { LIKELY_MAX } from "./likely.ts";
import { type NewestLotRow, selectNewestLots } from "./likely-store.ts";
import { type LotRow, selectLots } from "./master-store.ts";
import type { ResolvedItem } from "./resolve.ts";
import type { Resolve } from "./resolve-service.ts";

/** A lot that units without one may be of, and why; the reasons are stable. */
export type LikelyLot = {
  readonly lot: string;
  /** The day on which it expires, where that is known. */
  readonly expiresOn: string | undefined;
  readonly reason: "only-lot" | "newest-lot" | "usable-lot";
  readonly score: number;
  readonly because: string;
};

/** An item and one of its lots; without the lot where the item has none of that number. */
export type LotNamed = { readonly item: ResolvedItem; readonly lot: LotRow | undefined };

/** Lots of items that are called by any name of theirs. */
export type LotNames = {
  /** For each item the lots that units of it may be of, the likeliest first: none that has expired, and none where nobody tracks lots. */
  likelyLots(
    queryable: Queryable,
    wanted: { readonly items: readonly Reference[]; readonly now: Date },
  ): Promise<readonly (readonly LikelyLot[])[]>;
  /** Items and lots of theirs; undefined in the place of an item that is not known. */
  lotsNamed(
    queryable: Queryable,
    named: readonly { readonly item: Reference; readonly lot: string }[],
  ): Promise<readonly (LotNamed | undefined)[]>;
};

/** Opens the lots of named items. */
export function lotNames(resolve: Resolve): LotNames {
  const itemsNamed = async (queryable: Queryable, items: readonly Reference[]) => {
    if (items.length === 0) return [];
    const { now } = await resolve(queryable, { items, locations: [] });
    return items.map((reference) => now.items.get(referenceText(reference)));
  };
  return {
    async likelyLots(queryable, { items: wanted, now }) {
      const items = await itemsNamed(queryable, wanted);
      const itemIds = items.flatMap((item) => (item?.tracking === "lot" ? [item.itemId] : []));
      if (itemIds.length === 0) return items.map(() => []);
      const rows = await selectNewestLots(queryable, {
        itemIds: [...new Set(itemIds)],
        today: now.toISOString().slice(0, 10),
        limit: LIKELY_MAX,
      });
      const byItem = Map.groupBy(rows, (row) => row.item_id);
      return items.map((item) => (item?.tracking === "lot" ? likelyLots(byItem.get(item.itemId) ?? []) : []));
    },
    async lotsNamed(queryable, named) {
      const items = await itemsNamed(
        queryable,
        named.map(({ item }) => item),
      );
      const wanted = items.flatMap((item, place) =>
        item === undefined ? [] : [{ itemId: item.itemId, lot: named[place]?.lot ?? "" }],
      );
      const rows = await selectLots(queryable, {
        itemIds: wanted.map(({ itemId }) => itemId),
        lots: wanted.map(({ lot }) => lot),
      });
      const known = new Map(rows.map((row) => [JSON.stringify([row.item_id, row.lot]), row]));
      return items.map((item, place) =>
        item === undefined
          ? undefined
          : { item, lot: known.get(JSON.stringify([item.itemId, named[place]?.lot])) },
      );
    },
  };
}

/** Nothing in a record without a lot says which it is of: what came last is the likeliest, and one that is alone more so. */
function likelyLots(rows: readonly NewestLotRow[]): readonly LikelyLot[] {
  return rows.map(({ lot, expires_on: expiresOn }, place): LikelyLot => {
    const day = { lot, expiresOn: expiresOn ?? undefined };
    if (rows.length === 1)
      return {
        ...day,
        reason: "only-lot",
        score: 60,
        because: "It is the item's only lot that can be used.",
      };
    return place === 0
      ? { ...day, reason: "newest-lot", score: 40, because: "It is the lot that we learnt of last." }
      : { ...day, reason: "usable-lot", score: 20, because: "It is another lot that can be used." };
  });
}
