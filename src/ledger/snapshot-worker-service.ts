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

/** Takes one of the snapshots that are ready. False when there is none, or others have them all. */
async function takeNext(deps: SnapshotDeps, stopping: AbortSignal): Promise<boolean> {
  const ready = await selectReadySnapshots(deps.database, LOOK_MAX);
  const numbers = new Map(ready.map((row) => [leaseName(row.snapshot_number), row.snapshot_number]));
  const [lease] = await deps.leases.take([...numbers.keys()], 1);
  const snapshotNumber = lease === undefined ? undefined : numbers.get(lease.name);
  if (lease === undefined || snapshotNumber === undefined) return false;
  try {
    await takeSnapshot(deps, snapshotNumber, AbortSignal.any([lease.ended, stopping]));
  } finally {
    await lease.giveBack();
  }
  return true;
}

/** Makes the worker. */
export function createSnapshotWorker(deps: SnapshotDeps): SnapshotWorker {
  const { wakeup, log } = deps;
  const stopping = new AbortController();
  const worker = createWorker({
    name: "snapshots",
    failedEvent: "ledger.snapshot-failed",
    topic: SNAPSHOTS_TOPIC,
    pollMs: POLL_MS,
    wakeup,
    log,
    step: () => takeNext(deps, stopping.signal),
  });

  return {
    start: worker.start,
    async stop() {
      stopping.abort();
      await worker.stop();
    },
    async drain() {
      let taken = 0;
      while (await takeNext(deps, stopping.signal)) taken += 1;
      return taken;
    },
  };
}
