import { hash } from "node:crypto";

/** A node of the tree: SHA-256 as RFC 9162, section 2.1 uses it. */
export type Hash = Buffer;

export const HASH_BYTES = 32;

/** The root of a tree without leaves. */
export const EMPTY_ROOT: Hash = hash("sha256", "", "buffer");

/** The hash of a leaf: of a zero byte and its text in UTF-8. */
export function leafHash(text: string): Hash {
  return hash("sha256", `\u0000${text}`, "buffer");
}

/** The hash of an inner node: of a one byte and both children. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Hash {
  const bytes = Buffer.allocUnsafe(1 + 2 * HASH_BYTES);
  bytes[0] = 1;
  bytes.set(left, 1);
  bytes.set(right, 1 + HASH_BYTES);
  return hash("sha256", bytes, "buffer");
}

/** The tree as far as it has grown: only its whole subtrees, from the largest to the smallest. */
export type Frontier = {
  /** Adds a leaf, or a whole subtree of `height`, which must begin at a multiple of its own width. */
  append(node: Hash, height?: number): void;
  root(): Hash;
};

/** A tree that grows and forgets what it no longer needs for its root. */
export function createFrontier(): Frontier {
  const peaks: { readonly height: number; readonly node: Hash }[] = [];
  return {
    append(node, height = 0) {
      let peak = { node, height };
      for (let left = peaks.at(-1); left?.height === peak.height; left = peaks.at(-1)) {
        peaks.pop();
        peak = { node: nodeHash(left.node, peak.node), height: peak.height + 1 };
      }
      peaks.push(peak);
    },
    root: () => joined(peaks.map(({ node }) => node)),
  };
}

/** The root over whole subtrees that follow each other and grow smaller: each is the left side of all that follow. */
export function joined(nodes: readonly Hash[]): Hash {
  const last = nodes.at(-1);
  if (last === undefined) return EMPTY_ROOT;
  return nodes.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last);
}
