import { type Check, check, positionText } from "../check.ts";
import {
  forgottenFacts,
  misappliedFacts,
  mismatchedClaims,
  repeatedFacts,
  strayFingerprints,
  transfersOfUnappliedFacts,
  unruledOutcomes,
} from "./queries.ts";
import {
  answersWithoutEffect,
  miscountedFulfilment,
  miscountedShelves,
  repeatedKeys,
  repeatedMessages,
  repeatedOrders,
  unsettledLines,
} from "./requests/queries.ts";

const factChecks: readonly Check[] = [
  check({
    name: "facts-stand-once",
    sentence: "No source's id stands on the log twice.",
    examines: "facts",
    rows: repeatedFacts,
    says: (row) => `${row.copies} facts of ${row.source} have the id ${row.id}: numbers ${row.numbers}`,
    remedy:
      "The same event was counted more than once: post the opposite of its later copies, and find what wrote to backbone.event past backbone.told.",
  }),
  check({
    name: "facts-are-remembered",
    sentence: "Whatever came from outside is remembered by its source and id, so that it counts once.",
    examines: "facts",
    rows: forgottenFacts,
    says: (row) => `fact ${row.number} of ${row.source} with the id ${row.id} is not in backbone.told`,
    remedy: "Insert the fact's source, id and number into backbone.told before its source tells it again.",
  }),
  check({
    name: "fingerprints-are-of-facts",
    sentence: "A business key is remembered only for what counted, and names the message that brought it.",
    examines: "business keys",
    rows: strayFingerprints,
    says: (row) =>
      `the ${row.kind} ${row.fact_id} of ${row.account_id} (message ${row.message_id}) is remembered and never counted`,
    remedy: "Delete the row from integration.fingerprint, and retry what was held because of it.",
  }),
  check({
    name: "facts-have-one-outcome",
    sentence: "The ledger decided at most once about a fact, and only about stock facts from outside.",
    examines: "stock facts",
    rows: unruledOutcomes,
    says: (row) =>
      `fact ${row.event_number} (${row.type ?? "not on the log"}) has ${row.outcomes} outcomes: ${row.words}`,
    remedy: "Keep the outcome that the fact's transfers agree with and remove the other.",
  }),
  check({
    name: "only-applied-facts-move",
    sentence: "A fact from outside has transfers only when it was applied.",
    examines: "transfers",
    rows: transfersOfUnappliedFacts,
    says: (row) =>
      `fact ${row.event_number} (${row.type}) has ${row.transfers} transfers and the outcome ${row.outcome ?? "none"}`,
    remedy:
      "Stock moved on the word of somebody who does not own it, or half of a batch was kept: post the opposite transfers.",
  }),
  check({
    name: "facts-move-what-they-say",
    sentence:
      "The transfers of an applied fact move exactly what the fact says, from where to where it says.",
    examines: "stock facts",
    rows: misappliedFacts,
    says: (row) =>
      `fact ${row.event_number} (${row.type ?? "gone"}), ${row.path}: says ${row.said} of ${row.item_id}${row.lot === "" ? "" : `, lot ${row.lot}`}, moved ${row.moved}`,
    remedy:
      "The fact is right by definition: post the difference, and find the process that applied it otherwise.",
  }),
  check({
    name: "claims-are-kept",
    sentence: "What was set aside as a claim is kept with its source and the owner it is not.",
    examines: "claims",
    rows: mismatchedClaims,
    says: (row) =>
      `fact ${row.event_number}: ${row.problem} (source ${row.source ?? "none"}, owner ${row.owner ?? "none"})`,
    remedy:
      "Compare the claim with its fact and the ownership of the location, and write the row that is missing.",
  }),
];

const requestChecks: readonly Check[] = [
  check({
    name: "keys-are-decided-once",
    sentence: "A client's key has one stored answer.",
    examines: "admissions",
    rows: repeatedKeys,
    says: (row) => `client ${row.client_id} has ${row.answers} answers under the key ${row.key}`,
    remedy: "One intent may have been promised twice: release the reservations of the later answer.",
  }),
  check({
    name: "answers-have-their-effect",
    sentence: "The reservations of a stored answer exist once, as they were answered.",
    examines: "admissions",
    rows: answersWithoutEffect,
    says: (row) =>
      row.reservation_id === null
        ? `client ${row.client_id}, key ${row.key}: ${row.problem}`
        : `client ${row.client_id}, key ${row.key}: reservation ${row.reservation_id} ${row.problem}`,
    remedy: "A client was told of a promise that is not there as told: reserve it now, or tell the client.",
  }),
  check({
    name: "fulfilment-equals-transfers",
    sentence: "What a reservation counts as picked and shipped is what its transfers moved.",
    examines: "reservations",
    rows: miscountedFulfilment,
    says: (row) =>
      `reservation ${row.reservation_id} of ${row.quantity ?? "nothing"}: picked ${row.picked ?? 0}, shipped ${row.shipped ?? 0}; moved were ${row.from_allocated} out of allocated, ${row.off_shelf} off the shelf, and ${row.out} to the customer`,
    remedy: "Sum the pick and shipment facts of the order line, and set the reservation's totals to them.",
  }),
  check({
    name: "order-lines-count-once",
    sentence:
      "Whatever happened to units of an order line on the floor is counted once, by its reservation or as ahead of it.",
    examines: "uses of order lines",
    rows: unsettledLines,
    says: (row) =>
      `order ${row.order_id}, line ${row.line_id}, ${positionText(row)}: the facts say ${row.said}; counted are ${row.counted}`,
    remedy:
      "Set the reservation's totals to what the facts say; a difference is a fact that counted twice or not at all.",
  }),
  check({
    name: "shelves-empty-once",
    sentence:
      "Picked units leave the shelf once, whatever was heard of first, and come back once when they are put back.",
    examines: "positions",
    rows: miscountedShelves,
    says: (row) =>
      `${positionText(row)}: ${row.left} units left the shelf where ${row.should_leave} should have`,
    remedy: "Compare the position's picks and shipments with its order lines, and post the difference.",
  }),
  check({
    name: "orders-come-once",
    sentence: "An account's order number stands for one order.",
    examines: "orders",
    rows: repeatedOrders,
    says: (row) => `account ${row.account_id} has order ${row.order_number} as ${row.order_ids}`,
    remedy: "Cancel the later order: its goods were promised twice.",
  }),
  check({
    name: "messages-are-trusted-once",
    sentence: "One message is trusted under an account's key; another with the same key is suspect.",
    examines: "messages",
    rows: repeatedMessages,
    says: (row) => `account ${row.account_id} has trusted ${row.message_ids} under the key ${row.key}`,
    remedy: "Compare the bytes of the messages, and undo the facts of the one that the partner did not mean.",
  }),
];

/** Law 3: delivered once or a hundred times, a fact counts once, and a request is answered once. */
export const exactlyOnceChecks: readonly Check[] = [...factChecks, ...requestChecks];
