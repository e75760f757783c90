import type { WmsSnapshot } from "../event-schema.ts";
import type { FakeBatch } from "./mail-room.ts";
import type { Shelves } from "./shelves.ts";

/** A snapshot that a simulated warehouse is to take. */
export type FakeSnapshot = {
  readonly snapshotId: string;
  /** Absent: everything, as a full snapshot. */
  readonly skus?: readonly string[];
  readonly rowsPerPage?: number;
  /** Whether rows tell conditions apart. */
  readonly conditions?: boolean;
};

const ROWS_PER_PAGE_DEFAULT = 500;

type Taken = { readonly code: string; readonly takenAt: Date; readonly lastSequence: number | undefined };

/** The pages of what lies on the shelves at this moment. What was lost unseen is seen, as with any count. */
export function snapshotPages(
  shelves: Shelves,
  asked: FakeSnapshot,
  { code, takenAt, lastSequence }: Taken,
): readonly FakeBatch[] {
  const { snapshotId, conditions = false, rowsPerPage = ROWS_PER_PAGE_DEFAULT } = asked;
  const rows = (asked.skus ?? shelves.skus()).flatMap((sku) => rowsOf(shelves, sku, conditions));
  const pages = Math.max(1, Math.ceil(rows.length / rowsPerPage));
  return Array.from({ length: pages }, (_, index) => {
    const page: WmsSnapshot = {
      warehouse: code,
      snapshot: {
        ...{ snapshotId, takenAt: takenAt.toISOString() },
        scope: asked.skus === undefined ? "full" : "partial",
        ...(conditions ? { conditions } : {}),
        ...(lastSequence === undefined ? {} : { sequence: lastSequence }),
        ...{ page: index + 1, pages },
      },
      rows: rows.slice(index * rowsPerPage, (index + 1) * rowsPerPage),
    };
    const body = new TextEncoder().encode(JSON.stringify(page));
    return { deliveryId: `${code}-${snapshotId}-${index + 1}`, body, events: 0, isCopy: false };
  });
}

function rowsOf(shelves: Shelves, sku: string, conditions: boolean): WmsSnapshot["rows"] {
  const counted = shelves.count(sku);
  const named = { sku, ...shelves.lotOf(sku) };
  if (!conditions) return [{ ...named, counted }];
  const { available, picked, quarantined, damaged } = shelves.truth(sku);
  return [
    { ...named, counted: available + picked },
    { ...named, counted: quarantined, status: "quarantined" },
    { ...named, counted: damaged, status: "damaged" },
  ];
}
