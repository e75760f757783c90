import type { MasterStatement, Measure, Reference, StockStatement } from "@crossdock/canonical";
import type { WmsEvent, WmsEventOf } from "./event-schema.ts";

/** The unit of a quantity that comes without one: each. */
export const UNIT_DEFAULT = "EA";

type Named = { readonly sku?: string; readonly gtin?: string };
type ForLine = { readonly orderId?: string; readonly lineId?: string };

/**
 * The statement that an event makes, in the warehouse's own names and units. The event's id is the statement's, and its
 * number stands in the stream of its warehouse.
 */
export function statementOf(event: WmsEvent, warehouse: string): StockStatement | MasterStatement {
  const { eventId, sequence, occurredAt } = event;
  const head = { id: eventId, effectiveAt: occurredAt, sequence: { stream: warehouse, number: sequence } };
  const here = placeOf(warehouse);
  switch (event.type) {
    case "receipt":
      return {
        type: "StockReceived",
        ...head,
        data: { ...moved(event, here), ...purchase(event), ...state(event) },
      };
    case "pick":
    case "short-pick":
    case "put-back":
    case "pack":
    case "ship":
      return { ...head, ...pickingOf(event, here) };
    case "transfer-out":
    case "transfer-in":
    case "transfer-lost":
      return { ...head, ...wayOf(event, here) };
    case "count":
      return { type: "StockCounted", ...head, data: counted(event, here) };
    case "adjustment":
      return { type: "StockAdjusted", ...head, data: adjusted(event, here) };
    case "return":
      return {
        type: "StockReturned",
        ...head,
        data: { ...moved(event, here), ...forLine(event), ...state(event) },
      };
    case "status-change":
      return { type: "StockStatusChanged", ...head, data: { ...moved(event, here), ...change(event) } };
    case "lot-change": {
      const { fromLot, toLot } = event;
      const data = { ...moved(event, here), fromLot, toLot, ...state(event), ...why(event) };
      return { type: "LotChanged", ...head, data };
    }
    case "convert": {
      const [from, to] = [amount(event.from), amount(event.to)];
      const data = { location: here, from, to, ...state(event), reason: event.reason };
      return { type: "StockConverted", ...head, data };
    }
    case "master": {
      const { record, version } = event;
      const of = `the master data of ${warehouse}`;
      return {
        type: "MasterDataStated",
        ...head,
        data: record,
        ...(version === undefined ? {} : { version: { of, number: version } }),
      };
    }
    default:
      return event satisfies never;
  }
}

/** What happens between the shelf and the lorry. */
function pickingOf(event: WmsEventOf<"pick" | "short-pick" | "put-back" | "pack" | "ship">, here: Reference) {
  switch (event.type) {
    case "pick":
      return { type: "StockPicked" as const, data: { ...moved(event, here), ...forLine(event) } };
    case "short-pick": {
      const { orderId, lineId } = event;
      const data = { ...moved(event, here), orderLine: { orderId, lineId }, ...why(event) };
      return { type: "StockPickedShort" as const, data };
    }
    case "put-back":
      return {
        type: "PickCancelled" as const,

        data: { ...moved(event, here), ...forLine(event), ...state(event), ...why(event) },
      };
    case "pack":
      return {
        type: "StockPacked" as const,

        data: { ...moved(event, here), ...forLine(event), ...carton(event) },
      };
    case "ship":
      return { type: "ShipmentDispatched" as const, data: shipment(event, here) };
    default:
      return event satisfies never;
  }
}

/** What happens between two warehouses. */
function wayOf(event: WmsEventOf<"transfer-out" | "transfer-in" | "transfer-lost">, here: Reference) {
  switch (event.type) {
    case "transfer-out": {
      const lane = { from: here, to: placeOf(event.to), ...transfer(event) };
      return { type: "TransferDispatched" as const, data: { ...amount(event), ...lane, ...expected(event) } };
    }
    case "transfer-in": {
      const lane = { from: placeOf(event.from), to: here, ...transfer(event) };
      return { type: "TransferReceived" as const, data: { ...amount(event), ...lane } };
    }
    case "transfer-lost": {
      const lane = { from: placeOf(event.from), to: here, ...transfer(event) };
      return { type: "TransferLost" as const, data: { ...amount(event), ...lane, ...why(event) } };
    }
    default:
      return event satisfies never;
  }
}

