import type { Transaction } from "../platform/index.ts";
import { deleteCostPoints, selectCostPoints, upsertCostPoints } from "./cost-store.ts";
import {
  type CostToSave,
  type Fraction,
  type ItemToSave,
  inLowestTerms,
  isSameFraction,
  type Key,
  keyText,
  momentOf,
  type NamePeriod,
  nameKey,
  periodChange,
  storedTimelines,
} from "./master.ts";
import { deleteNamePoints, type NameColumns, selectNamePoints, upsertNamePoints } from "./name-store.ts";
import { toMoment } from "./resolve.ts";
import { deleteUnitPoints, selectUnitPoints, upsertUnitPoints } from "./store.ts";
import { changedPoints, type Point, type Timeline } from "./timeline.ts";

/** Each key once. */
export const distinctKeys = (keys: readonly Key[]): readonly Key[] => [
  ...new Map(keys.map((key) => [keyText(key), key])).values(),
];

/** One member of keys, as the column of a query. */
const column = (keys: readonly Key[], member: number): string[] => keys.map((key) => key[member] ?? "");

const nameColumns = (keys: readonly Key[]): NameColumns => ({
  kinds: column(keys, 0),
  schemes: column(keys, 1),
  scopes: column(keys, 2),
  values: column(keys, 3),
});

/** Points to take away and to put, with the keys that they are found by. */
export type PointsToStore<Value> = {
  readonly removed: readonly { readonly key: Key; readonly from: number }[];
  readonly put: readonly (Point<Value> & { readonly key: Key })[];
};

const keysOf = (points: readonly { readonly key: Key }[]) => points.map(({ key }) => key);
const fromsOf = (points: readonly { readonly from: number }[]) => points.map(({ from }) => momentOf(from));

/** What names meant and mean, by `keyText`. */
export async function readNames(
  tx: Transaction,
  keys: readonly Key[],
): Promise<ReadonlyMap<string, Timeline<string>>> {
  const points = await selectNamePoints(tx, nameColumns(keys));
  return storedTimelines(
    keys,
    points.map(({ place, from_ms, target }) => ({
      place,
      from: toMoment(from_ms),
      value: target ?? undefined,
    })),
  );
}

/** Stores what names mean. Must have the turn. */
export async function storeNames(
  tx: Transaction,
  { removed, put }: PointsToStore<string>,
  at: Date,
): Promise<void> {
  if (removed.length > 0) {
    await deleteNamePoints(tx, { ...nameColumns(keysOf(removed)), froms: fromsOf(removed) });
  }
  if (put.length === 0) return;
  const targets = put.map(({ value }) => value ?? null);
  await upsertNamePoints(tx, { ...nameColumns(keysOf(put)), froms: fromsOf(put), targets }, at);
}

/** Stores what units of items are. A key is an item and a unit. Must have the turn. */
export async function storeUnits(tx: Transaction, { removed, put }: PointsToStore<Fraction>): Promise<void> {
  const columns = (keys: readonly Key[]) => ({ itemIds: column(keys, 0), units: column(keys, 1) });
  if (removed.length > 0) {
    await deleteUnitPoints(tx, { ...columns(keysOf(removed)), froms: fromsOf(removed) });
  }
  if (put.length === 0) return;
  await upsertUnitPoints(tx, {
    ...columns(keysOf(put)),
    froms: fromsOf(put),
    numerators: put.map(({ value }) => value?.numerator ?? null),
    denominators: put.map(({ value }) => value?.denominator ?? null),
  });
}

/** What items cost and did cost, by `keyText`. A key is an item and a currency. */
export async function readCosts(
  tx: Transaction,
  keys: readonly Key[],
): Promise<ReadonlyMap<string, Timeline<string>>> {
  const points = await selectCostPoints(tx, { itemIds: column(keys, 0), currencies: column(keys, 1) });
  return storedTimelines(
    keys,
    points.map(({ place, from_ms, per_unit }) => ({
      place,
      from: toMoment(from_ms),
      value: per_unit ?? undefined,
    })),
  );
}

/** Stores what items cost. Must have the turn. */
export async function storeCosts(tx: Transaction, { removed, put }: PointsToStore<string>): Promise<void> {
  const columns = (keys: readonly Key[]) => ({ itemIds: column(keys, 0), currencies: column(keys, 1) });
  if (removed.length > 0) {
    await deleteCostPoints(tx, { ...columns(keysOf(removed)), froms: fromsOf(removed) });
  }
  if (put.length === 0) return;
  const perUnits = put.map(({ value }) => value ?? null);
  await upsertCostPoints(tx, { ...columns(keysOf(put)), froms: fromsOf(put), perUnits });
}

/** Finds the keys of points again by their texts. */
function withKeys<Value>(
  keys: readonly Key[],
  { removed, put }: ReturnType<typeof changedPoints<Value>>,
): PointsToStore<Value> {
  const byText = new Map(keys.map((key) => [keyText(key), key]));
  return {
    removed: removed.map((point) => ({ ...point, key: byText.get(point.key) ?? [] })),
    put: put.map((point) => ({ ...point, key: byText.get(point.key) ?? [] })),
  };
}

/** Lets names mean something else in a period, whatever they meant in it before. Must have the turn. */
export async function writeNames(tx: Transaction, names: readonly NamePeriod[], at: Date): Promise<void> {
  const keys = distinctKeys(names.map(nameKey));
  const changes = names.map((name) => periodChange(nameKey(name), name, name.target ?? undefined));
  await storeNames(tx, withKeys(keys, changedPoints(await readNames(tx, keys), changes)), at);
}

/** Lets units of items be other fractions of the base unit in a period. Must have the turn. */
export async function writeUnits(
  tx: Transaction,
  items: readonly Pick<ItemToSave, "itemId" | "units">[],
): Promise<void> {
  const changes = items.flatMap(({ itemId, units }) =>
    units.map((unit) => {
      const [numerator, denominator] = [BigInt(unit.numerator), BigInt(unit.denominator)];
      return periodChange([itemId, unit.unit], unit, inLowestTerms({ numerator, denominator }));
    }),
  );
  const keys = distinctKeys(
    items.flatMap(({ itemId, units }) => units.map(({ unit }): Key => [itemId, unit])),
  );
  const points = await selectUnitPoints(tx, { itemIds: column(keys, 0), units: column(keys, 1) });
  const stored = storedTimelines(
    keys,
    points.map(({ place, from_ms, numerator, denominator }) => ({
      place,
      from: toMoment(from_ms),
      value: toFraction(numerator, denominator),
    })),
  );
  await storeUnits(tx, withKeys(keys, changedPoints(stored, changes, isSameFraction)));
}

/** A stored factor; undefined where there is no such unit any more. */
export function toFraction(numerator: number | null, denominator: number | null): Fraction | undefined {
  if (numerator === null || denominator === null) return undefined;
  return { numerator: BigInt(numerator), denominator: BigInt(denominator) };
}

/** Lets items cost something else in a period. Must have the turn. */
export async function writeCosts(tx: Transaction, costs: readonly CostToSave[]): Promise<void> {
  const keyOf = ({ itemId, currency }: CostToSave): Key => [itemId, currency];
  const keys = distinctKeys(costs.map(keyOf));
  const changes = costs.map((cost) => periodChange(keyOf(cost), cost, cost.perUnit ?? undefined));
  await storeCosts(tx, withKeys(keys, changedPoints(await readCosts(tx, keys), changes)));
}
