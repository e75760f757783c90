import { type Delimiters, isLetterOrDigit, show } from "./delimiters.ts";

/** An element, or the components of a composite. "" for one that is not sent. */
export type OutgoingElement = string | readonly string[];

export type OutgoingSegment = readonly [id: string, ...elements: readonly OutgoingElement[]];

export type OutgoingSet = {
  readonly id: string;
  /** 4 to 9 digits or letters. */
  readonly controlNumber: string;
  /** ST03, from 005010 on. */
  readonly implementation?: string;
  /** Everything between ST and SE. */
  readonly segments: readonly OutgoingSegment[];
};

export type OutgoingGroup = {
  readonly functionalId: string;
  readonly sender: string;
  readonly receiver: string;
  /** CCYYMMDD. */
  readonly date: string;
  /** HHMM or longer. */
  readonly time: string;
  /** 1 to 999999999. */
  readonly controlNumber: number;
  readonly version: string;
  readonly sets: readonly OutgoingSet[];
};

export type Party = { readonly qualifier: string; readonly id: string };

export type OutgoingInterchange = {
  readonly delimiters: Delimiters;
  /** Written after every terminator, for people; "" for partners that cannot bear it. */
  readonly lineBreak: "" | "\n" | "\r\n";
  readonly sender: Party;
  readonly receiver: Party;
  /** YYMMDD. */
  readonly date: string;
  /** HHMM. */
  readonly time: string;
  /** ISA12, such as "00401". */
  readonly version: string;
  /** 1 to 999999999. */
  readonly controlNumber: number;
  readonly usage: "P" | "T" | "I";
  readonly acknowledgementRequested: boolean;
  /** TA1 segments, written before the groups. */
  readonly acknowledgements?: readonly OutgoingSegment[];
  readonly groups: readonly OutgoingGroup[];
};

export type Refusal = {
  readonly reason:
    | "unusable-delimiters"
    | "delimiter-in-data"
    | "control-character"
    | "not-latin-1"
    | "too-long"
    | "control-number"
    | "not-a-segment";
  readonly segment: string;
  /** Counted from 1; null when the refusal is about the whole. */
  readonly element: number | null;
  readonly message: string;
};

/** The text has one character per byte: write it as Latin-1. */
export type Written = { readonly written: string } | { readonly refused: Refusal };

/** Control numbers have nine digits at most; after this one they start again at 1. */
export const controlNumberMax = 999_999_999;

/**
 * Writes an interchange: pads the ISA, counts groups, sets and segments, leaves out empty elements at the end.
 * X12 has no escapes, so a value that holds a delimiter cannot be sent: it is refused, with its place. The
 * caller decides whether to change the value or the delimiters.
 */
export function writeInterchange(interchange: OutgoingInterchange): Written {
  const writer = new SegmentWriter(interchange);
  const { acknowledgements = [], groups, controlNumber } = interchange;
  writer.header(interchange);
  for (const acknowledgement of acknowledgements) writer.write(acknowledgement);
  for (const group of groups) writeGroup(writer, group);
  writer.write(["IEA", String(groups.length), padded(controlNumber)]);
  return writer.result();
}

function writeGroup(writer: SegmentWriter, group: OutgoingGroup): void {
  const { functionalId, sender, receiver, date, time, controlNumber, version, sets } = group;
  writer.controlNumber("GS", 6, controlNumber);
  writer.longest("GS", 2, sender, 15);
  writer.longest("GS", 3, receiver, 15);
  writer.write(["GS", functionalId, sender, receiver, date, time, String(controlNumber), "X", version]);
  for (const set of sets) writeSet(writer, set);
  writer.write(["GE", String(sets.length), String(controlNumber)]);
}

function writeSet(writer: SegmentWriter, set: OutgoingSet): void {
  if (!/^[A-Za-z0-9]{4,9}$/.test(set.controlNumber))
    writer.refuse({
      reason: "control-number",
      segment: "ST",
      element: 2,
      message: `ST02: expected 4 to 9 digits or letters; given ${show(set.controlNumber)}`,
    });
  writer.write(["ST", set.id, set.controlNumber, set.implementation ?? ""]);
  for (const segment of set.segments) writer.write(segment);
  writer.write(["SE", String(set.segments.length + 2), set.controlNumber]);
}

function padded(controlNumber: number): string {
  return String(controlNumber).padStart(9, "0");
}

/** Collects segments until one cannot be written; the first refusal is the result. */
class SegmentWriter {
  readonly #delimiters: Delimiters;
  readonly #lineBreak: string;
  readonly #segments: string[] = [];
  #refused: Refusal | undefined;

