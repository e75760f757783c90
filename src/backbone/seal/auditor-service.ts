import type { Database } from "../../platform/index.ts";
import { isBefore, LOG_START, type LogPosition } from "../position.ts";
import { compare, type Finding, lost, type SealedFact } from "./audit.ts";
import { verifierKeys } from "./keys-service.ts";
import type { SealableRow } from "./leaf.ts";
import { createFrontier, HASH_BYTES } from "./merkle.ts";
import { parseCheckpoint, type SignedCheckpoint, signersOf, type VerifierKey } from "./note.ts";
import {
  type Places,
  type Seal,
  selectArchivedNumbers,
  selectCheckpoints,
  selectPlaces,
  selectPositions,
  selectSeal,
  selectSealableUpTo,
  selectTiles,
} from "./store.ts";
import { hashAt, rootOf, TILE_WIDTH } from "./tiles.ts";

/** Tiles looked at together, and the facts that they are of. */
const PAGE_TILES = 16;
/** Facts read at once where more stand among the sealed ones than were sealed. */
const PAGE_FACTS = 8_192;
/** Findings that are named; the others are counted. */
export const FINDINGS_MAX = 100;
/** More checkpoints than a year of minutes are not held in memory; the newest are the ones that matter least for where. */
const CHECKPOINTS_MAX = 600_000;

export type AuditOptions = {
  /** Checkpoints that were kept elsewhere, as signed notes. */
  readonly checkpoints?: readonly string[];
  /** Keys that are trusted besides those that the database names. Given any, only these are trusted. */
  readonly keys?: readonly VerifierKey[];
};

/** What an audit found. */
export type AuditReport = {
  readonly origin: string;
  /** Facts that are sealed, and the root over them as it comes out now. */
  readonly size: number;
  readonly root: string;
  /** Facts that were read and hashed. */
  readonly facts: number;
  /** Sealed facts that lie in an archive, so that only their hashes were looked at. */
  readonly archived: number;
  /** Checkpoints that were compared, of the database and from elsewhere. */
  readonly checkpoints: number;
  readonly total: number;
  /** The first of them, in log order where they have one. */
  readonly findings: readonly Finding[];
};

/** What an audit keeps while it goes along the log. */
type Course = {
  readonly seal: Seal;
  readonly findings: Finding[];
  total: number;
  facts: number;
  archived: number;
  /** The size at which the roots of all checkpoints last came out right. */
  agreed: number;
  readonly frontier: ReturnType<typeof createFrontier>;
  /** Checkpoints still to come, the smallest first. */
  readonly ahead: SignedCheckpoint[];
};

/**
 * Hashes every sealed fact again and compares: with its leaf, the leaves with the tiles above them, the roots with every signed
 * checkpoint, in the database and from elsewhere. Says what differs and where. Changes nothing, and may run beside live traffic.
 */
export async function auditLog(database: Database, options: AuditOptions = {}): Promise<AuditReport> {
  const seal = await selectSeal(database);
  const course: Course = {
    seal,
    findings: [],
    total: 0,
    facts: 0,
    archived: 0,
    agreed: 0,
    frontier: createFrontier(),
    ahead: [],
  };
  const checkpoints = await gatherCheckpoints(database, course, options);
  let end: LogPosition = LOG_START;
  for (let tile = 0; tile * TILE_WIDTH < seal.size; tile += PAGE_TILES) {
    end = await auditTiles(database, course, { tile, after: end });
  }
  await auditUpperTiles(database, course);
  for (const late of course.ahead) note(course, shorter(late, seal));
  return {
    origin: seal.origin,
    size: seal.size,
    root: course.frontier.root().toString("base64"),
    facts: course.facts,
    archived: course.archived,
    checkpoints,
    total: course.total,
    findings: course.findings,
  };
}

function note(course: Course, finding: Finding): void {
  course.total += 1;
  if (course.findings.length < FINDINGS_MAX) course.findings.push(finding);
}

