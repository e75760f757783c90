import { type MeasureRejection, type Reference, referenceText, type UnitCode } from "@crossdock/canonical";

/** What has to appear before a record can go on. */
export type WaitsFor =
  | { readonly kind: "item"; readonly reference: Reference }
  | { readonly kind: "location"; readonly reference: Reference }
  | { readonly kind: "unit"; readonly reference: Reference; readonly unit: UnitCode };

/**
 * Why a record is not a fact yet. `waiting` goes on by itself when what it waits for appears; `parked` needs a person. The
 * detail says what to do.
 */
export type Obstacle = {
  readonly state: "waiting" | "parked";
  readonly reason: string;
  readonly detail: string;
  readonly waitsFor?: WaitsFor | undefined;
};

/** Longest detail that is kept: it is read by people. */
const DETAIL_LENGTH_MAX = 1_000;

/** The text by which rows that wait for the same thing are found: `gtin:0123`, `sku:A/XCS`. */
export function waitsForText(waitsFor: WaitsFor): string {
  const reference = referenceText(waitsFor.reference);
  return waitsFor.kind === "unit" ? `${reference}/${waitsFor.unit}` : reference;
}

/** The item that a record names is not known. */
export function unknownItem(reference: Reference): Obstacle {
  const detail = `${referenceText(reference)} is no item that we know. Make it an alias of an item, and the record goes on by itself.`;
  return { state: "waiting", reason: "unknown-item", detail, waitsFor: { kind: "item", reference } };
}

/** The location that a record names is not known. */
export function unknownLocation(reference: Reference): Obstacle {
  const detail = `${referenceText(reference)} is no location that we know. Make it an alias of a location, and the record goes on by itself.`;
  return { state: "waiting", reason: "unknown-location", detail, waitsFor: { kind: "location", reference } };
}

/** Nobody outside can say what happens at a place that stands for the outside. */
export function virtualLocation(reference: Reference): Obstacle {
  const detail = `${referenceText(reference)} is a virtual location; a source speaks about real ones. Correct the source or the alias, then retry.`;
  return { state: "parked", reason: "virtual-location", detail };
}

/** A measure that is not a whole quantity of the item. */
export function unitObstacle(reference: Reference, rejected: MeasureRejection): Obstacle {
  const item = referenceText(reference);
  switch (rejected.reason) {
    case "unit-unknown": {
      const detail = `${item} has no unit ${rejected.unit}; it has ${rejected.known.join(", ")}. Add the unit to the item, and the record goes on by itself.`;
      const waitsFor = { kind: "unit", reference, unit: rejected.unit } as const;
      return { state: "waiting", reason: "unknown-unit", detail, waitsFor };
    }
    case "unit-lossy": {
      const { value, unit } = rejected.measure;
      const detail = `${value} ${unit} of ${item} are ${rejected.exactly} base units, which is not whole. Correct the unit's factor and retry, or drop the record.`;
      return { state: "parked", reason: "unit-lossy", detail };
    }
    case "quantity-out-of-range": {
      const { value, unit } = rejected.measure;
      const detail = `${value} ${unit} of ${item} is more than can be counted exactly. Check the source, then drop the record.`;
      return { state: "parked", reason: "quantity-out-of-range", detail };
    }
    default:
      return rejected satisfies never;
  }
}

/** A quantity below what it may be: movements move at least one, and a count finds at least none. */
export function quantityTooSmall(reference: Reference, found: number, least: 0 | 1): Obstacle {
  const detail = `${found} base units of ${referenceText(reference)} is less than ${least}. A correction downwards is an adjustment; have the source send that, then drop the record.`;
  return { state: "parked", reason: least === 1 ? "quantity-not-positive" : "quantity-negative", detail };
}

/** Joins what stands in a record's way: what needs a person goes first, because waiting would not be enough. */
export function gravestObstacle(obstacles: readonly Obstacle[]): Obstacle | undefined {
  const found = obstacles.find((obstacle) => obstacle.state === "parked") ?? obstacles[0];
  if (found === undefined) return undefined;
  const others = [...new Set(obstacles.map((obstacle) => obstacle.detail))].filter(
    (detail) => detail !== found.detail,
  );
  return { ...found, detail: cut([found.detail, ...others].join(" ")) };
}

const cut = (text: string) =>
  text.length <= DETAIL_LENGTH_MAX ? text : `${text.slice(0, DETAIL_LENGTH_MAX - 2).toWellFormed()} …`;
