import { type Check, check, positionText } from "../check.ts";
import { wrongCheckpoints, wrongLanes, wrongReceiptLines } from "./kept/queries.ts";
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
  check({
    name: "receipt-lines-sum-receipts",
    sentence: "A receipt line has brought what its receipts did, and expects what was told last.",
    examines: "receipt lines",
    rows: wrongReceiptLines,
    says: (row) =>
      `${row.item_id} at ${row.location_id}, order ${row.purchase_order || "none"}, receipt ${row.receipt_number || "none"} ${row.receipt_line}: ${row.kept} is kept, its receipts say ${row.told}`,
    remedy:
      "Stock is not touched by it; the list of receipts over and short is wrong. Set the line to what its receipts say.",
  }),
  check({
    name: "lanes-sum-transfers",
    sentence: "What left, arrived and was lost of a transfer is what was told of it.",
    examines: "transfers between locations",
    rows: wrongLanes,
    says: (row) =>
      `transfer ${row.transfer_number || "without a number"} of ${row.item_id} from ${row.from_location_id} to ${row.to_location_id}: ${row.kept} is kept, told were ${row.told}`,
    remedy:
      "Stock is not touched by it; the list of open transfers is wrong. Set the transfer to what was told of it.",
  }),
  check({
    name: "checkpoints-equal-transfers",
    sentence: "A checkpoint is what the transfers of its position sum to at its instant.",
    examines: "checkpoints",
    rows: wrongCheckpoints,
    says: (row) =>
      `${positionText(row)}: ${row.kept} ${row.kind} kept as of ${row.taken_at}, the transfers say ${row.summed}`,
    remedy:
      "What is said of this position's past is wrong. Delete its checkpoints and their changes; they are made again.",
  }),
];
