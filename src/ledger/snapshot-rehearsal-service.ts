import type { FactData } from "@crossdock/canonical";
import type { Governance } from "../governance/index.ts";
import type { Clock, Database, Transaction } from "../platform/index.ts";
import { selectArchiveOfSnapshot } from "./archive/past-store.ts";
import { columnsOf } from "./gather-service.ts";
import { DEFAULT_DRIFT_POLICY, type HoldReason, holdReasons, type SnapshotWeight } from "./snapshot-hold.ts";
import { insertColumns } from "./snapshot-page-store.ts";
import {
  type DifferenceInMoney,
  deleteOldRehearsals,
  deleteRehearsals,
  type SnapshotToRehearse,
  takeRehearsalNumbers,
  weighRehearsal,
} from "./snapshot-rehearsal-store.ts";
import { settleIn } from "./snapshot-store.ts";

type RehearsalDeps = { readonly database: Database; readonly clock: Clock; readonly governance: Governance };

/** Rows of a process that died in the middle of a rehearsal are forgotten after this. */
const LEFT_OVER_MS = 24 * 60 * 60 * 1_000;

/** What a snapshot would do, held against the books as of its time. */
export type Rehearsed = {
  readonly locationId: string;
  /** What it found differently, in units and positions. */
  readonly weight: SnapshotWeight;
  readonly money: readonly DifferenceInMoney[];
  /** Why it would be held; empty when it would be taken. */
  readonly holdReasons: readonly HoldReason[];
  /** Whose stock it is there, where that is another source: then it would move nothing. */
  readonly owner: string | undefined;
};

/** Pages of one location, as they would come. */
export type RehearsedPages = {
  readonly source: string;
  readonly takenAt: Date;
  readonly pages: AsyncIterable<FactData<"StockSnapshotPage">>;
};

type Own = { readonly number: number; readonly scope: "full" | "partial"; rows: number };

/**
 * Says what the pages of a source would do, location by location, without doing it: they lie beside those of snapshots that came, under
 * numbers that none of these can have, are weighed as those are, and are taken away again. Nothing is held open meanwhile,
 * so no reader of the log waits for it.
 */
export async function rehearseSnapshot(
  deps: RehearsalDeps,
  { source, takenAt, pages }: RehearsedPages,
): Promise<readonly Rehearsed[]> {
  const { database, clock } = deps;
  const now = clock.now();
  await deleteOldRehearsals(database, new Date(now.getTime() - LEFT_OVER_MS));
  const byLocation = new Map<string, Own>();
  try {
    for await (const page of pages) {
      const own = byLocation.get(page.location) ?? (await begin(database, page));
      byLocation.set(page.location, own);
      // Instead of a fact's number, when the rehearsal began: what is left over is known by it.
      const columns = columnsOf({ number: now.getTime(), data: page }, own.number);
      own.rows += columns.rows;
      await database.transaction(async (tx) => insertColumns(tx, [columns]));
    }
    const rehearsed: Rehearsed[] = [];
    for (const [locationId, own] of byLocation) {
      const snapshot: SnapshotToRehearse = {
        ...{ snapshot_number: own.number, source, location_id: locationId, taken_at: takenAt },
        ...{ scope: own.scope, rows_come: own.rows },
      };
      rehearsed.push(await database.transaction((tx) => weigh(deps, tx, snapshot)));
    }
    return rehearsed;
  } finally {
    await deleteRehearsals(
      database,
      [...byLocation.values()].map(({ number }) => number),
    );
  }
}

async function begin(database: Database, { scope }: FactData<"StockSnapshotPage">): Promise<Own> {
  const [number] = await takeRehearsalNumbers(database, 1);
  if (number === undefined) throw new Error("no number was given for a rehearsal");
  return { number, scope, rows: 0 };
}

async function weigh(
  { governance }: RehearsalDeps,
  tx: Transaction,
  snapshot: SnapshotToRehearse,
): Promise<Rehearsed> {
  settleIn(tx);
  const { source, location_id: locationId, taken_at: takenAt, snapshot_number: snapshotNumber } = snapshot;
  const policy = (await governance.driftPolicy(tx, { source, locationId })) ?? DEFAULT_DRIFT_POLICY;
  const owner = (await governance.owners(tx, "physical-stock", [locationId])).at(
    locationId,
    takenAt.getTime(),
  );
  const { money, is_exact: isExact, ...weight } = await weighRehearsal(tx, snapshot);
  const isFull = snapshot.scope === "full";
  const archive = await selectArchiveOfSnapshot(tx, { snapshotNumber, locationId, takenAt, isFull });
  return {
    ...{ locationId, weight, money },
    holdReasons:
      archive !== undefined ? ["past-archived"] : isExact ? holdReasons(weight, policy) : ["too-many-units"],
    owner: owner === source ? undefined : owner,
  };
}
