import { type Database, Terminal } from "../../platform/index.ts";
import { backboneErrors } from "../errors.ts";
import type { LogPosition } from "../position.ts";
import { selectEventOfSource } from "../store.ts";
import { leafText, type SealableRow } from "./leaf.ts";
import type { Hash } from "./merkle.ts";
import { consistencySpans, inclusionSpans, subtreesOf } from "./proof.ts";
import {
  type ArchivedFact,
  type CheckpointRow,
  selectArchiveOfLeaves,
  selectArchiveOfNumber,
  selectArchiveOfTold,
  selectCheckpoints,
  selectLatestCheckpoint,
  selectPlaces,
  selectPlacesOf,
  selectPositions,
  selectSeal,
  selectSealableUpTo,
} from "./store.ts";
import { TILE_WIDTH } from "./tiles.ts";
import { hashSpans, rootAt } from "./tree-service.ts";

/** A fact by its position, by its number, or by its source's id where it came from outside. */
export type FactName =
  | { readonly position: LogPosition }
  | { readonly number: number }
  | { readonly source: string; readonly id: string };

/** Proves that a fact stands in the log as it was signed: RFC 9162, section 2.1.3. Hashes are in base64. */
export type InclusionProof = {
  readonly format: "crossdock-inclusion-proof/1";
  readonly index: number;
  readonly size: number;
  /** The fact as the text that is hashed. */
  readonly leaf: string;
  readonly hashes: readonly string[];
  /** The signed note of this size and the root. */
  readonly checkpoint: string;
};

/** Proves that the log of one size is the beginning of the log of a later one: RFC 9162, section 2.1.4. */
export type ConsistencyProof = {
  readonly format: "crossdock-consistency-proof/1";
  readonly from: number;
  readonly to: number;
  readonly fromRoot: string;
  readonly toRoot: string;
  readonly hashes: readonly string[];
};

/** The head of an export: what proves that the lines after it are the facts from `first` on, of the log that was signed. */
export type ExportHead = {
  readonly format: "crossdock-audit-export/1";
  readonly first: number;
  readonly count: number;
  /** The whole subtrees before the first fact, and after the last, from left to right. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly checkpoint: string;
};

export type Prover = {
  latestCheckpoint(): Promise<CheckpointRow | undefined>;
  checkpoints(page: { readonly beyond: number; readonly limit: number }): Promise<readonly CheckpointRow[]>;
  /** Undefined: there is no such fact. `not-yet`: it is newer than the latest checkpoint. Throws `backbone.facts-archived`. */
  proveFact(name: FactName): Promise<InclusionProof | "not-yet" | undefined>;
  /** Undefined: the sizes do not rise, or the log is not sealed so far. */
  proveConsistency(from: number, to: number): Promise<ConsistencyProof | undefined>;
  /**
   * Facts as lines, a proof at their head, against the latest checkpoint. Undefined: nothing is signed from `first` on. Throws
   * `backbone.facts-archived` before the first line.
   */
  exportFacts(range: {
    readonly first: number;
    readonly count?: number;
  }): Promise<AsyncIterable<string> | undefined>;
};

/** Facts read at once for an export. */
const EXPORT_PAGE_FACTS = 2_000;

/** Makes the prover. It reads, and writes nothing. */
export function createProver(database: Database): Prover {
  return {
    latestCheckpoint: () => selectLatestCheckpoint(database),
    checkpoints: (page) => selectCheckpoints(database, page),
    proveFact: (name) => proveFact(database, name),
    proveConsistency: (from, to) => proveConsistency(database, from, to),
    exportFacts: (range) => exportFacts(database, range),
  };
}

const inBase64 = (hashes: readonly Hash[]) => hashes.map((hash) => hash.toString("base64"));

async function proveFact(
  database: Database,
  name: FactName,
): Promise<InclusionProof | "not-yet" | undefined> {
  const position = await positionOf(database, name);
  const row = position && (await rowAt(database, position));
  if (position === undefined || row === undefined) {
    const gone = await archiveOf(database, name);
    if (gone !== undefined) throw archived(gone);
    return undefined;
  }
  const [index, checkpoint] = await Promise.all([
    leafIndexOf(database, position),
    selectLatestCheckpoint(database),
  ]);
  if (index === undefined || checkpoint === undefined || index >= checkpoint.size) return "not-yet";
  const hashes = await hashSpans(database, inclusionSpans(index, checkpoint.size));
  return {
    format: "crossdock-inclusion-proof/1",
    index,
    size: checkpoint.size,
    leaf: leafText(row),
    hashes: inBase64(hashes),
    checkpoint: checkpoint.note,
  };
}

