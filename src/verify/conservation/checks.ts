import { type Check, check, positionText } from "../check.ts";
import {
  brokenCounts,
  crookedTransfers,
  miscountedVersions,
  misdatedTransfers,
  transfersWithoutFacts,
  unbalancedPositions,
  unconservedItems,
} from "./queries.ts";

/** Law 2: transfers balance, and positions equal the sum of their transfers. */
export const conservationChecks: readonly Check[] = [
  check({
    name: "positions-equal-transfers",
    sentence: "Each status of a position is the sum of the transfers into and out of it.",
    examines: "positions",
    rows: unbalancedPositions,
    says: (row) => `${positionText(row)}: ${row.differs}`,
    remedy:
      "The transfers are the record and the balance is derived: find what wrote one without the other, then set the balance to the sum.",
  }),
  check({
    name: "versions-count-transfers",
    sentence: "The version of a position is the number of transfers that have touched it.",
    examines: "positions",
    rows: miscountedVersions,
    says: (row) => `${positionText(row)}: version ${row.version ?? "none"}, and ${row.transfers} transfers`,
    remedy: "Find what wrote a transfer or a balance alone, then set the version to the number of transfers.",
  }),
  check({
    name: "items-sum-to-zero",
    sentence: "The positions of an item sum to zero over all locations: what is here came from somewhere.",
    examines: "item lots",
    rows: unconservedItems,
    says: (row) =>
      `${row.item_id}${row.lot === "" ? "" : `, lot ${row.lot}`}: the positions sum to ${row.sum}`,
    remedy:
      "Units appeared or vanished outside of a transfer; see positions-equal-transfers for the position.",
  }),
  check({
    name: "transfers-have-two-sides",
    sentence: "A transfer moves a positive number of one item and lot between two different places.",
    examines: "transfers",
    rows: crookedTransfers,
    says: (row) =>
      `transfer ${row.transfer_id} of fact ${row.event_number}: ${row.quantity} from ${row.from_text} to ${row.to_text}`,
    remedy: "The ledger cannot have written this. Find who did, and post the opposite transfer.",
  }),
  check({
    name: "transfers-have-facts",
    sentence: "Every transfer was caused by a fact that stands on the log.",
    examines: "transfers",
    rows: transfersWithoutFacts,
    says: (row) =>
      `transfer ${row.transfer_id} (${row.reason} of ${row.quantity}) names fact ${row.event_number}, which is not on the log`,
    remedy: "Facts are never deleted: restore the log from a backup before anything else reads it.",
  }),
  check({
    name: "transfers-take-effect-in-time",
    sentence: "A transfer takes effect when its fact did, and a correction at the count that it corrects.",
    examines: "transfers",
    rows: misdatedTransfers,
    says: (row) =>
      `transfer ${row.transfer_id} (${row.reason} of ${row.quantity}) takes effect at ${row.takes_effect}, its fact ${row.event_number} happened at ${row.happened}`,
    remedy:
      "Balances as of a time are wrong for these positions; correct the transfer's time to that of its fact.",
  }),
  check({
    name: "counts-hold",
    sentence: "What is there as of the instant of each count is what was counted, whatever came in later.",
    examines: "counts",
    rows: brokenCounts,
    says: (row) =>
      `${positionText(row)}: ${row.counted} ${row.shelf} counted at ${row.counted_at} by fact ${row.event_number}, the transfers say ${row.on_hand}`,
    remedy:
      "A movement from before the count was posted without its correction, or the reverse; count the position again to settle it.",
  }),
];
