/** Leaves from `first` up to and without `end`. */
export type Span = { readonly first: number; readonly end: number };

/** A whole subtree: 2^height leaves, the `index`-th of its size. */
export type Subtree = { readonly height: number; readonly index: number };

/** The whole subtrees that make up a span, from left to right, as few as possible. */
export function subtreesOf({ first, end }: Span): readonly Subtree[] {
  const subtrees: Subtree[] = [];
  let at = first;
  while (at < end) {
    let height = 0;
    // Sizes go beyond 32 bits, so no bit operations.
    while (at % 2 ** (height + 1) === 0 && at + 2 ** (height + 1) <= end) height += 1;
    subtrees.push({ height, index: at / 2 ** height });
    at += 2 ** height;
  }
  return subtrees;
}

/** The largest power of two below a number of at least 2: where RFC 9162 splits a tree of so many leaves. */
function splitOf(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

/**
 * What proves that a leaf is in the tree of a size, from its neighbour up: RFC 9162, section 2.1.3.1. Each span is hashed as a tree of
 * its own.
 */
export function inclusionSpans(index: number, size: number): readonly Span[] {
  const spans: Span[] = [];
  let [first, end] = [0, size];
  while (end - first > 1) {
    const middle = first + splitOf(end - first);
    if (index < middle) {
      spans.push({ first: middle, end });
      end = middle;
    } else {
      spans.push({ first, end: middle });
      first = middle;
    }
  }
  return spans.toReversed();
}

/** What proves that the tree of size `from` is the beginning of the tree of size `to`: RFC 9162, section 2.1.4.1. */
export function consistencySpans(from: number, to: number): readonly Span[] {
  if (from === 0) return [];
  const spans: Span[] = [];
  let [first, end] = [0, to];
  while (end !== from) {
    const middle = first + splitOf(end - first);
    if (from <= middle) {
      spans.push({ first: middle, end });
      end = middle;
    } else {
      spans.push({ first, end: middle });
      first = middle;
    }
  }
  // Whoever checks knows the old root already, if it is one node of the new tree.
  if (first > 0) spans.push({ first, end });
  return spans.toReversed();
}
