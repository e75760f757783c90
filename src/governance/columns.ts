import { checker, MASTER_RECORDS, type MasterKind, type Reference } from "@crossdock/canonical";
import { toCsvCell } from "../platform/index.ts";
import type { ImportRow } from "./import-row.ts";
import type { MasterOutcome } from "./master-outcome.ts";
import { refused } from "./master-outcome.ts";

/** What a cell becomes: a text as it is, the name of an item or a location, a moment, a whole number. */
type CellForm = "text" | "item" | "location" | "beginning" | "moment" | "day" | "whole";

export type Column = {
  readonly heading: string;
  readonly field: string;
  readonly form: CellForm;
  readonly required: boolean;
  readonly example: string;
};

const column = (
  heading: string,
  field: string,
  about: { readonly example: string; readonly form?: CellForm; readonly required?: boolean },
): Column => ({
  heading,
  field,
  form: about.form ?? "text",
  required: about.required ?? false,
  example: about.example,
});

const VALIDITY = [
  column("valid_from", "validFrom", { form: "beginning", example: "2026-03-01" }),
  column("valid_to", "validTo", { form: "moment", example: "" }),
];
const LOCATION = column("location", "location", { form: "location", required: true, example: "BER" });
const ITEM = column("item", "item", { form: "item", required: true, example: "BOLT-M8" });

/** The columns of a file of each kind, in the order in which templates have them. */
export const COLUMNS: Readonly<Record<MasterKind, readonly Column[]>> = Object.freeze({
  item: [
    column("item_id", "itemId", { example: "" }),
    column("sku", "sku", { required: true, example: "BOLT-M8" }),
    column("description", "description", { example: "Bolt M8 x 40" }),
    column("base_unit", "baseUnit", { example: "EA" }),
    column("tracking", "tracking", { example: "none" }),
    column("item_class", "itemClass", { example: "A" }),
  ],
  location: [
    column("location_id", "locationId", { example: "" }),
    column("code", "code", { required: true, example: "BER" }),
    column("name", "name", { example: "Berlin" }),
    column("type", "type", { example: "warehouse" }),
    column("time_zone", "timeZone", { example: "Europe/Berlin" }),
  ],
  "item-name": [
    ITEM,
    column("scheme", "scheme", { required: true, example: "gtin" }),
    column("value", "value", { required: true, example: "4006381333931" }),
    column("scope", "scope", { example: "" }),
    ...VALIDITY,
  ],
  "location-name": [
    LOCATION,
    column("scheme", "scheme", { required: true, example: "gln" }),
    column("value", "value", { required: true, example: "4012345000009" }),
    column("scope", "scope", { example: "" }),
    ...VALIDITY,
  ],
  "location-calendar": [
    LOCATION,
    column("working_hours", "workingHours", { example: "Mon-Fri 07:00-19:00; Sat 08:00-12:00" }),
    column("cut_offs", "cutOffs", { example: "Mon-Thu 11:00 16:00; Fri 14:00" }),
    column("dock_to_stock", "dockToStock", { example: "4h" }),
    ...VALIDITY,
  ],
  "location-day": [
    LOCATION,
    column("day", "day", { form: "day", required: true, example: "2026-12-25" }),
    column("working_hours", "workingHours", { example: "closed" }),
    column("cut_offs", "cutOffs", { example: "" }),
    column("name", "name", { example: "Christmas Day" }),
  ],
  "item-unit": [
    ITEM,
    column("unit", "unit", { required: true, example: "XCS" }),
    column("factor", "factor", { required: true, example: "12" }),
    ...VALIDITY,
  ],
  "kit-component": [
    column("kit", "kit", { form: "item", required: true, example: "SET-1" }),
    ITEM,
    column("quantity", "quantity", { form: "whole", required: true, example: "2" }),
  ],
  "item-cost": [
    ITEM,
    column("currency", "currency", { required: true, example: "EUR" }),
    column("per_unit", "perUnit", { required: true, example: "0.0125" }),
    ...VALIDITY,
  ],
  lot: [
    ITEM,
    column("lot", "lot", { required: true, example: "L-2026-17" }),
    column("expires_on", "expiresOn", { form: "day", example: "2027-03-31" }),
    column("made_on", "madeOn", { form: "day", example: "2026-03-01" }),
  ],
});

/** More columns than any file of ours has; a file beyond it is another file. */
export const COLUMNS_MAX = 100;
/** Longest cell, in characters: far more than any field takes. */
export const CELL_LENGTH_MAX = 2_000;

/** A row as it was read: its line, its cells, and what was found wrong while reading it. */
export type SheetRow = {
  readonly line: number;
  readonly cells: readonly string[];
  readonly problem?: string | undefined;
};

const plain = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, "_");

