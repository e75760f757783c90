import { show, unusableDelimiters } from "./delimiters.ts";
import { gapMessage } from "./envelope-gaps.ts";
import {
  elementsOf,
  groupHeaderFaults,
  interchangeAcknowledgementFaults,
  interchangeHeaderFaults,
  setHeaderFaults,
} from "./envelope-headers.ts";
import { groupTrailerFaults, interchangeTrailerFaults, setTrailerFaults } from "./envelope-trailers.ts";
import { type Fault, fault, type Place, rejects } from "./faults.ts";
import type { Group, Interchange, SetChecker, TransactionSet } from "./interchange.ts";
import type { Segment } from "./segment.ts";
import type { Gap, Token } from "./tokenizer.ts";
import { binaryFault } from "./validate-binary.ts";

export type EnvelopeOptions = {
  /** Gives the checker for a set, or undefined when there is no definition to check it against. */
  readonly checkerFor?: (setId: string, version: string) => SetChecker | undefined;
  /** Keep the segments of every set. Off, memory does not grow with the length of the sets. */
  readonly keepSegments?: boolean;
  /** Most interchanges, groups and sets together, when it is not `framesMax`. */
  readonly framesMax?: number;
  /** Most faults of sets kept whole, when it is not `setsFaultsMax`. */
  readonly setsFaultsMax?: number;
};

/** TA3 and TA1 answer, ISB and ISE ask for a grade of service or a later delivery. Partners of ours use the TA1 alone. */
const aroundGroups = new Set(["ISB", "ISE", "TA1", "TA3"]);

/** Most faults kept of one frame, so that a gigabyte of nonsense is not answered with another. */
export const frameFaultsMax = 1_000;

/**
 * Most interchanges, groups and sets of a file together. Each takes a few hundred bytes until the file ends, because an
 * answer names them all. GE01 counts 999,999 sets at most; more is reported, and not read.
 */
export const framesMax = 1_000_000;

/** Faults of sets that are kept whole. Of each set after them the one fault is kept that decides about it. */
export const setsFaultsMax = 100_000;

type Open<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] };
type OpenSet = Open<TransactionSet>;
type OpenGroup = Open<Group>;
type OpenInterchange = Open<Interchange>;

/**
 * Builds interchanges, groups and sets from tokens, and collects every fault of the frames around the sets:
 * control numbers, counts, missing headers and trailers, segments outside a set. It never stops at a fault.
 */
export class EnvelopeReader {
  readonly interchanges: Interchange[] = [];
  /** Faults outside every interchange, and bytes that are no segment. */
  readonly faults: Fault[] = [];
  /** Faults that are not kept, because there were too many. */
  faultsOmitted = 0;
  readonly #options: EnvelopeOptions;
  readonly #framesMax: number;
  readonly #setsFaultsMax: number;
  #interchange: OpenInterchange | undefined;
  #group: OpenGroup | undefined;
  #set: OpenSet | undefined;
  #checker: SetChecker | undefined;
  /** Control numbers used so far in the open interchange, and in the open group. */
  #groupNumbers = new Set<string>();
  #setNumbers = new Set<string>();
  #frames = 0;
  #full = false;
  #setsFaults = 0;
  /** The segment before was where none can be. */
  #straying = false;
  #ordinal = 0;
  #offset = 0;

  constructor(options: EnvelopeOptions = {}) {
    this.#options = options;
    this.#framesMax = options.framesMax ?? framesMax;
    this.#setsFaultsMax = options.setsFaultsMax ?? setsFaultsMax;
  }

  accept(token: Token): void {
    if (this.#full) return;
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
        if (group === undefined || interchange === undefined)
          this.#stray(segment, "GE without a GS before it");
        else this.#closeGroup(segment, group, interchange);
        break;
      case "IEA":
        if (interchange === undefined) this.#stray(segment, "IEA without an ISA before it");
        else this.#closeInterchange(segment, interchange);
        break;
      default:
        if (set !== undefined) this.#inSet(segment, set);
        else if (interchange !== undefined && aroundGroups.has(segment.id))
          this.#aroundGroups(segment, interchange);
        else this.#stray(segment, `${show(segment.id)} outside a transaction set`);
    }
  }

