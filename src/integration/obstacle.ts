import {
  type Fact,
  type ItemId,
  type MeasureRejection,
  type Reference,
  referenceText,
  type UnitCode,
} from "@crossdock/canonical";
import { differencesText } from "./difference.ts";

/** What has to appear before a record can go on. */
export type WaitsFor =
  | { readonly kind: "item"; readonly reference: Reference; readonly or?: readonly Reference[] }
  | { readonly kind: "location"; readonly reference: Reference }
  | { readonly kind: "unit"; readonly reference: Reference; readonly unit: UnitCode }
  /** The lot of the item's units, which the record does not name. */
  | { readonly kind: "lot"; readonly reference: Reference };

/**
 * Why a record is not a fact yet. `waiting` goes on by itself when what it waits for appears; `parked` needs a person. The
 * detail says what to do.
 */
export type Obstacle = {
  readonly state: "waiting" | "parked";
  readonly reason: string;
  readonly detail: string;
  readonly waitsFor?: WaitsFor | undefined;
  /** What it is about, where a newer one about the same takes its place. */
  readonly about?: string | undefined;
};

/** Longest detail that is kept: it is read by people. */
const DETAIL_LENGTH_MAX = 1_000;

/** Characters of the names that one record waits for together: the text is the key of an index. */
const AWAITED_LENGTH_MAX = 500;

/** The text by which rows that wait for the same thing are found: `gtin:0123`, `sku:A or gtin:0123`, `sku:A/XCS`. */
export function waitsForText(waitsFor: WaitsFor): string {
  const reference = referenceText(waitsFor.reference);
  switch (waitsFor.kind) {
    case "item":
      return [reference, ...(waitsFor.or ?? []).map(referenceText)].join(" or ");
    case "location":
    case "lot":
      return reference;
    case "unit":
      return `${reference}/${waitsFor.unit}`;
    default:
      return waitsFor satisfies never;
  }
}

/** None of an item's names is known. The record waits for any of them, as far as they are not too many to be waited for. */
export function unknownItem(reference: Reference, others: readonly Reference[] = []): Obstacle {
  const waitsFor = awaited(reference, others);
  const text = waitsForText(waitsFor);
  const is =
    others.length === 0 ? "is no item that we know. Make it" : "name no item that we know. Make one of them";
  const detail = `${text} ${is} an alias of an item, and the record goes on by itself.`;
  return { state: "waiting", reason: "unknown-item", detail, waitsFor };
}

function awaited(reference: Reference, others: readonly Reference[]): WaitsFor {
  const or: Reference[] = [];
  for (const other of others) {
    const waitsFor = { kind: "item", reference, or: [...or, other] } as const;
    if (waitsForText(waitsFor).length > AWAITED_LENGTH_MAX) break;
    or.push(other);
  }
  return or.length === 0 ? { kind: "item", reference } : { kind: "item", reference, or };
}

/** What a name of an item leads to. */
type Meaning = { readonly name: Reference; readonly itemId: ItemId };

