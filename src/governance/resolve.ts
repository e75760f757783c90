import {
  gtin14,
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
import type { MeaningRow, ReferenceColumns } from "./name-store.ts";
import type { ItemRow } from "./store.ts";
import { type Timeline, valueAt } from "./timeline.ts";

/** An item as everyone needs it at one moment: its units as exact fractions of the base unit, and what a kit is made of. */
export type ResolvedItem = {
  readonly itemId: ItemId;
  readonly sku: string;
  readonly description: string;
  readonly baseUnit: UnitCode;
  readonly tracking: "none" | "lot" | "serial";
  /** As it is now, at whatever moment the item is looked at. */
  readonly itemClass: string | undefined;
  /** Always has the base unit itself. */
  readonly units: ReadonlyMap<UnitCode, UnitFactor>;
  readonly components: readonly { readonly itemId: ItemId; readonly quantity: Quantity }[];
};

/** What references mean at one moment, by their `referenceText`. One that gives undefined means nothing to us then. */
export type Resolution = {
  readonly items: { get(reference: string): ResolvedItem | undefined };
  readonly locations: { get(reference: string): LocationId | undefined };
};

/** What references mean, moment by moment. */
export type Resolutions = {
  /** What they mean at an instant (RFC 3339, or milliseconds since 1970): names, and the factors of units, change. */
  at(instant: string | number | Date): Resolution;
  /** What they mean at this moment. */
  readonly now: Resolution;
  /** The moments at which what an item's name means, or a unit of what it means, changes; the first is -Infinity. */
  itemMoments(reference: string): readonly number[];
  /** The same for the name of a location. */
  locationMoments(reference: string): readonly number[];
};

/** The name under which a reference is kept: a GTIN of any length is one number, everything else is what it is. */
export function storedValue({ scheme, value }: Pick<Reference, "scheme" | "value">): string {
  return scheme === "gtin" ? (gtin14(value) ?? value) : value;
}

/** Each reference once, in the order of first sight. */
export function distinctReferences(references: readonly Reference[]): readonly Reference[] {
  return [...new Map(references.map((reference) => [referenceText(reference), reference])).values()];
}

/** References as the columns of a query. */
export function referenceColumns(references: readonly Reference[]): ReferenceColumns {
  return {
    schemes: references.map((reference) => reference.scheme),
    scopes: references.map((reference) => reference.scope ?? ""),
    values: references.map(storedValue),
  };
}

/** Milliseconds of a stored moment, of which null is "always". */
export const toMoment = (ms: number | null): number => ms ?? Number.NEGATIVE_INFINITY;

/** What a reference means over time, the layer that counts first. */
export type Layers = readonly Timeline<string>[];

/** What references mean over time, by `referenceText`. */
export function meaningsOf(
  references: readonly Reference[],
  rows: readonly MeaningRow[],
): ReadonlyMap<string, Layers> {
  const byPlace = Map.groupBy(rows, ({ place }) => place);
  const meanings = new Map<string, Layers>();
  for (const [index, reference] of references.entries()) {
    const found = byPlace.get(index + 1);
    if (found === undefined) continue;
    const layers = [...Map.groupBy(found, ({ layer }) => layer).values()];
    meanings.set(
      referenceText(reference),
      layers.map((points) =>
        points.map(({ from_ms, target }) => ({ from: toMoment(from_ms), value: target ?? undefined })),
      ),
    );
  }
  return meanings;
}

function targetAt(layers: Layers | undefined, moment: number): string | undefined {
  for (const layer of layers ?? []) {
    const target = valueAt(layer, moment);
    if (target !== undefined) return target;
  }
  return undefined;
}

/** An item over time. Of what is here only units change with it. */
export type KnownItem = {
  at(moment: number): ResolvedItem;
  /** When a unit of it changes. */
  readonly moments: readonly number[];
};

/** An item out of its row. One whose units never change is made once. */
export function toKnownItem(row: ItemRow): KnownItem {
  const moments = [...new Set(row.units.map(({ fromMs }) => toMoment(fromMs)))].sort((a, b) => a - b);
  const made = new Map<number, ResolvedItem>();
  return {
    moments,
    at(moment) {
      const since = moments.findLast((each) => each <= moment) ?? Number.NEGATIVE_INFINITY;
      const item = made.get(since) ?? toItem(row, since);
      made.set(since, item);
      return item;
    },
  };
}

function toItem(row: ItemRow, moment: number): ResolvedItem {
  return {
    itemId: itemId(row.item_id),
    sku: row.sku,
    description: row.description,
    baseUnit: row.base_unit,
    tracking: row.tracking,
    itemClass: row.item_class ?? undefined,
    units: unitsAt(row, moment),
    components: row.components.map((part) => ({
      itemId: itemId(part.itemId),
      quantity: quantity(part.quantity),
    })),
  };
}

/** The units an item can be counted in at a moment. The rows of a unit are in the order of their moments. */
function unitsAt(row: ItemRow, moment: number): ReadonlyMap<UnitCode, UnitFactor> {
  const units = new Map<UnitCode, UnitFactor>([[row.base_unit, { numerator: 1n, denominator: 1n }]]);
  for (const { unit, fromMs, numerator, denominator } of row.units) {
    if (toMoment(fromMs) > moment || unit === row.base_unit) continue;
    if (numerator === null || denominator === null) units.delete(unit);
    else units.set(unit, { numerator: BigInt(numerator), denominator: BigInt(denominator) });
  }
  return units;
}

/** Puts together what the queries found. */
export function resolutions(
  found: {
    readonly itemMeanings: ReadonlyMap<string, Layers>;
    readonly items: ReadonlyMap<string, KnownItem>;
    readonly locationMeanings: ReadonlyMap<string, Layers>;
  },
  now: Date,
): Resolutions {
  const { itemMeanings, items, locationMeanings } = found;
  const at = (moment: number): Resolution => ({
    items: { get: (text) => items.get(targetAt(itemMeanings.get(text), moment) ?? "")?.at(moment) },
    locations: {
      get(text) {
        const target = targetAt(locationMeanings.get(text), moment);
        return target === undefined ? undefined : locationId(target);
      },
    },
  });
  return {
    at: (instant) => at(typeof instant === "string" ? Date.parse(instant) : Number(instant)),
    now: at(now.getTime()),
    itemMoments(text) {
      const layers = itemMeanings.get(text) ?? [];
      const known = targetsOf(layers).flatMap((target) => items.get(target)?.moments ?? []);
      return ordered([...momentsOf(layers), ...known]);
    },
    locationMoments: (text) => ordered(momentsOf(locationMeanings.get(text) ?? [])),
  };
}

/** Everything that references ever meant. */
export function targetsOf(layers: Layers): readonly string[] {
  return layers.flatMap((layer) => layer.flatMap(({ value }) => value ?? []));
}

const momentsOf = (layers: Layers): readonly number[] =>
  layers.flatMap((layer) => layer.map(({ from }) => from));

const ordered = (moments: readonly number[]): readonly number[] =>
  [...new Set([Number.NEGATIVE_INFINITY, ...moments])].sort((a, b) => a - b);
