/** Deeper values than this are refused: no statement needs them, and a stack overflow is not an answer. */
const DEPTH_MAX = 50;

/** The parts of a statement that are moments, wherever they stand. */
const MOMENTS = new Set([
  "effectiveAt",
  "expectedAt",
  "leavesAt",
  "expiresAt",
  "placedAt",
  "deliverBy",
  "shipBy",
  "cancelAfter",
]);

/** PostgreSQL takes no larger offset. */
const OFFSET_MINUTES_MAX = 15 * 60 + 59;

/**
 * Says where and why a value cannot be stored as JSON in PostgreSQL and read back as it was: no NUL and no half of a
 * surrogate pair in any text, no number that JSON has not, nothing but plain objects. Undefined when it can.
 */
export function unstorable(value: unknown): string | undefined {
  // Where something stands is written out only for what cannot be stored: nearly everything can, and the names cost more than the look.
  return isStorable(value, 0) ? undefined : problemOf(value, "", 0);
}

function isStorable(value: unknown, depth: number): boolean {
  if (typeof value === "string") return isStorableText(value);
  if (typeof value !== "object" || value === null) return problemOf(value, "", depth) === undefined;
  if (depth > DEPTH_MAX || !isPlain(value)) return false;
  if (Array.isArray(value)) return value.every((member) => isStorable(member, depth + 1));
  return Object.entries(value).every(
    ([name, member]) =>
      isStorableText(name) && isStorable(member, depth + 1) && !isUnrealMoment(name, member),
  );
}

function problemOf(value: unknown, at: string, depth: number): string | undefined {
  if (depth > DEPTH_MAX) return `${at} is nested deeper than ${DEPTH_MAX}`;
  switch (typeof value) {
    case "string":
      return unstorableText(value, at);
    case "number":
      return Number.isFinite(value) ? undefined : `${at} is ${value}, which JSON has not`;
    case "boolean":
    case "undefined":
      return undefined;
    case "object":
      return value === null ? undefined : unstorableObject(value, at, depth);
    default:
      return `${at} is a ${typeof value}, which JSON has not`;
  }
}

/** Nothing of it is NUL or half of a surrogate pair. */
const isStorableText = (text: string): boolean => !text.includes("\u0000") && text.isWellFormed();

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}

const isUnrealMoment = (name: string, member: unknown): boolean =>
  typeof member === "string" && MOMENTS.has(name) && !isRealMoment(member);

function unstorableText(text: string, at: string): string | undefined {
  if (text.includes("\u0000")) return `${at} has a NUL, which PostgreSQL does not store`;
  return text.isWellFormed() ? undefined : `${at} has half of a surrogate pair, which is not Unicode text`;
}

function unstorableObject(value: object, at: string, depth: number): string | undefined {
  if (!isPlain(value)) {
    return `${at} is a ${value.constructor.name}, which is not plain data`;
  }
  for (const [name, member] of Object.entries(value)) {
    const problem =
      unstorableText(name, `the name of ${at}/${name}`) ?? problemOf(member, `${at}/${name}`, depth + 1);
    if (problem !== undefined) return problem;
    if (isUnrealMoment(name, member)) {
      return `${at}/${name} is ${JSON.stringify(member)}, a moment that no calendar has`;
    }
  }
  return undefined;
}

/** A moment in UTC, of a year after the first and a day that every month has. */
const ordinaryMoment = /^(?!0000)\d{4}-\d\d-(?:0[1-9]|1\d|2[0-8])T[\d:.]+Z$/;

/** Whether a text of the canonical Instant's pattern is a moment: 31 February and offsets of a day are not. */
export function isRealMoment(text: string): boolean {
  if (ordinaryMoment.test(text)) return true;
  const [year = 0, month = 0, day = 0] = text.slice(0, 10).split("-").map(Number);
  const daysOfMonth = new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
  const offset = /[+-](\d\d):(\d\d)$/.exec(text);
  const offsetMinutes = Number(offset?.[1] ?? 0) * 60 + Number(offset?.[2] ?? 0);
  return year >= 1 && day >= 1 && day <= daysOfMonth && offsetMinutes <= OFFSET_MINUTES_MAX;
}
