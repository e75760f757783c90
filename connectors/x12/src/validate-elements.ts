import { readableText, show } from "./delimiters.ts";
import { type Fault, fault, type Place, type Severity } from "./faults.ts";
import type { Dictionary, ElementSpec } from "./schema/elements.ts";
import type { SegmentSpec } from "./schema/segments.ts";
import type { CompositeSpec, ElementUse, SyntaxRule } from "./schema/uses.ts";
import type { Segment } from "./segment.ts";

/** The codes of AK403. The last two came with 005010. */
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
const tooManyRepetitions = "12";
const tooManyComponents = "13";

type Problem = { readonly code: string; readonly expected: string; readonly severity?: Severity };

/** The segment an element is looked at in. */
type Context = {
  readonly segment: Segment;
  readonly dictionary: Dictionary;
  readonly at: Place & { loop?: string };
  /** The text of the segment holds characters that need a closer look. */
  readonly suspicious: boolean;
};

/** Where in the segment: an element counted from 1, and in a composite a component counted from 1. */
type Spot = { readonly element: number; readonly component?: number };

/**
 * Checks one segment against its spec and gives every fault, in element order, rules last. Empty elements at the
 * end are let pass: the standard wants them left out, yet they change nothing.
 */
export function elementFaults(segment: Segment, spec: SegmentSpec, at: Place & { loop?: string }): Fault[] {
  const context = { segment, dictionary: spec.dictionary, at, suspicious: hasForbidden(segment) };
  const { elements } = segment;
  const faults = spec.uses.flatMap((use, index) => {
    const value = elements[index + 1] ?? "";
    const spot = { element: index + 1 };
    const { composite } = use;
    if (composite !== undefined && value !== "")
      return compositeFaults(value, { ...composite, name: use.spec.name }, { spot, context });
    return valueFaults(value, use, { spot, context });
  });
  const most = spec.uses.length;
  for (let element = most + 1; element < elements.length; element++) {
    const value = elements[element] ?? "";
    if (value === "") continue;
    const message = `${at.segment} has at most ${most} elements; found ${show(value)} in element ${element}`;
    faults.push(fault("element", tooMany, at, { element, message, value, loop: at.loop }));
  }
  return [...faults, ...ruleFaults(elements, spec, context)];
}

type Where = { readonly spot: Spot; readonly context: Context };

function compositeFaults(
  value: string,
  composite: CompositeSpec & { readonly name: string },
  { spot, context }: Where,
): Fault[] {
  const { name } = composite;
  const { component: separator, repetition } = context.segment.delimiters;
  if (repetition !== "" && value.includes(repetition)) {
    return [problemFault(repeated(context), value, { name, spot, context })];
  }
  const components = separator === "" ? [value] : value.split(separator);
  const faults = composite.uses.flatMap((use, index) =>
    valueFaults(components[index] ?? "", use, { spot: { ...spot, component: index + 1 }, context }),
  );
  const most = composite.uses.length;
  for (const [index, excess] of components.entries()) {
    if (index < most || excess === "") continue;
    const code = context.dictionary === "005010" ? tooManyComponents : tooMany;
    const problem = { code, expected: `at most ${most} components` };
    faults.push(problemFault(problem, excess, { name, spot: { ...spot, component: index + 1 }, context }));
  }
  return [...faults, ...ruleFaults(["", ...components], composite, { ...context, element: spot.element })];
}

function valueFaults(value: string, use: ElementUse, { spot, context }: Where): Fault[] {
  const problem = value === "" ? absence(use) : valueProblem(value, use.spec, context);
  if (problem === undefined) return [];
  const { name, number } = use.spec;
  return [problemFault(problem, value, { name, dataElement: number, spot, context })];
}

function absence(use: ElementUse): Problem | undefined {
  return use.mandatory ? { code: missing, expected: "a value, because it is mandatory" } : undefined;
}

/** No element of our sets may repeat. */
function repeated({ dictionary, segment }: Context): Problem {
  const expected = `no repetition separator ${show(segment.delimiters.repetition)} in it`;
  return { code: dictionary === "005010" ? tooManyRepetitions : invalidCharacter, expected };
}

function valueProblem(value: string, spec: ElementSpec, context: Context): Problem | undefined {
  return (context.suspicious ? forbiddenIn(value, context) : undefined) ?? typeProblem(value, spec);
}

function typeProblem(value: string, spec: ElementSpec): Problem | undefined {
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
  const holds = (delimiter: string) => delimiter !== "" && body.includes(delimiter);
  return controlCharacter.test(body) || holds(component) || holds(repetition);
}

function forbiddenIn(value: string, context: Context): Problem | undefined {
  const { component, repetition } = context.segment.delimiters;
  if (controlCharacter.test(value)) return { code: invalidCharacter, expected: "no control character in it" };
  if (component !== "" && value.includes(component))
    return { code: invalidCharacter, expected: `no component separator ${show(component)} in it` };
  if (repetition !== "" && value.includes(repetition)) return repeated(context);
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

function problemFault(
  problem: Problem,
  value: string,
  details: { name: string; dataElement?: string; spot: Spot; context: Context },
): Fault {
  const { name, dataElement, spot, context } = details;
  const { at } = context;
  const found = value === "" ? "nothing" : show(value);
  return fault("element", problem.code, at, {
    ...spot,
    message: `${spotName(at.segment, spot)} (${name}): expected ${problem.expected}; found ${found}`,
    loop: at.loop,
    ...(dataElement === undefined ? {} : { dataElement }),
    ...(value === "" ? {} : { value }),
    ...(problem.severity === undefined ? {} : { severity: problem.severity }),
  });
}

/** REF04, or REF04-2 for a component. */
function spotName(segment: string, { element, component }: Spot): string {
  const name = `${segment}${String(element).padStart(2, "0")}`;
  return component === undefined ? name : `${name}-${component}`;
}

/** The faults against the rules between elements, or between the components of `element`. */
function ruleFaults(
  values: readonly string[],
  spec: CompositeSpec,
  context: Context & { element?: number },
): Fault[] {
  return spec.rules.flatMap((rule) => {
    const broken = brokenRule(values, rule);
    if (broken === undefined) return [];
    const { at, element } = context;
    const dataElement = spec.uses[broken - 1]?.spec.number;
    const spot = element === undefined ? { element: broken } : { element, component: broken };
    const where = element === undefined ? at.segment : spotName(at.segment, { element });
    const kind = element === undefined ? "element" : "component";
    return [
      fault("element", rule.kind === "E" ? exclusion : conditionalMissing, at, {
        ...spot,
        message: `${where}: ${ruleMessage(rule, broken, kind)}`,
        loop: at.loop,
        ...(dataElement === undefined ? {} : { dataElement }),
      }),
    ];
  });
}

function ruleMessage(rule: SyntaxRule, broken: number, kind: "element" | "component"): string {
  const [first = 0, ...others] = rule.positions.map((position) => String(position).padStart(2, "0"));
  const all = [first, ...others].join(", ");
  switch (rule.kind) {
    case "P":
      return `${kind}s ${all} belong together, but ${kind} ${broken} is empty`;
    case "R":
      return `expected at least one of ${kind}s ${all}, found none`;
    case "E":
      return `expected at most one of ${kind}s ${all}, found more`;
    case "C":
      return `${kind} ${first} is only complete with ${others.join(", ")}, but ${kind} ${broken} is empty`;
    case "L":
      return `${kind} ${first} needs at least one of ${others.join(", ")}, found none`;
    default:
      return rule.kind satisfies never;
  }
}

function characters(count: number): string {
  return count === 1 ? "1 character" : `${count} characters`;
}
