import { type Check, check } from "../check.ts";
import { cursorsBeyondHorizon, factsOfTheFuture, factsWithUnissuedNumbers } from "./queries.ts";

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
];
