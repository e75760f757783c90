import type { MasterRecord } from "@crossdock/canonical";
import type { ImportRow } from "./import-row.ts";

const UNSAID = Number.MIN_SAFE_INTEGER;

/** When what a record says begins, to put records in order; those that do not say come first, in the order of the file. */
export function beginningOf(record: MasterRecord): number {
  const { validFrom } = "validFrom" in record ? record : { validFrom: undefined };
  if (validFrom === undefined) return UNSAID;
  return validFrom === "always" ? UNSAID + 1 : Date.parse(validFrom);
}

const rowBeginning = (row: ImportRow): number => ("record" in row ? beginningOf(row.record) : UNSAID);

/**
 * The rows of a file in the order of their beginnings, whatever batch they come in: a value holds until the next that is known, so the
 * later one must find the earlier there. Rows that do not say from when come first in any case and go through as they come; the others are
 * held until the end of the file, which the limits of a file bound.
 */
export async function* inTime(
  batches: AsyncIterable<readonly ImportRow[]>,
): AsyncGenerator<readonly ImportRow[]> {
  const held: ImportRow[] = [];
  let size = 1;
  for await (const rows of batches) {
    size = Math.max(size, rows.length);
    const { now = [], later = [] } = Object.groupBy(rows, (row) =>
      rowBeginning(row) === UNSAID ? "now" : "later",
    );
    held.push(...later);
    if (now.length > 0) yield now;
  }
  const sorted = held.toSorted((one, other) => rowBeginning(one) - rowBeginning(other));
  for (let start = 0; start < sorted.length; start += size) yield sorted.slice(start, start + size);
}
