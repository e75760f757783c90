import { type Check, check } from "../check.ts";
import { cursorsBeyondHorizon, factsOfTheFuture, factsWithUnissuedNumbers } from "./queries.ts";
import { brokenTree, type SealedRow, unsealedFacts } from "./seal/queries.ts";

/** What all laws rest on: the log's order, and readers that skip nothing. */
export const logChecks: readonly Check[] = [
  check({
    name: "log-ends-at-the-present",
    sentence: "No fact is of a transaction that has not begun.",
    examines: "facts",
    rows: factsOfTheFuture,
    says: (row) =>
      `fact ${row.number} is of log transaction ${row.transaction}; the present is ${row.present}`,
    remedy: "The data was restored into a younger cluster: raise the epoch before anything is appended.",
  }),
  check({
    name: "numbers-were-handed-out",
    sentence: "Every fact has a number that was handed out.",
    examines: "facts",
    rows: factsWithUnissuedNumbers,
    says: (row) => `fact ${row.number} stands beyond the last number handed out, ${row.handed_out}`,
    remedy:
      "Set the sequence backbone.event_number_block beyond the highest fact before anything is appended.",
  }),
  check({
    name: "readers-skip-nothing",
    sentence: "No subscriber has gone beyond what is settled.",
    examines: "subscribers",
    rows: cursorsBeyondHorizon,
    says: (row) =>
      `subscriber ${row.name} stands at ${row.transaction}.${row.number}; settled is what lies below transaction ${row.horizon}`,
    remedy:
      "Facts may have been committed behind it: put its cursor back to a time before, where it can be rewound.",
  }),
  check({
    name: "sealed-facts-stand",
    sentence: "Up to where the log is sealed, exactly the facts that were sealed stand where they did.",
    examines: "sealed facts",
    rows: unsealedFacts,
    says: (row) => `fact ${row.number} ${sealedText(row)}`,
    remedy: "Somebody has changed the log: run crossdock audit, and compare with an archive or a backup.",
  }),
  check({
    name: "seal-holds-together",
    sentence: "The seal's tree is hashed from its own leaves up, and its last signed root is the tree's.",
    examines: "hashes of the seal",
    rows: brokenTree,
    says: (row) =>
      `${row.level === null ? "the seal" : `level ${row.level}`}${row.tile === null ? "" : `, tile ${row.tile}`}: ${row.problem}`,
    remedy: "The seal itself was changed or lost: crossdock audit says from where on it proves nothing.",
  }),
];

function sealedText({ sealed_in, stands_in }: SealedRow): string {
  if (stands_in === null) return `was sealed in transaction ${sealed_in}, and is gone`;
  if (sealed_in === null) return `stands in transaction ${stands_in}, and was not sealed there`;
  return `was sealed in transaction ${sealed_in}, and stands in ${stands_in}`;
}
