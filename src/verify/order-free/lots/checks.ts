import { type Check, check } from "../../check.ts";
import { lotsBesideReceipts, receiptsUnheard } from "./queries.ts";

/** What receipts say of lots ends in the master data of the lot, or in a disagreement that a person sees. */
export const lotChecks: readonly Check[] = [
  check({
    name: "receipts-are-heard-of-lots",
    sentence: "What a receipt says of the lot that it brings is kept with the lot.",
    examines: "receipts with a lot",
    rows: receiptsUnheard,
    says: (row) =>
      `fact ${row.event_number} says of lot ${row.lot} of ${row.item_id} that it expires on ${row.said ?? "no day"}, and that is kept nowhere`,
    remedy: "Rewind the reader lots to before the fact; what it has read already adds nothing.",
  }),
  check({
    name: "lots-follow-receipts",
    sentence:
      "A lot has the day that master data states, or the first that receipts say; every other day that was said is told to differ.",
    examines: "statements about lots",
    rows: lotsBesideReceipts,
    says: (row) =>
      `lot ${row.lot} of ${row.item_id} expires on ${row.kept ?? "no day"}, fact ${row.event_number} says ${row.said ?? "no day"}: ${row.problem}`,
    remedy: "Read the label, and state the lot as master data: what receipts say is held against it then.",
  }),
];
