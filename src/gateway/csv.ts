import { toCsvCell } from "../platform/index.ts";

const DECIMAL = /^-?\d+(\.\d+)?$/;

/** Decimals stay numbers though a minus stands before them; all else is text. */
const cell = (value: string | number): string =>
  typeof value === "number" || DECIMAL.test(value) ? String(value) : toCsvCell(value);

/** A CSV file: its header and rows. */
export function csvText(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [header, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}
