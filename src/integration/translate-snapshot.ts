import {
  type Fact,
  QUANTITY_MAX,
  type Quantity,
  type SnapshotRow,
  type SnapshotStatement,
} from "@crossdock/canonical";
import type { MappedRecord } from "@crossdock/connector-kit";
import type { Resolution, ResolvedItem } from "../governance/index.ts";
import { quantityTooLarge, sequenceOutOfRange, stockedObstacle } from "./obstacle.ts";
import type { Named } from "./translate-stock.ts";
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
  const lots = rows.map((row) => row.lot ?? "");
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
): { readonly item: ResolvedItem; readonly quantity: Quantity } | undefined {
  const item = translation.item(row.item);
  const quantity = translation.amount(row.counted, { reference: row.item, item, least: 0 });
  if (item === undefined || quantity === undefined) return undefined;
  if (quantity > QUANTITY_MAX) {
    translation.refuse(quantityTooLarge(row.item, quantity));
    return undefined;
  }
  // Sources list what they have none of, kits among it; that says nothing about how it is stocked.
  const obstacle =
    quantity === 0 ? undefined : stockedObstacle(row.item, item, { lot: row.lot ?? "", units: quantity });
  if (obstacle !== undefined) {
    translation.refuse(obstacle);
    return undefined;
  }
  return { item, quantity };
}

const isKnown = (resolution: Resolution, row: SnapshotRow): boolean => {
  const translation = beginTranslation(resolution);
  return countedRow(translation, row) !== undefined;
};

/**
 * A page with the rows that mean something, and a record for each of the others: so one unknown item parks one row, which goes on by
 * itself when the item appears, and its neighbours are counted meanwhile. Other records are given back as they are.
 */
export function withoutUnknownRows(mapped: MappedRecord, resolution: Resolution): readonly MappedRecord[] {
  if (mapped.is !== "snapshot" || mapped.statement.data.row !== undefined) return [mapped];
  const { at, statement } = mapped;
  const { rows, ...page } = statement.data;
  const unknown = [...rows.keys()].filter((index) => {
    const row = rows[index];
    return row !== undefined && !isKnown(resolution, row);
  });
  if (unknown.length === 0) return [mapped];
  const isLeftOut = new Set(unknown);
  const known = rows.filter((_, index) => !isLeftOut.has(index));
  const rest: MappedRecord[] = unknown.flatMap((row) => {
    const left = rows[row];
    if (left === undefined) return [];
    const data = { ...page, row, rows: [left] };
    return [{ is: "snapshot", at: `${at}/rows/${row}`, statement: { ...statement, data } }];
  });
  const data = { ...page, unresolved: unknown.length, rows: known };
  return [{ is: "snapshot", at, statement: { ...statement, data } }, ...rest];
}