/** Reads and judges the checkpoints; those that are genuine wait for their size. */
async function gatherCheckpoints(database: Database, course: Course, options: AuditOptions): Promise<number> {
  const { origin } = course.seal;
  const own = await selectCheckpoints(database, { beyond: -1, limit: CHECKPOINTS_MAX });
  const keys = options.keys ?? (await verifierKeys(database, origin));
  const notes = [...own.map((row) => row.note), ...(options.checkpoints ?? [])];
  for (const text of notes) {
    const checkpoint = parseCheckpoint(text);
    if (checkpoint === undefined || signersOf(checkpoint, keys).length === 0) {
      const which = checkpoint === undefined ? "a text" : `a checkpoint of ${checkpoint.size} facts`;
      note(course, {
        is: "not-signed",
        says: `${which} carries no signature of a known key: ${text.slice(0, 200)}`,
      });
    } else if (checkpoint.origin !== origin) {
      note(course, {
        is: "another-log",
        says: `a checkpoint is of ${checkpoint.origin}; this log is ${origin}`,
      });
    } else course.ahead.push(checkpoint);
  }
  course.ahead.sort((a, b) => a.size - b.size);
  const count = course.ahead.length;
  meetCheckpoints(course, 0);
  return count;
}

/** Compares the root with the checkpoints of a size. */
function meetCheckpoints(course: Course, size: number): void {
  while (course.ahead[0]?.size === size) {
    const checkpoint = course.ahead.shift();
    if (checkpoint?.root.equals(course.frontier.root()) === true) course.agreed = size;
    else
      note(course, {
        is: "root-differs",
        from: course.agreed,
        to: size - 1,
        says: `the root over ${size} facts is not the one that was signed: something from leaf ${course.agreed} to leaf ${size - 1} was changed together with its hash`,
      });
  }
}

function shorter({ size }: SignedCheckpoint, seal: Seal): Finding {
  const says = `a signed checkpoint says ${size} facts; the log has ${seal.size} sealed facts: its end was cut off, or it was put back to an earlier state`;
  return { is: "log-shorter", from: seal.size, to: size - 1, says };
}

/** Audits a page of tiles; gives the position of its last fact. */
async function auditTiles(
  database: Database,
  course: Course,
  { tile, after }: { readonly tile: number; readonly after: LogPosition },
): Promise<LogPosition> {
  const ids = Array.from({ length: PAGE_TILES }, (_, at) => tile + at).filter(
    (each) => each * TILE_WIDTH < course.seal.size,
  );
  const [places, tiles, above] = await Promise.all([
    selectPlaces(database, { from: tile, limit: ids.length }),
    selectTiles(
      database,
      ids.map((each) => ({ level: 0, tile: each })),
    ),
    selectTiles(database, [{ level: 1, tile: Math.floor(tile / TILE_WIDTH) }]),
  ]);
  const sealed: SealedFact[] = [];
  for (const id of ids) {
    const hashes = tiles.find((each) => each.tile === id)?.hashes ?? Buffer.alloc(0);
    const facts = sealedFacts(course, { id, hashes, places: places.find((each) => each.tile === id) });
    if (facts.length === TILE_WIDTH) checkAbove(course, { level: 0, id, hashes, above: above[0]?.hashes });
    sealed.push(...facts);
  }
  const isLast = (tile + PAGE_TILES) * TILE_WIDTH >= course.seal.size;
  const last = sealed.at(-1) ?? after;
  const upTo = isLast && isBefore(last, course.seal) ? course.seal : last;
  await auditFacts(database, course, { sealed, after, upTo });
  return upTo;
}

