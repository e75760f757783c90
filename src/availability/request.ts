import {
  type ItemId,
  type LineRejection,
  type MeasureRejection,
  type PromisePolicy,
  quantity,
  type ReservationLineRequest,
  type ReservationRequest,
  referenceText,
  toBaseUnits,
} from "@crossdock/canonical";
import type { ResolvedItem } from "../governance/index.ts";
import type { AdmissionLine, AdmissionRequest } from "./admission.ts";
import { orderedUnitOf } from "./ordered-unit.ts";

type ResolvedLine =
  | { readonly line: AdmissionLine; readonly refused?: undefined }
  | { readonly line?: undefined; readonly refused: LineRejection };

/** Why a measure was refused, as a sentence that says what to do. */
export function measureRefusalText(rejected: MeasureRejection): string {
  switch (rejected.reason) {
    case "unit-unknown":
      return `The item has no unit ${rejected.unit}; it has ${rejected.known.join(", ")}.`;
    case "unit-lossy":
      return `${rejected.measure.value} ${rejected.measure.unit} are ${rejected.exactly} base units, which is not whole; ask for an amount that is.`;
    case "quantity-out-of-range":
      return `${rejected.measure.value} ${rejected.measure.unit} are more base units than can be held exactly.`;
    default:
      return rejected satisfies never;
  }
}

/** What one unit of an item takes off the shelf: a kit its components, anything else itself. */
export function componentsOf(item: ResolvedItem): AdmissionLine["components"] {
  return item.components.length > 0 ? item.components : [{ itemId: item.itemId, quantity: 1 }];
}

/** The items whose stock others are made of, each once. */
export function partIdsOf(items: Iterable<ResolvedItem>): readonly ItemId[] {
  return [...new Set([...items].flatMap((item) => componentsOf(item).map((part) => part.itemId)))];
}

function resolveLine(line: ReservationLineRequest, item: ResolvedItem | undefined): ResolvedLine {
  const { lineId } = line;
  if (item === undefined) {
    const message = `No item is known as ${referenceText(line.item)}; add the alias or correct the reference.`;
    return { refused: { lineId, reason: "unknown-item", message } };
  }
  const measured = toBaseUnits(line.quantity, item.units);
  if (!measured.ok) {
    return {
      refused: {
        lineId,
        itemId: item.itemId,
        reason: "unit-refused",
        message: measureRefusalText(measured.rejected),
      },
    };
  }
  if (measured.delta <= 0) {
    const message = "The quantity must be at least one base unit.";
    return { refused: { lineId, itemId: item.itemId, reason: "unit-refused", message } };
  }
  const units = quantity(measured.delta);
  return {
    line: {
      lineId,
      itemId: item.itemId,
      quantity: units,
      orderedUnit: orderedUnitOf(line.quantity, units),
      components: componentsOf(item),
      locationId: line.locationId,
      lot: line.lot,
      ...(line.maxSplits === undefined ? {} : { locationsMax: line.maxSplits + 1 }),
      ...(line.needBy === undefined ? {} : { needBy: line.needBy }),
      ...(line.waitUntil === undefined ? {} : { waitUntil: line.waitUntil }),
    },
  };
}

/** How many locations all lines together may come from: complete shipments come from one. */
export function locationsMaxOf({
  policy,
  maxSplits,
}: {
  readonly policy?: PromisePolicy | undefined;
  readonly maxSplits?: number | undefined;
}): Pick<AdmissionRequest, "locationsMax"> {
  if (policy === "ship-complete") return { locationsMax: 1 };
  return maxSplits === undefined ? {} : { locationsMax: maxSplits + 1 };
}

/** Turns a request into what admission decides: items found, units exact, kits taken apart. Lines that fail carry their reason. */
export function fromRequest(
  request: ReservationRequest,
  items: ReadonlyMap<string, ResolvedItem>,
): AdmissionRequest {
  const lines = request.lines.map((line) => resolveLine(line, items.get(referenceText(line.item))));
  return {
    channelId: request.channelId,
    policy: request.policy ?? "all-or-nothing",
    ...locationsMaxOf(request),
    ...(request.explain === true ? { explain: true } : {}),
    ...(request.destination === undefined ? {} : { destination: request.destination }),
    lines: lines.flatMap(({ line }) => (line === undefined ? [] : [line])),
    refused: lines.flatMap(({ refused }) => (refused === undefined ? [] : [refused])),
  };
}