  constructor(interchange: OutgoingInterchange) {
    this.#delimiters = interchange.delimiters;
    this.#lineBreak = interchange.lineBreak;
    const problem = delimiterProblem(interchange.delimiters, interchange.version);
    if (problem !== undefined)
      this.refuse({ reason: "unusable-delimiters", segment: "ISA", element: null, message: problem });
  }

  header(interchange: OutgoingInterchange): void {
    const { sender, receiver, date, time, version, controlNumber, usage } = interchange;
    const { repetition, component } = this.#delimiters;
    this.controlNumber("ISA", 13, controlNumber);
    const fields: readonly (readonly [value: string, width: number])[] = [
      ["00", 2],
      ["", 10],
      ["00", 2],
      ["", 10],
      [sender.qualifier, 2],
      [sender.id, 15],
      [receiver.qualifier, 2],
      [receiver.id, 15],
      [date, 6],
      [time, 4],
      [version < "00402" ? "U" : repetition, 1],
      [version, 5],
      [padded(controlNumber), 9],
      [interchange.acknowledgementRequested ? "1" : "0", 1],
      [usage, 1],
    ];
    for (const [index, [value, width]] of fields.entries()) {
      this.longest("ISA", index + 1, value, width);
      if (index !== 10) this.#value("ISA", index + 1, value);
    }
    const padding = fields.map(([value, width]) => value.padEnd(width));
    this.#segments.push(["ISA", ...padding, component].join(this.#delimiters.element));
  }

  write(segment: OutgoingSegment): void {
    const [id, ...elements] = segment;
    if (!/^[A-Z][A-Z0-9]{1,2}$/.test(id))
      this.refuse({
        reason: "not-a-segment",
        segment: id,
        element: null,
        message: `${show(id)} is no segment id`,
      });
    const values = elements.map((element, index) => this.#element(id, index + 1, element));
    while (values.at(-1) === "") values.pop();
    this.#segments.push([id, ...values].join(this.#delimiters.element));
  }

  controlNumber(segment: string, element: number, value: number): void {
    if (Number.isSafeInteger(value) && value >= 1 && value <= controlNumberMax) return;
    const message = `${segment}: expected a control number from 1 to ${controlNumberMax}; given ${value}`;
    this.refuse({ reason: "control-number", segment, element, message });
  }

  longest(segment: string, element: number, value: string, width: number): void {
    if (value.length <= width) return;
    const message = `${segment}: expected at most ${width} characters in element ${element}; given ${show(value)}`;
    this.refuse({ reason: "too-long", segment, element, message });
  }

  refuse(refusal: Refusal): void {
    this.#refused ??= refusal;
  }

  result(): Written {
    if (this.#refused !== undefined) return { refused: this.#refused };
    const end = this.#delimiters.terminator + this.#lineBreak;
    return { written: this.#segments.map((segment) => segment + end).join("") };
  }

  #element(id: string, position: number, element: OutgoingElement): string {
    if (typeof element === "string") return this.#value(id, position, element);
    const components = element.map((component) => this.#value(id, position, component));
    while (components.at(-1) === "") components.pop();
    return components.join(this.#delimiters.component);
  }

  #value(segment: string, element: number, value: string): string {
    const problem = valueProblem(value, this.#delimiters);
    if (problem !== undefined) this.refuse({ ...problem, segment, element });
    return value;
  }
}

function valueProblem(
  value: string,
  delimiters: Delimiters,
): Pick<Refusal, "reason" | "message"> | undefined {
  for (const [name, delimiter] of Object.entries(delimiters))
    if (delimiter !== "" && value.includes(delimiter))
      return {
        reason: "delimiter-in-data",
        message: `${show(value)} holds the ${name} delimiter ${show(delimiter)}`,
      };
  for (const character of value) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 32 || code === 127)
      return { reason: "control-character", message: `${show(value)} holds a control character` };
    if (code > 255)
      return { reason: "not-latin-1", message: `${show(value)} holds "${character}", which Latin-1 has not` };
  }
  return undefined;
}

function delimiterProblem(delimiters: Delimiters, version: string): string | undefined {
  const used = Object.entries(delimiters).filter(([name]) => name !== "repetition" || version >= "00402");
  for (const [name, delimiter] of used)
    if (delimiter.length !== 1 || isLetterOrDigit(delimiter) || delimiter === " " || delimiter > "\xff")
      return `the ${name} delimiter must be one character that is no letter, digit or space; given ${show(delimiter)}`;
  const distinct = new Set(used.map(([, delimiter]) => delimiter));
  return distinct.size === used.length ? undefined : "the delimiters must differ from one another";
}
