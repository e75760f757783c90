import { setImmediate } from "node:timers/promises";
import type { Clock, Database, Lease, Leases, Log, SecretBox, Wakeup } from "../../platform/index.ts";
import { isRetryable } from "../../platform/index.ts";
import type { LogPosition } from "../position.ts";
import type { FactLog } from "../service.ts";
import { commitLater, selectRunningElsewhere } from "../store.ts";
import { canSign, keyInUse, replaceKey, signCheckpoint } from "./keys-service.ts";
import { leafText, type SealableRow } from "./leaf.ts";
import { type Hash, leafHash } from "./merkle.ts";
import {
  type CheckpointRow,
  type KeyRow,
  type Places,
  type Seal,
  selectLatestCheckpoint,
  selectSeal,
  selectSealable,
  selectTiles,
  updateSeal,
  upsertCheckpoint,
  upsertPlaces,
  upsertTiles,
} from "./store.ts";
import { edgeOf, grow, TILE_WIDTH } from "./tiles.ts";
import { rootAt } from "./tree-service.ts";

/** Facts sealed in one transaction: 16 tiles, some 200 kB of rows. */
const PAGE_FACTS = 4_096;
/** Facts hashed before others on this thread have their turn: about a millisecond. */
const TURN_FACTS = 64;
/** A fact is sealed about this long after it settled; often enough that nobody could rewrite it in between and be early. */
const SEAL_EVERY_MS = 1_000;
/** What a person can remember as "every minute"; each is a line in the log, so whoever ships the log ships the anchors. */
export const CHECKPOINT_EVERY_MS = 60_000;
/** Nobody signals it: it is the sealer's own way to wait and to be stopped. */
const SEAL_TOPIC = "seal";
const LEASE_NAME = "seal";

export type SealerDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly wakeup: Wakeup;
  readonly leases: Leases;
  readonly secretBox: SecretBox;
  /** Settled facts after a position that this process has read already; undefined when the next one is not among them. */
  readonly recall?: FactLog["recall"] | undefined;
};

export type Sealer = {
  /** Seals behind the log until stopped, in one process at a time. */
  start(): void;
  stop(): Promise<void>;
  /** Seals everything that is settled; gives how many facts that were. */
  seal(): Promise<number>;
  /** Seals everything that is settled and signs a checkpoint of it. */
  checkpoint(): Promise<CheckpointRow>;
  /**
   * Takes a new key into use. Its first checkpoint is signed by both, so that trust in the old key reaches the new one; by the new one
   * alone where the old one cannot be read any more.
   */
  rotateKey(): Promise<CheckpointRow>;
};

/** Makes the sealer; nothing runs yet. */
export function createSealer(deps: SealerDeps): Sealer {
  const stopping = new AbortController();
  // What is remembered may end before the log does, which is soon enough for the next second and too early for who asks now.
  const toTheEnd = { ...deps, recall: undefined };
  let running: Promise<void> | undefined;
  return {
    start() {
      running ??= sealUntilStopped(deps, stopping.signal);
    },
    async stop() {
      stopping.abort();
      await running;
    },
    seal: () => sealSettled(toTheEnd, stopping.signal),
    async checkpoint() {
      await sealSettled(toTheEnd, stopping.signal);
      return checkpointNow(deps);
    },
    async rotateKey() {
      await sealSettled(toTheEnd, stopping.signal);
      return rotateKey(deps);
    },
  };
}

async function sealUntilStopped(deps: SealerDeps, stopping: AbortSignal): Promise<void> {
  let lease: Lease | undefined;
  while (!stopping.aborted) {
    try {
      if (lease?.isHeld() !== true) {
        await lease?.giveBack();
        [lease] = await deps.leases.take([LEASE_NAME]);
      }
      if (lease?.isHeld() === true) {
        await sealSettled(deps, stopping);
        if (await isCheckpointDue(deps)) await checkpointNow(deps);
      }
    } catch (error) {
      const fields = { event: "backbone.seal-failed", err: error };
      if (isRetryable(error)) deps.log.warn(fields);
      else deps.log.error(fields);
    }
    await deps.wakeup.wait(SEAL_TOPIC, SEAL_EVERY_MS, stopping);
  }
  await lease?.giveBack();
}

/** Seals page by page. The next page is read while this one is hashed and written. */
async function sealSettled(deps: SealerDeps, stopping: AbortSignal): Promise<number> {
  let sealed = 0;
  let seal = await selectSeal(deps.database);
  let page = readPage(deps, seal);
  while (!stopping.aborted) {
    const rows = await page;
    const last = rows.at(-1);
    if (last === undefined) break;
    const isFull = rows.length === PAGE_FACTS;
    if (isFull) page = readPage(deps, last);
    // A failure shows when the page is waited for, which a failure of this one prevents.
    page.catch(() => undefined);
    if (await sealPage(deps, seal, rows)) {
      sealed += rows.length;
      seal = { ...seal, ...positionOf(last), size: seal.size + rows.length };
      if (!isFull) break;
    } else {
      // Another process was quicker; this one goes on behind it.
      seal = await selectSeal(deps.database);
      page = readPage(deps, seal);
    }
  }
  return sealed;
}

