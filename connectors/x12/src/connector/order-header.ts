import type { Party, PromisePolicy } from "@crossdock/canonical";
import type { Segment } from "../segment.ts";
import { identityOf, type Problem, textOf } from "./element-text.ts";
import { momentOf } from "./local-time.ts";

/** What an order says before its first line, as far as it can be used. */
export type OrderHeader = {
  readonly orderNumber: string;
  readonly placedAt: string;
  readonly deliverBy?: string;
  readonly shipBy?: string;
  readonly cancelAfter?: string;
  readonly policy?: PromisePolicy;
  readonly parties: readonly Party[];
  readonly attributes: Readonly<Record<string, string>>;
};

/** A segment with the place of it that problems name. */
export type Placed = { readonly segment: Segment; readonly at: string };

const PARTIES_MAX = 10;
const ATTRIBUTES_MAX = 40;
const ATTRIBUTE_LENGTH_MAX = 500;
const ADDRESS_LINES_MAX = 6;
/** Data element 324, with room for partners that do not keep to its 22 characters. */
const ORDER_NUMBER_LENGTH_MAX = 60;

/** A day without a time is over at its end, when it is a last day; and begun at its start, when an order is of it. */
const START_OF_DAY = "0000";
const END_OF_DAY = "235959";

const ROLES: ReadonlyMap<string, Party["role"]> = new Map([
  ["BY", "buyer"],
  ["ST", "ship-to"],
  ["BT", "bill-to"],
  ["SF", "vendor"],
  ["SU", "vendor"],
  ["VN", "vendor"],
]);

/** BEG02: only a frame for later releases, which are the demand. */
const BLANKET_ORDERS: readonly string[] = ["BK", "BE"];

/** What BEG01 says when it is no original, and what whoever finds it parked should do. */
const BY_HAND =
  "where the order was taken in here, change its reservations and its release to the warehouse by hand, then drop this record";
const NOTHING_NEW = "it asks for nothing that its original did not; drop this record when that was taken in";
const PURPOSES: ReadonlyMap<string, { readonly is: string; readonly toDo: string }> = new Map([
  ["01", { is: "a cancellation", toDo: BY_HAND }],
  ["04", { is: "a change", toDo: BY_HAND }],
  ["05", { is: "a replacement", toDo: BY_HAND }],
  ["06", { is: "a confirmation", toDo: NOTHING_NEW }],
  ["07", { is: "a duplicate", toDo: NOTHING_NEW }],
  ["22", { is: "an information copy", toDo: NOTHING_NEW }],
]);
const PURPOSE_UNKNOWN = { is: "none", toDo: "ask the partner what it means, then drop this record" };

/** CSH01: what the partner wants when not everything is there. */
const POLICIES: ReadonlyMap<string, PromisePolicy> = new Map([
  ["SC", "all-or-nothing"],
  ["SP", "partial"],
  ["BK", "partial"],
]);

/** Reads what stands before the first line. What makes the order unusable goes to `problems`, and all of it does. */
export function readOrderHeader(
  segments: readonly Placed[],
  timeZone: string,
  problems: Problem[],
): OrderHeader | undefined {
  const beg = segments.find(({ segment }) => segment.id === "BEG");
  if (beg === undefined) return undefined;
  const { segment, at } = beg;
  refusePurpose(beg, problems);
  const orderNumber = orderNumberOf(beg, problems);
  const placedAt = momentOf(segment.element(5).trim(), START_OF_DAY, timeZone);
  if (placedAt === undefined) {
    problems.push({ at, message: `BEG05: ${JSON.stringify(segment.element(5))} is no date of an order` });
  }
  if (orderNumber === undefined || placedAt === undefined) return undefined;
  const dates = datesOf(segments, timeZone);
  const csh = segments.find(({ segment: { id } }) => id === "CSH");
  const policy = POLICIES.get(csh?.segment.element(1).trim() ?? "");
  return {
    orderNumber,
    placedAt,
    ...latestDates(dates),
    ...(policy === undefined ? {} : { policy }),
    parties: partiesOf(segments),
    attributes: attributesOf(segments, segment),
  };
}

function refusePurpose({ segment, at }: Placed, problems: Problem[]): void {
  const [purpose, type] = [segment.element(1).trim(), segment.element(2).trim()];
  if (purpose !== "00") {
    const { is, toDo } = PURPOSES.get(purpose) ?? PURPOSE_UNKNOWN;
    const message = `BEG01: only original orders (00) are taken, and ${JSON.stringify(purpose)} is ${is}: ${toDo}`;
    problems.push({ at, message });
  }
  if (BLANKET_ORDERS.includes(type)) {
    problems.push({ at, message: `BEG02: a blanket order (${type}) is no demand; its releases are` });
  }
}

