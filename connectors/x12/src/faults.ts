/**
 * Where a fault is reported back to the sender, and so which code list its `code` is from:
 * interchange TA105, group AK905, set AK502, segment AK304, element AK403. A file fault is reported to nobody:
 * it lies outside every interchange, or changes nothing in one.
 */
export type FaultLevel = "file" | "interchange" | "group" | "set" | "segment" | "element";

/**
 * `rejecting`: something required is absent, or cannot be read, so the meaning is in doubt.
 * `noted`: irregular, yet everything present can be read; the sender is told and the data is used.
 */
export type Severity = "noted" | "rejecting";

export type Fault = {
  readonly level: FaultLevel;
  readonly code: string;
  readonly severity: Severity;
  /** Id of the segment at fault; for a missing segment, the id that was expected. "" when there is none. */
  readonly segment: string;
  /** Inside a set, counted from ST = 1, as in AK302; elsewhere counted in the file. */
  readonly position: number;
  /** Counted from 1; null when the fault is in no single element. */
  readonly element: number | null;
  readonly component: number | null;
  /** Byte offset in the file of the segment at fault. */
  readonly offset: number;
  /** Says what was expected and what was found. */
  readonly message: string;
  /** Id of the segment that heads the loop the fault is in, when it is in one. */
  readonly loop?: string;
  /** X12 data element number, for AK402. */
  readonly dataElement?: string;
  /** The value at fault as it was sent, for AK404. */
  readonly value?: string;
};

/** A place a fault can be in. */
export type Place = {
  readonly segment: string;
  readonly position: number;
  readonly offset: number;
};

/** AK304: a missing, unexpected or misplaced segment leaves open what the set says; an extra one does not. */
const segmentSeverity: Readonly<Record<string, Severity>> = {
  "1": "noted",
  "2": "rejecting",
  "3": "rejecting",
  "4": "noted",
  "5": "noted",
  "6": "noted",
  "7": "rejecting",
};

/**
 * AK403: what is required and missing, and what cannot be read as a date or time, rejects. So does a number that cannot
 * be read, but it shares code 6 with stray characters in a text: the check of numbers says so itself.
 */
const elementSeverity: Readonly<Record<string, Severity>> = {
  "1": "rejecting",
  "2": "noted",
  "3": "noted",
  "4": "noted",
  "5": "noted",
  "6": "noted",
  "7": "noted",
  "8": "rejecting",
  "9": "rejecting",
  "10": "noted",
  "12": "noted",
  "13": "noted",
};

/** TA105: codes after which the interchange cannot be trusted to be whole or to be addressed to us. */
const interchangeRejects = new Set(["001", "004", "021", "022", "023"]);

/** AK502: all but an odd control number (7), a set in the wrong kind of group (18, or 6) and "see the segments" (5). */
const setRejects = new Set(["1", "2", "3", "4", "23"]);

/** AK905: the group's frame is wrong, so its sets may not be all of them, or not meant for us. */
const groupRejects = new Set(["1", "3", "4", "5", "6", "19"]);

export function severityOf(level: FaultLevel, code: string): Severity {
  switch (level) {
    case "file":
      return "noted";
    case "interchange":
      return interchangeRejects.has(code) ? "rejecting" : "noted";
    case "group":
      return groupRejects.has(code) ? "rejecting" : "noted";
    case "set":
      return setRejects.has(code) ? "rejecting" : "noted";
    case "segment":
      return segmentSeverity[code] ?? "noted";
    case "element":
      return elementSeverity[code] ?? "noted";
    default:
      return level satisfies never;
  }
}

type FaultDetails = {
  readonly message: string;
  readonly severity?: Severity;
  readonly element?: number;
  readonly component?: number;
  readonly loop?: string | undefined;
  readonly dataElement?: string;
  readonly value?: string;
};

/** A fault with the severity its code usually has, unless `details` says otherwise. */
export function fault(level: FaultLevel, code: string, place: Place, details: FaultDetails): Fault {
  const { element = null, component = null, severity = severityOf(level, code), message } = details;
  return {
    level,
    code,
    severity,
    segment: place.segment,
    position: place.position,
    element,
    component,
    offset: place.offset,
    message,
    ...(details.loop === undefined ? {} : { loop: details.loop }),
    ...(details.dataElement === undefined ? {} : { dataElement: details.dataElement }),
    ...(details.value === undefined ? {} : { value: details.value }),
  };
}

export function rejects(faults: readonly Fault[]): boolean {
  return faults.some((found) => found.severity === "rejecting");
}
