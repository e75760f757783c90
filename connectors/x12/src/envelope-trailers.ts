import { type Delimiters, show } from "./delimiters.ts";
import { elementsOf, excessElement, isNumber } from "./envelope-headers.ts";
import { type Fault, fault } from "./faults.ts";
import type { Group, Interchange, TransactionSet } from "./interchange.ts";
import type { Segment } from "./segment.ts";

type Open<T> = Omit<T, "faults">;

/** Faults of an SE: count, control number and what it must not hold. `set` has counted the SE already. */
export function setTrailerFaults(segment: Segment, set: Open<TransactionSet>): Fault[] {
  const at = { segment: "SE", position: set.segmentCount, offset: segment.offset };
  const [, count = "", control = ""] = elementsOf(segment);
  const faults: Fault[] = [];
  if (!isNumber(count) || Number(count) !== set.segmentCount) {
    const message = `SE01: expected ${set.segmentCount}, the number of segments; found ${show(count)}`;
    faults.push(fault("set", "4", at, { element: 1, message }));
  }
  // ST02 is text: 0001 and 1 are two control numbers.
  if (control !== set.controlNumber) {
    const message = `SE02: expected ${show(set.controlNumber)}, as in ST02; found ${show(control)}`;
    faults.push(fault("set", "3", at, { element: 2, message }));
  }
  const excess = excessElement(segment, 2);
  if (excess !== undefined) faults.push(fault("element", "3", at, excess));
  return faults;
}

/** Faults of a GE; what AK905 has no code for belongs to the interchange. */
export function groupTrailerFaults(
  segment: Segment,
  group: Open<Group>,
): { group: Fault[]; interchange: Fault[]; setsDeclared: number | null } {
  const at = { segment: "GE", position: segment.ordinal, offset: segment.offset };
  const [, count = "", control = ""] = elementsOf(segment);
  const setsDeclared = isNumber(count) ? Number(count) : null;
  const faults: Fault[] = [];
  if (setsDeclared !== group.sets.length) {
    const message = `GE01: expected ${group.sets.length}, the number of sets; found ${show(count)}`;
    faults.push(fault("group", "5", at, { element: 1, message }));
  }
  if (differs(control, group.controlNumber)) {
    const message = `GE02: expected ${show(group.controlNumber)}, as in GS06; found ${show(control)}`;
    faults.push(fault("group", "4", at, { element: 2, message }));
  }
  const excess = excessElement(segment, 2);
  const interchange = excess === undefined ? [] : [fault("interchange", "024", at, excess)];
  return { group: faults, interchange, setsDeclared };
}

/** Faults of an IEA: count, control number, and whether anything ends it. */
export function interchangeTrailerFaults(segment: Segment, interchange: Open<Interchange>): Fault[] {
  const at = { segment: "IEA", position: segment.ordinal, offset: segment.offset };
  const [, count = "", control = ""] = elementsOf(segment);
  const groups = interchange.groups.length;
  const sent = interchange.header[13] ?? "";
  const { terminator } = segment.delimiters;
  const faults: Fault[] = [];
  if (!isNumber(count) || Number(count) !== groups) {
    const message = `IEA01: expected ${groups}, the number of groups; found ${show(count)}`;
    faults.push(fault("interchange", "021", at, { element: 1, message }));
  }
  if (differs(control, sent)) {
    const hint = trailingHint(control, segment.delimiters);
    const message = `IEA02: expected ${show(sent)}, as in ISA13; found ${show(control)}${hint}`;
    faults.push(fault("interchange", "001", at, { element: 2, message }));
  }
  const excess = excessElement(segment, 2);
  if (excess !== undefined) faults.push(fault("interchange", "022", at, { ...excess, severity: "noted" }));
  // A last line without its line end is common, and nobody misses it.
  if (!segment.terminated && !/[\r\n]/.test(terminator)) {
    const message = `IEA: expected terminator ${show(terminator)} after it; the file ends`;
    faults.push(fault("interchange", "004", at, { severity: "noted", message }));
  }
  return faults;
}

/** Control numbers of type N0 are the same number with or without leading zeros. */
function differs(one: string, other: string): boolean {
  if (isNumber(one) && isNumber(other)) return Number(one) !== Number(other);
  return one !== other;
}

/** Senders that mean "~" and a line end as the terminator, and leave ISA16 out, declare "~" a component separator. */
function trailingHint(value: string, { component, terminator }: Delimiters): string {
  if (component === "" || !value.endsWith(component) || !/[\r\n]/.test(terminator)) return "";
  return `; ISA16 declares ${show(component)} the component separator: was it meant as the segment terminator?`;
}
