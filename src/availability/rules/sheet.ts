import { checker, isRuleKind, RULE_KINDS, RULES, type Rule, type RuleKind } from "@crossdock/canonical";
import type { ChangedRule } from "./changed.ts";

/** A line of a file that cannot be taken, and what to do. */
export type LineFault = { readonly line: number; readonly message: string };

type Form = "text" | "whole" | "number" | "list" | "flag";
type Column = { readonly heading: string; readonly field: string; readonly form: Form };

/** The columns of a file of rules after the first two, `action` and `kind`; each kind fills those that it has. */
const COLUMNS: readonly Column[] = [
  { heading: "channel", field: "channel", form: "text" },
  { heading: "group", field: "group", form: "text" },
  { heading: "item", field: "item", form: "text" },
  { heading: "item_class", field: "itemClass", form: "text" },
  { heading: "units", field: "units", form: "whole" },
  { heading: "location", field: "location", form: "text" },
  { heading: "permille", field: "permille", form: "whole" },
  { heading: "days", field: "days", form: "whole" },
  { heading: "supply", field: "supply", form: "text" },
  { heading: "vendor", field: "vendor", form: "text" },
  { heading: "wait_hours", field: "waitHours", form: "whole" },
  { heading: "steps", field: "steps", form: "list" },
  { heading: "near_hours", field: "nearHours", form: "whole" },
  { heading: "name", field: "name", form: "text" },
  { heading: "parent", field: "parent", form: "text" },
  { heading: "locations", field: "locations", form: "list" },
  { heading: "minimum_to_publish", field: "minimumToPublish", form: "whole" },
  { heading: "low_below", field: "lowBelow", form: "whole" },
  { heading: "formula", field: "formula", form: "text" },
  { heading: "terms", field: "terms", form: "list" },
  { heading: "at_least", field: "atLeast", form: "whole" },
  { heading: "takes_ratio", field: "takesRatio", form: "flag" },
  { heading: "takes_cap", field: "takesCap", form: "flag" },
  { heading: "criteria", field: "criteria", form: "list" },
  { heading: "leave_units", field: "leaveUnits", form: "whole" },
  { heading: "zone", field: "zone", form: "text" },
  { heading: "per_order", field: "perOrder", form: "whole" },
  { heading: "per_unit", field: "perUnit", form: "whole" },
  { heading: "metres", field: "metres", form: "whole" },
  { heading: "latitude", field: "latitude", form: "number" },
  { heading: "longitude", field: "longitude", form: "number" },
  { heading: "capacity_units", field: "capacityUnits", form: "whole" },
  { heading: "until", field: "until", form: "text" },
];

export const SHEET_HEADINGS: readonly string[] = ["action", "kind", ...COLUMNS.map(({ heading }) => heading)];

/** What says that there is no limit, where a limit is a number. */
const NONE = "none";

const fieldOf = (rule: Rule, field: string): unknown =>
  new Map<string, unknown>(Object.entries(rule)).get(field);

function cellOf(value: unknown, form: Form): string {
  if (value === undefined) return "";
  if (value === null) return NONE;
  return form === "list" && Array.isArray(value) ? value.join(" ") : String(value);
}

/** A change of a rule as a line of a file. What takes a rule away shows what the rule says, so that a person sees what it was. */
export function sheetLine({ before, after }: ChangedRule): readonly string[] {
  const rule = after ?? before;
  if (rule === undefined) return [];
  const cells = COLUMNS.map(({ field, form }) => cellOf(fieldOf(rule, field), form));
  return [after === undefined ? "remove" : "set", rule.kind, ...cells];
}

const plain = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, "_");

/** Reads the headings of a file: which column stands where; or why it is no file of rules. */
export function readSheetHeadings(
  cells: readonly string[],
): readonly string[] | { readonly problem: string } {
  const headings = cells.map(plain);
  while (headings.at(-1) === "") headings.pop();
  const unknown = headings.find((heading) => !SHEET_HEADINGS.includes(heading));
  const has = `A file of rules has ${SHEET_HEADINGS.join(", ")}.`;
  if (unknown !== undefined)
    return { problem: `The first line has the heading ${JSON.stringify(unknown.slice(0, 40))}. ${has}` };
  if (!headings.includes("kind")) return { problem: `The first line lacks the heading kind. ${has}` };
  const twice = headings.find((heading, place) => headings.indexOf(heading) !== place);
  return twice === undefined
    ? headings
    : { problem: `The heading ${twice} stands twice. Keep one of the columns.` };
}

function readCell(cell: string, form: Form): unknown {
  switch (form) {
    case "whole":
      if (cell.toLowerCase() === NONE) return null;
      return /^-?\d{1,15}$/.test(cell) ? Number(cell) : cell;
    case "number":
      return /^-?\d{1,3}(\.\d{1,12})?$/.test(cell) ? Number(cell) : cell;
    case "list":
      return cell.split(/[\s;]+/);
    case "flag":
      if (/^(true|yes)$/i.test(cell)) return true;
      return /^(false|no)$/i.test(cell) ? false : cell;
    case "text":
      return cell;
    default:
      return form satisfies never;
  }
}

const checks = new Map(RULE_KINDS.map((kind) => [kind, checker(RULES[kind])]));

/** A change out of a line; or what is wrong with the line. */
export function readSheetLine(
  headings: readonly string[],
  row: { readonly line: number; readonly cells: readonly string[] },
): { readonly rule: Rule; readonly isRemoved: boolean } | LineFault {
  const { line } = row;
  // What keeps a spreadsheet from taking a cell for one of its formulas is no part of what it says.
  const cellAt = (place: number) => (row.cells[place] ?? "").trim().replace(/^'(?=[=+@-])/, "");
  const cells = new Map(headings.map((heading, place) => [heading, cellAt(place)]));
  const kind = cells.get("kind") ?? "";
  const action = (cells.get("action") ?? "").toLowerCase();
  if (!isRuleKind(kind))
    return {
      line,
      message: `The kind is ${JSON.stringify(kind.slice(0, 40))}; it must be one of ${RULE_KINDS.join(", ")}.`,
    };
  if (!["", "set", "remove"].includes(action))
    return { line, message: "The action must be set or remove; empty is set." };
  const given: Record<string, unknown> = { kind };
  for (const { heading, field, form } of COLUMNS) {
    const cell = cells.get(heading) ?? "";
    // A network may be empty: then its cell is.
    if (cell !== "") given[field] = readCell(cell, form);
    else if (field === "locations" && kind === "channel") given[field] = [];
  }
  return toRule(kind, given, { line, isRemoved: action === "remove" });
}

function toRule(
  kind: RuleKind,
  given: Readonly<Record<string, unknown>>,
  { line, isRemoved }: { readonly line: number; readonly isRemoved: boolean },
): { readonly rule: Rule; readonly isRemoved: boolean } | LineFault {
  const checked = checks.get(kind)?.(given);
  if (checked?.ok === true) return { rule: checked.value, isRemoved };
  const [first] = checked?.problems ?? [];
  const field = /^\/(\w+)/.exec(first?.at ?? "")?.[1];
  const heading = COLUMNS.find((column) => column.field === field)?.heading;
  const where = heading === undefined ? "" : `Column ${heading}: `;
  return {
    line,
    message: `${where}${first?.message ?? "is not of the right form"}. The line is a rule of kind ${kind}.`,
  };
}
