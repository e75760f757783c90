import {
  type Fact,
  QUANTITY_MAX,
  type Quantity,
  type SnapshotRow,
  type SnapshotStatement,
} from "@crossdock/canonical";
import type { MappedRecord } from "@crossdock/connector-kit";
import type { Resolution, ResolvedItem } from "../governance/index.ts";
import { gravestObstacle, type Obstacle, quantityTooLarge, sequenceOutOfRange } from "./obstacle.ts";
import { type Named, stockedAs } from "./translate-stock.ts";
import { beginTranslation, type Translation } from "./translation.ts";

/** What a page of a snapshot names. */
export function snapshotReferences({ data }: SnapshotStatement): Named {
  return { items: data.rows.map((row) => row.item), locations: [data.location] };
}

/** The fact of a page. The translation has the obstacles when there is none. */
export function snapshotFact(translation: Translation, { type, data }: SnapshotStatement): Fact | undefined {
  const { rows, location: place, watermark, ...page } = data;
  if (watermark !== undefined && !Number.isSafeInteger(watermark.number)) {
    translation.refuse(sequenceOutOfRange(watermark.number));
  }
  const location = translation.location(place);
  const counted = rows.flatMap((row) => countedRow(translation, row) ?? []);
  if (location === undefined || translation.obstacles.length > 0) return undefined;
  const lots = counted.map((row) => row.lot);
  const statuses = rows.map((row) => row.status ?? "available");
  return {
    type,
    data: {
      ...page,
      location,
      ...(watermark === undefined ? {} : { watermark }),
      items: counted.map((row) => row.item.itemId),
      counted: counted.map((row) => row.quantity),
      ...(lots.every((lot) => lot === "") ? {} : { lots }),
      ...(data.conditions ? { statuses } : {}),
    },
  };
}

function countedRow(
  translation: Translation,
  row: Pick<SnapshotRow, "item" | "lot" | "counted">,
): { readonly item: ResolvedItem; readonly quantity: Quantity; readonly lot: string } | undefined {
  const item = translation.item(row.item);
  const quantity = translation.amount(row.counted, { reference: row.item, item, least: 0 });
  if (item === undefined || quantity === undefined) return undefined;
  if (quantity > QUANTITY_MAX) {
    translation.refuse(quantityTooLarge(row.item, quantity));
    return undefined;
  }
  // Sources list what they have none of, kits among it; that says nothing about how it is stocked.
  const { lot = "" } = row;
  if (quantity === 0) return { item, quantity, lot };
  const stocked = stockedAs(translation, row, { item, units: quantity });
  return stocked === undefined ? undefined : { item, quantity, lot: stocked.lot ?? lot };
}

/** What stands in the way of a row; undefined where nothing does. */
function rowObstacle(resolution: Resolution, row: SnapshotRow): Obstacle | undefined {
  const translation = beginTranslation(resolution);
  countedRow(translation, row);
  return gravestObstacle(translation.obstacles);
}

/** A row that cannot be counted, with its place in its page. */
export type UncountedRow = { readonly place: number; readonly row: SnapshotRow; readonly obstacle: Obstacle };

/** The rows of a page that cannot be counted. Other records, and rows that were split off before, have none. */
export function uncountedRows(mapped: MappedRecord, resolution: Resolution): readonly UncountedRow[] {
  if (mapped.is !== "snapshot" || mapped.statement.data.row !== undefined) return [];
  return mapped.statement.data.rows.flatMap((row, place) => {
    const obstacle = rowObstacle(resolution, row);
    return obstacle === undefined ? [] : [{ place, row, obstacle }];
  });
}

/**
 * A page with the rows that mean something, and a record for each of the others: so one unknown item parks one row, which goes on by
 * itself when the item appears, and its neighbours are counted meanwhile. Of a row that is ignored nothing is awaited: it counts among
 * what nothing is made of, and the page is whole without it.
 */
export function withoutUncountedRows(
  page: Extract<MappedRecord, { readonly is: "snapshot" }>,
  uncounted: readonly UncountedRow[],
  ignoredBecause: (row: UncountedRow) => string | undefined,
): readonly [MappedRecord, ...MappedRecord[]] {
  if (uncounted.length === 0) return [page];
  const { at, statement } = page;
  const { rows, ...data } = statement.data;
  const isLeftOut = new Set(uncounted.map(({ place }) => place));
  const rest = uncounted.map((left): MappedRecord => {
    const { place, row } = left;
    const reason = ignoredBecause(left);
    if (reason !== undefined) return { is: "ignored", at: `${at}/rows/${place}`, reason };
    return {
      is: "snapshot",
      at: `${at}/rows/${place}`,
      statement: { ...statement, data: { ...data, row: place, rows: [row] } },
    };
  });
  const known = rows.filter((_, place) => !isLeftOut.has(place));
  const unresolved = rest.filter(({ is }) => is === "snapshot").length;
  const counted = unresolved === 0 ? { ...data, rows: known } : { ...data, unresolved, rows: known };
  return [{ is: "snapshot", at, statement: { ...statement, data: counted } }, ...rest];
}