/** The columns of a file by their places; or why its headings will not do. */
export function readHeadings(
  kind: MasterKind,
  cells: readonly string[],
): { readonly columns: readonly Column[] } | { readonly problem: string } {
  const known = COLUMNS[kind];
  const names = known.map(({ heading }) => heading).join(", ");
  const headings = cells.slice(0, cells.findLastIndex((cell) => cell.trim() !== "") + 1);
  if (headings.length > COLUMNS_MAX) {
    return { problem: `The file has ${headings.length} columns; a file of kind ${kind} has ${names}.` };
  }
  const columns = headings.map((heading) => known.find((each) => each.heading === plain(heading)));
  const unknown = headings.filter((_, place) => columns[place] === undefined);
  if (unknown.length > 0) {
    const told = unknown.slice(0, 5).map((heading) => JSON.stringify(heading.slice(0, 40)));
    return {
      problem: `The first line has the headings ${told.join(", ")}, which a file of kind ${kind} has not. It has ${names}.`,
    };
  }
  const found = columns.filter((each) => each !== undefined);
  const twice = found.find((each, place) => found.indexOf(each) !== place);
  if (twice !== undefined)
    return { problem: `The heading ${twice.heading} stands twice. Keep one of the columns.` };
  const missing = known.filter((each) => each.required && !found.includes(each));
  if (missing.length > 0) {
    return {
      problem: `The first line lacks the headings ${missing.map(({ heading }) => heading).join(", ")}. A file of kind ${kind} has ${names}.`,
    };
  }
  return { columns: found };
}

/** Schemes that a cell may name before a colon; without one it is a SKU, or a location's code. */
const PREFIXED = /^(id|gtin|sku|gln|code):(.+)$/;

function toReference(cell: string, usual: string): Reference {
  const [, scheme = usual, value = cell] = PREFIXED.exec(cell) ?? [];
  return { scheme, value };
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

function cellValue(cell: string, form: CellForm): unknown {
  switch (form) {
    case "item":
      return toReference(cell, "sku");
    case "location":
      return toReference(cell, "code");
    case "beginning":
    case "moment":
      return DAY.test(cell) ? `${cell}T00:00:00Z` : cell;
    case "whole":
      return /^\d{1,15}$/.test(cell) ? Number(cell) : cell;
    case "text":
    case "day":
      return cell;
    default:
      return form satisfies never;
  }
}

const checks = new Map<MasterKind, ReturnType<typeof checker<(typeof MASTER_RECORDS)[MasterKind]>>>();
function checkOf(kind: MasterKind) {
  const check = checks.get(kind) ?? checker(MASTER_RECORDS[kind]);
  checks.set(kind, check);
  return check;
}

/** A statement out of a row; or the refusal of the row, with its column and what to do. Empty cells say nothing. */
export function toImportRow(kind: MasterKind, columns: readonly Column[], row: SheetRow): ImportRow {
  const refuse = (detail: string, field?: string): ImportRow => ({
    place: row.line,
    refused: invalid(`line ${row.line}`, detail, field),
  });
  if (row.problem !== undefined) return refuse(row.problem);
  const cells = row.cells.map((cell) => cell.trim());
  const beyond = cells.slice(columns.length).findIndex((cell) => cell !== "");
  if (beyond >= 0) {
    return refuse(
      `The line has ${columns.length + beyond + 1} cells or more under ${columns.length} headings. Put quotes around a cell that holds the separator.`,
    );
  }
  const given: Record<string, unknown> = { kind };
  for (const [place, { heading, field, form, required }] of columns.entries()) {
    const cell = cells[place] ?? "";
    if (cell.length > CELL_LENGTH_MAX) {
      return refuse(`The cell has ${cell.length} characters, ${CELL_LENGTH_MAX} at most.`, heading);
    }
    if (cell === "" && required) return refuse("The cell is empty, and every line needs it.", heading);
    if (cell !== "") given[field] = cellValue(cell, form);
  }
  const checked = checkOf(kind)(given);
  if (checked.ok) return { place: row.line, record: checked.value };
  const [first] = checked.problems;
  const field = /^\/(\w+)/.exec(first?.at ?? "")?.[1];
  const about = columns.find((each) => each.field === field);
  const cell = about === undefined ? "" : (cells[columns.indexOf(about)] ?? "");
  return refuse(`${JSON.stringify(cell.slice(0, 60))} ${formHint(kind, field)}.`, about?.heading ?? field);
}

/** What is wanted, in the schema's own words where it has some. */
function formHint(kind: MasterKind, field: string | undefined): string {
  const schema: Readonly<Record<string, unknown>> = MASTER_RECORDS[kind].properties;
  const wanted = field === undefined ? undefined : schema[field];
  if (typeof wanted !== "object" || wanted === null) return "is not of the right form";
  if ("description" in wanted && typeof wanted.description === "string") {
    return `is not of the right form. Wanted: ${wanted.description.replace(/\.$/, "")}`;
  }
  if ("anyOf" in wanted && Array.isArray(wanted.anyOf)) {
    const choices = wanted.anyOf.flatMap((each: unknown) =>
      typeof each === "object" && each !== null && "const" in each ? [String(each.const)] : [],
    );
    return `is none of ${choices.join(", ")}`;
  }
  return "is not of the right form";
}

function invalid(subject: string, detail: string, field: string | undefined): MasterOutcome {
  return refused(subject, "invalid", { detail, ...(field === undefined ? {} : { field }) }).outcome;
}

/** A file of a kind with its headings and one line that shows what goes where. */
export function templateOf(kind: MasterKind): string {
  const columns = COLUMNS[kind];
  const lines = [columns.map(({ heading }) => heading), columns.map(({ example }) => example)];
  return lines.map((cells) => `${cells.map(toCsvCell).join(",")}\r\n`).join("");
}