/** The facts of a tile as they were sealed; its leaves go into the tree, and the checkpoints on the way are met. */
function sealedFacts(
  course: Course,
  tile: { readonly id: number; readonly hashes: Buffer; readonly places: Places | undefined },
): readonly SealedFact[] {
  const first = tile.id * TILE_WIDTH;
  const count = Math.min(TILE_WIDTH, course.seal.size - first);
  const { transactions = [], numbers = [] } = tile.places ?? {};
  const has = Math.min(tile.hashes.length / HASH_BYTES, numbers.length);
  if (has < count) {
    note(course, {
      is: "seal-damaged",
      from: first,
      to: first + count - 1,
      says: `the seal of leaves ${first} to ${first + count - 1} has ${has} of ${count} entries`,
    });
  }
  return Array.from({ length: Math.min(has, count) }, (_, at) => {
    const hash = hashAt(tile.hashes, at);
    course.frontier.append(hash);
    meetCheckpoints(course, first + at + 1);
    return { index: first + at, hash, transaction: transactions[at] ?? 0, number: numbers[at] ?? 0 };
  });
}

/** The tiles above the leaves' own, each against the one above it. */
async function auditUpperTiles(database: Database, course: Course): Promise<void> {
  for (let level = 1; course.seal.size >= TILE_WIDTH ** (level + 1); level += 1) {
    const whole = Math.floor(course.seal.size / TILE_WIDTH ** (level + 1));
    for (let id = 0; id < whole; id += 1) {
      const tiles = await selectTiles(database, [
        { level, tile: id },
        { level: level + 1, tile: Math.floor(id / TILE_WIDTH) },
      ]);
      const hashes = tiles.find((tile) => tile.level === level)?.hashes ?? Buffer.alloc(HASH_BYTES);
      const above = tiles.find((tile) => tile.level === level + 1)?.hashes;
      checkAbove(course, { level, id, hashes, above });
    }
  }
}

/** A tile's own root is kept in the tile above it. */
function checkAbove(
  course: Course,
  tile: {
    readonly level: number;
    readonly id: number;
    readonly hashes: Buffer;
    readonly above: Buffer | undefined;
  },
): void {
  const { level, id, hashes, above } = tile;
  const kept = above === undefined ? undefined : hashAt(above, id % TILE_WIDTH);
  if (kept?.equals(rootOf(hashes)) === true) return;
  const leaves = TILE_WIDTH ** (level + 1);
  const from = id * leaves;
  const to = from + leaves - 1;
  note(course, {
    is: "seal-damaged",
    from,
    to,
    says: `the hashes of leaves ${from} to ${to} are not those that the tile above them was made of`,
  });
}

/** Reads the facts that stand in a stretch of the log, and compares. */
async function auditFacts(
  database: Database,
  course: Course,
  of: { readonly sealed: readonly SealedFact[]; readonly after: LogPosition; readonly upTo: LogPosition },
): Promise<void> {
  const rows = await readStretch(database, of);
  course.facts += rows.length;
  const { findings, missing: absent } = compare(of.sealed, rows);
  for (const finding of findings) note(course, finding);
  if (absent.length === 0) return;
  // What was archived was held against these hashes before it left; `crossdock archive --check` does so again.
  const archived = await selectArchivedNumbers(
    database,
    absent.map(({ number }) => number),
  );
  course.archived += archived.size;
  const missing = absent.filter(({ number }) => !archived.has(number));
  const now = await selectPositions(
    database,
    missing.map(({ number }) => number),
  );
  for (const finding of lost(missing, new Map(now.map((each) => [each.number, each])))) note(course, finding);
}

async function readStretch(
  database: Database,
  { after, upTo }: { readonly after: LogPosition; readonly upTo: LogPosition },
): Promise<readonly SealableRow[]> {
  const rows: SealableRow[] = [];
  while (true) {
    const from = rows.at(-1) ?? after;
    const page = await selectSealableUpTo(database, { after: from, upTo, limit: PAGE_FACTS });
    rows.push(...page);
    if (page.length < PAGE_FACTS) return rows;
  }
}
