import type { Clock, Database, Leases, Transaction } from "../platform/index.ts";
import {
  insertCheckpointChanges,
  insertCheckpoints,
  selectPositionsToCheckpoint,
} from "./checkpoint-store.ts";
import { lockPositionsById } from "./store.ts";
import type { PlannedTransfer } from "./transfer.ts";

/** Transfers of a position between two of its checkpoints: what a question about its past has to read. */
export const CHECKPOINT_EVERY = 100;
/** Checkpoints are made of what took effect this long ago, so that nearly all of what will be told of that time has been told. */
const CHECKPOINT_LAG_MS = 2 * 3_600_000;
/** Transfers of later effect than this cannot lie behind a checkpoint; an hour is left for clocks that disagree. */
const LATE_MS = 3_600_000;
/** Positions that are locked at once, and transfers a side that are read of each meanwhile. */
const SLICE_POSITIONS = 50;
const SPAN_TRANSFERS = 2_000;
/** Held by the one process that makes checkpoints; others would find nothing to do, at the price of looking. */
const LEASE = "ledger.checkpoints";

export type CheckpointsOptions = {
  readonly database: Database;
  readonly clock: Clock;
  readonly leases: Leases;
  /** Default: `CHECKPOINT_EVERY`. */
  readonly every?: number;
};

/** What keeps the past of positions quick to read. */
export type Checkpoints = {
  /** Makes the checkpoints that are due, slice by slice; nothing while another process does. Gives how many it made. */
  make(): Promise<number>;
};

/** Opens the checkpoints of a ledger. */
export function createCheckpoints(options: CheckpointsOptions): Checkpoints {
  return {
    async make() {
      const [lease] = await options.leases.take([LEASE]);
      if (lease === undefined) return 0;
      try {
        let made = 0;
        for (let after: number | undefined = 0; after !== undefined && lease.isHeld(); ) {
          const slice: Slice = await makeSlice(options, after);
          made += slice.made;
          after = slice.next;
        }
        return made;
      } finally {
        await lease.giveBack();
      }
    },
  };
}

type Slice = { readonly made: number; readonly next: number | undefined };

async function makeSlice(options: CheckpointsOptions, after: number): Promise<Slice> {
  const { database, clock, every = CHECKPOINT_EVERY } = options;
  const positionIds = await selectPositionsToCheckpoint(database, { after, every, limit: SLICE_POSITIONS });
  const last = positionIds.at(-1);
  if (last === undefined) return { made: 0, next: undefined };
  const now = clock.now();
  const before = new Date(now.getTime() - CHECKPOINT_LAG_MS);
  const made = await database.transaction(async (tx) => {
    await lockPositionsById(tx, positionIds);
    return insertCheckpoints(tx, { positionIds, before, now, every, span: SPAN_TRANSFERS });
  });
  // Of a position with a long past only a span was read: it is looked at again until nothing is left to make.
  return { made, next: made > 0 ? after : last };
}

/**
 * Tells the checkpoints of transfers that take effect behind them. Called with everything that is posted, in the transaction that posts
 * it; nearly nothing is so late, and then nothing is sent.
 */
export function tellCheckpoints(tx: Transaction, transfers: readonly PlannedTransfer[], now: Date): void {
  const late = transfers.filter((transfer) => isBehindCheckpoints(new Date(transfer.effectiveAt), now));
  if (late.length > 0) insertCheckpointChanges(tx, late, now);
}

/** Whether a checkpoint may have been made of an instant, so that what is posted for it now must be told there. */
export function isBehindCheckpoints(effectiveAt: Date, now: Date): boolean {
  return effectiveAt.getTime() < now.getTime() - LATE_MS;
}
