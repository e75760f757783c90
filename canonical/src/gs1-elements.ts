import { isGtin } from "./gs1.ts";

/** What a barcode says: each application identifier with its data. */
export type Gs1Element = { readonly ai: string; readonly data: string };

/** The elements of a barcode, or why it is none. */
export type Gs1Reading =
  | { readonly ok: true; readonly elements: readonly Gs1Element[] }
  | { readonly ok: false; readonly problem: string };

/** FNC1 within a symbol, as scanners send it: the group separator, or what keyboards and people write for it. */
const SEPARATOR = "\u001d";
const SEPARATORS_WRITTEN = /\u241d|<GS>|\{GS\}|\[GS\]/g;

/** What scanners put before the data to say which symbology it was read from (ISO/IEC 15424): those that carry GS1 elements. */
const SYMBOLOGY = /^\](?:C1|d2|Q3|e0|J1)/;

/**
 * Lengths of identifier and data together by the first two digits (GS1 General Specifications, section 7.8.5, "element strings with
 * predefined length"): after them no separator is needed. Every other element ends at a separator, or at the end.
 */
const PREDEFINED: Readonly<Record<string, number>> = {
  ...{ "00": 20, "01": 16, "02": 16, "03": 16, "04": 18 },
  ...{ 11: 8, 12: 8, 13: 8, 14: 8, 15: 8, 16: 8, 17: 8, 18: 8, 19: 8, 20: 4 },
  ...{ 31: 10, 32: 10, 33: 10, 34: 10, 35: 10, 36: 10, 41: 16 },
};

/** Digits of an identifier by its first two (the same, section 3.2). */
const AI_DIGITS: Readonly<Record<string, number>> = {
  ...{ 23: 3, 24: 3, 25: 3, 40: 3, 41: 3, 42: 3, 71: 3 },
  ...{ 31: 4, 32: 4, 33: 4, 34: 4, 35: 4, 36: 4, 39: 4, 43: 4, 70: 4, 72: 4, 80: 4, 81: 4, 82: 4 },
};
const TWO_DIGITS = /^(?:0[0-4]|1[0-9]|2[0-2]|3[07]|9[0-9])$/;

/** Longest data of an element: no identifier allows more. */
const DATA_LENGTH_MAX = 90;
const BARCODE_LENGTH_MAX = 200;

/** Digits of the identifier that a text begins with; undefined where it begins with none. */
function aiDigits(text: string): number | undefined {
  const prefix = text.slice(0, 2);
  return TWO_DIGITS.test(prefix) ? 2 : AI_DIGITS[prefix];
}

const bad = (problem: string): Gs1Reading => ({ ok: false, problem });

/**
 * Reads the text of a barcode with GS1 application identifiers: as scanners send it, with separators, or as it is printed below the bars,
 * with identifiers in parentheses.
 */
export function readGs1Elements(text: string): Gs1Reading {
  if (text.length > BARCODE_LENGTH_MAX) return bad(`It has more than ${BARCODE_LENGTH_MAX} characters.`);
  const trimmed = text.trim().replace(SYMBOLOGY, "");
  return trimmed.startsWith("(")
    ? readPrinted(trimmed)
    : readScanned(trimmed.replace(SEPARATORS_WRITTEN, SEPARATOR));
}

function readPrinted(text: string): Gs1Reading {
  const elements: Gs1Element[] = [];
  for (const [, ai = "", data = ""] of text.matchAll(/\((\d{2,4})\)([^(]*)/g))
    elements.push({ ai, data: data.trim() });
  const isAll = text.replace(/\(\d{2,4}\)[^(]*/g, "") === "";
  return isAll ? checked(elements) : bad("An application identifier in parentheses was expected.");
}

const afterSeparator = (text: string): string => (text.startsWith(SEPARATOR) ? text.slice(1) : text);

function readScanned(text: string): Gs1Reading {
  const elements: Gs1Element[] = [];
  let rest = afterSeparator(text);
  while (rest !== "") {
    const digits = aiDigits(rest);
    if (digits === undefined || !/^\d+$/.test(rest.slice(0, digits)) || rest.length <= digits)
      return bad(`${JSON.stringify(rest.slice(0, 8))} begins with no application identifier.`);
    const predefined = PREDEFINED[rest.slice(0, 2)];
    const separator = rest.indexOf(SEPARATOR);
    const end = predefined ?? (separator < 0 ? rest.length : separator);
    elements.push({ ai: rest.slice(0, digits), data: rest.slice(digits, end) });
    rest = afterSeparator(rest.slice(end));
  }
  return checked(elements);
}

function checked(elements: readonly Gs1Element[]): Gs1Reading {
  if (elements.length === 0) return bad("It says nothing.");
  for (const { ai, data } of elements) {
    if (data === "" || data.length > DATA_LENGTH_MAX || data.includes(SEPARATOR))
      return bad(`(${ai}) has no data, or too much of it.`);
    const length = PREDEFINED[ai.slice(0, 2)];
    if (length !== undefined && (data.length !== length - ai.length || !/^\d+$/.test(data)))
      return bad(`(${ai}) must have ${length - ai.length} digits, and has ${JSON.stringify(data)}.`);
    if ((ai === "01" || ai === "02") && !isGtin(data))
      return bad(`The check digit of GTIN ${data} is wrong.`);
  }
  return { ok: true, elements };
}

/** The day that a date of six digits means (the same, section 7.12): of the century whose year is nearest; day 00 is the last of its month. */
export function gs1Day(digits: string, yearNow: number): string | undefined {
  const match = /^(\d\d)(\d\d)(\d\d)$/.exec(digits);
  if (match === null) return undefined;
  const [short, month, day] = match.slice(1).map(Number);
  if (short === undefined || month === undefined || day === undefined || month < 1 || month > 12)
    return undefined;
  const century = Math.floor(yearNow / 100);
  const ahead = short - (yearNow % 100);
  const year = 100 * (century + (ahead >= 51 ? -1 : ahead <= -50 ? 1 : 0)) + short;
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  if (day > last) return undefined;
  const two = (value: number) => String(value).padStart(2, "0");
  return `${year}-${two(month)}-${two(day === 0 ? last : day)}`;
}
