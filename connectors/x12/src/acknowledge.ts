import { type Fault, rejects } from "./faults.ts";
import type { Group, Interchange, TransactionSet } from "./interchange.ts";
import { isDate, isTime } from "./validate-elements.ts";
import {
  type OutgoingGroup,
  type OutgoingSegment,
  type OutgoingSet,
  type Written,
  writeInterchange,
} from "./write.ts";

/** What an answer needs that the answered interchange cannot give. */
export type AcknowledgementContext = {
  /** CCYYMMDD and HHMM of the answer. */
  readonly date: string;
  readonly time: string;
  /** ISA13 of the answer; its groups are numbered from here on. */
  readonly controlNumber: number;
  readonly lineBreak: "" | "\n" | "\r\n";
};

/** A accepted, E accepted with errors noted, R rejected. */
export type Status = "A" | "E" | "R";

/** P: some sets accepted, some rejected. */
export type GroupStatus = Status | "P";

/** Error codes that fit into AK5 and AK9. */
const codesMax = 5;

/** AK4 segments under one AK3. */
const elementErrorsMax = 99;

/** Whether the interchange as such can be used; its groups and sets have a status of their own. */
export function interchangeStatus(interchange: Interchange): Status {
  return statusOf(interchange.faults);
}

/** Whether the set by itself can be used. It cannot when its group or interchange is rejected, whatever this says. */
export function setStatus(set: TransactionSet): Status {
  return statusOf(set.faults);
}

/** A group whose frame is at fault is rejected whole: we cannot know that its sets are all of them. */
export function groupStatus(group: Group): GroupStatus {
  if (rejects(group.faults)) return "R";
  const rejected = group.sets.filter((set) => setStatus(set) === "R").length;
  if (rejected > 0) return rejected === group.sets.length ? "R" : "P";
  const noted = group.faults.length > 0 || group.sets.some((set) => set.faults.length > 0);
  return noted ? "E" : "A";
}

function statusOf(faults: readonly Fault[]): Status {
  if (rejects(faults)) return "R";
  return faults.length > 0 ? "E" : "A";
}

const acknowledgingSets = new Set(["997", "999"]);

/** 997 and 999 travel in FA groups, and are never acknowledged themselves: not even where they travel in another group. */
function isAcknowledged({ functionalId, sets }: Group): boolean {
  if (functionalId === "FA") return false;
  return sets.length === 0 || sets.some((set) => !acknowledgingSets.has(set.id));
}

/**
 * An interchange of TA1s alone is never answered, not even when it asks for it or is broken: two programs would go on
 * answering each other for ever.
 */
export function holdsOnlyAnswers({ groups, acknowledgements }: Interchange): boolean {
  return groups.length === 0 && acknowledgements.length > 0;
}

/**
 * Writes the answer to an interchange: a TA1 when its ISA14 asks for one or it is rejected, and one 997 for each
 * of its groups unless it is rejected. `undefined` when nothing is due: an interchange of acknowledgements, or one
 * whose sender cannot be read. It is refused when the sender's own ids cannot be written.
 */
export function acknowledge(interchange: Interchange, context: AcknowledgementContext): Written | undefined {
  if (!isAnswerable(interchange) || holdsOnlyAnswers(interchange)) return undefined;
  const rejected = interchangeStatus(interchange) === "R";
  const groups = rejected ? [] : interchange.groups.filter(isAcknowledged);
  const wanted = interchange.header[14] === "1";
  if (groups.length === 0 && !rejected && !wanted) return undefined;
  const field = (position: number) => interchange.header[position] ?? "";
  const version = /^00[2-9]\d\d$/.test(field(12)) ? field(12) : "00401";
  const usage = field(15);
  return writeInterchange({
    delimiters: { element: "*", component: ">", repetition: version < "00402" ? "" : "^", terminator: "~" },
    lineBreak: context.lineBreak,
    sender: { qualifier: field(7), id: field(8) },
    receiver: { qualifier: field(5), id: field(6) },
    date: context.date.slice(2),
    time: context.time.slice(0, 4),
    version,
    controlNumber: context.controlNumber,
    usage: usage === "T" || usage === "I" ? usage : "P",
    acknowledgementRequested: false,
    acknowledgements: rejected || wanted ? [interchangeAcknowledgement(interchange, context)] : [],
    groups: acknowledgementGroups(groups, context),
  });
}

/** An answer needs two addresses. */
function isAnswerable({ addressed, header }: Interchange): boolean {
  const isQualifier = (value = "") => /^[A-Z0-9]{2}$/i.test(value);
  return (
    addressed && isQualifier(header[5]) && isQualifier(header[7]) && header[6] !== "" && header[8] !== ""
  );
}

/**
 * TA1, with the one code that matters most: the first that rejects, else the first noted. Where the number, date or
 * time of the interchange cannot be read, zeros and the time of the answer stand in, because they are mandatory.
 */
