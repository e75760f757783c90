import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  createFrontier,
  EMPTY_ROOT,
  type Hash,
  joined,
  leafHash,
  nodeHash,
} from "../../../src/backbone/seal/merkle.ts";
import { consistencySpans, inclusionSpans, type Span, subtreesOf } from "../../../src/backbone/seal/proof.ts";
import {
  edgeOf,
  grow,
  hashAt,
  placeOf,
  rootOf,
  TILE_WIDTH,
  type Tile,
  type TileId,
} from "../../../src/backbone/seal/tiles.ts";

const leavesOf = (count: number): readonly Hash[] =>
  Array.from({ length: count }, (_, at) => leafHash(`leaf ${at}`));

/** The tree as RFC 9162, section 2.1.1 writes it down. */
function treeHash(leaves: readonly Hash[]): Hash {
  const [first] = leaves;
  if (first === undefined) return EMPTY_ROOT;
  if (leaves.length === 1) return first;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return nodeHash(treeHash(leaves.slice(0, split)), treeHash(leaves.slice(split)));
}

const nameOf = ({ level, tile }: TileId) => `${level}/${tile}`;

/** Grows a tree's tiles by portions, keeping them as a table would. */
function grownBy(portions: readonly (readonly Hash[])[]): ReadonlyMap<string, Tile> {
  const tiles = new Map<string, Tile>();
  let size = 0;
  for (const portion of portions) {
    const edge = edgeOf(size).flatMap((id) => tiles.get(nameOf(id)) ?? []);
    for (const tile of grow(size, edge, portion)) tiles.set(nameOf(tile), tile);
    size += portion.length;
  }
  return tiles;
}

function hashOf(tiles: ReadonlyMap<string, Tile>, span: Span): Hash {
  return joined(
    subtreesOf(span).map((subtree) => {
      const place = placeOf(subtree);
      const hashes = tiles.get(nameOf(place))?.hashes ?? assert.fail(`there is no tile ${nameOf(place)}`);
      return rootOf(hashes.subarray(place.at * 32, (place.at + place.count) * 32));
    }),
  );
}

describe("the tree", () => {
  // The vectors of the Certificate Transparency reference implementation (merkletree/merkle_tree_test.cc).
  const inputs = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
  ];
  const roots = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
  ];

  test("has the roots of the published vectors", () => {
    const tree = createFrontier();
    for (const [at, input] of inputs.entries()) {
      tree.append(leafHash(Buffer.from(input, "hex").toString("utf8")));
      assert.equal(tree.root().toString("hex"), roots[at]);
    }
  });

  test("is the same by leaves, by whole subtrees and by tiles, however it grew", () => {
    const portions = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(portions, fc.double({ min: 0, max: 1, noNaN: true }), (sizes, where) => {
        const size = sizes.reduce((sum, each) => sum + each, 0);
        const leaves = leavesOf(size);
        const ends = sizes.map((_, at) => sizes.slice(0, at + 1).reduce((sum, each) => sum + each, 0));
        const tiles = grownBy(ends.map((end, at) => leaves.slice(ends[at - 1] ?? 0, end)));
        const expected = treeHash(leaves);
        assert.deepEqual(hashOf(tiles, { first: 0, end: size }), expected);

        const first = Math.floor(where * size);
        const tree = createFrontier();
        for (const { height, index } of subtreesOf({ first: 0, end: first })) {
          tree.append(hashOf(tiles, { first: index * 2 ** height, end: (index + 1) * 2 ** height }), height);
        }
        for (const leaf of leaves.slice(first)) tree.append(leaf);
        assert.deepEqual(tree.root(), expected);
      }),
      { numRuns: 30 },
    );
  });

  test("keeps whole tiles as they are when it grows", () => {
    const leaves = leavesOf(3 * TILE_WIDTH);
    const before = grownBy([leaves.slice(0, 2 * TILE_WIDTH)]);
    const grown = grow(
      2 * TILE_WIDTH,
      edgeOf(2 * TILE_WIDTH).flatMap((id) => before.get(nameOf(id)) ?? []),
      leaves.slice(2 * TILE_WIDTH),
    );
    assert.deepEqual(grown.map(nameOf), ["0/2", "1/0"]);
  });

  test("goes on beyond 32 bits", () => {
    const size = 2 ** 40 + 3;
    assert.deepEqual(subtreesOf({ first: 0, end: size }), [
      { height: 40, index: 0 },
      { height: 1, index: 2 ** 39 },
      { height: 0, index: 2 ** 40 + 2 },
    ]);
    assert.equal(inclusionSpans(2 ** 40 + 2, size).length, 2);
  });
});

describe("the spans of a proof", () => {
  const sizes = fc.integer({ min: 1, max: 600 });

  test("cover the tree around a leaf, once", () => {
    fc.assert(
      fc.property(sizes, fc.nat(), (size, draw) => {
        const index = draw % size;
        const covered = inclusionSpans(index, size).flatMap(({ first, end }) =>
          Array.from({ length: end - first }, (_, at) => first + at),
        );
        assert.deepEqual(
          [...covered, index].toSorted((a, b) => a - b),
          Array.from({ length: size }, (_, at) => at),
        );
      }),
    );
  });

  test("are few: a proof in a log of 80 million facts is below a kilobyte, with its checkpoint and its fact below two", () => {
    const longest = Math.max(
      ...[0, 1, 39_999_999, 67_108_864, 79_999_999].map((at) => inclusionSpans(at, 80_000_000).length),
    );
    assert.equal(longest, 27);
    assert.ok(longest * 32 < 1_000);
    assert.ok(consistencySpans(79_999_998, 80_000_000).length <= 28);
  });

  test("of consistency are none where nothing has to be proved", () => {
    assert.deepEqual(consistencySpans(0, 7), []);
    assert.deepEqual(consistencySpans(7, 7), []);
    assert.deepEqual(consistencySpans(4, 7), [{ first: 4, end: 7 }]);
  });
});

test("a hash of a tile is where its number says", () => {
  const hashes = leavesOf(4);
  assert.deepEqual(hashAt(Buffer.concat(hashes), 2), hashes[2]);
});