/** The warehouse's code as a name that governance resolves. It is not scoped: two accounts mean the same building. */
export function placeOf(code: string): Reference {
  return { scheme: "code", value: code };
}

/** The item by the name that the warehouse gave. */
export function itemOf({ sku, gtin }: Named): Reference {
  return sku === undefined ? { scheme: "gtin", value: gtin ?? "" } : { scheme: "sku", value: sku };
}

/** An amount in the unit that was said, or in eaches. */
export function measure(value: number | string, unit: string | undefined): Measure {
  return { value, unit: unit ?? UNIT_DEFAULT };
}

function stock(event: Named & { readonly lot?: string }) {
  return { item: itemOf(event), ...(event.lot === undefined ? {} : { lot: event.lot }) };
}

type Amount = Named & { readonly lot?: string; readonly quantity: number | string; readonly unit?: string };

function amount(event: Amount) {
  return { ...stock(event), quantity: measure(event.quantity, event.unit) };
}

function moved(event: Amount, location: Reference) {
  return { ...amount(event), location };
}

function forLine({ orderId, lineId }: ForLine) {
  return orderId === undefined || lineId === undefined ? {} : { orderLine: { orderId, lineId } };
}

function state<Status extends string>({ status }: { readonly status?: Status }) {
  return status === undefined ? {} : { status };
}

function purchase(event: WmsEventOf<"receipt">) {
  const { purchaseOrder, receiptNumber, receiptLine, expiresAt } = event;
  return {
    ...(event.expected === undefined ? {} : { expected: measure(event.expected, event.unit) }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(purchaseOrder === undefined ? {} : { purchaseOrder }),
    ...(receiptNumber === undefined ? {} : { receiptNumber }),
    ...(receiptLine === undefined ? {} : { receiptLine }),
  };
}

function transfer({
  transferNumber,
  transferLine,
}: WmsEventOf<"transfer-in" | "transfer-out" | "transfer-lost">) {
  return {
    ...(transferNumber === undefined ? {} : { transferNumber }),
    ...(transferLine === undefined ? {} : { transferLine }),
  };
}

function expected({ expectedAt }: { readonly expectedAt?: string }) {
  return expectedAt === undefined ? {} : { expectedAt };
}

function carton({ sscc }: { readonly sscc?: string }) {
  return sscc === undefined ? {} : { sscc };
}

function counted(event: WmsEventOf<"count">, location: Reference) {
  const { counted: all, quarantined, damaged, unit } = event;
  const whole = { ...stock(event), location, counted: measure(all, unit) };
  if (quarantined === undefined && damaged === undefined) return whole;
  const conditions = { quarantined: measure(quarantined ?? 0, unit), damaged: measure(damaged ?? 0, unit) };
  return { ...whole, conditions };
}

function adjusted(event: WmsEventOf<"adjustment">, location: Reference) {
  const { delta, unit, reason } = event;
  return { ...stock(event), location, delta: measure(delta, unit), reason, ...state(event) };
}

function change({ from, to, ...event }: WmsEventOf<"status-change">) {
  return { from, to, ...why(event) };
}

function why({ reason }: { readonly reason?: string }) {
  return reason === undefined ? {} : { reason };
}

function shipment(event: WmsEventOf<"ship">, location: Reference) {
  const { shipmentNumber, orderId, carrier, trackingNumber } = event;
  const order = orderId === undefined ? {} : { orderId };
  const cartons = event.cartons.map((packed) => ({
    ...carton(packed),
    lines: packed.lines.map((line) => ({ ...amount(line), ...forLine({ ...order, ...line }) })),
  }));
  return {
    location,
    shipmentNumber,
    ...order,
    ...(carrier === undefined ? {} : { carrier }),
    ...(trackingNumber === undefined ? {} : { trackingNumber }),
    cartons,
  };
}
