import { unstorable } from "@crossdock/canonical";
import type { MappedRecord } from "@crossdock/connector-kit";

/**
 * A record that can be written down: the record itself, or an invalid one that says what in it PostgreSQL cannot hold. One NUL
 * or 31 February would otherwise fail the statement that it is written with, and thousands of its neighbours.
 */
export function storableRecord(mapped: MappedRecord): MappedRecord {
  const problem = unstorable(mapped);
  if (problem === undefined) return mapped;
  const message = `The record cannot be kept: ${problem}. Correct the source, then drop the record.`;
  return { is: "invalid", at: mapped.at, reason: "unstorable", message };
}
