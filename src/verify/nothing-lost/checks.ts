import { type Check, check } from "../check.ts";
import { messageChecks } from "./messages/checks.ts";
import {
  miscountedShipments,
  mislaidEarlyShipments,
  ordersBesideTheirLines,
  ordersUnlikeTheirPromise,
  ordersWithoutFacts,
  promisesWithoutReservations,
  shipmentsNotTold,
} from "./orders/queries.ts";
import {
  changesOfNoPosition,
  holdsEndedEarly,
  livesUnlikeTheirFacts,
  stepsWithoutTheirTransfer,
  unpairedReservations,
} from "./queries.ts";

const reservationChecks: readonly Check[] = [
  check({
    name: "reservations-have-facts",
    sentence: "Every reservation was told to the log once, and every StockReserved has its reservation.",
    examines: "reservations",
    rows: unpairedReservations,
    says: (row) => `reservation ${row.reservation_id} ${row.problem}`,
    remedy:
      "Promise, transfer and fact are written in one transaction, so one of them was changed afterwards: restore it from the other two.",
  }),
  check({
    name: "reservation-states-have-facts",
    sentence: "A reservation is in the state that its facts lead to; each end has one closing fact.",
    examines: "reservations",
    rows: livesUnlikeTheirFacts,
    says: (row) => `reservation ${row.reservation_id} is ${row.state}, its facts are ${row.facts}`,
    remedy: "Set the state to the one that the facts lead to; the transfers say where the units are.",
  }),
  check({
    name: "steps-have-transfers",
    sentence: "Every fact about a reservation moved its units once, and nothing else decided here moved any.",
    examines: "facts about reservations",
    rows: stepsWithoutTheirTransfer,
    says: (row) =>
      `fact ${row.event_number} (${row.type ?? "of another kind"}) of reservation ${row.reservation_id ?? "none"} says ${row.says}, and has ${row.transfers} transfers${row.transfers === 1 ? " that say otherwise" : ""}`,
    remedy:
      "Half of a decision was kept. Post the transfer that the fact calls for, or the opposite of the one too many.",
  }),
  check({
    name: "holds-live-to-their-expiry",
    sentence: "No hold was ended as expired before it had run out.",
    examines: "facts about reservations",
    rows: holdsEndedEarly,
    says: (row) =>
      `reservation ${row.reservation_id} was to last until ${row.expires_at} and was ended at ${row.ended_at}`,
    remedy:
      "A caller may rely on units that are gone: reserve again for it, and compare the clocks of the processes.",
  }),
  check({
    name: "position-changes-are-told-once",
    sentence:
      "A position change on the log is of a position that there is, and tells a version that it has reached once.",
    examines: "positions",
    rows: changesOfNoPosition,
    says: (row) =>
      `fact ${row.event_number} tells version ${row.version} of ${row.item_id} at ${row.location_id}${row.lot ? `, lot ${row.lot}` : ""}: ${row.problem}`,
    remedy:
      "Transfers, positions and this fact are written in one transaction, so one of them was changed afterwards: compare the position with its transfers, then have availability-dirty read again.",
  }),
];

const orderChecks: readonly Check[] = [
  check({
    name: "orders-have-facts",
    sentence:
      "Every order stands as its OrderReceived says, and every OrderReceived that was read is an order.",
    examines: "orders",
    rows: ordersWithoutFacts,
    says: (row) => `order ${row.order_id} (fact ${row.event_number ?? "none"}) ${row.problem}`,
    remedy:
      "An order that was acknowledged is missing or changed: restore it from the fact, which is what the channel sent.",
  }),
  check({
    name: "orders-are-promised-once",
    sentence: "Every order has one OrderPromised, and its lines stand as that says.",
    examines: "promised orders",
    rows: ordersUnlikeTheirPromise,
    says: (row) =>
      row.line_id === null
        ? `order ${row.order_id} ${row.problem}`
        : `order ${row.order_id}, line ${row.line_id} ${row.problem}: ${row.table_says ?? "nothing"} here, ${row.fact_says ?? "nothing"} there`,
    remedy: "The channel was told what the fact says: set the line to it, and check the line's reservations.",
  }),
  check({
    name: "promises-are-backed",
    sentence: "What was promised of an order line was reserved with the promise, part by part.",
    examines: "order lines",
    rows: promisesWithoutReservations,
    says: (row) =>
      `order ${row.order_id}, line ${row.line_id}: ${row.promised} of ${row.item_id} promised, ${row.reserved} reserved`,
    remedy:
      "Reserve what is missing while there is stock, or tell the channel; release what nobody was promised.",
  }),
  check({
    name: "order-shipments-are-counted",
    sentence: "An order line counts as shipped what the shipments for it carried.",
    examines: "order lines",
    rows: miscountedShipments,
    says: (row) =>
      row.item_id === null
        ? `order ${row.order_id}, line ${row.line_id}: ${row.kept} shipped, its parts make ${row.told}`
        : `order ${row.order_id}, line ${row.line_id}: ${row.kept} of ${row.item_id} shipped, its shipments carried ${row.told}`,
    remedy:
      "Sum the line's ShipmentDispatched facts and set the order to it; the customer's ship notice may be wrong too.",
  }),
  check({
    name: "early-shipments-are-kept",
    sentence:
      "A shipment that names an order we have not heard of is kept until the order comes, and no longer.",
    examines: "shipments",
    rows: mislaidEarlyShipments,
    says: (row) => `shipment fact ${row.event_number} ${row.problem}: ${row.order_id}`,
    remedy:
      "Enter the shipment for its order, or remove it where the order has counted it; see order-shipments-are-counted.",
  }),
  check({
    name: "order-shipments-are-told",
    sentence:
      "Each shipment of an order was told to the log once, and its lines stand as the last telling says.",
    examines: "shipments",
    rows: shipmentsNotTold,
    says: (row) =>
      `order ${row.order_id}${row.line_id === null ? "" : `, line ${row.line_id}`} ${row.problem}`,
    remedy:
      "Readers of OrderShipped have heard something else than what left: compare the order with its ShipmentDispatched facts, and tell them.",
  }),
  check({
    name: "order-states-follow-lines",
    sentence: "An order is in the state that its lines amount to.",
    examines: "orders",
    rows: ordersBesideTheirLines,
    says: (row) =>
      `order ${row.order_id} is ${row.state} with ${row.promised} promised and ${row.shipped} shipped over its lines`,
    remedy: "Set the state to what the lines amount to.",
  }),
];

/** Law 5: nothing acknowledged is lost, and nothing unacknowledged is half done. */
export const nothingLostChecks: readonly Check[] = [...reservationChecks, ...orderChecks, ...messageChecks];
