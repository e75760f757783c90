import type { DocumentOf, FactData, ItemId, Measure, Order, OrderLine } from "@crossdock/canonical";
import { describe, type Items, inOrderedUnit, type Names } from "./order.ts";

type Shipment = FactData<"ShipmentDispatched">;
type CartonLine = Shipment["cartons"][number]["lines"][number];
type NoticeLine = DocumentOf<"ship-notice">["cartons"][number]["lines"][number];

/** What one unit of a line takes of an item, and how many units of that had left before a shipment. */
export type LinePart = {
  readonly lineId: string;
  readonly itemId: string;
  readonly perUnit: number;
  readonly shipped: number;
  /** The same as they were ordered, where the item was merged into another since. */
  readonly orderedItemId?: string | undefined;
  readonly orderedPerUnit?: number | undefined;
};

export type NoticeInput = {
  readonly order: Order;
  readonly shipment: Shipment;
  readonly shippedAt: string;
  readonly items: Items;
  readonly names: Names;
  /** The parts of the order's lines, as they stood before this shipment. */
  readonly parts: readonly LinePart[];
};

/** Counts what has left of a line, carton after carton, in whole units of the line. */
type LineCount = { readonly needed: readonly LinePart[]; readonly left: Map<string, number> };

function isKit({ needed: [part, ...others] }: LineCount, line: OrderLine): boolean {
  if (part === undefined || others.length > 0) return true;
  const { orderedItemId = part.itemId, orderedPerUnit = part.perUnit } = part;
  return orderedItemId !== line.itemId || orderedPerUnit !== 1;
}

function wholeUnits({ needed, left }: LineCount): number {
  return Math.min(...needed.map((part) => Math.floor((left.get(part.itemId) ?? 0) / part.perUnit)));
}

function countsOf(parts: readonly LinePart[]): ReadonlyMap<string, LineCount> {
  const byLine = Map.groupBy(parts, (part) => part.lineId);
  return new Map(
    [...byLine].map(([lineId, needed]) => [
      lineId,
      { needed, left: new Map(needed.map((part) => [part.itemId, part.shipped])) },
    ]),
  );
}

type Counts = ReturnType<typeof countsOf>;

/** A carton's lines as the customer ordered them. What is in it and was not ordered by itself is named without a line. */
function cartonLines(input: NoticeInput, counts: Counts, lines: readonly CartonLine[]): NoticeLine[] {
  const byLine = Map.groupBy(lines, (line) => line.orderLine?.lineId ?? "");
  return [...byLine].flatMap(([id, parts]) => {
    const line = input.order.lines.find((candidate) => candidate.lineId === id);
    const count = counts.get(id);
    if (line === undefined || count === undefined) return parts.map((part) => strayPart(input, part));
    const own = parts.filter((part) => count.left.has(part.item));
    const strays = parts.filter((part) => !count.left.has(part.item));
    return [...orderedLine(input, { line, count }, own), ...strays.map((part) => strayPart(input, part))];
  });
}

function strayPart({ items, names }: NoticeInput, part: CartonLine): NoticeLine {
  const lot = part.lot === undefined || part.lot === "" ? {} : { lot: part.lot };
  const shipped: Measure = { value: part.quantity, unit: items.get(part.item)?.baseUnit ?? "EA" };
  return { itemId: part.item, names: [...(names.get(part.item) ?? [])], ...lot, shipped };
}

/**
 * A line in a carton. A kit was ordered whole and is told whole: with the carton that holds the last part that it was waiting for,
 * whichever cartons and shipments brought the others. Until then nothing of it has left, as far as the customer can count.
 */
function orderedLine(
  input: NoticeInput,
  { line, count }: { readonly line: OrderLine; readonly count: LineCount },
  parts: readonly CartonLine[],
): NoticeLine[] {
  const before = wholeUnits(count);
  for (const part of parts) count.left.set(part.item, (count.left.get(part.item) ?? 0) + part.quantity);
  const units = wholeUnits(count) - before;
  if (units === 0) return [];
  const lot = isKit(count, line) ? {} : commonLot(parts);
  const shipped = inOrderedUnit(units, line.ordered, input.items.get(line.itemId));
  return [{ lineId: line.lineId, ...describe(line, input.names), ...lot, shipped }];
}

/** The lot of parts that are all of one. */
function commonLot(parts: readonly CartonLine[]): { readonly lot?: string } {
  const [lot = "", ...others] = new Set(parts.map((part) => part.lot ?? ""));
  return lot === "" || others.length > 0 ? {} : { lot };
}

/**
 * What left the dock for an order, carton by carton. Undefined when it completed nothing that was ordered, as the first parcel of a
 * kit: the customer is told with the one that completes it.
 */
export function shipNotice(input: NoticeInput): DocumentOf<"ship-notice"> | undefined {
  const { order, shipment } = input;
  const counts = countsOf(input.parts);
  const cartons = shipment.cartons.map((carton) => ({
    ...(carton.sscc === undefined ? {} : { sscc: carton.sscc }),
    lines: cartonLines(input, counts, carton.lines),
  }));
  if (cartons.every(({ lines }) => lines.length === 0)) return undefined;
  return {
    kind: "ship-notice",
    order,
    shipmentNumber: shipment.shipmentNumber,
    shippedAt: input.shippedAt,
    fromLocationId: shipment.location,
    ...(shipment.carrier === undefined ? {} : { carrier: shipment.carrier }),
    ...(shipment.trackingNumber === undefined ? {} : { trackingNumber: shipment.trackingNumber }),
    cartons,
  };
}

/** Units of a shipment by order, line and item; lines that name no order are left out. */
export function shippedParts(
  shipment: Shipment,
): readonly { orderId: string; lineId: string; itemId: ItemId; units: number }[] {
  const lines = shipment.cartons.flatMap((carton) => carton.lines);
  return lines.flatMap(({ orderLine, item, quantity: units }) =>
    orderLine === undefined
      ? []
      : [{ orderId: orderLine.orderId, lineId: orderLine.lineId, itemId: item, units }],
  );
}

/** The part of a shipment that is for one order: cartons with other orders' lines left out. */
export function shipmentFor(shipment: Shipment, orderId: string): Shipment {
  const cartons = shipment.cartons
    .map((carton) => ({
      ...carton,
      lines: carton.lines.filter((line) => line.orderLine?.orderId === orderId),
    }))
    .filter((carton) => carton.lines.length > 0);
  return { ...shipment, cartons };
}
