import { isLetterOrDigit, readableText, show, unusableDelimiters } from "./delimiters.ts";
import { type Fault, fault, type Place } from "./faults.ts";
import type { Group } from "./interchange.ts";
import { segments } from "./schema/segments.ts";
import { functionalIdOf } from "./schema/sets.ts";
import type { Segment } from "./segment.ts";
import { elementFaults, isDate, isTime } from "./validate-elements.ts";

/** ISA05 and ISA07: who gave out the id. */
const partyQualifiers = new Set(
  (
    "01 02 03 04 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 " +
    "AM NR SA SN ZZ"
  ).split(" "),
);

/** GS01 of every kind of group up to 005010. A group we have no sets for is still acknowledged by its frame. */
const functionalIds = new Set(
  (
    "AA AB AC AD AE AF AG AH AI AK AL AM AN AO AP AQ AR AS AT AU AV AW AX AY AZ BA BB BC BD BE BF BG BL BS CA CB " +
    "CC CD CE CF CG CH CI CJ CK CL CM CN CO CP CQ CR CS CT CU CV CW D3 D4 D5 DA DB DD DF DI DM DN DS DX EC ED EI " +
    "EN EO EP ER ES EV EX FA FB FC FG FH FR FT GB GC GE GF GL GP GR GT HB HC HI HN HP HR HS HU HV IA IB IC ID IE " +
    "IF IG IH II IJ IM IN IO IP IR IS JB KM LA LB LI LN LR LS LT MA MC MD ME MF MG MH MI MJ MK ML MM MN MO MP MQ " +
    "MR MS MT MV MW MX MY MZ NC NL NP NR NT OC OG OR OW PA PB PC PD PE PF PG PH PI PJ PK PL PN PO PP PQ PR PS PT " +
    "PU PV PW PY QG QM QO RA RB RC RD RE RF RG RH RI RJ RK RL RM RN RO RP RQ RR RS RT RU RV RW RX RY RZ SA SB SC " +
    "SD SE SF SG SH SI SJ SL SM SN SO SP SQ SR SS ST SU SV SW SX TA TB TD TE TF TI TJ TM TN TO TP TR TS TT TU TX " +
    "UA UB UC UD UI UP UW VA VB VC VD VE VF VH VI VP VS WA WB WG WI WL WR WT"
  ).split(" "),
);

type HeaderRule = {
  readonly width: number;
  /** TA105 for this element. */
  readonly code: string;
  readonly expected: string;
  readonly holds: (value: string) => boolean;
};

const anything = () => true;
const rule = (
  width: number,
  code: string,
  expected: string,
  holds: HeaderRule["holds"] = anything,
): HeaderRule => ({ width, code, expected, holds });

const oneOf =
  (...allowed: readonly string[]) =>
  (value: string) =>
    allowed.includes(value);
const isSeparator = (value: string) => value !== "" && value !== " " && !isLetterOrDigit(value);
const isQualifier = (value: string) => partyQualifiers.has(value);

/** ISA01 … ISA16. */
const headerRules: readonly HeaderRule[] = [
  rule(2, "010", "00 to 06", oneOf("00", "01", "02", "03", "04", "05", "06")),
  rule(10, "011", "authorization information"),
  rule(2, "012", "00 or 01", oneOf("00", "01")),
  rule(10, "013", "security information"),
  rule(2, "005", "a sender qualifier such as 01, 08, 12, 14 or ZZ", isQualifier),
  rule(15, "006", "a sender id", (value) => value !== ""),
  rule(2, "007", "a receiver qualifier such as 01, 08, 12, 14 or ZZ", isQualifier),
  rule(15, "008", "a receiver id", (value) => value !== ""),
  rule(6, "014", "a date as YYMMDD", isDate),
  rule(4, "015", "a time as HHMM", isTime),
  rule(1, "016", "U or a repetition separator", (value) => value === "U" || !isLetterOrDigit(value)),
  rule(5, "017", "a version such as 00401", (value) => /^00[2-9]\d\d$/.test(value)),
  rule(9, "018", "nine digits", (value) => /^\d+$/.test(value)),
  rule(1, "019", "0 or 1", oneOf("0", "1")),
  rule(1, "020", "P, T or I", oneOf("P", "T", "I")),
  rule(1, "027", "a component separator that is no letter, digit or space", isSeparator),
];

