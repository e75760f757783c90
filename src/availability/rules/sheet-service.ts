import type { Rule } from "@crossdock/canonical";
import { ruleKey } from "@crossdock/canonical";
import { FileRefused, readSheetFile } from "../../governance/index.ts";
import { DRAFT_CHANGES_MAX } from "./draft-faults-service.ts";
import { type LineFault, readSheetHeadings, readSheetLine } from "./sheet.ts";

/** Lines that are told of a file that cannot be taken. */
const LINE_FAULTS_MAX = 100;

export type SheetRead =
  | { readonly is: "read"; readonly set: readonly Rule[]; readonly remove: readonly string[] }
  | { readonly is: "faulty"; readonly faults: readonly LineFault[] }
  | { readonly is: "unreadable"; readonly problem: string };

/** Reads a file of rules (CSV or XLSX): all of it, or why not. */
export async function readRuleFile(bytes: Uint8Array): Promise<SheetRead> {
  try {
    return await readAll(bytes);
  } catch (error) {
    if (error instanceof FileRefused) return { is: "unreadable", problem: error.message };
    throw error;
  }
}

async function readAll(bytes: Uint8Array): Promise<SheetRead> {
  const rows = readSheetFile(bytes);
  const first = await rows.next();
  if (first.done === true) throw new FileRefused("The file has no line. Its first line has the headings.");
  const headings = readSheetHeadings(first.value.cells);
  if ("problem" in headings) throw new FileRefused(headings.problem);
  const found = new Map<string, { readonly rule: Rule; readonly isRemoved: boolean }>();
  const faults: LineFault[] = [];
  for await (const row of rows) {
    const read = readSheetLine(headings, row);
    if ("message" in read) faults.push(read);
    else if (found.has(ruleKey(read.rule)))
      faults.push({
        line: row.line,
        message: `${ruleKey(read.rule)} stands in an earlier line; keep one of them.`,
      });
    else found.set(ruleKey(read.rule), read);
    if (faults.length >= LINE_FAULTS_MAX) break;
    if (found.size > DRAFT_CHANGES_MAX)
      throw new FileRefused(`The file has more than ${DRAFT_CHANGES_MAX} rules. Split it.`);
  }
  if (faults.length > 0) return { is: "faulty", faults };
  const all = [...found.values()];
  return {
    is: "read",
    set: all.flatMap(({ rule, isRemoved }) => (isRemoved ? [] : [rule])),
    remove: all.flatMap(({ rule, isRemoved }) => (isRemoved ? [ruleKey(rule)] : [])),
  };
}
