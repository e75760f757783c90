import { type Delimiters, readableText, show, unusableDelimiters } from "./delimiters.ts";
import {
  differs,
  groupHeaderFaults,
  interchangeAcknowledgementFaults,
  interchangeHeaderFaults,
  isNumber,
  setHeaderFaults,
} from "./envelope-headers.ts";
import { type Fault, fault, type Place } from "./faults.ts";
import type { Group, Interchange, SetChecker, TransactionSet } from "./interchange.ts";
import type { Segment } from "./segment.ts";
import type { Gap, Token } from "./tokenizer.ts";

export type EnvelopeOptions = {
  /** Gives the checker for a set, or undefined when there is no definition to check it against. */
  readonly checkerFor?: (setId: string, version: string) => SetChecker | undefined;
  /** Keep the segments of every set. Off, memory does not grow with the length of the sets. */
  readonly keepSegments?: boolean;
};

/** Most faults kept of one frame, so that a gigabyte of nonsense is not answered with another. */
export const frameFaultsMax = 1_000;

type Open<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] };
type OpenSet = Open<TransactionSet> & { readonly checker: SetChecker | undefined };
type OpenGroup = Open<Group> & { readonly setNumbers: Set<string> };
type OpenInterchange = Open<Interchange> & { readonly groupNumbers: Set<string> };

/**
 * Builds interchanges, groups and sets from tokens, and collects every fault of the frames around the sets:
 * control numbers, counts, missing headers and trailers, segments outside a set. It never stops at a fault.
 */
export class EnvelopeReader {
  readonly interchanges: Interchange[] = [];
  /** Faults outside every interchange, and bytes that are no segment. */
  readonly faults: Fault[] = [];
  readonly #options: EnvelopeOptions;
  #interchange: OpenInterchange | undefined;
  #group: OpenGroup | undefined;
  #set: OpenSet | undefined;
  /** The segment before was where none can be. */
  #straying = false;
  #ordinal = 0;
  #offset = 0;

  constructor(options: EnvelopeOptions = {}) {
    this.#options = options;
  }

  accept(token: Token): void {
    this.#offset = token.offset;
    if (token.kind === "gap") this.#gap(token);
    else this.#segment(token);
  }

  /** Call once after the last token: what is still open was cut off. */
  end(): void {
    this.#ordinal++;
    this.#cutOff("the end of the file");
  }

  #segment(segment: Segment): void {
    this.#ordinal = segment.ordinal;
    const [interchange, group, set] = [this.#interchange, this.#group, this.#set];
    switch (segment.id) {
      case "ISA":
        this.#openInterchange(segment);
        break;
      case "GS":
        if (interchange === undefined) this.#stray(segment, "GS outside an interchange");
        else this.#openGroup(segment, interchange);
        break;
      case "ST":
        if (group === undefined) this.#stray(segment, "ST outside a group");
        else this.#openSet(segment, group);
        break;
      case "SE":
        if (set === undefined) this.#stray(segment, "SE without an ST before it");
        else this.#closeSet(segment, set);
        break;
      case "GE":
        if (group === undefined) this.#stray(segment, "GE without a GS before it");
        else this.#closeGroup(segment, group);
        break;
      case "IEA":
        if (interchange === undefined) this.#stray(segment, "IEA without an ISA before it");
        else this.#closeInterchange(segment, interchange);
        break;
      default:
        if (set !== undefined) this.#inSet(segment, set);
        else if (segment.id === "TA1" && interchange !== undefined)
          this.#acknowledgement(segment, interchange);
        else this.#stray(segment, `${show(segment.id)} outside a transaction set`);
    }
  }

