import type { Clock, Database, Wakeup } from "../platform/index.ts";
import { decideSnapshot, type HoldOutcome } from "./snapshot-hold-service.ts";
import { type HoldDecision, type SnapshotHold, selectHolds } from "./snapshot-hold-store.ts";
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

/** A snapshot with the first of its pages that have not come, and why it was held if it was. */
export type ListedSnapshot = {
  readonly record: SnapshotRecord;
  readonly missing: readonly number[];
  readonly hold: SnapshotHold | undefined;
};

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
  /** Takes a held snapshot after all, or never. The second decision changes nothing and says so. */
  decide(decision: HoldDecision): Promise<HoldOutcome>;
};

/** Makes the list. */
export function createSnapshots(deps: {
  readonly database: Database;
  readonly clock: Clock;
  readonly wakeup: Wakeup;
}): Snapshots {
  const { database } = deps;
  const withMissing = async (records: readonly SnapshotRecord[]): Promise<readonly ListedSnapshot[]> => {
    const numbers = records.map((record) => record.snapshot_number);
    const [missing, holds] = await Promise.all([
      selectMissingPages(database, numbers, MISSING_PAGES_MAX),
      selectHolds(database, numbers),
    ]);
    const held = new Map(holds.map((hold) => [hold.snapshot_number, hold]));
    return records.map((record) => {
      const { snapshot_number: number } = record;
      return { record, missing: missing.get(number) ?? [], hold: held.get(number) };
    });
  };
  return {
    page: async (list) => withMissing(await selectSnapshotPage(database, list)),
    async find(snapshotNumber) {
      const record = await selectSnapshot(database, snapshotNumber);
      return record === undefined ? undefined : (await withMissing([record]))[0];
    },
    drift: (page) => selectDrift(database, page),
    decide: (decision) => decideSnapshot(deps, decision),
  };
}
