import type { Queryable } from "../../platform/index.ts";
import { Terminal } from "../../platform/index.ts";
import { backboneErrors } from "../errors.ts";
import { HASH_BYTES, type Hash, joined } from "./merkle.ts";
import { type Span, subtreesOf } from "./proof.ts";
import { selectTiles } from "./store.ts";
import { placeOf, rootOf, type TileId } from "./tiles.ts";

/** The nodes of spans, each hashed as a tree of its own, out of the tiles in one look. */
export async function hashSpans(database: Queryable, spans: readonly Span[]): Promise<readonly Hash[]> {
  const parts = spans.map((span) => subtreesOf(span).map(placeOf));
  const wanted = new Map(
    parts.flat().map((place) => [nameOf(place), { level: place.level, tile: place.tile }]),
  );
  const tiles = await selectTiles(database, [...wanted.values()]);
  const found = new Map(tiles.map((tile) => [nameOf(tile), tile.hashes]));
  return parts.map((places) =>
    joined(
      places.map((place) => {
        const bytes = found
          .get(nameOf(place))
          ?.subarray(place.at * HASH_BYTES, (place.at + place.count) * HASH_BYTES);
        if (bytes?.length !== place.count * HASH_BYTES) throw lostTile(place);
        return rootOf(bytes);
      }),
    ),
  );
}

/** The root of the tree when it had so many leaves. */
export async function rootAt(database: Queryable, size: number): Promise<Hash> {
  const [root] = await hashSpans(database, [{ first: 0, end: size }]);
  return root ?? joined([]);
}

const nameOf = ({ level, tile }: TileId) => `${level}/${tile}`;

function lostTile({ level, tile }: TileId): Terminal {
  return new Terminal(
    backboneErrors.sealDamaged,
    `the tile ${level}/${tile} of the log's seal is missing or too short`,
  );
}
