import { type Check, check } from "../check.ts";
import {
  alteredMessages,
  forgottenStockFacts,
  messagesInLimbo,
  messagesThatDoNotAddUp,
  miscountedRecords,
  unexplainedDeadLetters,
  unexplainedRecords,
} from "./queries.ts";

/** Law 6: received = applied + duplicate + waiting + parked + dead-lettered, each with its reason and its raw bytes. */
export const nothingDisappearsChecks: readonly Check[] = [
  check({
    name: "stock-facts-have-an-end",
    sentence:
      "Every stock fact that the ledger has passed was applied, kept as a claim, or is a dead letter.",
    examines: "stock facts",
    rows: forgottenStockFacts,
    says: (row) => `fact ${row.number} (${row.type}, id ${row.id} of ${row.source}) has no outcome`,
    remedy: "Rewind the ledger's subscriber to before the fact; what was applied already is recognised.",
  }),
  check({
    name: "dead-letters-say-why",
    sentence: "A dead letter is of a fact on the log, and says why it could not be taken.",
    examines: "dead letters",
    rows: unexplainedDeadLetters,
    says: (row) =>
      `the dead letter of fact ${row.number} for ${row.subscriber} has the reason "${row.reason}"`,
    remedy: "Retry the dead letter: it is taken, or fails again and says why.",
  }),
  check({
    name: "messages-are-somewhere",
    sentence:
      "Every message is stored, mapped, suspect, dead or dismissed, and says why when it is put aside.",
    examines: "messages",
    rows: messagesInLimbo,
    says: (row) => `message ${row.message_id} (${row.state}) ${row.problem}`,
    remedy: "Set the message to stored: it is mapped again, and what it said before is recognised.",
  }),
  check({
    name: "messages-add-up",
    sentence: "The records of a message are those applied, duplicate, ignored and parked.",
    examines: "messages",
    rows: messagesThatDoNotAddUp,
    says: (row) =>
      `message ${row.message_id}: ${row.records} records are not ${row.applied} applied + ${row.duplicates} duplicate + ${row.ignored} ignored + ${row.parked} parked`,
    remedy:
      "A record was dropped on the way: map the message's bytes again and see which record has no outcome.",
  }),
  check({
    name: "messages-keep-their-bytes",
    sentence: "A message's bytes are those that came in.",
    examines: "messages",
    rows: alteredMessages,
    says: (row) =>
      `message ${row.message_id} of ${row.account_id} has bytes with the hash ${row.actual_hash}, received were ${row.kept_hash}`,
    remedy: "The evidence was altered: restore the body from a backup, and find out who can write the table.",
  }),
  check({
    name: "parked-records-say-why",
    sentence: "A parked record has a reason and the message that it came in; one that was dropped says why.",
    examines: "parked records",
    rows: unexplainedRecords,
    says: (row) => `record ${row.record} of message ${row.message_id} (${row.state}) ${row.problem}`,
    remedy: "Retry the record: it is applied, or parked again with its reason.",
  }),
  check({
    name: "parked-records-are-counted",
    sentence: "A message counts as parked the records that are kept for it, and no other.",
    examines: "messages",
    rows: miscountedRecords,
    says: (row) => `message ${row.message_id} counts ${row.counted}; kept are ${row.kept}`,
    remedy: "A parked record has gone, or ended uncounted: map the message's bytes again and see which.",
  }),
];