/** Two names of one line lead to different items, and nobody but a person can say which of them is meant. */
export function namesDisagree(one: Meaning, other: Meaning): Obstacle {
  const [first, second] = [one, other].map(({ name, itemId }) => `${referenceText(name)} is item ${itemId}`);
  const detail = `One line names two items: ${first}, and ${second}. Correct the alias that is wrong and retry, or have the sender correct the order and drop the record.`;
  return { state: "parked", reason: "names-disagree", detail };
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

/** A count of which more is quarantined and damaged than was counted at all. */
export function conditionsExceed(
  reference: Reference,
  found: { readonly counted: number; readonly quarantined: number; readonly damaged: number },
): Obstacle {
  const { counted, quarantined, damaged } = found;
  const detail = `Of ${counted} counted units of ${referenceText(reference)}, ${quarantined} are said to be quarantined and ${damaged} damaged, which is more. What was counted is all of them together; have the source correct it, then drop the record.`;
  return { state: "parked", reason: "conditions-exceed-count", detail };
}

/** What decides whether units of an item can be stocked under a lot. */
type Tracked = {
  readonly tracking: "none" | "lot" | "serial";
  readonly components: readonly unknown[];
};

/** Why units of an item cannot be stocked as a record names them; undefined when they can. */
export function stockedObstacle(
  reference: Reference,
  { tracking, components }: Tracked,
  { lot, units }: { readonly lot: string; readonly units: number },
): Obstacle | undefined {
  const name = referenceText(reference);
  if (components.length > 0) {
    const detail = `${name} is a kit, which is sold and never stocked: its parts are. Have the source name the parts; where it is built and stocked as one, take its parts off the item and retry. Otherwise drop the record.`;
    return { state: "parked", reason: "kit-not-stocked", detail };
  }
  if (tracking !== "none" && lot === "") {
    return lotMissing(reference, tracking);
  }
  if (tracking === "serial" && units > 1) {
    const detail = `${name} is tracked by serial number, and the record says ${units} units under one. Have the source tell each unit by itself with its serial number, then drop the record.`;
    return { state: "parked", reason: "serial-not-single", detail };
  }
  return undefined;
}

/**
 * Units of an item that is tracked, and no word under which lot or serial number. They wait until somebody says of which lot they are, or
 * until nobody tracks the item any more. A serial number is of one unit, so nobody can say it of all that wait.
 */
function lotMissing(reference: Reference, tracking: "lot" | "serial"): Obstacle {
  const name = referenceText(reference);
  const detail =
    tracking === "lot"
      ? `${name} is tracked by lot, and the record names none. Say of which lot the units are, and the record goes on by itself; it does as well where nobody tracks the item any more. Or have the source name the lot, and drop the record.`
      : `${name} is tracked by serial number, and the record names none. Have the source name it and drop the record; where nobody tracks the item any more, the record goes on by itself.`;
  return { state: "waiting", reason: "lot-missing", detail, waitsFor: { kind: "lot", reference } };
}

/** A number in a source's own counting of its messages that would be rounded. */
export function sequenceOutOfRange(number: number): Obstacle {
  const detail = `The sequence number ${number} cannot be held exactly. Have the source number its messages below 2^53.`;
  return { state: "parked", reason: "sequence-out-of-range", detail };
}

/** More than any quantity may be once it is in base units. */
export function quantityTooLarge(reference: Reference, found: number): Obstacle {
  const detail = `${found} base units of ${referenceText(reference)} is more than any stock. Check the source, then drop the record.`;
  return { state: "parked", reason: "quantity-out-of-range", detail };
}

/** What a source says, as far as two tellings of it are compared. */
type Telling = Fact & { readonly id: string; readonly effectiveAt: string };

/** An id that its source has used before for something else: the first telling counts, and a person learns what differs. */
export function contradiction(told: Telling, now: Telling): Obstacle {
  const differs = differencesText(saidBy(told), saidBy(now));
  const detail =
    now.type === "OrderReceived"
      ? `Order ${now.data.orderNumber} was taken in before with other content, and stays as it was: ${differs}. Where the sender means to change it, change its reservations and its release to the warehouse by hand; where it is another order, have it sent under a number and id of its own. Then drop the record.`
      : `${now.id} is the id of another fact of this source, or its names meant something else when it was first told: ${differs}. Compare the two; have the source send this one under an id of its own, then drop the record.`;
  return { state: "parked", reason: "contradicts-earlier", detail: cut(detail) };
}

/** The reason of what looks like something that has counted under another id. */
export const SUSPECT_DUPLICATE = "suspect-duplicate";

/** It says what another statement of its source said, under an id of its own: a person says whether it happened twice. */
export function suspectDuplicate(
  fact: Pick<Telling, "type" | "id">,
  of: { readonly id: string; readonly messageId: string; readonly at: Date },
): Obstacle {
  const detail = `${fact.id} says what ${of.id} said, which counted on ${of.at.toISOString()} (message ${of.messageId}): the same ${fact.type} under another id. If it happened twice, retry the record, and it counts; if it is the same, drop it, and it is a duplicate.`;
  return { state: "parked", reason: SUSPECT_DUPLICATE, detail: cut(detail) };
}

/** A version that has counted, told again with other content: one of the two is wrong, and only the source can say which. */
export function contradictedVersion(
  { id }: Pick<Telling, "id">,
  than: { readonly of: string; readonly shown: string; readonly factId: string },
): Obstacle {
  const detail = `${id} says something else than ${than.factId} did, and both are version ${than.shown} of ${than.of}. Have the source tell what holds under a higher version, then drop the record.`;
  return { state: "parked", reason: "contradicts-version", detail: cut(detail) };
}

/** Versions of one thing that are compared by two rules have no order. */
export function mixedVersions(
  { id }: Pick<Telling, "id">,
  { of, own, rule }: { readonly of: string; readonly own: string; readonly rule: string },
): Obstacle {
  const detail = `${id} gives ${own} as its version of ${of}, whose versions have been compared as ${rule} so far. Have the source give one kind of version, then drop the record.`;
  return { state: "parked", reason: "mixed-versions", detail: cut(detail) };
}

const saidBy = ({ type, effectiveAt, data }: Telling) => ({
  type,
  effectiveAt: new Date(effectiveAt).toISOString(),
  ...data,
});

/** Before this nobody's stock is of interest: 0001, 1900 and 1970 are what programs write when they have no date. */
const EARLIEST = Date.parse("2000-01-01T00:00:00Z");
/** Clocks differ, and some sources write their local time as UTC. */
const AHEAD_MS_MAX = 24 * 60 * 60 * 1_000;

/**
 * What stands in the way of a stock statement of that time; undefined when nothing does. A count of a day to come would undo
 * every movement until then, and a movement without a real date would be undone by the first count.
 */
export function incredibleTime(effectiveAt: string, now: Date): Obstacle | undefined {
  const at = Date.parse(effectiveAt);
  if (at > now.getTime() + AHEAD_MS_MAX) {
    const detail = `${effectiveAt} is more than a day ahead. Correct the source's clock and drop the record, or retry it when that time has come.`;
    return { state: "parked", reason: "effective-in-future", detail };
  }
  if (at < EARLIEST) {
    const detail = `${effectiveAt} looks like a date that was never set. Have the source say when it happened, then drop the record.`;
    return { state: "parked", reason: "effective-long-ago", detail };
  }
  return undefined;
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

/** A detail of no more characters than are kept. */
export const cutDetail = (text: string): string => cut(text);

const cut = (text: string) =>
  text.length <= DETAIL_LENGTH_MAX ? text : `${text.slice(0, DETAIL_LENGTH_MAX - 2).toWellFormed()} …`;
