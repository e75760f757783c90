import type { FactData, LocationId, Sequence } from "@crossdock/canonical";
import type { Numbered } from "./count.ts";
import { countOrder } from "./plan.ts";
import type { PositionCount } from "./shelf.ts";

/** A page of a snapshot as the ledger needs it off the log. */
export type SnapshotPage = {
  readonly number: number;
  readonly source: string;
  readonly effectiveAt: string;
  readonly correlationId: string;
  readonly data: FactData<"StockSnapshotPage">;
};

/** What makes pages one snapshot. */
export type SnapshotHeader = {
  readonly source: string;
  readonly snapshotId: string;
  readonly locationId: LocationId;
  readonly takenAt: Date;
  readonly scope: "full" | "partial";
  readonly conditions: boolean;
  readonly watermark: Sequence | undefined;
};

/** The header that a page carries. */
export function headerOf({ source, effectiveAt, data }: SnapshotPage): SnapshotHeader {
  return {
    source,
    snapshotId: data.snapshotId,
    locationId: data.location,
    takenAt: new Date(effectiveAt),
    scope: data.scope,
    conditions: data.conditions,
    watermark: data.watermark,
  };
}

/** One text for each snapshot, for maps. */
export function headerKey(header: SnapshotHeader): string {
  const { source, snapshotId, locationId, takenAt, scope, conditions, watermark } = header;
  return JSON.stringify([
    source,
    snapshotId,
    locationId,
    takenAt.getTime(),
    scope,
    conditions,
    watermark?.stream,
    watermark?.number,
  ]);
}

/** A row of a page. */
export type SnapshotRow = {
  readonly eventNumber: number;
  readonly itemId: string;
  readonly lot: string;
  readonly status: string;
  readonly counted: number;
};

/** The rows of a page, out of its columns. */
export function rowsOf({ number, data }: Pick<SnapshotPage, "number" | "data">): readonly SnapshotRow[] {
  return data.items.map((itemId, index) => ({
    eventNumber: number,
    itemId,
    lot: data.lots?.[index] ?? "",
    status: data.statuses?.[index] ?? "available",
    counted: data.counted[index] ?? 0,
  }));
}

/**
 * Why a page cannot be read; undefined when it can. The schema of a fact cannot say that columns have one length, or that a row that
 * came later is one row.
 */
export function pageFault({ data }: SnapshotPage): string | undefined {
  const { items, counted, lots = items, statuses = items } = data;
  if ([counted, lots, statuses].some((column) => column.length !== items.length)) {
    return `the columns of page ${data.page} of snapshot ${data.snapshotId} differ in length`;
  }
  if (data.statuses !== undefined && !data.conditions) {
    return `page ${data.page} of snapshot ${data.snapshotId} says conditions, which its snapshot does not tell apart`;
  }
  return undefined;
}

/** A snapshot's watermark as a place in its source's numbering. */
export function watermarkOf({
  source,
  watermark,
}: Pick<SnapshotHeader, "source" | "watermark">): Numbered | undefined {
  return watermark === undefined ? undefined : { source, ...watermark };
}

/** What decides between this snapshot and another count of the same instant. */
export const snapshotOrder = ({ snapshotId, source }: { snapshotId: string; source: string }): string =>
  countOrder({ id: snapshotId, source });

/** What all rows of one position come to. */
export type CountedPosition = {
  readonly onHand: number;
  readonly quarantined: number;
  readonly damaged: number;
};

/** What a snapshot says of a position, as a count. */
export function countOf(header: SnapshotHeader, counted: CountedPosition): PositionCount {
  const { onHand, quarantined, damaged } = counted;
  return {
    at: header.takenAt.getTime(),
    inOrder: snapshotOrder(header),
    watermark: watermarkOf(header),
    counted: { "on-hand": onHand, ...(header.conditions ? { quarantined, damaged } : {}) },
  };
}
