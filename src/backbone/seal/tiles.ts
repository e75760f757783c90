import { HASH_BYTES, type Hash, nodeHash } from "./merkle.ts";
import type { Subtree } from "./proof.ts";

/** Levels of the tree that one tile spans; c2sp.org/tlog-tiles fixes it. */
const TILE_HEIGHT = 8;
/** Hashes in a whole tile. */
export const TILE_WIDTH = 2 ** TILE_HEIGHT;

export type TileId = { readonly level: number; readonly tile: number };

/** Hashes one after the other: of leaves at level 0, above it the roots of the whole tiles below. */
export type Tile = TileId & { readonly hashes: Buffer };

/** The tiles at the right edge of a tree that are not whole: those that grow with the next leaf, or with one of the next. */
export function edgeOf(size: number): readonly TileId[] {
  const edge: TileId[] = [];
  for (let level = 0, hashes = size; hashes > 0; level += 1, hashes = Math.floor(hashes / TILE_WIDTH)) {
    if (hashes % TILE_WIDTH > 0) edge.push({ level, tile: Math.floor(hashes / TILE_WIDTH) });
  }
  return edge;
}

/** Appends leaves to the tree of a size, given the tiles of its edge; gives every tile that is new or has grown. */
export function grow(size: number, edge: readonly Tile[], leaves: readonly Hash[]): readonly Tile[] {
  const grown: Tile[] = [];
  let arriving = leaves;
  for (let level = 0, before = size; arriving.length > 0; level += 1) {
    const first = Math.floor(before / TILE_WIDTH);
    const begun = edge.find((tile) => tile.level === level && tile.tile === first);
    const started = begun === undefined ? 0 : begun.hashes.length / HASH_BYTES;
    if (started !== before % TILE_WIDTH) throw new Error(`tile ${level}/${first} has ${started} hashes`);
    const all = Buffer.concat([...(begun === undefined ? [] : [begun.hashes]), ...arriving]);
    const tiles = cut(all).map((hashes, at) => ({ level, tile: first + at, hashes }));
    grown.push(...tiles);
    arriving = tiles.filter(isWhole).map(({ hashes }) => rootOf(hashes));
    before = first;
  }
  return grown;
}

function isWhole({ hashes }: Tile): boolean {
  return hashes.length === TILE_WIDTH * HASH_BYTES;
}

function cut(hashes: Buffer): readonly Buffer[] {
  const bytes = TILE_WIDTH * HASH_BYTES;
  return Array.from({ length: Math.ceil(hashes.length / bytes) }, (_, at) =>
    hashes.subarray(at * bytes, (at + 1) * bytes),
  );
}

/** The root over a power of two of hashes. */
export function rootOf(hashes: Buffer): Hash {
  if (hashes.length === HASH_BYTES) return hashes;
  const middle = hashes.length / 2;
  return nodeHash(rootOf(hashes.subarray(0, middle)), rootOf(hashes.subarray(middle)));
}

/** Where the hash of a whole subtree comes from: `count` hashes of a tile, a power of two of them. */
export function placeOf({
  height,
  index,
}: Subtree): TileId & { readonly at: number; readonly count: number } {
  const level = Math.floor(height / TILE_HEIGHT);
  const count = 2 ** (height % TILE_HEIGHT);
  const first = index * count;
  return { level, tile: Math.floor(first / TILE_WIDTH), at: first % TILE_WIDTH, count };
}

/** One hash of a tile. */
export function hashAt(hashes: Buffer, at: number): Hash {
  return hashes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES);
}
