import type { MasterRecord, Reference } from "@crossdock/canonical";
import type { Clock, Ids, Transaction } from "../platform/index.ts";
import { readCalendarCourses, storeCalendars } from "./calendar-service.ts";
import {
  distinctKeys,
  readCosts,
  readNames,
  storeCosts,
  storeNames,
  storeUnits,
  toFraction,
} from "./change-service.ts";
import { decideMaster, identityOf, referencesIn } from "./decide.ts";
import { beginningOf } from "./import-order.ts";
import type { PlacedRecord } from "./import-row.ts";
import { settleUnknownLots, toLotState, writeLots } from "./lot-settling-service.ts";
import { type Fraction, type Key, keyText } from "./master.ts";
import { differenceOf, type MasterDifference } from "./master-difference.ts";
import { type MasterOutcome, refused } from "./master-outcome.ts";
import {
  evolve,
  type ItemState,
  itemNamed,
  type MasterState,
  openState,
  referenceKey,
} from "./master-state.ts";
import {
  deleteComponents,
  putItems,
  putLocations,
  selectItemsWithCosts,
  selectKitsHolding,
  selectLocationRows,
  selectLots,
} from "./master-store.ts";
import { toMoment } from "./resolve.ts";
import { type ItemRow, selectItems, upsertKitComponents } from "./store.ts";
import type { Point, Timeline } from "./timeline.ts";

/** Which of the items there is or ever was stock of: master data knows no stock, and asks whoever does. */
export type Stocked = (tx: Transaction, itemIds: readonly string[]) => Promise<ReadonlySet<string>>;

export type MasterDeps = {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly stocked: Stocked;
};

/** Places of what was stated before in the same request or file, by what it is about. */
export type Stated = Map<string, number>;

/**
 * Decides about statements one upon the other, in their order and that of their beginnings, and writes what was decided: a number of set-based statements that
 * does not depend on how many there are. One that is refused changes nothing and stops none of its neighbours. Must have the turn.
 */
export async function changeMaster(
  deps: MasterDeps,
  tx: Transaction,
  given: Given,
): Promise<readonly MasterOutcome[]> {
  const { outcomes, difference } = await weighMaster(deps, tx, given);
  await writeDifference(tx, difference, given.now);
  return outcomes;
}

type Given = { readonly records: readonly PlacedRecord[]; readonly stated: Stated; readonly now: Date };

/** What statements would come to, and what would be written. Nothing is. */
export async function weighMaster(
  deps: MasterDeps,
  tx: Transaction,
  { records, stated, now }: Given,
): Promise<{ readonly outcomes: readonly MasterOutcome[]; readonly difference: MasterDifference }> {
  const before = await loadState(
    deps,
    tx,
    records.map(({ record }) => record),
    now,
  );
  const state = openState(before);
  // What begins earlier is decided first: a value holds until the next that is known, so the later one must find the earlier there.
  const inTime = records.toSorted((one, other) => beginningOf(one.record) - beginningOf(other.record));
  const outcomes = new Map<PlacedRecord, MasterOutcome>();
  for (const placed of inTime) {
    const { place, record } = placed;
    const identity = identityOf(record);
    const earlier = stated.get(identity);
    if (earlier !== undefined) {
      outcomes.set(placed, twice(record, earlier));
      continue;
    }
    stated.set(identity, place);
    const { outcome, change } = decideMaster(state, record, () => deps.ids.next());
    if (change !== undefined && outcome.outcome !== "unchanged") evolve(state, change);
    outcomes.set(placed, outcome);
  }
  return {
    outcomes: records.flatMap((placed) => outcomes.get(placed) ?? []),
    difference: differenceOf(before, state),
  };
}

function twice(record: MasterRecord, earlier: number): MasterOutcome {
  const detail = `This was stated before, at ${earlier}. Keep one of the two.`;
  return refused(record.kind, "twice", { detail }).outcome;
}

/** Loads everything that records name, in a fixed number of queries. */
async function loadState(
  deps: MasterDeps,
  tx: Transaction,
  records: readonly MasterRecord[],
  now: Date,
): Promise<MasterState> {
  const wanted = records.map(referencesIn);
  const itemReferences = wanted.flatMap(({ items }) => items);
  const placeReferences = wanted.flatMap(({ locations }) => locations);
  const keys = distinctKeys([
    ...itemReferences.flatMap((reference) => keysFor("item", reference)),
    ...placeReferences.flatMap((reference) => keysFor("location", reference)),
  ]);
  const names = await readNames(tx, keys);
  const itemIds = idsNamed("item", itemReferences, keys, names);
  const placeIds = idsNamed("location", placeReferences, keys, names);
  const [rows, kits, costed, stocked, places, calendars] = await Promise.all([
    selectItems(tx, itemIds),
    selectKitsHolding(tx, itemIds),
    selectItemsWithCosts(tx, itemIds),
    deps.stocked(tx, itemIds),
    selectLocationRows(tx, placeIds),
    placeIds.length === 0 ? new Map() : readCalendarCourses(tx, placeIds),
  ]);
  const kitsOf = Map.groupBy(kits, (row) => row.component_item_id);
  const withCosts = new Set(costed.map((row) => row.item_id));
  const items = rows.map((row): [string, ItemState] => [
    row.item_id,
    toState(row, {
      kits: new Set((kitsOf.get(row.item_id) ?? []).map((kit) => kit.kit_item_id)),
      hasCosts: withCosts.has(row.item_id),
      isStocked: stocked.has(row.item_id),
    }),
  ]);
  const locations = places.map((row) => ({
    locationId: row.location_id,
    ...{ code: row.code, name: row.name, type: row.type, timeZone: row.time_zone },
    calendar: calendars.get(row.location_id) ?? new Map(),
  }));
  const state: MasterState = {
    now: now.getTime(),
    names,
    items: new Map(items),
    locations: new Map(locations.map((place) => [place.locationId, place])),
  };
  return withDetails(tx, state, records);
}