const positionOf = ({ transaction, number }: LogPosition): LogPosition => ({ transaction, number });

async function readPage(
  { database, recall }: SealerDeps,
  after: LogPosition,
): Promise<readonly SealableRow[]> {
  const remembered = recall?.(positionOf(after), PAGE_FACTS);
  if (remembered !== undefined) return remembered;
  const elsewhere = await selectRunningElsewhere(database);
  return selectSealable(database, { after, limit: PAGE_FACTS, elsewhere });
}

/**
 * Seals a page; false when the seal does not stand where the page begins. It is hashed before the transaction begins: a transaction
 * that has written holds back every reader of the log, and this one must not cost them the time of thousands of hashes.
 */
async function sealPage(
  { database }: SealerDeps,
  seal: Seal,
  rows: readonly SealableRow[],
): Promise<boolean> {
  const last = rows.at(-1);
  if (last === undefined) return true;
  const leaves = await hashLeaves(rows);
  const edge = await selectTiles(database, edgeOf(seal.size));
  const tiles = grow(seal.size, edge, leaves);
  return database.transaction(async (tx) => {
    // What a crash takes back is sealed again in the same way.
    commitLater(tx);
    const move = { from: seal.size, size: seal.size + rows.length, at: last };
    if (!(await updateSeal(tx, move))) return false;
    upsertTiles(tx, tiles);
    upsertPlaces(tx, placesOf(seal, rows));
    return true;
  });
}

async function hashLeaves(rows: readonly SealableRow[]): Promise<readonly Hash[]> {
  const leaves: Hash[] = [];
  for (const row of rows) {
    leaves.push(leafHash(leafText(row)));
    if (leaves.length % TURN_FACTS === 0) await setImmediate();
  }
  return leaves;
}

/** The places of a page, by their tiles. */
function placesOf({ size }: Seal, rows: readonly SealableRow[]): readonly Places[] {
  const byTile = Map.groupBy(
    rows.map((row, at) => ({ row, tile: Math.floor((size + at) / TILE_WIDTH) })),
    ({ tile }) => tile,
  );
  return [...byTile].map(([tile, places]) => ({
    tile,
    transactions: places.map(({ row }) => row.transaction),
    numbers: places.map(({ row }) => row.number),
  }));
}

async function isCheckpointDue({ database, clock }: SealerDeps): Promise<boolean> {
  const [seal, latest] = await Promise.all([selectSeal(database), selectLatestCheckpoint(database)]);
  if (latest === undefined) return seal.size > 0;
  return seal.size > latest.size && clock.now().getTime() - latest.signed_at.getTime() >= CHECKPOINT_EVERY_MS;
}

/** Signs what is sealed. When the latest checkpoint says the same, it is that one. */
async function checkpointNow(deps: SealerDeps): Promise<CheckpointRow> {
  const { database } = deps;
  const [seal, latest] = await Promise.all([selectSeal(database), selectLatestCheckpoint(database)]);
  if (latest?.size === seal.size) return latest;
  const key = await keyInUse(deps, seal.origin);
  const row = await signedAt(deps, seal, [key]);
  await upsertCheckpoint(database, row);
  tell(deps, row);
  return row;
}

async function signedAt(
  deps: SealerDeps,
  { origin, size }: Seal,
  keys: readonly KeyRow[],
): Promise<CheckpointRow> {
  const root = await rootAt(deps.database, size);
  const note = signCheckpoint(deps, { origin, size, root }, keys);
  return { size, root, note, signed_at: deps.clock.now() };
}

async function rotateKey(deps: SealerDeps): Promise<CheckpointRow> {
  const { database } = deps;
  const seal = await selectSeal(database);
  const old = await keyInUse(deps, seal.origin);
  const row = await database.transaction(async (tx) => {
    const made = await replaceKey(deps, tx, { origin: seal.origin, old });
    if (made === undefined) return undefined;
    const signed = await signedAt(deps, seal, canSign(deps, old) ? [old, made] : [made]);
    await upsertCheckpoint(tx, signed);
    return signed;
  });
  // Somebody else has just done it.
  if (row === undefined) return checkpointNow(deps);
  tell(deps, row);
  return row;
}

function tell({ log }: SealerDeps, { size, note }: CheckpointRow): void {
  log.info({ event: "backbone.checkpoint-signed", size, note });
}
