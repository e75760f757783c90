import type { Governance } from "../governance/index.ts";
import type { Clock, Database, KeepAnswer, Queryable, Wakeup } from "../platform/index.ts";
import {
  type DriftAsked,
  type DriftDay,
  type DriftItem,
  selectDriftDays,
  selectDriftItems,
} from "./drift-store.ts";
import { type Conclusion, type ConclusionOutcome, conclude } from "./snapshot-conclusion-service.ts";
import { decideSnapshot, decideSnapshots, type HoldOutcome } from "./snapshot-hold-service.ts";
import { type HoldDecision, type SnapshotHold, selectHolds } from "./snapshot-hold-store.ts";
import { type Rehearsed, type RehearsedPages, rehearseSnapshot } from "./snapshot-rehearsal-service.ts";
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

/** Rows of a trend: a quarter of a year of ten sources. */
const DAYS_MAX = 1_000;
/** Items that are named: as many as somebody will go and look at. */
const WORST_ITEMS_MAX = 20;

/** The drift of a location in a period. */
export type DriftTrend = { readonly days: readonly DriftDay[]; readonly items: readonly DriftItem[] };

/** What has become of snapshots. */
export type Snapshots = {
  /** The newest first. */
  page(list: SnapshotList): Promise<readonly ListedSnapshot[]>;
  /** As it is, or as a transaction that is under way has left it. */
  find(snapshotNumber: number, within?: Queryable): Promise<ListedSnapshot | undefined>;
  /** What it found that the books had otherwise, in the order of its facts. */
  drift(page: {
    readonly snapshotNumber: number;
    readonly after: { readonly eventNumber: number; readonly transferId: number };
    readonly limit: number;
  }): Promise<readonly DriftRow[]>;
  /** How right the books were: day by day, and the items that differed most. */
  trend(asked: DriftAsked): Promise<DriftTrend>;
  /** Takes a held snapshot after all, or never. The second decision changes nothing and says so. */
  decide(decision: HoldDecision): Promise<HoldOutcome>;
  /** Decides about many in one transaction, in which `keep` keeps the outcomes, in the order of the decisions. */
  decideMany(
    decisions: readonly HoldDecision[],
    keep: KeepAnswer<readonly HoldOutcome[]>,
  ): Promise<readonly HoldOutcome[]>;
  /** Leaves the rows out that are unknown still, so that what a full snapshot does not name is not there. */
  conclude(conclusion: Conclusion, keep?: KeepAnswer<ConclusionOutcome>): Promise<ConclusionOutcome>;
  /** What pages would do, location by location, without doing it. */
  rehearse(pages: RehearsedPages): Promise<readonly Rehearsed[]>;
};

/** Makes the list. */
export function createSnapshots(deps: {
  readonly database: Database;
  readonly clock: Clock;
  readonly governance: Governance;
  readonly wakeup: Wakeup;
}): Snapshots {
  const { database } = deps;
  const withMissing = async (
    records: readonly SnapshotRecord[],
    within: Queryable = database,
  ): Promise<readonly ListedSnapshot[]> => {
    const numbers = records.map((record) => record.snapshot_number);
    const [missing, holds] = await Promise.all([
      selectMissingPages(within, numbers, MISSING_PAGES_MAX),
      selectHolds(within, numbers),
    ]);
    const held = new Map(holds.map((hold) => [hold.snapshot_number, hold]));
    return records.map((record) => {
      const { snapshot_number: number } = record;
      return { record, missing: missing.get(number) ?? [], hold: held.get(number) };
    });
  };
  return {
    page: async (list) => withMissing(await selectSnapshotPage(database, list)),
    async find(snapshotNumber, within = database) {
      const record = await selectSnapshot(within, snapshotNumber);
      return record === undefined ? undefined : (await withMissing([record], within))[0];
    },
    drift: (page) => selectDrift(database, page),
    async trend(asked) {
      const [days, items] = await Promise.all([
        selectDriftDays(database, asked, DAYS_MAX),
        selectDriftItems(database, asked, WORST_ITEMS_MAX),
      ]);
      return { days, items };
    },
    decide: (decision) => decideSnapshot(deps, decision),
    decideMany: (decisions, keep) => decideSnapshots(deps, decisions, keep),
    conclude: (conclusion, keep) => conclude(deps, conclusion, keep),
    rehearse: (pages) => rehearseSnapshot(deps, pages),
  };
}
