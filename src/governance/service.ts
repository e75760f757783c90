import { gtinForm, type Reference, referenceText } from "@crossdock/canonical";
import { type Clock, type Database, type Ids, type Queryable, systemIds } from "../platform/index.ts";
import { type CostRow, selectCosts } from "./cost-store.ts";
import { type CountTolerancePolicies, countTolerancePolicies } from "./count-tolerance-service.ts";
import { type DriftPolicies, driftPolicies } from "./drift-policy-service.ts";
import { type Identities, identities } from "./identity-service.ts";
import { createItemMemory, type Items } from "./item-memory-service.ts";
import { readWholeItem, type WholeItem } from "./item-whole-service.ts";
import { type LikelyNames, likelyNames } from "./likely-service.ts";
import { type MasterChanges, masterChanges } from "./master-changes-service.ts";
import type { Stocked } from "./master-service.ts";
import { selectItemMeanings, selectItemNames, selectLocationMeanings } from "./name-store.ts";
import { createOwnership, type Ownership } from "./ownership-service.ts";
import {
  distinctReferences,
  type KnownItem,
  meaningsOf,
  type Resolutions,
  type ResolvedItem,
  referenceColumns,
  resolutions,
  targetsOf,
  toKnownItem,
} from "./resolve.ts";
import { type Saving, saving } from "./save-service.ts";
import { selectItemPage, selectItems, selectKitsWith, selectLocations } from "./store.ts";

/** What one base unit costs, as an exact decimal: `{ currency: "EUR", perUnit: "0.0125" }`. */
export type Cost = { readonly currency: string; readonly perUnit: string };

/** Master data and authority, read and written. Reading takes a `Queryable`, so that it can share a transaction. */
export type Governance = Saving &
  Identities &
  MasterChanges &
  Ownership &
  LikelyNames &
  DriftPolicies &
  CountTolerancePolicies & {
    /** What references mean, moment by moment, in three set-based queries whatever their number. */
    resolve(
      queryable: Queryable,
      wanted: { items: readonly Reference[]; locations: readonly Reference[] },
    ): Promise<Resolutions>;
    /**
     * What item references mean now, from memory where it was asked lately. Changes that other processes make, and those that come
     * with time, are noticed within `ITEM_MEMORY_MS`; changes made here at once.
     */
    resolveItems(references: readonly Reference[]): Promise<ReadonlyMap<string, ResolvedItem>>;
    /** The same when all of it is remembered, without waiting; undefined otherwise. */
    recallItems(references: readonly Reference[]): ReadonlyMap<string, ResolvedItem> | undefined;
    /** Items as they are now. */
    items(queryable: Queryable, itemIds: readonly string[]): Promise<ReadonlyMap<string, ResolvedItem>>;
    /** What one base unit of items costs at a moment, in every currency in which that is known; items without a cost are absent. */
    costs(
      queryable: Queryable,
      itemIds: readonly string[],
      at: Date,
    ): Promise<ReadonlyMap<string, readonly Cost[]>>;
    /** Kits that contain any of the items: what changes for the items changes for them. */
    kitsWith(queryable: Queryable, itemIds: readonly string[]): Promise<readonly string[]>;
    /** Which of the locations exist, with their codes. */
    locations(
      queryable: Queryable,
      locationIds: readonly string[],
    ): Promise<ReadonlyMap<string, { code: string; type: string }>>;
    /** The names of items that an account understands: `sku` always, then the aliases that are shared or its own. */
    namesFor(
      queryable: Queryable,
      itemIds: readonly string[],
      accountId: string,
    ): Promise<ReadonlyMap<string, readonly Reference[]>>;
    /** An item with everything that is known of it, for people. */
    itemWhole(itemId: string): Promise<WholeItem | undefined>;
    itemPage(page: {
      afterSku: string;
      limit: number;
    }): Promise<readonly { item_id: string; sku: string; description: string }[]>;
    /** Told after aliases, items or units were saved: what was parked for want of them may go on. */
    onSaved(listener: () => void): void;
  };

