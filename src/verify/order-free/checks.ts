import { type Check, check, positionText } from "../check.ts";
import { lotChecks } from "./lots/checks.ts";
import {
  casesUnlikeCounts,
  linesKeptBesideTotals,
  misbelievedCounts,
  placesUnlikeTheirFacts,
  statesBesideTotals,
} from "./queries.ts";
import { falseGaps, streamsBehindTheLog, unreportedHoles } from "./streams/queries.ts";

/** Law 4: order does not matter where it cannot be known, and where a source numbers its messages, gaps are seen. */
export const orderFreeChecks: readonly Check[] = [
  check({
    name: "stock-follows-facts",
    sentence:
      "Stock on hand and in transit is what the applied facts amount to, in whatever order they came.",
    examines: "positions",
    rows: placesUnlikeTheirFacts,
    says: (row) =>
      `${row.item_id} at ${row.location_id}${row.lot === "" ? "" : `, lot ${row.lot}`}: ${row.live} ${row.kind}, the facts amount to ${row.rebuilt}`,
    remedy:
      "Compare the position's explanation with its facts; a count settles on-hand, and the difference is the size of the fault.",
  }),
  check({
    name: "counts-are-the-last-word",
    sentence: "Of several counts of a position at one instant the one with the greatest id is kept.",
    examines: "counts",
    rows: misbelievedCounts,
    says: (row) =>
      `${positionText(row)} at ${row.counted_at}: ${row.kept ?? "nothing"} kept (fact ${row.kept_fact ?? "none"}), the facts say ${row.told ?? "nothing"} (fact ${row.told_fact ?? "none"})`,
    remedy: "Later movements are held against the kept count: correct it, and count the position again.",
  }),
  check({
    name: "cases-are-counts",
    sentence: "A case is about a count on the log, which is not among the counts unless it was accepted.",
    examines: "count cases",
    rows: casesUnlikeCounts,
    says: (row) =>
      `case ${row.case_number} of ${positionText(row)} is ${row.state} and keeps ${row.kept}, the log says ${row.told ?? "nothing of this position"}`,
    remedy: "Reject the case where it is open, and count the position again.",
  }),
  check({
    name: "reservation-states-follow-totals",
    sentence: "A reservation is picked or shipped when its totals say so, in whatever order they came.",
    examines: "reservations",
    rows: statesBesideTotals,
    says: (row) =>
      `reservation ${row.reservation_id} of ${row.quantity} is ${row.state} with ${row.picked} picked, ${row.put_back} put back, ${row.shipped} shipped, ${row.not_found} not found and ${row.replaced} replaced`,
    remedy:
      "Set the state to what the totals amount to; fulfilment-equals-transfers says whether the totals are right.",
  }),
  check({
    name: "lines-keep-what-is-due",
    sentence:
      "For an order line as much is kept as was promised, could be found and has not left, wherever it was promised and wherever it left from.",
    examines: "uses of order lines",
    rows: linesKeptBesideTotals,
    says: (row) =>
      `order ${row.order_id}, line ${row.line_id}: ${row.kept} of ${row.item_id} kept, with ${row.promised} promised and ${row.gone} gone`,
    remedy:
      "What is kept beyond it is lost to sale: release it. What is missing may have been promised to others: reserve it anew.",
  }),
  check({
    name: "streams-reach-the-log",
    sentence: "A numbered stream reaches over every number that its account's facts carry.",
    examines: "numbered facts",
    rows: streamsBehindTheLog,
    says: (row) =>
      `stream ${row.stream} of ${row.account_id} stands at ${row.lowest ?? "nothing"} to ${row.highest ?? "nothing"}, the log has ${row.first_on_log} to ${row.last_on_log}`,
    remedy:
      "A number was applied and not noted, so a gap after it would be missed: set the stream to what the log has.",
  }),
  check({
    name: "holes-are-reported",
    sentence: "Every number of a stream came, or is reported as a gap, each by itself.",
    examines: "numbered facts",
    rows: unreportedHoles,
    says: (row) =>
      `stream ${row.stream} of ${row.account_id} lacks ${row.missing} numbers that nothing accounts for: ${row.numbers}`,
    remedy: "Ask the source for these messages again, and enter the numbers as gaps until they come.",
  }),
  check({
    name: "gaps-are-missing",
    sentence: "A gap is of numbers within its stream that did not come.",
    examines: "gaps",
    rows: falseGaps,
    says: (row) =>
      `gap ${row.first} to ${row.last} in stream ${row.stream} of ${row.account_id} ${row.problem}`,
    remedy: "Remove or shorten the gap: it sends people looking for what is there.",
  }),
  ...lotChecks,
];
