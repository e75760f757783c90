import { readableText, show } from "./delimiters.ts";
import { type Fault, fault, type Place, type Severity } from "./faults.ts";
import type { ElementSpec } from "./schema/elements.ts";
import type { ElementUse, SegmentSpec, SyntaxRule } from "./schema/segments.ts";
import type { Segment } from "./segment.ts";

/** The codes of AK403. */
const missing = "1";
const conditionalMissing = "2";
const tooMany = "3";
const tooShort = "4";
const tooLong = "5";
const invalidCharacter = "6";
const invalidCode = "7";
const invalidDate = "8";
const invalidTime = "9";
const exclusion = "10";

type Problem = { readonly code: string; readonly expected: string; readonly severity?: Severity };

/**
 * Checks one segment against its spec and gives every fault, in element order, rules last. Empty elements at the
 * end are let pass: the standard wants them left out, yet they change nothing.
 */
export function elementFaults(segment: Segment, spec: SegmentSpec, at: Place & { loop?: string }): Fault[] {
  const faults: Fault[] = [];
  const values = segment.elements;
  const { uses } = spec;
  const suspicious = hasForbidden(segment);
  for (let index = 0; index < uses.length; index++) {
    const use = uses[index];
    const value = values[index + 1] ?? "";
    if (use === undefined) break;
    const problem =
      value === "" ? absence(use) : valueProblem(value, use.spec, suspicious ? segment : undefined);
    if (problem !== undefined) faults.push(describe(problem, { position: index + 1, value, use, at }));
  }
  for (let index = uses.length + 1; index < values.length; index++) {
    const value = values[index] ?? "";
    if (value === "") continue;
    const message = `${at.segment} has at most ${uses.length} elements; found ${show(value)} in element ${index}`;
    faults.push(fault("element", tooMany, at, { element: index, message, value, loop: at.loop }));
  }
  for (const rule of spec.rules) {
    const broken = brokenRule(values, rule);
    if (broken !== undefined) faults.push(describeRule(broken, { rule, spec, at }));
  }
  return faults;
}

function absence(use: ElementUse): Problem | undefined {
  return use.mandatory ? { code: missing, expected: "a value, because it is mandatory" } : undefined;
}

/** `segment` is given only when its text holds characters that need a closer look. */
function valueProblem(value: string, spec: ElementSpec, segment: Segment | undefined): Problem | undefined {
  if (spec.type !== "B" && segment !== undefined) {
    const found = forbiddenIn(value, segment, spec.type === "C");
    if (found !== undefined) return { code: invalidCharacter, expected: `no ${found} in it` };
  }
  switch (spec.type) {
    case "AN":
    case "ID":
      return textProblem(value, spec);
    case "N0":
    case "N2":
    case "R":
      return numberProblem(value, spec);
    case "DT":
      return dateProblem(value, spec);
    case "TM":
      return isTime(value)
        ? undefined
        : { code: invalidTime, expected: "a time as HHMM, HHMMSS or HHMMSSDD" };
    case "B":
    case "C":
      return undefined;
    default:
      return spec.type satisfies never;
  }
}

function textProblem(value: string, spec: ElementSpec): Problem | undefined {
  if (value.length > spec.lengthMax && lengthOf(value) > spec.lengthMax)
    return { code: tooLong, expected: `at most ${characters(spec.lengthMax)}` };
  if (value.length < spec.lengthMin)
    return { code: tooShort, expected: `at least ${characters(spec.lengthMin)}` };
  if (spec.codes?.has(value.trimEnd()) === false)
    return { code: invalidCode, expected: `one of ${[...spec.codes].join(", ")}` };
  return undefined;
}

/** Padding at the end does not count, and a character of several bytes counts once. */
function lengthOf(value: string): number {
  return readableText(value).trimEnd().length;
}

/** Sign, decimal point and exponent do not count towards the length of a number (X12.6). */
function numberProblem(value: string, spec: ElementSpec): Problem | undefined {
  let digits = 0;
  let points = 0;
  const start = value.charCodeAt(0) === 45 ? 1 : 0;
  for (let at = start; at < value.length; at++) {
    const code = value.charCodeAt(at);
    if (code >= 48 && code <= 57) digits++;
    else if (code === 46) points++;
    else return notANumber(value, spec);
  }
  if (digits === 0 || points > (spec.type === "R" ? 1 : 0)) return notANumber(value, spec);
  if (digits > spec.lengthMax) return { code: tooLong, expected: `at most ${spec.lengthMax} digits` };
  if (digits < spec.lengthMin) return { code: tooShort, expected: `at least ${spec.lengthMin} digits` };
  return undefined;
}

/** Exponents are legal in R, rare, and not worth slowing the common case for. */
function notANumber(value: string, spec: ElementSpec): Problem | undefined {
  if (spec.type === "R" && /^-?(\d+\.?\d*|\.\d+)E-?\d+$/.test(value)) return undefined;
  const expected = spec.type === "R" ? "a decimal number" : "a whole number";
  return { code: invalidCharacter, expected, severity: "rejecting" };
}