/**
 * Everything wrong with an ISA. Elements that are not padded to their width, and odd values, are noted, because
 * they can be read all the same; delimiters that cannot cut segments and a control number that is no number
 * reject the interchange.
 */
export function interchangeHeaderFaults(segment: Segment): Fault[] {
  const at = { segment: "ISA", position: segment.ordinal, offset: segment.offset };
  const faults: Fault[] = [];
  const unusable = unusableDelimiters(segment.delimiters);
  if (unusable !== undefined) {
    const message = `ISA: expected a usable segment terminator after ISA16; ${unusable}`;
    faults.push(fault("interchange", "004", at, { message }));
  }
  for (const [index, check] of headerRules.entries()) {
    const found = headerFault(segment.element(index + 1), { element: index + 1, check, at });
    if (found !== undefined) faults.push(found);
  }
  const isa11 = segment.element(11);
  if (segment.element(12) >= "00402" && isSeparator(isa11) && segment.delimiters.repetition === "") {
    const message = `ISA11: expected a repetition separator that differs from the other delimiters; found ${show(isa11)}`;
    faults.push(fault("interchange", "016", at, { element: 11, message }));
  }
  return faults;
}

function headerFault(
  value: string,
  context: { element: number; check: HeaderRule; at: Place },
): Fault | undefined {
  const { element, check, at } = context;
  const name = `ISA${String(element).padStart(2, "0")}`;
  const wide = element === 16 || value.length === check.width;
  // A tab, trimmed, would be no separator.
  const holds = check.holds(element === 11 || element === 16 ? value : value.trim());
  if (wide && holds) return undefined;
  const expected = holds ? `${check.width} characters` : check.expected;
  // The elements are cut at the element separator, so an ISA16 that is one itself looks empty.
  const shown = element === 16 && value === "" ? "the element separator" : show(value);
  // Padding with no-break spaces looks right on a screen, and is too long by a byte for each.
  const unit = /[\x80-\xff]/.test(value) ? " bytes" : "";
  const found = holds ? `${value.length}${unit}: ${shown}` : shown;
  return fault("interchange", check.code, at, {
    element,
    message: `${name}: expected ${expected}; found ${found}`,
    severity: check.code === "018" && !holds ? "rejecting" : "noted",
  });
}

/** Faults of a GS: some have a code in AK905, the others belong to the interchange as TA105 024. */
export function groupHeaderFaults(segment: Segment): { group: Fault[]; interchange: Fault[] } {
  const at = { segment: "GS", position: segment.ordinal, offset: segment.offset };
  const group: Fault[] = [];
  const interchange: Fault[] = [];
  const [
    ,
    id = "",
    sender = "",
    receiver = "",
    date = "",
    time = "",
    control = "",
    agency = "",
    version = "",
  ] = elementsOf(segment);
  const inGroup = (code: string, element: number, message: string) =>
    group.push(fault("group", code, at, { element, message }));
  const inInterchange = (element: number, message: string) =>
    interchange.push(fault("interchange", "024", at, { element, message }));
  if (!functionalIds.has(id)) inGroup("1", 1, `GS01: expected a functional id such as PO; found ${show(id)}`);
  if (sender === "" || sender.length > 15)
    inInterchange(2, `GS02: expected a sender of 2 to 15 characters; found ${show(sender)}`);
  if (receiver === "" || receiver.length > 15)
    inInterchange(3, `GS03: expected a receiver of 2 to 15 characters; found ${show(receiver)}`);
  const dateLength = version.startsWith("003") || version.startsWith("002") ? 6 : 8;
  if (!isDate(date) || date.length !== dateLength)
    inInterchange(
      4,
      `GS04: expected a date as ${dateLength === 6 ? "YYMMDD" : "CCYYMMDD"}; found ${show(date)}`,
    );
  if (!isTime(time))
    inInterchange(5, `GS05: expected a time as HHMM, HHMMSS or HHMMSSDD; found ${show(time)}`);
  if (!/^\d{1,9}$/.test(control))
    inGroup("6", 6, `GS06: expected a control number of 1 to 9 digits; found ${show(control)}`);
  if (agency !== "X" && agency !== "T") inInterchange(7, `GS07: expected X or T; found ${show(agency)}`);
  if (!/^00\d{4}/.test(version) || version.length > 12)
    inGroup("2", 8, `GS08: expected a version such as 004010; found ${show(version)}`);
  const excess = excessElement(segment, 8);
  if (excess !== undefined) inInterchange(excess.element, excess.message);
  return { group, interchange };
}

