import { gtinForm, type ItemId, itemId, type Tracking } from "@crossdock/canonical";
import type { Database } from "../platform/index.ts";
import { selectCosts } from "./cost-store.ts";
import { toState } from "./master-service.ts";
import { fractionText } from "./master-state.ts";
import { selectNamePointsOf } from "./name-store.ts";
import { toMoment } from "./resolve.ts";
import { selectItems } from "./store.ts";
import { type Period, type Point, periodsOf } from "./timeline.ts";

type Told = { readonly validFrom?: string; readonly validTo?: string };

/** An item with everything that is known of it, for people. */
export type WholeItem = {
  readonly itemId: ItemId;
  readonly sku: string;
  readonly description: string;
  readonly baseUnit: string;
  readonly tracking: Tracking;
  readonly itemClass?: string;
  readonly mergedInto?: ItemId;
  /** Every name that leads or led to it. */
  readonly names: (Told & { readonly scheme: string; readonly value: string; readonly scope?: string })[];
  readonly units: (Told & { readonly unit: string; readonly factor: string })[];
  readonly components: { readonly itemId: ItemId; readonly quantity: number }[];
  readonly costs: { readonly currency: string; readonly perUnit: string }[];
};

const told = ({ from, to }: Period): Told => ({
  ...(from === Number.NEGATIVE_INFINITY ? {} : { validFrom: new Date(from).toISOString() }),
  ...(to === Number.POSITIVE_INFINITY ? {} : { validTo: new Date(to).toISOString() }),
});

/** Reads an item whole; undefined when there is none. */
export async function readWholeItem(
  database: Database,
  id: string,
  now: Date,
): Promise<WholeItem | undefined> {
  const [[row], names, costs] = await Promise.all([
    selectItems(database, [id]),
    readNamesOf(database, id),
    selectCosts(database, [id], now),
  ]);
  if (row === undefined) return undefined;
  const item = toState(row, { kits: new Set(), hasCosts: costs.length > 0, isStocked: false });
  return {
    ...{ itemId: itemId(row.item_id), sku: item.sku, description: item.description, baseUnit: item.baseUnit },
    tracking: item.tracking,
    ...(item.itemClass === undefined ? {} : { itemClass: item.itemClass }),
    ...(item.mergedInto === undefined ? {} : { mergedInto: itemId(item.mergedInto) }),
    names,
    units: [...item.units].flatMap(([unit, course]) =>
      periodsOf(course).map((period) => ({ unit, factor: fractionText(period.value), ...told(period) })),
    ),
    components: row.components.map((part) => ({ itemId: itemId(part.itemId), quantity: part.quantity })),
    costs: costs.map(({ currency, per_unit }) => ({ currency, perUnit: per_unit })),
  };
}

/** The names that lead or led to an item, each with its periods. */
async function readNamesOf(database: Database, id: string): Promise<WholeItem["names"]> {
  const rows = await selectNamePointsOf(database, id);
  const courses = Map.groupBy(rows, ({ scheme, scope, value }) => JSON.stringify([scheme, scope, value]));
  return [...courses.values()].flatMap((points) => {
    const [first] = points;
    if (first === undefined) return [];
    const { scheme, scope } = first;
    const value = scheme === "gtin" ? gtinForm(first.value) : first.value;
    const course = points.map(
      ({ from_ms, target }): Point<string> => ({ from: toMoment(from_ms), value: target ?? undefined }),
    );
    return periodsOf(course)
      .filter((period) => period.value === id)
      .map((period) => ({ scheme, value, ...(scope === "" ? {} : { scope }), ...told(period) }));
  });
}