/** The names to look at for a reference: in its own scope, and as everybody's. */
function keysFor(kind: "item" | "location", reference: Reference): readonly Key[] {
  const { scope = "" } = reference;
  return (scope === "" ? [""] : [scope, ""]).map((each) => referenceKey(kind, reference, each));
}

/** The ids that references may lead to: all that their names ever meant, and ids as they are. */
function idsNamed(
  kind: "item" | "location",
  references: readonly Reference[],
  keys: readonly Key[],
  names: ReadonlyMap<string, Timeline<string>>,
): readonly string[] {
  const targets = keys
    .filter(([of]) => of === kind)
    .flatMap((key) => (names.get(keyText(key)) ?? []).flatMap(({ value }) => value ?? []));
  const ids = references.filter(({ scheme }) => scheme === "id").map(({ value }) => value);
  return [...new Set([...targets, ...ids])];
}

/** An item as it is stored. The points of a unit are in the order of their moments. */
export function toState(row: ItemRow, more: Pick<ItemState, "kits" | "hasCosts" | "isStocked">): ItemState {
  const units = new Map<string, Point<Fraction>[]>();
  for (const { unit, fromMs, numerator, denominator } of row.units) {
    const point = { from: toMoment(fromMs), value: toFraction(numerator, denominator) };
    units.set(unit, [...(units.get(unit) ?? []), point]);
  }
  return {
    ...{ itemId: row.item_id, sku: row.sku, description: row.description, baseUnit: row.base_unit },
    ...{ tracking: row.tracking, itemClass: row.item_class ?? undefined },
    ...{ mergedInto: row.merged_into ?? undefined, units, ...more },
    components: new Map(row.components.map(({ itemId, quantity }) => [itemId, quantity])),
    costs: new Map(),
    lots: new Map(),
  };
}

/** Adds the costs and lots that records name. Both may be many for an item, so only those are loaded. */
async function withDetails(
  tx: Transaction,
  state: MasterState,
  records: readonly MasterRecord[],
): Promise<MasterState> {
  const costKeys: Key[] = [];
  const lotKeys: Key[] = [];
  for (const record of records) {
    if (record.kind !== "item-cost" && record.kind !== "lot") continue;
    const item = itemNamed(state, record.item);
    if (item === undefined) continue;
    if (record.kind === "lot") lotKeys.push([item.itemId, record.lot]);
    else costKeys.push([item.itemId, record.currency]);
  }
  if (costKeys.length + lotKeys.length === 0) return state;
  const [costs, lots] = await Promise.all([
    readCosts(tx, distinctKeys(costKeys)),
    selectLots(tx, {
      itemIds: lotKeys.map(([itemId = ""]) => itemId),
      lots: lotKeys.map(([, lot = ""]) => lot),
    }),
  ]);
  const items = new Map(state.items);
  for (const [itemId = "", currency = ""] of costKeys) {
    const item = items.get(itemId);
    const course = costs.get(keyText([itemId, currency]));
    if (item === undefined || course === undefined) continue;
    items.set(itemId, { ...item, costs: new Map(item.costs).set(currency, course) });
  }
  for (const row of lots) {
    const item = items.get(row.item_id);
    const lot = toLotState(row);
    if (item !== undefined) items.set(row.item_id, { ...item, lots: new Map(item.lots).set(row.lot, lot) });
  }
  return { ...state, items };
}

/** Writes what was decided: things before the names that lead to them. */
export async function writeDifference(
  tx: Transaction,
  difference: MasterDifference,
  at: Date,
): Promise<void> {
  const { items, locations, calendars, names, units, costs, lots, components, componentsOut } = difference;
  if (items.length > 0) {
    await putItems(
      tx,
      {
        ids: items.map((item) => item.itemId),
        skus: items.map((item) => item.sku),
        descriptions: items.map((item) => item.description),
        baseUnits: items.map((item) => item.baseUnit),
        tracking: items.map((item) => item.tracking),
        classes: items.map((item) => item.itemClass ?? null),
        mergedInto: items.map((item) => item.mergedInto ?? null),
      },
      at,
    );
  }
  if (locations.length > 0) {
    await putLocations(
      tx,
      {
        ids: locations.map((place) => place.locationId),
        codes: locations.map((place) => place.code),
        names: locations.map((place) => place.name),
        types: locations.map((place) => place.type),
        timeZones: locations.map((place) => place.timeZone),
      },
      at,
    );
  }
  await storeCalendars(tx, calendars);
  await storeNames(tx, names, at);
  await storeUnits(tx, units);
  await storeCosts(tx, costs);
  await writeLots(tx, lots, at);
  await settleUnknownLots(
    tx,
    items.map((item) => item.itemId),
    at,
  );
  await writeComponents(tx, { components, componentsOut });
}

async function writeComponents(
  tx: Transaction,
  { components, componentsOut }: Pick<MasterDifference, "components" | "componentsOut">,
): Promise<void> {
  if (componentsOut.length > 0) {
    await deleteComponents(tx, {
      kits: componentsOut.map(({ kit }) => kit),
      components: componentsOut.map(({ component }) => component),
    });
  }
  if (components.length > 0) {
    await upsertKitComponents(tx, {
      kits: components.map(({ kit }) => kit),
      components: components.map(({ component }) => component),
      quantities: components.map(({ quantity }) => quantity),
    });
  }
}
