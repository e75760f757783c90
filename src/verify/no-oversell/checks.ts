import { type Check, check, positionText } from "../check.ts";
import {
  allocatedWithoutReservations,
  excessUncovered,
  fencesWithoutStock,
  heldWithoutHolds,
  linesPromisedBeyondOrder,
  linesReservedTwice,
  misplacedReservations,
  oversellingSteps,
  promisesOfExpiredLots,
  uncoveredPromises,
} from "./queries.ts";

/** Law 1: nothing promises more than is there; only facts from outside may take stock below what was promised. */
export const noOversellChecks: readonly Check[] = [
  check({
    name: "balances-are-covered",
    sentence: "No position promises more than it has, unless facts from outside explain the difference.",
    examines: "positions",
    rows: uncoveredPromises,
    says: (row) =>
      `${positionText(row)}: available ${row.available}, of which ${row.uncovered} uncovered by facts; held ${row.held}, allocated ${row.allocated}`,
    remedy:
      "Stop selling the item at this place, and compare the position's explanation with what was promised; the no_oversell constraint must be back before selling again.",
  }),
  check({
    name: "uncovered-is-exact",
    sentence: "What a position calls uncovered is exactly how far it stands below zero.",
    examines: "positions",
    rows: excessUncovered,
    says: (row) => `${positionText(row)}: uncovered ${row.uncovered} with available ${row.available}`,
    remedy:
      "Something other than the ledger wrote the position: a promise as large as the excess would pass the constraint. Lower uncovered to what is missing.",
  }),
  check({
    name: "held-is-reserved",
    sentence: "The held units of a position are the sum of its open holds.",
    examines: "positions",
    rows: heldWithoutHolds,
    says: (row) => `${positionText(row)}: ${row.balance} held, its holds sum to ${row.promised}`,
    remedy:
      "Read the position's explanation for transfers into or out of held that no reservation made; correct them at their source.",
  }),
  check({
    name: "allocated-is-reserved",
    sentence: "The allocated units of a position are what its firm reservations still wait for.",
    examines: "positions",
    rows: allocatedWithoutReservations,
    says: (row) =>
      `${positionText(row)}: ${row.balance} allocated, its reservations wait for ${row.promised}`,
    remedy:
      "Read the position's explanation for transfers into or out of allocated that no reservation made; correct them at their source.",
  }),
  check({
    name: "channel-reserved-is-fenced",
    sentence: "The channel-reserved units of a position are the sum of what is set aside there for channels.",
    examines: "positions",
    rows: fencesWithoutStock,
    says: (row) =>
      `${positionText(row)}: ${row.balance} channel-reserved, its ring-fences sum to ${row.promised}`,
    remedy:
      "Read the position's explanation for transfers into or out of channel-reserved that no ring-fence made; correct them at their source.",
  }),
  check({
    name: "no-promise-oversold",
    sentence: "Replayed in posting order, nothing decided here took available below what facts had left.",
    examines: "transfers",
    rows: oversellingSteps,
    says: (row) =>
      `${positionText(row)}: transfer ${row.transfer_id} of fact ${row.event_number} (reservation ${row.reservation_id ?? "none"}) took available from ${row.before} to ${row.after}`,
    remedy:
      "Units were sold that were not there: find the orders of these reservations and decide who waits. Then find the process that wrote past the constraint.",
  }),
  check({
    name: "lines-promised-within-order",
    sentence: "No order line says that more was promised than was ordered.",
    examines: "order lines",
    rows: linesPromisedBeyondOrder,
    says: (row) =>
      `order ${row.order_id}, line ${row.line_id} (${row.item_id}): promised ${row.promised} of ${row.ordered}`,
    remedy: "Compare the line with the OrderPromised fact of its order, and correct the one that is wrong.",
  }),
  check({
    name: "lines-reserved-once",
    sentence:
      "The live reservations of an order line, at all positions together, hold no more than was ordered.",
    examines: "order lines",
    rows: linesReservedTwice,
    says: (row) =>
      `order ${row.order_id}, line ${row.line_id}: ${row.reserved} of ${row.item_id} reserved where the line takes ${row.wanted} (${row.reservation_ids})`,
    remedy: "Release the reservation that was made twice; the others keep the promise.",
  }),
  check({
    name: "reservations-match-positions",
    sentence: "A reservation names the item, location and lot of the position that it takes from.",
    examines: "reservations",
    rows: misplacedReservations,
    says: (row) =>
      `reservation ${row.reservation_id} is of ${row.reserved_item_id} at ${row.reserved_location_id}, lot "${row.reserved_lot}", but takes from ${positionText(row)}`,
    remedy: "The promise stands on other goods than it names: release it and reserve again.",
  }),
  check({
    name: "no-expired-lot-promised",
    sentence: "Nothing was promised of a lot that had expired where it lies by then.",
    examines: "reservations",
    rows: promisesOfExpiredLots,
    says: (row) =>
      `reservation ${row.reservation_id} of ${row.item_id} at ${row.location_id} was made on ${row.promised_on} of lot ${row.lot}, which expired on ${row.expires_on}`,
    remedy:
      "Move the promise to another lot or location, or release it, before the warehouse sends what nobody may use.",
  }),
];
