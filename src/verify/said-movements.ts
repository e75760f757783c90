/**
 * What each stock fact moves, as the judge understands the words of the domain. It is written down a second time on purpose: the
 * ledger's own table is what is judged by it.
 *
 * `part` is the fact's type, or which part of it. Names with an `@` stand for what the fact says: `@here` is its location, `@lane` the
 * lane between its two, `@shelf` and `@picked` are any status (`*`) where it is for an order line, since that depends on what was promised.
 */
type SaidMovement = readonly [
  part: string,
  fromPlace: string,
  fromStatus: string,
  toPlace: string,
  toStatus: string,
  reason: string,
];

const SAID_MOVEMENTS: readonly SaidMovement[] = [
  ["StockReceived", "supplier", "available", "@here", "@status", "receipt"],
  ["StockPicked", "@here", "@shelf", "@here", "picked", "pick"],
  ["StockPickedShort", "@here", "@shelf", "@here", "quarantined", "short-pick"],
  ["PickCancelled", "@here", "@picked", "@here", "@status", "put-back"],
  ["ShipmentDispatched", "@here", "@picked", "customer", "available", "shipment"],
  ["found", "count-variance", "available", "@here", "@status", "adjustment"],
  ["scrapped", "@here", "@status", "scrap", "available", "scrap"],
  ["TransferDispatched", "@from", "available", "@lane", "in-transit", "transfer-out"],
  ["TransferReceived", "@lane", "in-transit", "@to", "available", "transfer-in"],
  ["TransferLost", "@lane", "in-transit", "scrap", "available", "transfer-loss"],
  ["StockReturned", "customer", "available", "@here", "@status", "return"],
  ["StockStatusChanged", "@here", "@from", "@here", "@to", "status-change"],
  ["LotChanged from", "@here", "@status", "conversion", "available", "lot-change"],
  ["LotChanged to", "conversion", "available", "@here", "@status", "lot-change"],
  ["StockConverted from", "@here", "@status", "conversion", "available", "conversion"],
  ["StockConverted to", "conversion", "available", "@here", "@status", "conversion"],
];

/** The table column by column, as a statement takes it. */
export const saidMovements = {
  part: SAID_MOVEMENTS.map(([part]) => part),
  fromPlace: SAID_MOVEMENTS.map(([, place]) => place),
  fromStatus: SAID_MOVEMENTS.map(([, , status]) => status),
  toPlace: SAID_MOVEMENTS.map(([, , , place]) => place),
  toStatus: SAID_MOVEMENTS.map(([, , , , status]) => status),
  reason: SAID_MOVEMENTS.map(([, , , , , reason]) => reason),
} as const;