/** Faults of an ST, and of a set of ours that travels in a group of another kind. */
export function setHeaderFaults(segment: Segment, group: Pick<Group, "functionalId" | "version">): Fault[] {
  const at = { segment: "ST", position: 1, offset: segment.offset };
  const [, id = "", control = ""] = elementsOf(segment);
  const faults: Fault[] = [];
  if (!/^[A-Z0-9]{3}$/.test(id)) {
    const message = `ST01: expected a set such as 850; found ${show(id)}`;
    faults.push(fault("set", "6", at, { element: 1, message, severity: "rejecting" }));
  }
  const expected = functionalIdOf(id);
  if (expected !== undefined && expected !== group.functionalId) {
    const message = `ST01: an ${id} belongs in a group ${expected}; this group is ${show(group.functionalId)}`;
    // 18 came with 005010; before, a set in the wrong group can only be called a wrong set.
    const code = group.version < "005" ? "6" : "18";
    faults.push(fault("set", code, at, { element: 1, message, severity: "noted" }));
  }
  if (control.length < 4 || control.length > 9) {
    const message = `ST02: expected a control number of 4 to 9 characters; found ${show(control)}`;
    const severity = control === "" ? "rejecting" : "noted";
    faults.push(fault("set", "7", at, { element: 2, message, severity }));
  }
  // ST03 names the implementation guide, since 004020.
  const excess = excessElement(segment, group.version < "00402" ? 2 : 3);
  if (excess !== undefined) faults.push(fault("element", "3", at, excess));
  return faults;
}

/** Faults of a TA1 we were sent. */
export function interchangeAcknowledgementFaults(segment: Segment): Fault[] {
  const spec = segments["004010"].get("TA1");
  if (spec === undefined) return [];
  const at = { segment: "TA1", position: segment.ordinal, offset: segment.offset };
  return elementFaults(segment, spec, at).map(({ message, element }) =>
    fault("interchange", "024", at, { message, ...(element === null ? {} : { element }) }),
  );
}

/** The values without padding, which some senders write as no-break spaces. Index 1 is the first element. */
export function elementsOf(segment: Segment): readonly string[] {
  return segment.elements.map((value) => detached(readableText(value).trim()));
}

/** Longer strings are cut by reference: a sender's id of 15 characters would keep its megabyte of text in memory. */
const copiedLengthMax = 12;

function detached(value: string): string {
  return value.length <= copiedLengthMax ? value : Buffer.from(value).toString();
}

/** The first element with a value after the last one that the segment may have. */
export function excessElement(
  segment: Segment,
  elementsMax: number,
): { element: number; message: string; value: string } | undefined {
  const element = segment.elements.findIndex((value, position) => position > elementsMax && value !== "");
  if (element < 0) return undefined;
  const value = segment.element(element);
  const message = `${segment.id} has at most ${elementsMax} elements; found ${show(value)} in element ${element}`;
  return { element, message, value };
}

export function isNumber(value: string): boolean {
  return /^\d{1,15}$/.test(value);
}
