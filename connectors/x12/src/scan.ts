import type { ScanPlan, ScanRule } from "./schema/scan-plan.ts";
import type { Segment } from "./segment.ts";
import { isCalendarDay } from "./validate-elements.ts";

/**
 * Reads the elements of a segment one after another. One scanner serves all segments: nothing is allocated while a
 * segment is scanned.
 */
class Scanner {
  #text = "";
  #to = 0;
  #separator = 0;
  #component = 0;
  #repetition = 0;
  /** The element last read: where it lies and what its characters add up to. */
  #start = 0;
  #length = 0;
  #digits = 0;
  #points = 0;
  #minus = 0;

  /**
   * True when the segment surely has no element fault. Nearly every segment is in order, and to cut it into strings
   * to find that out costs several times as much as to read it once. False means "look closely", which
   * `elementFaults` does.
   */
  isFaultless(segment: Segment, plan: ScanPlan): boolean {
    const { element, component, repetition } = segment.delimiters;
    if (segment.broken || segment.binary) return false;
    if (element.length !== 1 || component.length > 1 || repetition.length > 1) return false;
    this.#text = segment.source;
    this.#to = segment.to;
    this.#separator = element.charCodeAt(0);
    this.#component = component === "" ? -1 : component.charCodeAt(0);
    this.#repetition = repetition === "" ? -1 : repetition.charCodeAt(0);
    let present = 0;
    let at = segment.from + segment.id.length;
    for (let index = 0; at < this.#to; index++) {
      if (!this.#read(at + 1)) return false;
      at = this.#start + this.#length;
      if (this.#length === 0) continue;
      if (index >= plan.types.length || !this.#fits(plan, index)) return false;
      present |= 1 << index;
    }
    if ((present & plan.mandatory) !== plan.mandatory) return false;
    for (const rule of plan.rules) if (!holds(rule, present)) return false;
    return true;
  }

  /** Counts the characters of the element at `start`. False when one of them cannot stand in data. */
  #read(start: number): boolean {
    const text = this.#text;
    const to = this.#to;
    const separator = this.#separator;
    const component = this.#component;
    const repetition = this.#repetition;
    let digits = 0;
    let points = 0;
    let at = start;
    for (; at < to; at++) {
      const code = text.charCodeAt(at);
      if (code === separator) break;
      if (code >= 48 && code <= 57) digits++;
      else if (code < 32 || code === 127 || code === component || code === repetition) return false;
      else if (code === 46) points++;
    }
    this.#start = start;
    this.#length = at - start;
    this.#digits = digits;
    this.#points = points;
    this.#minus = text.charCodeAt(start) === 45 ? 1 : 0;
    return true;
  }

  #fits(plan: ScanPlan, index: number): boolean {
    const length = this.#length;
    const digits = this.#digits;
    const least = plan.lengthsMin[index] ?? 0;
    const most = plan.lengthsMax[index] ?? 0;
    switch (plan.types[index]) {
      case "AN":
      case "ID": {
        if (length < least || length > most) return false;
        const codes = plan.codes[index];
        return codes === undefined || codes.has(this.#text.slice(this.#start, this.#start + length));
      }
      case "R":
        return (
          this.#points <= 1 &&
          digits + this.#points + this.#minus === length &&
          digits >= least &&
          digits <= most
        );
      case "N0":
      case "N2":
        return digits + this.#minus === length && digits >= least && digits <= most;
      case "DT":
        return digits === 8 && length === 8 && most === 8 && this.#isDay();
      default:
        // Times and composites are too rare to be worth a second reader.
        return false;
    }
  }

  #isDay(): boolean {
    const year = this.#twoDigits(0) * 100 + this.#twoDigits(2);
    return isCalendarDay(year, this.#twoDigits(4), this.#twoDigits(6));
  }

  #twoDigits(at: number): number {
    const from = this.#start + at;
    return (this.#text.charCodeAt(from) - 48) * 10 + this.#text.charCodeAt(from + 1) - 48;
  }
}

const scanner = new Scanner();

export function isFaultless(segment: Segment, plan: ScanPlan): boolean {
  return scanner.isFaultless(segment, plan);
}

function holds(rule: ScanRule, present: number): boolean {
  const { kind, first, others } = rule;
  const found = present & (first | others);
  switch (kind) {
    case "P":
      return found === 0 || found === (first | others);
    case "R":
      return found !== 0;
    case "E":
      return (found & (found - 1)) === 0;
    case "C":
      return (present & first) === 0 || (present & others) === others;
    case "L":
      return (present & first) === 0 || (present & others) !== 0;
    default:
      return kind satisfies never;
  }
}