/** Opens master data over a database. */
export function createGovernance(options: {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids?: Ids;
  /** Absent: there is no stock anywhere. */
  readonly stocked?: Stocked;
}): Governance {
  const { database, clock } = options;
  const listeners: (() => void)[] = [];
  const memory = createItemMemory({
    clock,
    ask: (references) => itemsNow(database, references, clock.now()),
  });
  const saved = () => {
    memory.forget();
    for (const listener of listeners) listener();
  };

  return {
    resolve: (queryable, wanted) => resolve(queryable, wanted, clock.now()),
    resolveItems: memory.resolve,
    recallItems: memory.recall,
    items: async (queryable, itemIds) => itemsAt(await knownItems(queryable, itemIds), clock.now()),
    kitsWith: selectKitsWith,
    async locations(queryable, locationIds) {
      const rows = await selectLocations(queryable, locationIds);
      return new Map(rows.map((row) => [row.location_id, { code: row.code, type: row.type }]));
    },
    namesFor: (queryable, itemIds, accountId) => namesFor(queryable, itemIds, { accountId, at: clock.now() }),
    async costs(queryable, itemIds, at) {
      const rows = await selectCosts(queryable, itemIds, at);
      const byItem = Map.groupBy(rows, (row) => row.item_id);
      return new Map([...byItem].map(([itemId, costs]) => [itemId, costs.map(toCost)]));
    },
    itemWhole: (itemId) => readWholeItem(database, itemId, clock.now()),
    itemPage: (page) => selectItemPage(database, page),
    ...driftPolicies(options),
    ...likelyNames((queryable, wanted) => resolve(queryable, wanted, clock.now())),
    ...countTolerancePolicies(options),
    ...saving({ database, clock, saved }),
    ...identities({ clock, saved, ids: options.ids ?? systemIds(clock) }),
    ...masterChanges({
      ...{ database, clock, saved, ids: options.ids ?? systemIds(clock) },
      stocked: options.stocked ?? (async () => new Set()),
    }),
    ...createOwnership({ database, clock }),
    onSaved(listener) {
      listeners.push(listener);
    },
  };
}

const toCost = ({ currency, per_unit }: CostRow): Cost => ({ currency, perUnit: per_unit });

async function knownItems(
  queryable: Queryable,
  itemIds: readonly string[],
): Promise<ReadonlyMap<string, KnownItem>> {
  const rows = await selectItems(queryable, [...new Set(itemIds)]);
  return new Map(rows.map((row) => [row.item_id, toKnownItem(row)]));
}

const itemsAt = (items: ReadonlyMap<string, KnownItem>, at: Date): ReadonlyMap<string, ResolvedItem> =>
  new Map([...items].map(([itemId, item]) => [itemId, item.at(at.getTime())]));

async function itemsNow(database: Database, references: readonly Reference[], now: Date): Promise<Items> {
  const { items } = (await resolve(database, { items: references, locations: [] }, now)).now;
  const texts = references.map(referenceText);
  return new Map(
    texts.flatMap((text) => {
      const item = items.get(text);
      return item === undefined ? [] : [[text, item]];
    }),
  );
}

async function resolve(
  queryable: Queryable,
  wanted: { readonly items: readonly Reference[]; readonly locations: readonly Reference[] },
  now: Date,
): Promise<Resolutions> {
  const itemReferences = distinctReferences(wanted.items);
  const locationReferences = distinctReferences(wanted.locations);
  const [itemRows, locationRows] = await Promise.all([
    itemReferences.length === 0 ? [] : selectItemMeanings(queryable, referenceColumns(itemReferences)),
    locationReferences.length === 0
      ? []
      : selectLocationMeanings(queryable, referenceColumns(locationReferences)),
  ]);
  const itemMeanings = meaningsOf(itemReferences, itemRows);
  const items = await knownItems(queryable, [...itemMeanings.values()].flatMap(targetsOf));
  const locationMeanings = meaningsOf(locationReferences, locationRows);
  return resolutions({ itemMeanings, items, locationMeanings }, now);
}

async function namesFor(
  queryable: Queryable,
  itemIds: readonly string[],
  { accountId, at }: { readonly accountId: string; readonly at: Date },
): Promise<ReadonlyMap<string, readonly Reference[]>> {
  const wanted = [...new Set(itemIds)];
  const [items, aliases] = await Promise.all([
    knownItems(queryable, wanted),
    selectItemNames(queryable, wanted, { scope: accountId, at }),
  ]);
  const names = new Map<string, Reference[]>();
  for (const { itemId, sku } of itemsAt(items, at).values())
    names.set(itemId, [{ scheme: "sku", value: sku }]);
  for (const alias of aliases) {
    const { scheme, scope } = alias;
    const value = scheme === "gtin" ? gtinForm(alias.value) : alias.value;
    names.get(alias.item_id)?.push(scope === "" ? { scheme, value } : { scheme, value, scope });
  }
  return names;
}
