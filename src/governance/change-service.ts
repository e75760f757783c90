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
import { changedPoints } from "./timeline.ts";

const distinctKeys = (keys: readonly Key[]): readonly Key[] => [
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

/** Puts keys beside the points that were found by their text. */
function withKeys<Found extends { readonly key: string; readonly from: number }>(
  keys: readonly Key[],
  found: readonly Found[],
) {
  const byText = new Map(keys.map((key) => [keyText(key), key]));
  return {
    keys: found.map(({ key }) => byText.get(key) ?? []),
    froms: found.map(({ from }) => momentOf(from)),
  };
}

/** Lets names mean something else in a period, whatever they meant in it before. Must have the turn. */
export async function writeNames(tx: Transaction, names: readonly NamePeriod[], at: Date): Promise<void> {
  const keys = distinctKeys(names.map(nameKey));
  const points = await selectNamePoints(tx, nameColumns(keys));
  const stored = storedTimelines(
    keys,
    points.map(({ place, from_ms, target }) => ({
      place,
      from: toMoment(from_ms),
      value: target ?? undefined,
    })),
  );
  const { removed, put } = changedPoints(
    stored,
    names.map((name) => periodChange(nameKey(name), name, name.target ?? undefined)),
  );
  const gone = withKeys(keys, removed);
  if (removed.length > 0) await deleteNamePoints(tx, { ...nameColumns(gone.keys), froms: gone.froms });
  const come = withKeys(keys, put);
  const targets = put.map(({ value }) => value ?? null);
  if (put.length > 0)
    await upsertNamePoints(tx, { ...nameColumns(come.keys), froms: come.froms, targets }, at);
}

/** Lets units of items be other fractions of the base unit in a period. Must have the turn. */
export async function writeUnits(
  tx: Transaction,
  items: readonly Pick<ItemToSave, "itemId" | "units">[],
): Promise<void> {
  const wanted = items.flatMap(({ itemId, units }) =>
    units.map((unit) => {
      const { numerator, denominator } = unit;
      const fraction = inLowestTerms({ numerator: BigInt(numerator), denominator: BigInt(denominator) });
      return { key: [itemId, unit.unit], unit, fraction };
    }),
  );
  const keys = distinctKeys(wanted.map(({ key }) => key));
  const points = await selectUnitPoints(tx, { itemIds: column(keys, 0), units: column(keys, 1) });
  const stored = storedTimelines<Fraction>(
    keys,
    points.map(({ place, from_ms, numerator, denominator }) => ({
      place,
      from: toMoment(from_ms),
      value:
        numerator === null || denominator === null
          ? undefined
          : { numerator: BigInt(numerator), denominator: BigInt(denominator) },
    })),
  );
  const { removed, put } = changedPoints(
    stored,
    wanted.map(({ key, unit, fraction }) => periodChange(key, unit, fraction)),
    isSameFraction,
  );
  const gone = withKeys(keys, removed);
  if (removed.length > 0) {
    const at = { itemIds: column(gone.keys, 0), units: column(gone.keys, 1), froms: gone.froms };
    await deleteUnitPoints(tx, at);
  }
  const come = withKeys(keys, put);
  if (put.length > 0) {
    await upsertUnitPoints(tx, {
      itemIds: column(come.keys, 0),
      units: column(come.keys, 1),
      froms: come.froms,
      numerators: put.map(({ value }) => value?.numerator ?? null),
      denominators: put.map(({ value }) => value?.denominator ?? null),
    });
  }
}

/** Lets items cost something else in a period. Must have the turn. */
export async function writeCosts(tx: Transaction, costs: readonly CostToSave[]): Promise<void> {
  const keyOf = ({ itemId, currency }: CostToSave): Key => [itemId, currency];
  const keys = distinctKeys(costs.map(keyOf));
  const points = await selectCostPoints(tx, { itemIds: column(keys, 0), currencies: column(keys, 1) });
  const stored = storedTimelines(
    keys,
    points.map(({ place, from_ms, per_unit }) => ({
      place,
      from: toMoment(from_ms),
      value: per_unit ?? undefined,
    })),
  );
  const { removed, put } = changedPoints(
    stored,
    costs.map((cost) => periodChange(keyOf(cost), cost, cost.perUnit ?? undefined)),
  );
  const gone = withKeys(keys, removed);
  if (removed.length > 0) {
    const at = { itemIds: column(gone.keys, 0), currencies: column(gone.keys, 1), froms: gone.froms };
    await deleteCostPoints(tx, at);
  }
  const come = withKeys(keys, put);
  if (put.length > 0) {
    await upsertCostPoints(tx, {
      itemIds: column(come.keys, 0),
      currencies: column(come.keys, 1),
      froms: come.froms,
      perUnits: put.map(({ value }) => value ?? null),
    });
  }
}