async function positionOf(database: Database, name: FactName): Promise<LogPosition | undefined> {
  if ("position" in name) return name.position;
  if ("source" in name) return selectEventOfSource(database, name.source, name.id);
  const [found] = await selectPositions(database, [name.number]);
  return found;
}

async function rowAt(database: Database, position: LogPosition): Promise<SealableRow | undefined> {
  const after = { ...position, number: position.number - 1 };
  const [row] = await selectSealableUpTo(database, { after, upTo: position, limit: 1 });
  return row;
}

function archiveOf(database: Database, name: FactName): Promise<ArchivedFact | undefined> {
  if ("source" in name) return selectArchiveOfTold(database, name.source, name.id);
  return selectArchiveOfNumber(database, "position" in name ? name.position.number : name.number);
}

function archived({ number, archive }: ArchivedFact): Terminal {
  const text = `fact ${number} lies in the archive ${archive}: check its events.ndjson.gz with verify-log.mjs, or put it back with crossdock archive --restore`;
  return new Terminal(backboneErrors.factsArchived, text);
}

/** Which leaf a position is; undefined while it is not sealed. */
export async function leafIndexOf(database: Database, position: LogPosition): Promise<number | undefined> {
  const places = await selectPlacesOf(database, position);
  if (places === undefined) return undefined;
  const at = places.numbers.findIndex(
    (number, index) => number === position.number && places.transactions[index] === position.transaction,
  );
  return at === -1 ? undefined : places.tile * TILE_WIDTH + at;
}

async function proveConsistency(
  database: Database,
  from: number,
  to: number,
): Promise<ConsistencyProof | undefined> {
  const { size } = await selectSeal(database);
  if (from < 0 || from > to || to > size) return undefined;
  const [fromRoot, toRoot, hashes] = await Promise.all([
    rootAt(database, from),
    rootAt(database, to),
    hashSpans(database, consistencySpans(from, to)),
  ]);
  return {
    format: "crossdock-consistency-proof/1",
    from,
    to,
    fromRoot: fromRoot.toString("base64"),
    toRoot: toRoot.toString("base64"),
    hashes: inBase64(hashes),
  };
}

async function exportFacts(
  database: Database,
  range: { readonly first: number; readonly count?: number },
): Promise<AsyncIterable<string> | undefined> {
  const checkpoint = await selectLatestCheckpoint(database);
  const { first } = range;
  if (checkpoint === undefined || first < 0 || first >= checkpoint.size) return undefined;
  const count = Math.min(range.count ?? checkpoint.size, checkpoint.size - first);
  const gone = await selectArchiveOfLeaves(database, { first, end: first + count, tileWidth: TILE_WIDTH });
  if (gone !== undefined) throw archived(gone);
  const [before, after] = await Promise.all(
    [
      { first: 0, end: first },
      { first: first + count, end: checkpoint.size },
    ].map((span) => hashSubtrees(database, span)),
  );
  const head: ExportHead = {
    format: "crossdock-audit-export/1",
    first,
    count,
    before: before ?? [],
    after: after ?? [],
    checkpoint: checkpoint.note,
  };
  return exportLines(database, head);
}

/** The whole subtrees of a span of leaves, in base64, from left to right. */
export async function hashSubtrees(
  database: Database,
  span: { readonly first: number; readonly end: number },
): Promise<readonly string[]> {
  const spans = subtreesOf(span).map(({ height, index }) => ({
    first: index * 2 ** height,
    end: (index + 1) * 2 ** height,
  }));
  return inBase64(await hashSpans(database, spans));
}

/** The head, then the facts as they stand on the log now: whether they are what was sealed is for whoever checks them to say. */
async function* exportLines(database: Database, head: ExportHead): AsyncGenerator<string> {
  yield JSON.stringify(head);
  const seal = await selectSeal(database);
  const [places] = await selectPlaces(database, { from: Math.floor(head.first / TILE_WIDTH), limit: 1 });
  const at = head.first % TILE_WIDTH;
  const [transaction, number] = [places?.transactions[at], places?.numbers[at]];
  if (transaction === undefined || number === undefined) return;
  let after: LogPosition = { transaction, number: number - 1 };
  for (let left = head.count; left > 0; ) {
    const limit = Math.min(left, EXPORT_PAGE_FACTS);
    const rows = await selectSealableUpTo(database, { after, upTo: seal, limit });
    for (const row of rows) yield leafText(row);
    left -= rows.length;
    after = rows.at(-1) ?? after;
    if (rows.length < limit) return;
  }
}