function interchangeAcknowledgement(
  interchange: Interchange,
  context: AcknowledgementContext,
): OutgoingSegment {
  const { faults, header } = interchange;
  const worst = faults.find((found) => found.severity === "rejecting") ?? faults[0];
  const [, , , , , , , , , date = "", time = "", , , control = ""] = header;
  return [
    "TA1",
    /^\d{1,9}$/.test(control) ? control.padStart(9, "0") : "000000000",
    date.length === 6 && isDate(date) ? date : context.date.slice(2),
    time.length === 4 && isTime(time) ? time : context.time.slice(0, 4),
    interchangeStatus(interchange),
    worst?.code ?? "000",
  ];
}

/** One FA group for each pair of addresses and version among the groups answered. */
function acknowledgementGroups(groups: readonly Group[], context: AcknowledgementContext): OutgoingGroup[] {
  const answers = Map.groupBy(groups, (group) =>
    JSON.stringify([group.sender, group.receiver, answerVersion(group)]),
  );
  return [...answers.values()].flatMap((answered, index) => {
    const [first] = answered;
    if (first === undefined) return [];
    const sets = answered.map((group, number) => functionalAcknowledgement(group, number + 1));
    const { date, time } = context;
    const controlNumber = context.controlNumber + index;
    const { sender, receiver } = first;
    const version = answerVersion(first);
    return [
      { functionalId: "FA", sender: receiver, receiver: sender, date, time, controlNumber, version, sets },
    ];
  });
}

/** A 997 is written in the release of the group it answers, in the two releases that differ. */
function answerVersion(group: Group): "004010" | "005010" {
  return group.version.startsWith("005") ? "005010" : "004010";
}

function functionalAcknowledgement(group: Group, number: number): OutgoingSet {
  const later = answerVersion(group) === "005010";
  const controlNumber = /^\d{1,9}$/.test(group.controlNumber) ? group.controlNumber : "0";
  // When the whole group is rejected, a set that is in order by itself must not read as accepted.
  const reported = rejects(group.faults) ? group.sets.filter((set) => set.faults.length > 0) : group.sets;
  const segments: OutgoingSegment[] = [
    ["AK1", group.functionalId || "ZZ", controlNumber, later ? group.version : ""],
  ];
  for (const set of reported) segments.push(...setAcknowledgement(set, later));
  segments.push(groupAnswer(group));
  return { id: "997", controlNumber: String(number).padStart(4, "0"), segments };
}

function setAcknowledgement(set: TransactionSet, later: boolean): OutgoingSegment[] {
  const status = setStatus(set);
  const inSegments = set.faults.filter((found) => found.level === "segment" || found.level === "element");
  const codes = set.faults.filter((found) => found.level === "set").map((found) => found.code);
  const all = inSegments.length > 0 ? [...codes, "5"] : codes;
  return [
    // The sender's own values, however odd, so that it finds its set; zeros for what it left out.
    ["AK2", set.id || "000", set.controlNumber || "0000", later ? set.implementation : ""],
    ...segmentErrors(inSegments),
    ["AK5", status, ...distinctCodes(all)],
  ];
}

/** AK3 for each segment fault, and one with code 8 over the AK4 of each segment that has element faults. */
function segmentErrors(faults: readonly Fault[]): OutgoingSegment[] {
  const written: OutgoingSegment[] = [];
  for (const [position, here] of Map.groupBy(faults, (found) => found.position)) {
    const inElements = here.filter((found) => found.level === "element");
    for (const found of here)
      if (found.level === "segment")
        written.push(["AK3", segmentId(found.segment), String(position), loopId(found), found.code]);
    const [first] = inElements;
    if (first === undefined) continue;
    written.push(["AK3", segmentId(first.segment), String(position), loopId(first), "8"]);
    written.push(...inElements.slice(0, elementErrorsMax).map(elementError));
  }
  return written;
}

function elementError(found: Fault): OutgoingSegment {
  const number = String(found.element ?? 1);
  const position = found.component === null ? number : [number, String(found.component)];
  const dataElement = /^\d{1,4}$/.test(found.dataElement ?? "") ? (found.dataElement ?? "") : "";
  return ["AK4", position, dataElement, found.code, sendable(found.value ?? "")];
}

/** A copy of bad data is optional, and must not break the answer: only what every partner can read is copied. */
function sendable(value: string): string {
  return /^[ -~]*$/.test(value) && !/[*>^~]/.test(value) ? value.slice(0, 99).trimEnd() : "";
}

/** AK301 holds two or three letters or digits, whatever the segment was called. */
function segmentId(id: string): string {
  const letters = id.replaceAll(/[^A-Za-z0-9]/g, "").slice(0, 3);
  return letters.length < 2 ? letters.padEnd(2, "Z") : letters;
}

function loopId(found: Fault): string {
  return found.loop ?? "";
}

function groupAnswer(group: Group): OutgoingSegment {
  const status = groupStatus(group);
  const received = group.sets.length;
  const accepted = rejects(group.faults) ? 0 : group.sets.filter((set) => setStatus(set) !== "R").length;
  const counts = [group.setsDeclared ?? received, received, accepted].map((count) =>
    String(Math.min(count, 999_999)),
  );
  return ["AK9", status, ...counts, ...distinctCodes(group.faults.map((found) => found.code))];
}

function distinctCodes(codes: readonly string[]): string[] {
  return [...new Set(codes)].slice(0, codesMax);
}
