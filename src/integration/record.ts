import { type AccountId, type ChannelId, unstorable } from "@crossdock/canonical";
import type { MappedRecord } from "@crossdock/connector-kit";
import type { DuplicateRules } from "./duplicates.ts";

/** A record with where it comes from. */
export type RecordToApply = {
  readonly messageId: string;
  readonly accountId: AccountId;
  readonly channelId: ChannelId | undefined;
  readonly correlationId: string;
  readonly receivedAt: Date;
  /** Whether its sender tells an order again whenever anything about it changes, so that the first telling is the order. */
  readonly retellsOrders: boolean;
  /** What its account wants done with what looks like a duplicate. */
  readonly duplicates: DuplicateRules;
  /** A person has held it against what it looks like, and says that it is another one. */
  readonly isAnother: boolean;
  /** Who has accepted it although its account does not own what it is about; absent: nobody has. */
  readonly acceptedBy?: string | undefined;
  /** Its place in the message. */
  readonly record: number;
  readonly mapped: MappedRecord;
};

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