/** The number of the purchase order; a release of a blanket order adds its own, because all releases share the first. */
function orderNumberOf({ segment, at }: Placed, problems: Problem[]): string | undefined {
  const number = identityOf(segment.element(3), ORDER_NUMBER_LENGTH_MAX) ?? { problem: "is empty" };
  const release = identityOf(segment.element(4), ORDER_NUMBER_LENGTH_MAX);
  if ("problem" in number)
    problems.push({ at, message: `BEG03, the number of the order, ${number.problem}` });
  if (release !== undefined && "problem" in release) {
    problems.push({ at, message: `BEG04, the number of the release, ${release.problem}` });
    return undefined;
  }
  if ("problem" in number) return undefined;
  return release === undefined ? number.text : `${number.text}-${release.text}`;
}

/** Moments by the qualifiers of DTM. A day without a time counts to its end. */
export function datesOf(segments: readonly Placed[], timeZone: string): ReadonlyMap<string, string> {
  const dates = new Map<string, string>();
  for (const { segment } of segments) {
    if (segment.id !== "DTM") continue;
    const [, qualifier = "", date = "", time = "", , form = "", period = ""] = segment.elements.map((value) =>
      value.trim(),
    );
    const day = date === "" && form === "D8" ? period : date;
    const moment = momentOf(day, time === "" ? END_OF_DAY : time, timeZone);
    if (moment !== undefined && !dates.has(qualifier)) dates.set(qualifier, moment);
  }
  return dates;
}

/** What the dates mean to us: 002 and 063 delivery, 038 and 010 shipment, 001 the end of interest. */
export function latestDates(
  dates: ReadonlyMap<string, string>,
): Pick<OrderHeader, "deliverBy" | "shipBy" | "cancelAfter"> {
  const deliverBy = dates.get("002") ?? dates.get("063");
  const shipBy = dates.get("038") ?? dates.get("010");
  const cancelAfter = dates.get("001");
  return {
    ...(deliverBy === undefined ? {} : { deliverBy }),
    ...(shipBy === undefined ? {} : { shipBy }),
    ...(cancelAfter === undefined ? {} : { cancelAfter }),
  };
}

/** The parties of the N1 loops, each with the address that follows its N1. */
function partiesOf(segments: readonly Placed[]): readonly Party[] {
  const loops: Segment[][] = [];
  let open: Segment[] | undefined;
  for (const { segment } of segments) {
    if (segment.id === "N1") {
      open = [segment];
      loops.push(open);
    } else if (["N2", "N3", "N4"].includes(segment.id)) open?.push(segment);
    else if (["N9", "SPI", "LM", "ADV"].includes(segment.id)) open = undefined;
  }
  return loops.flatMap(partyOf).slice(0, PARTIES_MAX);
}

function partyOf(loop: readonly Segment[]): Party[] {
  const [n1] = loop;
  const role = ROLES.get(n1?.element(1).trim() ?? "");
  if (n1 === undefined || role === undefined) return [];
  const n4 = loop.find(({ id }) => id === "N4");
  const street = loop
    .filter(({ id }) => id === "N3")
    .flatMap((n3) => [textOf(n3.element(1)), textOf(n3.element(2))])
    .filter((line) => line !== undefined)
    .slice(0, ADDRESS_LINES_MAX);
  const texts = {
    name: textOf(n1.element(2)),
    codeQualifier: textOf(n1.element(3)),
    code: textOf(n1.element(4)),
    city: textOf(n4?.element(1) ?? ""),
    region: textOf(n4?.element(2) ?? ""),
    postalCode: textOf(n4?.element(3) ?? ""),
    country: textOf(n4?.element(4) ?? ""),
  };
  const known = Object.fromEntries(Object.entries(texts).filter(([, value]) => value !== undefined));
  return [{ role, ...known, ...(street.length === 0 ? {} : { address: street }) }];
}

/**
 * What the papers give back: the number, release and date of the order as they were written, its references (`REF*DP`), the
 * first day of shipment, and the carrier that was asked for.
 */
function attributesOf(segments: readonly Placed[], beg: Segment): Readonly<Record<string, string>> {
  const said: [string, string | undefined][] = [2, 3, 4, 5].map((position) => [
    `BEG0${position}`,
    textOf(beg.element(position)),
  ]);
  for (const { segment } of segments) {
    const [qualifier, value] = [segment.element(1).trim(), segment.element(2).trim()];
    if (segment.id === "REF" && /^[A-Z0-9]{2,3}$/.test(qualifier)) {
      said.push([`REF*${qualifier}`, textOf(value, ATTRIBUTE_LENGTH_MAX)]);
    }
    if (segment.id === "DTM" && qualifier === "037") said.push(["DTM*037", textOf(value)]);
    if (segment.id === "TD5" && value === "2") said.push(["TD503", textOf(segment.element(3))]);
  }
  const attributes = new Map<string, string>();
  for (const [name, value] of said) {
    if (value !== undefined && !attributes.has(name) && attributes.size < ATTRIBUTES_MAX)
      attributes.set(name, value);
  }
  return Object.fromEntries(attributes);
}
