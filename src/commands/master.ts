import { readFile, writeFile } from "node:fs/promises";
import type { MasterKind } from "@crossdock/canonical";
import type { MasterOutcome } from "../governance/index.ts";
import { isRetryableDatabaseError, toCsvCell } from "../platform/index.ts";
import type { Product } from "../product.ts";
import { openServedProduct } from "./serve.ts";
import { commandLog, openSession } from "./session.ts";

export type ImportOptions = {
  /** What a rehearsal printed; absent: this is one. */
  readonly token?: string;
  readonly skipRefused: boolean;
  /** Where to write what becomes of each line, as CSV. */
  readonly report?: string;
};

/** Lines that are printed; a report has all of them. */
const LINES_SHOWN = 20;

/** `crossdock master import KIND FILE`, over the database that the settings name. */
export async function importMasterFile(
  kind: MasterKind,
  file: string,
  options: ImportOptions,
): Promise<number> {
  const bytes = await readFile(file).catch((error: unknown) => problemOf(error));
  if (typeof bytes === "string") {
    console.error(`${file}: ${bytes}`);
    return 1;
  }
  const session = await openSession({
    ...{ applicationName: "crossdock master", pending: "refuse", log: commandLog() },
  });
  const product = await openServedProduct(session);
  try {
    return await importFile(product, { kind, bytes, file }, options);
  } catch (error) {
    if (!isRetryableDatabaseError(error)) throw error;
    console.error(
      `${file}: ${problemOf(error)}. Nothing was changed; another import may be running. Try again.`,
    );
    return 1;
  } finally {
    await product.close();
    await session.close();
  }
}

const problemOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Rehearses a file, or takes it, and tells what becomes of it. The exit code is 1 when it is not taken or has refused lines. */
async function importFile(
  { governance }: Product,
  { kind, bytes, file }: { readonly kind: MasterKind; readonly bytes: Uint8Array; readonly file: string },
  { token, skipRefused, report: reportFile }: ImportOptions,
): Promise<number> {
  const lines: string[] = [];
  const told: { readonly line: number; readonly text: string }[] = [];
  const report = await governance.importMasterFile({
    ...{ kind, bytes, token, skipRefused, changer: { by: "command line" } },
    onRow(line, outcome) {
      if (reportFile !== undefined) told.push({ line, text: reportLine(line, outcome) });
      if (outcome.outcome !== "unchanged" && lines.length < LINES_SHOWN) lines.push(lineText(line, outcome));
    },
  });
  if ("problem" in report) {
    console.error(`${file}: ${report.problem}`);
    return 1;
  }
  if (reportFile !== undefined) await writeFile(reportFile, reportText(told));
  for (const line of lines) console.log(line);
  const { created, changed, unchanged, refused } = report.counts;
  const more = created + changed + refused - lines.length;
  if (more > 0) console.log(`… and ${more} more; --report FILE lists all of them`);
  console.log(`${created} created, ${changed} changed, ${unchanged} unchanged, ${refused} refused`);
  console.log(verdictText[report.is]);
  if (report.is === "rehearsed") console.log(`To take the file as shown: --token ${report.token}`);
  return report.is === "applied" || (report.is === "rehearsed" && refused === 0) ? 0 : 1;
}

const verdictText = {
  rehearsed: "Nothing was changed.",
  applied: "The file was taken.",
  differs: "Nothing was changed: the file would not do what was shown any more. Rehearse it again.",
  refused: "Nothing was changed: lines are refused. Correct them, or add --skip-refused.",
} as const;

function lineText(line: number, outcome: MasterOutcome): string {
  const head = `line ${line}: ${outcome.subject} ${outcome.outcome}`;
  switch (outcome.outcome) {
    case "refused":
      return `${head}${outcome.field === undefined ? "" : `, column ${outcome.field}`}: ${outcome.detail}`;
    case "changed":
      return `${head}: ${fieldsText(outcome.before)} -> ${fieldsText(outcome.after)}`;
    case "created":
      return `${head}: ${fieldsText(outcome.after)}`;
    case "unchanged":
      return head;
    default:
      return outcome satisfies never;
  }
}

const fieldsText = (fields: Readonly<Record<string, string>>): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name} ${JSON.stringify(value)}`)
    .join(", ");

/** The report, in the order of the file, whatever order its lines were decided in. */
function reportText(told: readonly { readonly line: number; readonly text: string }[]): string {
  const inOrder = told.toSorted((one, other) => one.line - other.line).map(({ text }) => text);
  return `line,outcome,subject,column,reason,before,after\r\n${inOrder.join("")}`;
}

/** A line of the report. What came from a file goes back into one that a spreadsheet opens, so no cell may be a formula. */
function reportLine(line: number, outcome: MasterOutcome): string {
  const before = outcome.outcome === "changed" ? fieldsText(outcome.before) : "";
  const after =
    outcome.outcome === "changed" || outcome.outcome === "created" ? fieldsText(outcome.after) : "";
  const [column, reason] = outcome.outcome === "refused" ? [outcome.field ?? "", outcome.detail] : ["", ""];
  const cells = [String(line), outcome.outcome, outcome.subject, column, reason, before, after];
  return `${cells.map(toCsvCell).join(",")}\r\n`;
}
