import { createWorker } from "../platform/index.ts";
import { SNAPSHOTS_TOPIC } from "./gather-service.ts";
import { selectReadySnapshots } from "./snapshot-report-store.ts";
import { type SnapshotDeps, takeSnapshot } from "./snapshot-service.ts";

/** How late a snapshot can be taken when every wake-up is lost. */
const POLL_MS = 1_000;
/** Ready snapshots looked at in one go; which of them is taken depends on whose lease is free. */
const LOOK_MAX = 50;

/** Takes snapshots in the background, each in one process at a time. */
export type SnapshotWorker = {
  start(): void;
  /** Finishes the slice at hand, then stops. */
  stop(): Promise<void>;
  /** Takes every snapshot that has all its pages; for tests and commands. Gives how many. */
  drain(): Promise<number>;
};

const leaseName = (snapshotNumber: number): string => `ledger.snapshot.${snapshotNumber}`;

/**
 * Takes one of the snapshots that are ready; those that failed here last come after the others, so that none of them stands in the way.
 * False when there is none, or others have them all.
 */
async function takeNext(deps: SnapshotDeps, failed: Set<number>, stopping: AbortSignal): Promise<boolean> {
  const ready = (await selectReadySnapshots(deps.database, LOOK_MAX)).map((row) => row.snapshot_number);
  const [again, fresh] = [
    ready.filter((each) => failed.has(each)),
    ready.filter((each) => !failed.has(each)),
  ];
  const taken = (await leaseOneOf(deps, fresh)) ?? (await leaseOneOf(deps, again));
  if (taken === undefined) return false;
  const { lease, snapshotNumber } = taken;
  // All had their turn.
  if (failed.has(snapshotNumber)) failed.clear();
  try {
    await takeSnapshot(deps, snapshotNumber, AbortSignal.any([lease.ended, stopping]));
  } catch (error) {
    failed.add(snapshotNumber);
    throw error;
  } finally {
    await lease.giveBack();
  }
  return true;
}

async function leaseOneOf({ leases }: SnapshotDeps, snapshotNumbers: readonly number[]) {
  const numbers = new Map(snapshotNumbers.map((each) => [leaseName(each), each]));
  const [lease] = await leases.take([...numbers.keys()], 1);
  const snapshotNumber = lease === undefined ? undefined : numbers.get(lease.name);
  return lease === undefined || snapshotNumber === undefined ? undefined : { lease, snapshotNumber };
}

/** Makes the worker. */
export function createSnapshotWorker(deps: SnapshotDeps): SnapshotWorker {
  const { wakeup, log } = deps;
  const stopping = new AbortController();
  const failed = new Set<number>();
  const worker = createWorker({
    name: "snapshots",
    failedEvent: "ledger.snapshot-failed",
    topic: SNAPSHOTS_TOPIC,
    pollMs: POLL_MS,
    wakeup,
    log,
    step: () => takeNext(deps, failed, stopping.signal),
  });

  return {
    start: worker.start,
    async stop() {
      stopping.abort();
      await worker.stop();
    },
    async drain() {
      let taken = 0;
      while (await takeNext(deps, failed, stopping.signal)) taken += 1;
      return taken;
    },
  };
}
