import type { Database } from "../../platform/index.ts";
import { Terminal } from "../../platform/index.ts";
import { backboneErrors } from "../errors.ts";
import type { LogPosition } from "../position.ts";
import { isFactLine } from "../stretch-service.ts";
import { type Stretch, selectSpan } from "../stretch-store.ts";
import { leafText } from "./leaf.ts";
import { HASH_BYTES, leafHash } from "./merkle.ts";
import { type ExportHead, hashSubtrees, leafIndexOf } from "./prover-service.ts";
import {
  selectLatestCheckpoint,
  selectPlaces,
  selectSeal,
  selectSealableByNumber,
  selectTiles,
} from "./store.ts";
import { hashAt, TILE_WIDTH } from "./tiles.ts";

/** Tiles read together, and the facts that they are of. */
const PAGE_TILES = 16;

export type StretchBounds = Pick<Stretch, "first_number" | "end_number">;

/** A leaf of the tree: the number of its fact, and its hash. */
type SealedLeaf = { readonly number: number; readonly hash: Buffer };

/** Leaves from a first one on, and the checkpoint that they are proved against. */
export type Leaves = { readonly first: number; readonly count: number; readonly checkpoint: string };

/** The facts of a stretch as lines. */
export type StretchExport = {
  /** The name of the log. */
  readonly log: string;
  /** Null where the stretch has no fact: there is nothing to prove. */
  readonly leaves: Leaves | null;
  readonly lines: AsyncIterable<string>;
  /** Facts that have been given out so far. */
  facts(): number;
};

/**
 * The facts of a closed stretch as lines that prove themselves, as `crossdock audit export` writes them: the head, then each fact in log
 * order. Where facts of other stretches stand among them, their hashes stand here. Throws where a fact is not what was sealed, and where
 * the stretch is not sealed and signed to its end.
 */
export async function exportStretch(database: Database, stretch: StretchBounds): Promise<StretchExport> {
  const { origin: log } = await selectSeal(database);
  const span = await selectSpan(database, stretch);
  let facts = 0;
  if (span === undefined) return { log, leaves: null, lines: none(), facts: () => facts };
  const head = await headOf(database, span);
  const { first, count, checkpoint } = head;
  const isOwn = (number: number) => number >= stretch.first_number && number < stretch.end_number;
  async function* lines(): AsyncGenerator<string> {
    yield JSON.stringify(head);
    for await (const leaves of sealedLeaves(database, head)) {
      const numbers = leaves.map(({ number }) => number).filter(isOwn);
      const rows = await selectSealableByNumber(database, numbers);
      const texts = new Map(rows.map((row) => [row.number, leafText(row)]));
      for (const { number, hash } of leaves) {
        const text = texts.get(number);
        if (isOwn(number) && (text === undefined || !leafHash(text).equals(hash)))
          throw damaged(`fact ${number} is not what was sealed`);
        if (text !== undefined) facts += 1;
        yield text ?? hashLine(hash);
      }
    }
  }
  return { log, leaves: { first, count, checkpoint }, lines: lines(), facts: () => facts };
}

async function* none(): AsyncGenerator<string> {
  yield* [];
}

/** The head of an export from the first to the last fact of a stretch. */
async function headOf(
  database: Database,
  span: { readonly first: LogPosition; readonly last: LogPosition },
): Promise<ExportHead> {
  const checkpoint = await selectLatestCheckpoint(database);
  const [first, last] = await Promise.all([
    leafIndexOf(database, span.first),
    leafIndexOf(database, span.last),
  ]);
  if (checkpoint === undefined || first === undefined || last === undefined || last >= checkpoint.size)
    throw damaged(`fact ${span.last.number} is not sealed and signed`);
  const [before, after] = await Promise.all([
    hashSubtrees(database, { first: 0, end: first }),
    hashSubtrees(database, { first: last + 1, end: checkpoint.size }),
  ]);
  const count = last - first + 1;
  return { format: "crossdock-audit-export/1", first, count, before, after, checkpoint: checkpoint.note };
}

/** The leaves of a range, page by page, as they were sealed. */
async function* sealedLeaves(
  database: Database,
  { first, count }: Pick<Leaves, "first" | "count">,
): AsyncGenerator<readonly SealedLeaf[]> {
  const end = first + count;
  for (let tile = Math.floor(first / TILE_WIDTH); tile * TILE_WIDTH < end; tile += PAGE_TILES) {
    const ids = Array.from({ length: PAGE_TILES }, (_, at) => ({ level: 0, tile: tile + at }));
    const [places, tiles] = await Promise.all([
      selectPlaces(database, { from: tile, limit: PAGE_TILES }),
      selectTiles(database, ids),
    ]);
    yield places.flatMap((place) => {
      const hashes = tiles.find((each) => each.tile === place.tile)?.hashes ?? Buffer.alloc(0);
      if (hashes.length < place.numbers.length * HASH_BYTES)
        throw damaged(`the tile 0/${place.tile} is too short`);
      return place.numbers
        .map((number, at) => ({ number, hash: hashAt(hashes, at), index: place.tile * TILE_WIDTH + at }))
        .filter(({ index }) => index >= first && index < end);
    });
  }
}

/** A line that stands for a fact of another stretch: its leaf's hash, which is all that a proof needs of it. */
const hashLine = (hash: Buffer): string => `{"hash":"${hash.toString("base64")}"}`;

/** What an archive says of the facts in it. */
export type ExportedStretch = { readonly log: string; readonly leaves: Leaves | null };

/** What a look at exported facts came to. */
export type StretchCheck = { readonly facts: number; readonly faults: readonly string[] };

/** Differences that are named; after these it is clear enough. */
const FAULTS_MAX = 10;

/** Holds the lines of an export against the tiles of this log's seal, leaf by leaf. */
export async function checkStretch(
  database: Database,
  said: ExportedStretch,
  pages: AsyncIterable<readonly string[]>,
): Promise<StretchCheck> {
  const { origin } = await selectSeal(database);
  if (said.log !== origin)
    return { facts: 0, faults: [`it is of the log ${said.log}, and this is ${origin}`] };
  const faults: string[] = [];
  const note = (fault: string) => faults.length < FAULTS_MAX && faults.push(fault);
  let facts = 0;
  const leaves = said.leaves === null ? undefined : eachLeaf(sealedLeaves(database, said.leaves));
  let isHead = true;
  for await (const line of eachLine(pages)) {
    if (isHead) {
      isHead = false;
      continue;
    }
    const sealed = await leaves?.next();
    const hash = hashOf(line);
    if (isFactLine(line)) facts += 1;
    if (sealed === undefined || sealed.done === true) note("it has more facts than were sealed");
    else if (!hash.equals(sealed.value.hash))
      note(`its line for fact ${sealed.value.number} is not what was sealed`);
  }
  if (leaves !== undefined && (await leaves.next()).done !== true)
    note("it has fewer facts than were sealed");
  return { facts, faults };
}

const hashOf = (line: string): Buffer =>
  isFactLine(line) ? leafHash(line) : Buffer.from(/^\{"hash":"([^"]*)"\}$/.exec(line)?.[1] ?? "", "base64");

async function* eachLine(pages: AsyncIterable<readonly string[]>): AsyncGenerator<string> {
  for await (const page of pages) yield* page;
}

async function* eachLeaf(pages: AsyncIterable<readonly SealedLeaf[]>): AsyncGenerator<SealedLeaf> {
  for await (const page of pages) yield* page;
}

const damaged = (what: string): Terminal => new Terminal(backboneErrors.sealDamaged, what);