  #openInterchange(segment: Segment): void {
    this.#cutOff("the next ISA");
    this.#straying = false;
    const faults = interchangeHeaderFaults(segment);
    const header = ["", ...trimmed(segment).slice(1)];
    this.#interchange = {
      header,
      delimiters: segment.delimiters,
      position: segment.ordinal,
      offset: segment.offset,
      groups: [],
      acknowledgements: [],
      faults,
      addressed: true,
      groupNumbers: new Set(),
    };
    this.interchanges.push(this.#interchange);
    if (unusableDelimiters(segment.delimiters) !== undefined) this.#interchange = undefined;
  }

  #closeInterchange(segment: Segment, interchange: OpenInterchange): void {
    this.#cutOffGroup("IEA");
    const at = placeOf(segment);
    const report = (code: string, element: number, message: string) =>
      interchange.faults.push(fault("interchange", code, at, { element, message }));
    const [, count = "", control = ""] = trimmed(segment);
    const groups = interchange.groups.length;
    if (!isNumber(count) || Number(count) !== groups)
      report("021", 1, `IEA01: expected ${groups}, the number of groups; found ${show(count)}`);
    const sent = interchange.header[13] ?? "";
    if (differs(control, sent))
      report(
        "001",
        2,
        `IEA02: expected ${show(sent)}, as in ISA13; found ${show(control)}${trailingHint(control, segment.delimiters)}`,
      );
    if (!segment.terminated && !/[\r\n]/.test(segment.delimiters.terminator))
      interchange.faults.push(
        fault("interchange", "004", at, {
          severity: "noted",
          message: `IEA: expected terminator ${show(segment.delimiters.terminator)} after it; the file ends`,
        }),
      );
    this.#interchange = undefined;
  }

  #openGroup(segment: Segment, interchange: OpenInterchange): void {
    this.#cutOffGroup("the next GS");
    const [, functionalId = "", sender = "", receiver = "", , , controlNumber = "", , version = ""] =
      trimmed(segment);
    const header = groupHeaderFaults(segment);
    for (const found of header.interchange) add(interchange.faults, found);
    const group: OpenGroup = {
      functionalId,
      sender,
      receiver,
      controlNumber,
      version,
      position: segment.ordinal,
      offset: segment.offset,
      sets: [],
      setsDeclared: null,
      faults: header.group,
      setNumbers: new Set(),
    };
    if (interchange.groupNumbers.has(controlNumber)) {
      const message = `GS06: group control number ${show(controlNumber)} was used before in this interchange`;
      group.faults.push(
        fault("group", version < "005" ? "6" : "19", placeOf(segment), { element: 6, message }),
      );
    }
    interchange.groupNumbers.add(controlNumber);
    interchange.groups.push(group);
    this.#group = group;
    this.#straying = false;
  }

  #closeGroup(segment: Segment, group: OpenGroup): void {
    this.#cutOffSet("GE");
    const at = placeOf(segment);
    const [, count = "", control = ""] = trimmed(segment);
    group.setsDeclared = isNumber(count) ? Number(count) : null;
    if (group.setsDeclared !== group.sets.length) {
      const message = `GE01: expected ${group.sets.length}, the number of sets; found ${show(count)}`;
      group.faults.push(fault("group", "5", at, { element: 1, message }));
    }
    if (differs(control, group.controlNumber)) {
      const message = `GE02: expected ${show(group.controlNumber)}, as in GS06; found ${show(control)}`;
      group.faults.push(fault("group", "4", at, { element: 2, message }));
    }
    this.#group = undefined;
  }

  #openSet(segment: Segment, group: OpenGroup): void {
    this.#cutOffSet("the next ST");
    const [, id = "", controlNumber = "", implementation = ""] = segment.elements.map((value) =>
      value.trim(),
    );
    const set: OpenSet = {
      id,
      controlNumber,
      implementation,
      position: segment.ordinal,
      offset: segment.offset,
      segmentCount: 1,
      segments: [],
      faults: setHeaderFaults(segment, group.functionalId),
      checker: this.#options.checkerFor?.(id, group.version),
    };
    if (controlNumber !== "" && group.setNumbers.has(controlNumber)) {
      const message = `ST02: set control number ${show(controlNumber)} was used before in this group`;
      set.faults.push(
        fault("set", "23", { segment: "ST", position: 1, offset: set.offset }, { element: 2, message }),
      );
    }
    group.setNumbers.add(controlNumber);
    group.sets.push(set);
    this.#set = set;
    this.#straying = false;
  }

  #closeSet(segment: Segment, set: OpenSet): void {
    set.segmentCount++;
    const at = { segment: "SE", position: set.segmentCount, offset: segment.offset };
    const [, count = "", control = ""] = trimmed(segment);
    if (!isNumber(count) || Number(count) !== set.segmentCount) {
      const message = `SE01: expected ${set.segmentCount}, the number of segments; found ${show(count)}`;
      set.faults.push(fault("set", "4", at, { element: 1, message }));
    }
    if (control !== set.controlNumber) {
      const message = `SE02: expected ${show(set.controlNumber)}, as in ST02; found ${show(control)}`;
      set.faults.push(fault("set", "3", at, { element: 2, message }));
    }
    this.#finishSet(set, segment.offset);
  }

  #finishSet(set: OpenSet, offset: number): void {
    set.checker?.end(offset);
    if (set.checker !== undefined) set.faults.push(...set.checker.faults);
    this.#set = undefined;
  }

  #inSet(segment: Segment, set: OpenSet): void {
    set.segmentCount++;
    set.checker?.segment(segment);
    if (this.#options.keepSegments === true) set.segments.push(segment);
  }

  #acknowledgement(segment: Segment, interchange: OpenInterchange): void {
    interchange.acknowledgements.push(segment);
    for (const found of interchangeAcknowledgementFaults(segment)) add(interchange.faults, found);
  }

  /** A segment where none can be. Of several in a row the first is reported: they have one cause. */
  #stray(segment: Segment, message: string): void {
    if (this.#straying) return;
    this.#straying = true;
    const at = placeOf(segment);
    if (this.#interchange === undefined) add(this.faults, fault("file", "022", at, { message }));
    else if (this.#group === undefined)
      add(this.#interchange.faults, fault("interchange", "022", at, { message }));
    else add(this.#group.faults, fault("group", "5", at, { message }));
  }

  #cutOffSet(by: string): void {
    const set = this.#set;
    if (set === undefined) return;
    const at = { segment: "SE", position: set.segmentCount + 1, offset: this.#offset };
    const message = `set ${show(set.controlNumber)} has no SE before ${by}`;
    set.faults.push(fault("set", "2", at, { message }));
    this.#finishSet(set, this.#offset);
  }

  #cutOffGroup(by: string): void {
    this.#cutOffSet(by);
    const group = this.#group;
    if (group === undefined) return;
    const message = `group ${show(group.controlNumber)} has no GE before ${by}`;
    group.faults.push(
      fault("group", "3", { segment: "GE", position: this.#ordinal, offset: this.#offset }, { message }),
    );
    this.#group = undefined;
  }

  #cutOff(by: string): void {
    this.#cutOffGroup(by);
    const interchange = this.#interchange;
    if (interchange === undefined) return;
    const at = { segment: "IEA", position: this.#ordinal, offset: this.#offset };
    const message = `interchange ${show(interchange.header[13] ?? "")} has no IEA before ${by}`;
    interchange.faults.push(fault("interchange", "023", at, { message }));
    this.#interchange = undefined;
  }

  #gap(gap: Gap): void {
    const at = { segment: "", position: this.#ordinal + 1, offset: gap.offset };
    const bytes = `${gap.raw.length} byte${gap.raw.length === 1 ? "" : "s"}`;
    const start = show(gap.raw.slice(0, 30));
    const outside = (message: string) => add(this.faults, fault("file", "022", at, { message }));
    switch (gap.reason) {
      case "blank":
        break;
      case "junk":
        outside(`expected an ISA; found ${bytes} ${junkKind(gap.raw)}: ${start}`);
        break;
      case "empty-segment":
        outside("expected a segment between two terminators; found nothing");
        break;
      case "oversize":
        this.#lost(at, `expected a segment of bearable length; found ${bytes} without a terminator`);
        break;
      case "unterminated":
        this.#lost(at, `expected a segment terminator; the file ends after ${start}`);
        break;
      case "unterminated-header":
        this.#tornHeader(at, `expected 16 elements in the ISA; the file ends after ${start}`);
        break;
      default:
        gap.reason satisfies never;
    }
  }

  /** Bytes that were a segment, or part of one, and cannot be read: what they are in is not whole. */
  #lost(at: Place, message: string): void {
    const details = { message, severity: "rejecting" } as const;
    const [interchange, set] = [this.#interchange, this.#set];
    const position = set === undefined ? at.position : set.segmentCount + 1;
    if (set !== undefined) add(set.faults, fault("set", "5", { ...at, position }, details));
    else if (interchange !== undefined) add(interchange.faults, fault("interchange", "022", at, details));
    else add(this.faults, fault("file", "022", at, details));
  }

  #tornHeader(at: Place, message: string): void {
    this.#cutOff("the next ISA");
    this.interchanges.push({
      header: [],
      delimiters: { element: "*", component: ":", repetition: "", terminator: "~" },
      position: at.position,
      offset: at.offset,
      groups: [],
      acknowledgements: [],
      faults: [fault("interchange", "023", { ...at, segment: "ISA" }, { message })],
      addressed: false,
    });
  }
}

/** A group or set sent without its interchange is a common mistake, and not the same as noise. */
function junkKind(raw: string): string {
  const id = /^\s*(GS|ST)[^A-Za-z0-9\s]/.exec(raw)?.[1];
  return id === undefined
    ? "that are no interchange"
    : `that begin with ${id}, without the interchange around it`;
}

/** Senders that mean "~" and a line end as the terminator, and leave ISA16 out, declare "~" a component separator. */
function trailingHint(value: string, { component, terminator }: Delimiters): string {
  if (!value.endsWith(component) || !/[\r\n]/.test(terminator)) return "";
  return `; ISA16 declares ${show(component)} the component separator: was it meant as the segment terminator?`;
}

/** The values without padding, which some senders write as no-break spaces. */
function trimmed(segment: Segment): string[] {
  return segment.elements.map((value) => detached(readableText(value).trim()));
}

/** Longer strings are cut by reference: a sender's id of 15 characters would keep its megabyte of text in memory. */
const copiedLengthMax = 12;

function detached(value: string): string {
  return value.length <= copiedLengthMax ? value : Buffer.from(value).toString();
}

function add(faults: Fault[], found: Fault): void {
  if (faults.length < frameFaultsMax) faults.push(found);
}

function placeOf(segment: Segment): Place {
  return { segment: segment.id, position: segment.ordinal, offset: segment.offset };
}
