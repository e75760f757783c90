import { type Check, check } from "../../check.ts";
import { holesInControlNumbers, messagesWithoutTheirFacts } from "./queries.ts";

/** What came in became facts, and what went out bears its number. */
export const messageChecks: readonly Check[] = [
  check({
    name: "messages-have-facts",
    sentence: "A message counts as applied exactly the facts on the log that it caused.",
    examines: "messages",
    rows: messagesWithoutTheirFacts,
    says: (row) =>
      row.state === null
        ? `${row.facts} facts were caused by ${row.message_id}, which is no message of their account`
        : `message ${row.message_id} of ${row.account_id} (${row.state}) counts ${row.applied} applied, the log has ${row.facts}`,
    remedy:
      "The message's bytes are kept: map it again, and compare its records with the facts that name it as their cause.",
  }),
  check({
    name: "control-numbers-are-whole",
    sentence: "The documents of an account bear its control numbers without a hole.",
    examines: "documents",
    rows: holesInControlNumbers,
    says: (row) =>
      `account ${row.account_id}: ${row.used} documents bear numbers from ${row.first} to ${row.last}, ${row.kept ?? "none"} was given out last; missing ${row.missing}`,
    remedy:
      "The partner waits for the missing number: tell it that the document was lost, and render what it was about again.",
  }),
];