function dateProblem(value: string, spec: ElementSpec): Problem | undefined {
  const form = spec.lengthMax === 6 ? "YYMMDD" : "CCYYMMDD";
  if (isDate(value)) {
    if (value.length >= spec.lengthMin && value.length <= spec.lengthMax) return undefined;
    return { code: value.length < spec.lengthMin ? tooShort : tooLong, expected: `a date as ${form}` };
  }
  return { code: invalidDate, expected: `a date as ${form}` };
}

/** YYMMDD or CCYYMMDD, a day the calendar has. */
export function isDate(value: string): boolean {
  if (value.length !== 6 && value.length !== 8) return false;
  const number = digitsOf(value);
  return isCalendarDay(Math.floor(number / 10_000), Math.floor(number / 100) % 100, number % 100);
}

/** A year below 100 has no century, and then 00 may have been a leap year. */
export function isCalendarDay(year: number, month: number, day: number): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= daysIn(month, year);
}

function daysIn(month: number, year: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0 || year < 100) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** HHMM, HHMMSS, HHMMSSD or HHMMSSDD. */
export function isTime(value: string): boolean {
  if (value.length < 4 || value.length === 5 || value.length > 8 || digitsOf(value) < 0) return false;
  const hour = Number(value.slice(0, 2));
  const minute = Number(value.slice(2, 4));
  const second = Number(value.slice(4, 6));
  return hour < 24 && minute < 60 && second < 60;
}

/** The number that only digits make, or -1. */
function digitsOf(value: string): number {
  let number = 0;
  for (let at = 0; at < value.length; at++) {
    const digit = value.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
  }
  return number;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
const controlCharacter = /[\x00-\x1f\x7f]/;

/** Looks at the whole segment once, so that clean segments pay nothing per element. */
function hasForbidden(segment: Segment): boolean {
  const { component, repetition } = segment.delimiters;
  const { body } = segment;
  return (
    controlCharacter.test(body) ||
    body.includes(component) ||
    (repetition !== "" && body.includes(repetition))
  );
}

function forbiddenIn(value: string, segment: Segment, composite: boolean): string | undefined {
  const { component, repetition } = segment.delimiters;
  const components = composite ? value.replaceAll(component, "") : value;
  if (controlCharacter.test(components)) return "control character";
  if (!composite && value.includes(component)) return `component separator ${show(component)}`;
  if (repetition !== "" && value.includes(repetition)) return `repetition separator ${show(repetition)}`;
  return undefined;
}

/** The position at fault when a rule is broken. */
function brokenRule(values: readonly string[], rule: SyntaxRule): number | undefined {
  const has = (position: number) => (values[position] ?? "") !== "";
  const [first = 0, ...others] = rule.positions;
  switch (rule.kind) {
    case "P": {
      const some = has(first) || others.some(has);
      return some ? rule.positions.find((position) => !has(position)) : undefined;
    }
    case "R":
      return has(first) || others.some(has) ? undefined : first;
    case "E":
      return rule.positions.filter(has)[1];
    case "C":
      return has(first) ? others.find((position) => !has(position)) : undefined;
    case "L":
      return has(first) && !others.some(has) ? others[0] : undefined;
    default:
      return rule.kind satisfies never;
  }
}

type Context = {
  readonly position: number;
  readonly value: string;
  readonly use: ElementUse;
  readonly at: Place & { loop?: string };
};

function describe(problem: Problem, context: Context): Fault {
  const { position, value, use, at } = context;
  const found = value === "" ? "nothing" : show(value);
  const where = `${at.segment}${String(position).padStart(2, "0")} (${use.spec.name})`;
  return fault("element", problem.code, at, {
    element: position,
    message: `${where}: expected ${problem.expected}; found ${found}`,
    loop: at.loop,
    dataElement: use.spec.number,
    ...(value === "" ? {} : { value }),
    ...(problem.severity === undefined ? {} : { severity: problem.severity }),
  });
}

function describeRule(
  broken: number,
  context: { rule: SyntaxRule; spec: SegmentSpec; at: Place & { loop?: string } },
): Fault {
  const { rule, spec, at } = context;
  const dataElement = spec.uses[broken - 1]?.spec.number;
  const [first = 0, ...others] = rule.positions.map((position) => String(position).padStart(2, "0"));
  const all = [first, ...others].join(", ");
  const messages = {
    P: `elements ${all} belong together, but element ${broken} is empty`,
    R: `expected at least one of elements ${all}, found none`,
    E: `expected at most one of elements ${all}, found more`,
    C: `element ${first} is only complete with ${others.join(", ")}, but element ${broken} is empty`,
    L: `element ${first} needs at least one of ${others.join(", ")}, found none`,
  };
  return fault("element", rule.kind === "E" ? exclusion : conditionalMissing, at, {
    element: broken,
    message: `${at.segment}: ${messages[rule.kind]}`,
    loop: at.loop,
    ...(dataElement === undefined ? {} : { dataElement }),
  });
}

function characters(count: number): string {
  return count === 1 ? "1 character" : `${count} characters`;
}