  #openInterchange(segment: Segment): void {
    this.#cutOff("the next ISA");
    if (!this.#hasRoom(segment)) return;
    const interchange: OpenInterchange = {
      header: ["", ...elementsOf(segment).slice(1)],
      delimiters: segment.delimiters,
      position: segment.ordinal,
      offset: segment.offset,
      groups: [],
      acknowledgements: [],
      faults: interchangeHeaderFaults(segment),
      addressed: true,
    };
    this.interchanges.push(interchange);
    this.#groupNumbers = new Set();
    if (unusableDelimiters(segment.delimiters) === undefined) this.#interchange = interchange;
  }

  #closeInterchange(segment: Segment, interchange: OpenInterchange): void {
    this.#cutOffGroup("IEA");
    interchange.faults.push(...interchangeTrailerFaults(segment, interchange));
    this.#interchange = undefined;
  }

  #openGroup(segment: Segment, interchange: OpenInterchange): void {
    this.#cutOffGroup("the next GS");
    if (!this.#hasRoom(segment)) return;
    const [, functionalId = "", sender = "", receiver = "", , , controlNumber = "", , version = ""] =
      elementsOf(segment);
    const header = groupHeaderFaults(segment);
    for (const found of header.interchange) this.#keep(interchange.faults, found);
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
    };
    if (this.#groupNumbers.has(controlNumber)) {
      const message = `GS06: group control number ${show(controlNumber)} was used before in this interchange`;
      // 19 came with 005010; before, a number used twice can only be called a wrong number.
      const code = version < "005" ? "6" : "19";
      group.faults.push(fault("group", code, placeOf(segment), { element: 6, message }));
    }
    this.#groupNumbers.add(controlNumber);
    this.#setNumbers = new Set();
    interchange.groups.push(group);
    this.#group = group;
  }

  #closeGroup(segment: Segment, group: OpenGroup, interchange: OpenInterchange): void {
    this.#cutOffSet("GE");
    const trailer = groupTrailerFaults(segment, group);
    group.setsDeclared = trailer.setsDeclared;
    group.faults.push(...trailer.group);
    for (const found of trailer.interchange) this.#keep(interchange.faults, found);
    this.#group = undefined;
  }

  #openSet(segment: Segment, group: OpenGroup): void {
    this.#cutOffSet("the next ST");
    if (!this.#hasRoom(segment)) return;
    const [, id = "", controlNumber = "", implementation = ""] = elementsOf(segment);
    const set: OpenSet = {
      id,
      controlNumber,
      implementation,
      position: segment.ordinal,
      offset: segment.offset,
      segmentCount: 1,
      segments: [],
      faults: setHeaderFaults(segment, group),
    };
    if (controlNumber !== "" && this.#setNumbers.has(controlNumber)) {
      const at = { segment: "ST", position: 1, offset: set.offset };
      const message = `ST02: set control number ${show(controlNumber)} was used before in this group`;
      set.faults.push(fault("set", "23", at, { element: 2, message }));
    }
    this.#setNumbers.add(controlNumber);
    group.sets.push(set);
    this.#set = set;
    this.#checker = this.#options.checkerFor?.(id, group.version);
  }

  #closeSet(segment: Segment, set: OpenSet): void {
    set.segmentCount++;
    set.faults.push(...setTrailerFaults(segment, set));
    this.#finishSet(set, segment.offset);
  }

  #finishSet(set: OpenSet, offset: number): void {
    this.#checker?.end(offset);
    set.faults.push(...(this.#checker?.faults ?? []));
    this.#setsFaults += set.faults.length;
    if (this.#setsFaults > this.#setsFaultsMax) {
      const deciding = set.faults.find((found) => found.severity === "rejecting") ?? set.faults[0];
      this.faultsOmitted += Math.max(0, set.faults.length - 1);
      set.faults = deciding === undefined ? [] : [deciding];
    }
    this.#set = undefined;
    this.#checker = undefined;
  }

  #inSet(segment: Segment, set: OpenSet): void {
    set.segmentCount++;
    const binary = binaryFault(segment, set.segmentCount);
    if (binary !== undefined) this.#keep(set.faults, binary);
    this.#checker?.segment(segment);
    if (this.#options.keepSegments === true) set.segments.push(segment);
  }

  /** TA1, and the segments that ask for a grade of service, stand between the ISA and the first GS (X12.5). */
  #aroundGroups(segment: Segment, interchange: OpenInterchange): void {
    if (segment.id === "TA1") {
      interchange.acknowledgements.push(segment);
      for (const found of interchangeAcknowledgementFaults(segment)) this.#keep(interchange.faults, found);
    }
    if (interchange.groups.length === 0) return;
    const message = `expected ${segment.id} before the first GS; it comes after it`;
    this.#keep(
      interchange.faults,
      fault("interchange", "022", placeOf(segment), { message, severity: "noted" }),
    );
  }

  /** Counts a frame that opens. When there are too many, what is open is rejected and the rest is not read. */
  #hasRoom(segment: Segment): boolean {
    this.#straying = false;
    this.#frames++;
    if (this.#frames <= this.#framesMax) return true;
    const message = `expected at most ${this.#framesMax} interchanges, groups and sets in a file; nothing from here on is read`;
    const level = this.#interchange === undefined ? "file" : "interchange";
    const found = fault(level, "022", placeOf(segment), { message, severity: "rejecting" });
    (this.#interchange ?? this).faults.push(found);
    this.#cutOff("the limit is reached");
    this.#full = true;
    return false;
  }

  /** A segment where none can be. Of several in a row the first is reported: they have one cause. */
  #stray(segment: Segment, message: string): void {
    if (this.#straying) return;
    this.#straying = true;
    const at = placeOf(segment);
    if (this.#interchange === undefined) this.#keep(this.faults, fault("file", "022", at, { message }));
    else if (this.#group === undefined)
      this.#keep(this.#interchange.faults, fault("interchange", "022", at, { message }));
    else this.#keep(this.#group.faults, fault("group", "5", at, { message }));
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
    const message = gapMessage(gap);
    if (message === undefined) return;
    const at = { segment: "", position: this.#ordinal + 1, offset: gap.offset };
    if (gap.reason === "unterminated-header") this.#tornHeader(at, message);
    else if (gap.reason === "unterminated") this.#lost(at, message, "023");
    else if (gap.reason === "oversize") this.#lost(at, message, "022");
    else this.#keep(this.faults, fault("file", "022", at, { message }));
  }

  /** Past the limit one fault still counts: the first that decides that the frame is rejected. */
  #keep(faults: Fault[], found: Fault): void {
    const decides = () => found.severity === "rejecting" && !rejects(faults);
    if (faults.length < frameFaultsMax || decides()) faults.push(found);
    else this.faultsOmitted++;
  }

  /** Bytes that were a segment, or part of one, and cannot be read: what they are in is not whole. */
  #lost(at: Place, message: string, interchangeCode: "022" | "023"): void {
    const details = { message, severity: "rejecting" } as const;
    const [interchange, set] = [this.#interchange, this.#set];
    const position = set === undefined ? at.position : set.segmentCount + 1;
    if (set !== undefined) this.#keep(set.faults, fault("set", "5", { ...at, position }, details));
    else if (interchange !== undefined)
      this.#keep(interchange.faults, fault("interchange", interchangeCode, at, details));
    else this.#keep(this.faults, fault("file", interchangeCode, at, details));
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

function placeOf(segment: Segment): Place {
  return { segment: segment.id, position: segment.ordinal, offset: segment.offset };
}
