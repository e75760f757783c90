import { createHash } from "node:crypto";
import { type ElementType, elementTypeOf, encodeBinaryArray } from "./sql-array.ts";

/**
 * What may stand in a statement's place holder. An array becomes a PostgreSQL array (cast it: `${ids}::bigint[]`),
 * a plain object becomes JSON. For a JSON *array* use `json(value)`.
 */
export type SqlValue = string | number | bigint | boolean | null | object;

/** A value as it travels to the server: text, bytes or null. */
export type WireValue = string | Buffer | null;

/** SQL text with its values, ready to send. A name makes the server keep its plan, once per connection. */
export type Statement = {
  readonly text: string;
  readonly values: readonly WireValue[];
  readonly name?: string;
};

type Template = {
  readonly text: string;
  readonly name: string;
  /** For each place holder, what its array consists of, where that can travel as bytes. */
  readonly elements: readonly (ElementType | undefined)[];
};

const templates = new WeakMap<TemplateStringsArray, Template>();

/**
 * Makes a statement out of a template: each value becomes `$1`, `$2` and so on, never text.
 * Fragments cannot be composed: a statement is read where it is written.
 * Throws a TypeError at once for a value that PostgreSQL could not hold (undefined, NaN, an unsafe integer), so that
 * a statement that exists can always be sent.
 */
export function sql(strings: TemplateStringsArray, ...values: SqlValue[]): Statement {
  let template = templates.get(strings);
  if (template === undefined) {
    const text = strings.reduce((before, part, index) => `${before}$${index}${part}`);
    template = { text, name: statementName(text), elements: strings.slice(1).map(elementTypeOf) };
    templates.set(strings, template);
  }
  const { text, name, elements } = template;
  return { text, name, values: values.map((value, index) => encode(value, elements[index])) };
}

/** SQL text sent as it is, possibly several statements at once; without values and without a kept plan. */
export function script(text: string): Statement {
  return { text, values: [] };
}

/** Marks a value to be sent as JSON, whatever it is; needed for JSON arrays, strings and numbers. */
export function json(value: unknown): string {
  const text = JSON.stringify(value);
  if (text === undefined) throw new TypeError("a value without JSON form cannot be stored");
  return text;
}

/** Quotes a name for use in `script`, where place holders cannot stand. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function statementName(text: string): string {
  return `x${createHash("sha256").update(text).digest("hex").slice(0, 24)}`;
}

function encode(value: SqlValue, element: ElementType | undefined): WireValue {
  if (value === null) return null;
  if (Array.isArray(value)) return encodeColumn(value, element);
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return encodeText(value);
}

function encodeText(value: unknown): string {
  switch (typeof value) {
    case "string":
      return value;
    case "number":
      return encodeNumber(value);
    case "bigint":
      return value.toString();
    case "boolean":
      return value ? "t" : "f";
    case "object":
      // toISOString throws on an invalid date, which is what we want.
      return value instanceof Date ? value.toISOString() : json(value);
    default:
      throw new TypeError(`a ${typeof value} cannot be sent to PostgreSQL`);
  }
}

function encodeNumber(value: number): string {
  const exact = Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
  if (!exact) throw new TypeError(`the number ${value} cannot be sent to PostgreSQL exactly`);
  return String(value);
}

function encodeColumn(values: readonly unknown[], element: ElementType | undefined): WireValue {
  const bytes = element === undefined ? undefined : encodeBinaryArray(values, element);
  return bytes ?? encodeArray(values);
}

/** Our own array text, because it is written in one pass and needs no quoting for numbers. */
function encodeArray(values: readonly unknown[]): string {
  let text = "{";
  for (let index = 0; index < values.length; index += 1) {
    if (index > 0) text += ",";
    text += encodeElement(values[index]);
  }
  return `${text}}`;
}

function encodeElement(value: unknown): string {
  if (typeof value === "string") return quoteElement(value);
  if (value === null) return "NULL";
  if (typeof value === "number") return encodeNumber(value);
  if (Array.isArray(value)) return encodeArray(value);
  if (value instanceof Uint8Array) return `"\\\\x${Buffer.from(value).toString("hex")}"`;
  return quoteElement(encodeText(value));
}

const plainElement = /^[A-Za-z0-9_.:-]+$/;

/** What JSON escapes in another way than an array does: control characters, and halves of surrogate pairs. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const escapedOtherwise = /[\u0000-\u001f\ud800-\udfff]/;

function quoteElement(text: string): string {
  // NULL as a word would be read as a null element.
  if (plainElement.test(text)) return text.length === 4 && text.toLowerCase() === "null" ? `"${text}"` : text;
  // The engine quotes JSON five times as fast as a regular expression, and most long elements are JSON, full of quotes.
  if (!escapedOtherwise.test(text)) return JSON.stringify(text);
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}
