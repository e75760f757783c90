import type { Database } from "../platform/index.ts";
import {
  type DriftRow,
  type SnapshotList,
  selectDrift,
  selectMissingPages,
  selectSnapshotPage,
} from "./snapshot-report-store.ts";
import { type SnapshotRecord, selectSnapshot } from "./snapshot-store.ts";

/** Missing pages that are named: enough to see what went wrong. */
const MISSING_PAGES_MAX = 100;

/** A snapshot with the first of its pages that have not come. */
export type ListedSnapshot = { readonly record: SnapshotRecord; readonly missing: readonly number[] };

/** What has become of snapshots. */
export type Snapshots = {
  /** The newest first. */
  page(list: SnapshotList): Promise<readonly ListedSnapshot[]>;
  find(snapshotNumber: number): Promise<ListedSnapshot | undefined>;
  /** What it found that the books had otherwise, in the order of its facts. */
  drift(page: {
    readonly snapshotNumber: number;
    readonly after: { readonly eventNumber: number; readonly transferId: number };
    readonly limit: number;
  }): Promise<readonly DriftRow[]>;
};

/** Makes the list. */
export function createSnapshots(database: Database): Snapshots {
  const withMissing = async (records: readonly SnapshotRecord[]): Promise<readonly ListedSnapshot[]> => {
    const numbers = records.map((record) => record.snapshot_number);
    const missing = await selectMissingPages(database, numbers, MISSING_PAGES_MAX);
    return records.map((record) => ({ record, missing: missing.get(record.snapshot_number) ?? [] }));
  };
  return {
    page: async (list) => withMissing(await selectSnapshotPage(database, list)),
    async find(snapshotNumber) {
      const record = await selectSnapshot(database, snapshotNumber);
      return record === undefined ? undefined : (await withMissing([record]))[0];
    },
    drift: (page) => selectDrift(database, page),
  };
}
