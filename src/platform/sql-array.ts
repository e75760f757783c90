/**
 * Arrays as PostgreSQL's binary protocol writes them. What a batch writes is arrays: in this form the server takes a column of a
 * thousand numbers by copying it, where it would read a text of it character by character, and JSON in it is not quoted once more.
 */

/** The types of elements that are written here, by the numbers that PostgreSQL gives them for good. */
const elementTypes = { bigint: 20, text: 25, timestamptz: 1184, jsonb: 3802 } as const;

/** What a placeholder is cast to, as far as it is written here. */
export type ElementType = keyof typeof elementTypes;

/** The element type of a placeholder, by the SQL behind it; undefined for what is sent as text. */
export function elementTypeOf(behind: string): ElementType | undefined {
  const name = /^::([a-z]+)\[\](?!\[)/.exec(behind)?.[1];
  return name !== undefined && isElementType(name) ? name : undefined;
}

function isElementType(name: string): name is ElementType {
  return Object.hasOwn(elementTypes, name);
}

/** Header of an array of one dimension: dimensions, whether it may have nulls, element type, length, first index. */
const HEADER_BYTES = 20;
const EMPTY_HEADER_BYTES = 12;
const LENGTH_BYTES = 4;
const NULL_LENGTH = -1;
const JSONB_VERSION = 1;

/**
 * Writes an array; undefined where an element is not of the form that is written here (a moment with a zone, a nested array), so that
 * the server has to read the whole as text.
 */
export function encodeBinaryArray(values: readonly unknown[], type: ElementType): Buffer | undefined {
  switch (type) {
    case "bigint":
      return encodeFixed(values, type, writeWhole);
    case "timestamptz":
      return encodeFixed(values, type, momentWriter());
    case "text":
    case "jsonb":
      return encodeTexts(values, type);
    default:
      return type satisfies never;
  }
}

function writeHeader(
  buffer: Buffer,
  length: number,
  { type, hasNull }: { type: ElementType; hasNull: boolean },
) {
  buffer.writeInt32BE(length === 0 ? 0 : 1, 0);
  buffer.writeInt32BE(hasNull ? 1 : 0, 4);
  buffer.writeInt32BE(elementTypes[type], 8);
  if (length === 0) return;
  buffer.writeInt32BE(length, 12);
  buffer.writeInt32BE(1, 16);
}

const FIXED_BYTES = 8;

/** Writes a value of eight bytes; false where it has another form. */
type WriteFixed = (buffer: Buffer, value: unknown, at: number) => boolean;

function encodeFixed(values: readonly unknown[], type: ElementType, write: WriteFixed): Buffer | undefined {
  if (values.length === 0) return empty(type);
  const buffer = Buffer.allocUnsafe(HEADER_BYTES + values.length * (LENGTH_BYTES + FIXED_BYTES));
  let at = HEADER_BYTES;
  let hasNull = false;
  for (const value of values) {
    if (value === null) {
      hasNull = true;
      at = buffer.writeInt32BE(NULL_LENGTH, at);
      continue;
    }
    at = buffer.writeInt32BE(FIXED_BYTES, at);
    if (!write(buffer, value, at)) return undefined;
    at += FIXED_BYTES;
  }
  writeHeader(buffer, values.length, { type, hasNull });
  return buffer.subarray(0, at);
}

function empty(type: ElementType): Buffer {
  const buffer = Buffer.alloc(EMPTY_HEADER_BYTES);
  writeHeader(buffer, 0, { type, hasNull: false });
  return buffer;
}

const HALF = 2 ** 32;

function writeWhole(buffer: Buffer, value: unknown, at: number): boolean {
  if (typeof value === "bigint") {
    if (BigInt.asIntN(64, value) !== value) return false;
    buffer.writeBigInt64BE(value, at);
    return true;
  }
  if (typeof value !== "number" || !Number.isSafeInteger(value)) return false;
  buffer.writeInt32BE(Math.floor(value / HALF), at);
  buffer.writeUInt32BE(value >>> 0, at + 4);
  return true;
}

/** PostgreSQL counts microseconds from the beginning of 2000. */
const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1);
const MICROS_PER_MS = 1_000;
/** Beyond these years the server says no, or a count of microseconds is not exact any more. */
const YEAR_1_MS = Date.parse("0001-01-01T00:00:00.000Z");
const YEAR_2200_MS = Date.UTC(2200, 0, 1);

/** Writes moments. Those of one batch are nearly always the same text, which is read once. */
function momentWriter(): WriteFixed {
  let [lastText, lastMs] = ["", Number.NaN];
  const msOf = (text: string) => {
    if (text !== lastText) [lastText, lastMs] = [text, momentOf(text)];
    return lastMs;
  };
  return (buffer, value, at) => {
    const ms = value instanceof Date ? value.getTime() : typeof value === "string" ? msOf(value) : Number.NaN;
    if (!(ms >= YEAR_1_MS && ms < YEAR_2200_MS)) return false;
    return writeWhole(buffer, (ms - POSTGRES_EPOCH_MS) * MICROS_PER_MS, at);
  };
}

const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** A moment in the form that `Date` writes, which is what nearly all are in; not a number for others, and for days that do not exist. */
function momentOf(text: string): number {
  if (!moment.test(text)) return Number.NaN;
  const ms = Date.parse(text);
  // JavaScript takes the 30th of February for the 2nd of March, and 24:00 for the next day.
  return !Number.isNaN(ms) && new Date(ms).getUTCDate() === Number(text.slice(8, 10)) ? ms : Number.NaN;
}

/** Bytes of UTF-8 that one unit of a JavaScript string takes at most. */
const UTF8_BYTES_MAX = 3;

function encodeTexts(values: readonly unknown[], type: "text" | "jsonb"): Buffer | undefined {
  if (values.length === 0) return empty(type);
  const version = type === "jsonb" ? 1 : 0;
  let bytesMax = HEADER_BYTES;
  for (const value of values) {
    if (value !== null && typeof value !== "string") return undefined;
    bytesMax += LENGTH_BYTES + version + (value === null ? 0 : value.length * UTF8_BYTES_MAX);
  }
  const buffer = Buffer.allocUnsafe(bytesMax);
  let at = HEADER_BYTES;
  let hasNull = false;
  for (const value of values) {
    if (typeof value !== "string") {
      hasNull = true;
      at = buffer.writeInt32BE(NULL_LENGTH, at);
      continue;
    }
    const begin = at + LENGTH_BYTES;
    if (version === 1) buffer[begin] = JSONB_VERSION;
    const end = writeText(buffer, value, begin + version);
    buffer.writeInt32BE(end - begin, at);
    at = end;
  }
  writeHeader(buffer, values.length, { type, hasNull });
  return buffer.subarray(0, at);
}

/** Texts up to this length are written unit by unit: a call to the engine's encoder costs more than that. */
const SHORT_UNITS_MAX = 40;
const ASCII_MAX = 0x7f;

function writeText(buffer: Buffer, text: string, at: number): number {
  if (text.length > SHORT_UNITS_MAX) return at + buffer.write(text, at);
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit > ASCII_MAX) return at + buffer.write(text, at);
    buffer[at + index] = unit;
  }
  return at + text.length;
}
