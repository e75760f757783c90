import pg from "pg";
import { platformErrors, Terminal } from "./errors.ts";

/** The type numbers that PostgreSQL gives its built-in types; they never change. */
const oid = {
  int8: 20,
  date: 1082,
  time: 1083,
  timestamp: 1114,
  interval: 1186,
  numeric: 1700,
  int8Array: 1016,
  dateArray: 1182,
  numericArray: 1231,
} as const;

type Parse = (text: string) => unknown;

/**
 * Reads a whole number exactly, or refuses: a quantity that has lost its last digit is worse than an error.
 * `numeric` comes here too, because `sum(bigint)` is numeric; a fraction must be cast in the statement.
 */
export function exactInteger(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && !text.includes(".")) return value;
  throw new Terminal(
    platformErrors.valueUnreadable,
    `the database returned ${text}, which is not a whole number within ±${Number.MAX_SAFE_INTEGER}; cast it to text in the statement`,
  );
}

const textArrayOid: number = 1009;
const textArray: Parse = pg.types.getTypeParser(textArrayOid, "text");

function exactIntegers(text: string): unknown {
  return deepMap(textArray(text));
}

function deepMap(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(deepMap);
  return typeof value === "string" ? exactInteger(value) : value;
}

const asText: Parse = (text) => text;

// Dates and times without a zone stay text: a Date would shift them by the server's or our own time zone.
const parsers: ReadonlyMap<number, Parse> = new Map<number, Parse>([
  [oid.int8, exactInteger],
  [oid.numeric, exactInteger],
  [oid.int8Array, exactIntegers],
  [oid.numericArray, exactIntegers],
  [oid.date, asText],
  [oid.time, asText],
  [oid.timestamp, asText],
  [oid.interval, asText],
  [oid.dateArray, textArray],
]);

/** How columns are read: exact integers, timestamptz as Date, jsonb parsed, everything unknown (xid8, pg_lsn) as text. */
export const databaseTypes = {
  getTypeParser(type: number, format?: "text" | "binary"): Parse {
    const own = format === "binary" ? undefined : parsers.get(type);
    return own ?? pg.types.getTypeParser(type, format ?? "text");
  },
};
