import { gtinForm, type Reference, referenceText } from "@crossdock/canonical";
import { type Clock, type Database, type Ids, type Queryable, systemIds } from "../platform/index.ts";
import {
  type CalendarSaid,
  type LocationCalendar,
  readCalendars,
  readWholeCalendar,
} from "./calendar-service.ts";
import { type CostRow, selectCosts } from "./cost-store.ts";
import { type CountTolerancePolicies, countTolerancePolicies } from "./count-tolerance-service.ts";
import { type DriftPolicies, driftPolicies } from "./drift-policy-service.ts";
import { type Identities, identities } from "./identity-service.ts";
import { classesInUse, type ItemClasses, itemsOfClasses, itemsReclassed } from "./item-class-store.ts";
import { createItemMemory, type Items } from "./item-memory-service.ts";
import { readWholeItem, type WholeItem } from "./item-whole-service.ts";
import { type LotNames, lotNames } from "./likely-lot-service.ts";
import { type LikelyNames, likelyNames } from "./likely-service.ts";
import { type MasterChanges, masterChanges } from "./master-changes-service.ts";
import type { Stocked } from "./master-service.ts";
import { selectLastChange } from "./master-store.ts";
import { selectItemNames } from "./name-store.ts";
import { createOwnership, type Ownership } from "./ownership-service.ts";
import type { KnownItem, ResolvedItem } from "./resolve.ts";
import { createResolve, knownItems, type Resolve } from "./resolve-service.ts";
import { type Saving, saving } from "./save-service.ts";
import {
  type ItemListPage,
  type ItemListRow,
  selectClassPage,
  selectItemPage,
  selectKitsWith,
  selectLocations,
} from "./store.ts";

/** What one base unit costs, as an exact decimal: `{ currency: "EUR", perUnit: "0.0125" }`. */
export type Cost = { readonly currency: string; readonly perUnit: string };

/** Master data and authority, read and written. Reading takes a `Queryable`, so that it can share a transaction. */
export type Governance = Saving &
  Identities &
  MasterChanges &
  Ownership &
  LikelyNames &
  LotNames &
  DriftPolicies &
  CountTolerancePolicies & {
    /**
     * What references mean, moment by moment, as this transaction or the database sees it: in one query that asks whether master data
     * has changed, and at most three set-based ones for what was not asked for since.
     */
    readonly resolve: Resolve;
    /**
     * What item references mean now, from memory where it was asked lately. Changes that other processes make, and those that come
     * with time, are noticed within `ITEM_MEMORY_MS`; changes made here at once.
     */
    resolveItems(references: readonly Reference[]): Promise<ReadonlyMap<string, ResolvedItem>>;
    /** The same when all of it is remembered, without waiting; undefined otherwise. */
    recallItems(references: readonly Reference[]): ReadonlyMap<string, ResolvedItem> | undefined;
    /** The number of the last change of master data that a queryable sees: while it is the same, so is everything that was read. */
    lastChange(queryable: Queryable): Promise<number>;
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
    /** The items of classes, and at which change of master data. */
    itemsOfClasses(queryable: Queryable, classes: readonly string[]): Promise<ItemClasses>;
    /** The items that have another class than at a change. */
    itemsReclassed(queryable: Queryable, since: number): Promise<ItemClasses>;
    /** Those of the classes that some item has. */
    classesInUse(queryable: Queryable, classes: readonly string[]): Promise<ReadonlySet<string>>;
    /** Which of the locations exist, with their codes and time zones. */
    locations(
      queryable: Queryable,
      locationIds: readonly string[],
    ): Promise<ReadonlyMap<string, { code: string; type: string; timeZone: string }>>;
    /** When people work at those of the locations that exist, when their lorries leave, and how long goods need there. */
    calendars(
      queryable: Queryable,
      locationIds: readonly string[],
    ): Promise<ReadonlyMap<string, LocationCalendar>>;
    /** All that is said of a location's calendar, for people; undefined when there is no such location. */
    calendarWhole(
      locationId: string,
    ): Promise<{ readonly timeZone: string; readonly said: readonly CalendarSaid[] } | undefined>;
    /** The names of items that an account understands: `sku` always, then the aliases that are shared or its own. */
    namesFor(
      queryable: Queryable,
      itemIds: readonly string[],
      accountId: string,
    ): Promise<ReadonlyMap<string, readonly Reference[]>>;
    /** An item with everything that is known of it, for people. */
    itemWhole(itemId: string): Promise<WholeItem | undefined>;
    /** A page of items by SKU: of all of them, or of those of a class. */
    itemPage(
      page: ItemListPage & { readonly itemClass?: string | undefined },
    ): Promise<readonly ItemListRow[]>;
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
  const resolve = createResolve(clock);
  const memory = createItemMemory({ clock, ask: (asked) => itemsNow(database, resolve, asked) });
  const saved = () => {
    memory.forget();
    for (const listener of listeners) listener();
  };

  return {
    resolve,
    resolveItems: memory.resolve,
    recallItems: memory.recall,
    lastChange: selectLastChange,
    items: async (queryable, itemIds) => itemsAt(await knownItems(queryable, itemIds), clock.now()),
    kitsWith: selectKitsWith,
    itemsOfClasses,
    itemsReclassed,
    classesInUse,
    async locations(queryable, locationIds) {
      const rows = await selectLocations(queryable, locationIds);
      return new Map(
        rows.map(({ location_id: id, code, type, time_zone: timeZone }) => [id, { code, type, timeZone }]),
      );
    },
    calendars: readCalendars,
    calendarWhole: (locationId) => readWholeCalendar(database, locationId),
    namesFor: (queryable, itemIds, accountId) => namesFor(queryable, itemIds, { accountId, at: clock.now() }),
    async costs(queryable, itemIds, at) {
      const rows = await selectCosts(queryable, itemIds, at);
      const byItem = Map.groupBy(rows, (row) => row.item_id);
      return new Map([...byItem].map(([itemId, costs]) => [itemId, costs.map(toCost)]));
    },
    itemWhole: (itemId) => readWholeItem(database, itemId, clock.now()),
    itemPage: ({ itemClass, ...page }) =>
      itemClass === undefined ? selectItemPage(database, page) : selectClassPage(database, itemClass, page),
    ...driftPolicies(options),
    ...{ ...likelyNames(resolve), ...lotNames(resolve) },
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

const itemsAt = (items: ReadonlyMap<string, KnownItem>, at: Date): ReadonlyMap<string, ResolvedItem> =>
  new Map([...items].map(([itemId, item]) => [itemId, item.at(at.getTime())]));

async function itemsNow(
  database: Database,
  resolve: Resolve,
  references: readonly Reference[],
): Promise<Items> {
  const { items } = (await resolve(database, { items: references, locations: [] })).now;
  const texts = references.map(referenceText);
  return new Map(
    texts.flatMap((text) => {
      const item = items.get(text);
      return item === undefined ? [] : [[text, item]];
    }),
  );
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
