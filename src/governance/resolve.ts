import {
  type ItemId,
  itemId,
  type LocationId,
  locationId,
  type Quantity,
  quantity,
  type Reference,
  referenceText,
  type UnitCode,
  type UnitFactor,
} from "@crossdock/canonical";
import type { ItemRow } from "./store.ts";

/** An item as everyone needs it: its units as exact fractions of the base unit, and what a kit is made of. */
export type ResolvedItem = {
  readonly itemId: ItemId;
  readonly sku: string;
  readonly description: string;
  readonly baseUnit: UnitCode;
  readonly tracking: "none" | "lot" | "serial";
  /** Always has the base unit itself. */
  readonly units: ReadonlyMap<UnitCode, UnitFactor>;
  readonly components: readonly { readonly itemId: ItemId; readonly quantity: Quantity }[];
};

/** What references mean. A reference that is not in a map means nothing to us yet. Keys are `referenceText`. */
export type Resolution = {
  readonly items: ReadonlyMap<string, ResolvedItem>;
  readonly locations: ReadonlyMap<string, LocationId>;
};

/** The units an item can be counted in. */
function unitsOf(row: ItemRow): ReadonlyMap<UnitCode, UnitFactor> {
  const units = row.units.map(({ unit, numerator, denominator }): [UnitCode, UnitFactor] => [
    unit,
    { numerator: BigInt(numerator), denominator: BigInt(denominator) },
  ]);
  return new Map([[row.base_unit, { numerator: 1n, denominator: 1n }], ...units]);
}

/** An item out of its row. */
export function toItem(row: ItemRow): ResolvedItem {
  return {
    itemId: itemId(row.item_id),
    sku: row.sku,
    description: row.description,
    baseUnit: row.base_unit,
    tracking: row.tracking,
    units: unitsOf(row),
    components: row.components.map((part) => ({
      itemId: itemId(part.itemId),
      quantity: quantity(part.quantity),
    })),
  };
}

/** Each reference once, in the order of first sight. */
export function distinctReferences(references: readonly Reference[]): readonly Reference[] {
  return [...new Map(references.map((reference) => [referenceText(reference), reference])).values()];
}

/** References as the columns of a query. */
export function referenceColumns(references: readonly Reference[]): {
  schemes: string[];
  scopes: string[];
  values: string[];
} {
  return {
    schemes: references.map((reference) => reference.scheme),
    scopes: references.map((reference) => reference.scope ?? ""),
    values: references.map((reference) => reference.value),
  };
}

/** Puts what the queries found together by reference. */
export function resolveReferences(found: {
  readonly itemReferences: readonly Reference[];
  readonly itemPlaces: readonly { readonly place: number; readonly item_id: string }[];
  readonly items: ReadonlyMap<string, ResolvedItem>;
  readonly locationReferences: readonly Reference[];
  readonly locationPlaces: readonly { readonly place: number; readonly location_id: string }[];
}): Resolution {
  const items = new Map<string, ResolvedItem>();
  for (const { place, item_id } of found.itemPlaces) {
    const reference = found.itemReferences[place - 1];
    const item = found.items.get(item_id);
    if (reference !== undefined && item !== undefined) items.set(referenceText(reference), item);
  }
  const locations = new Map<string, LocationId>();
  for (const { place, location_id } of found.locationPlaces) {
    const reference = found.locationReferences[place - 1];
    if (reference !== undefined) locations.set(referenceText(reference), locationId(location_id));
  }
  return { items, locations };
}
