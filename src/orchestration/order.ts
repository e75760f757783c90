import {
  type DocumentOf,
  fromBaseUnits,
  type ItemId,
  type LinePromise,
  type LocationId,
  type Measure,
  type Order,
  type OrderLine,
  type OrderState,
  quantity,
  type Reference,
  type Reservation,
} from "@crossdock/canonical";
import type { OrderPromise } from "../availability/index.ts";
import type { ResolvedItem } from "../governance/index.ts";

/** Items by id, as governance knows them. */
export type Items = ReadonlyMap<string, ResolvedItem>;
/** The names of items that the receiver of a document understands. */
export type Names = ReadonlyMap<string, readonly Reference[]>;

/** What one unit of a line takes off the shelf. An item that has gone from master data still is itself. */
export function partsOf(
  line: OrderLine,
  items: Items,
): readonly { readonly itemId: ItemId; readonly quantity: number }[] {
  const components = items.get(line.itemId)?.components ?? [];
  return components.length > 0 ? components : [{ itemId: line.itemId, quantity: 1 }];
}

/** What was promised of each line: all of it, less what its rejection says is missing. */
export function linePromises(order: Order, promise: OrderPromise): readonly LinePromise[] {
  const short = new Map(
    promise.decision.rejections.map((rejection) => [rejection.lineId, rejection.shortBy]),
  );
  const nothing = promise.reservations.length === 0;
  return order.lines.map((line) => {
    const missing = nothing ? line.quantity : (short.get(line.lineId) ?? 0);
    const { lineId, itemId, quantity: ordered } = line;
    return { lineId, itemId, ordered, promised: quantity(ordered - missing), short: quantity(missing) };
  });
}

/** The state that promises amount to. An order of which nothing could be promised waits for a person. */
export function stateAfterPromise(lines: readonly LinePromise[]): OrderState {
  return lines.some((line) => line.promised > 0) ? "promised" : "on-hold";
}

/** The state that an order is in after some of what was promised was not found, or was found after all. */
export function stateAfterShort(
  lines: readonly { readonly promised: number; readonly shipped: number }[],
): OrderState {
  if (lines.some((line) => line.shipped > 0)) return stateAfterShipment(lines);
  return lines.some((line) => line.promised > 0) ? "promised" : "on-hold";
}

/** Whole units of a line that are missing when so many units of its parts are: as many as the part that is missing most. */
export function unitsMissing(
  parts: readonly { readonly perUnit: number; readonly missing: number }[],
): number {
  return parts.reduce((most, { perUnit, missing }) => Math.max(most, Math.ceil(missing / perUnit)), 0);
}

/** The state that shipments amount to: an order is done when everything that was promised has left. */
export function stateAfterShipment(
  lines: readonly { readonly promised: number; readonly shipped: number }[],
): OrderState {
  return lines.every((line) => line.shipped >= line.promised) ? "shipped" : "partly-shipped";
}

/** Base units in the unit in which they were ordered; in base units where that would not be exact. */
export function inOrderedUnit(units: number, ordered: Measure, item: ResolvedItem | undefined): Measure {
  const factor = item?.units.get(ordered.unit);
  const value = factor === undefined ? undefined : fromBaseUnits(units, factor);
  return value === undefined ? { value: units, unit: item?.baseUnit ?? "EA" } : { value, unit: ordered.unit };
}

/** The names that the channel used for a line, then those that we know it understands; each once. */
function namesOf(line: OrderLine, names: Names): Reference[] {
  const known = [...(line.names ?? []), ...(names.get(line.itemId) ?? [])];
  return [...new Map(known.map((name) => [`${name.scheme} ${name.value}`, name])).values()];
}

/** A line as a paper names it. */
export function describe(line: OrderLine, names: Names) {
  const description = line.description === undefined ? {} : { description: line.description };
  return { itemId: line.itemId, names: namesOf(line, names), ...description };
}

export type AcknowledgementInput = {
  readonly order: Order;
  readonly lines: readonly LinePromise[];
  readonly items: Items;
  readonly names: Names;
  readonly at: string;
  /** Something of it waits for stock: then it is not refused, though nothing is promised yet. */
  readonly waits?: boolean;
};

/** Our answer to an order, in the units in which it was ordered. */
export function acknowledgement(input: AcknowledgementInput): DocumentOf<"order-acknowledgement"> {
  const { order, items, names } = input;
  const promises = new Map(input.lines.map((line) => [line.lineId, line]));
  const promised = (line: OrderLine) => promises.get(line.lineId)?.promised ?? 0;
  const all = order.lines.every((line) => promised(line) === line.quantity);
  const none = input.waits !== true && order.lines.every((line) => promised(line) === 0);
  return {
    kind: "order-acknowledgement",
    order,
    verdict: all ? "accepted" : none ? "rejected" : "accepted-with-changes",
    acknowledgedAt: input.at,
    lines: order.lines.map((line) => {
      const item = items.get(line.itemId);
      const short = line.quantity - promised(line);
      return {
        lineId: line.lineId,
        ...describe(line, names),
        ordered: line.ordered,
        promised: inOrderedUnit(promised(line), line.ordered, item),
        short: inOrderedUnit(short, line.ordered, item),
      };
    }),
  };
}

/** What each warehouse shall pick: one release per location of the order's reservations. */
export function releases(
  order: Order,
  reservations: readonly Reservation[],
  names: Names,
): ReadonlyMap<LocationId, DocumentOf<"warehouse-release">> {
  const shipBy = order.shipBy === undefined ? {} : { shipBy: order.shipBy };
  const byLocation = Map.groupBy(reservations, (reservation) => reservation.locationId);
  return new Map(
    [...byLocation].map(([locationId, picks]) => [
      locationId,
      {
        kind: "warehouse-release" as const,
        orderId: order.orderId,
        orderNumber: order.orderNumber,
        locationId,
        ...shipBy,
        lines: picks.map((pick) => ({
          lineId: pick.lineId,
          itemId: pick.itemId,
          names: [...(names.get(pick.itemId) ?? [])],
          ...(pick.lot === "" ? {} : { lot: pick.lot }),
          quantity: pick.quantity,
        })),
      },
    ]),
  );
}
