/** Numbers that one process takes at a time; large enough that a busy process asks a few times a second. */
export const NUMBER_BLOCK_SIZE = 10_000;

/**
 * Numbers in one stretch of the log: enough that a database of ten years has a few hundred, few enough that a stretch is exported,
 * checked and dropped in minutes.
 */
export const STRETCH_NUMBERS = 10_000_000;

/**
 * How long a process takes numbers from one block. Behind it none of an older block is used, so a stretch whose numbers have long been
 * handed out can be closed without asking every process.
 */
export const NUMBER_BLOCK_LIFETIME_MS = 24 * 3_600_000;

/** A stretch is opened when the numbers come this close to its start: a minute ahead in the worst rush. */
export const STRETCH_AHEAD_NUMBERS = 2_500_000;

/** A block of fact numbers that this process owns. */
export type NumberBlock = { readonly next: number; readonly end: number };

export const EMPTY_BLOCK: NumberBlock = { next: 0, end: 0 };

/** The block that begins at `first`. */
export function blockFrom(first: number, size: number): NumberBlock {
  return { next: first, end: first + size };
}

/** How many numbers are left in a block. */
export function remaining(block: NumberBlock): number {
  return block.end - block.next;
}

/**
 * Takes numbers off a block. Numbers of one call rise, so facts of one transaction keep their order. The rest of a block that
 * is too short is given up: numbers are plenty, and must not come from two blocks in falling order.
 */
export function takeNumbers(
  block: NumberBlock,
  count: number,
): { readonly numbers: readonly number[]; readonly rest: NumberBlock } {
  if (remaining(block) < count)
    throw new RangeError(`a block with ${remaining(block)} numbers cannot give ${count}`);
  const numbers = Array.from({ length: count }, (_, index) => block.next + index);
  return { numbers, rest: { next: block.next + count, end: block.end } };
}
