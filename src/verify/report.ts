import type { MessageTotals, ReaderRow, StockFactTotals } from "./census/queries.ts";
import type { Findings, Noun } from "./check.ts";

/** What one check came to. */
export type CheckReport = Findings & {
  readonly name: string;
  readonly sentence: string;
  readonly examined: number;
  readonly of: Noun;
  readonly remedy: string;
};

export type LawReport = {
  readonly law: number | undefined;
  readonly title: string;
  readonly checks: readonly CheckReport[];
};

/** Where everything is that came in: law 6 in numbers. */
export type Whereabouts = {
  readonly messages: MessageTotals | undefined;
  readonly stockFacts: StockFactTotals | undefined;
  readonly readers: readonly ReaderRow[];
};

/** The judgement of one snapshot. */
export type Report = {
  readonly verifiedAt: string;
  readonly laws: readonly LawReport[];
  readonly whereabouts: Whereabouts;
  readonly passed: number;
  readonly failed: number;
};

/** How a report is set: with marks that need a font, or with letters that survive a log file. */
export type Marks = { readonly passed: string; readonly failed: string };
export const terminalMarks: Marks = { passed: "✓", failed: "✗" };
export const plainMarks: Marks = { passed: "ok  ", failed: "FAIL" };

/** Puts the parts of a report together and counts. */
export function toReport(parts: Pick<Report, "verifiedAt" | "laws" | "whereabouts">): Report {
  const checks = parts.laws.flatMap((law) => law.checks);
  const failed = checks.filter((found) => found.total > 0).length;
  return { ...parts, passed: checks.length - failed, failed };
}

const digits = new Intl.NumberFormat("en-GB");
const number = (value: number): string => digits.format(value);

function checkLines(found: CheckReport, marks: Marks): readonly string[] {
  const examined = `(${found.of}: ${number(found.examined)})`;
  if (found.total === 0) return [`  ${marks.passed} ${found.sentence} ${examined}`];
  const rest = found.total - found.offences.length;
  return [
    `  ${marks.failed} ${found.sentence} ${examined}`,
    `      ${found.name}: ${number(found.total)} ${found.total === 1 ? "offence" : "offences"}`,
    ...found.offences.map(({ says }) => `      - ${says}`),
    ...(rest > 0 ? [`      - and ${number(rest)} more`] : []),
    `      What to do: ${found.remedy}`,
  ];
}

function lawLines({ law, title, checks }: LawReport, marks: Marks): readonly string[] {
  const heading = law === undefined ? title : `Law ${law}: ${title}`;
  return [heading, ...checks.flatMap((found) => checkLines(found, marks)), ""];
}

function whereaboutsLines({ messages, stockFacts, readers }: Whereabouts): readonly string[] {
  const lines: string[] = ["Where everything is"];
  if (messages !== undefined) {
    const { received, stored, mapped, suspect, dead, dismissed } = messages;
    lines.push(
      `  messages: ${number(received)} received = ${number(stored)} stored + ${number(mapped)} mapped + ${number(suspect)} suspect + ${number(dead)} dead + ${number(dismissed)} dismissed`,
    );
    const { records, applied, duplicates, ignored, parked } = messages;
    lines.push(
      `  records: ${number(records)} mapped = ${number(applied)} applied + ${number(duplicates)} duplicate + ${number(ignored)} ignored + ${number(parked)} parked`,
    );
  }
  if (stockFacts !== undefined) {
    const { told, applied, claims, dead, unread } = stockFacts;
    lines.push(
      `  stock facts: ${number(told)} on the log = ${number(applied)} applied + ${number(claims)} claims + ${number(dead)} dead letters + ${number(unread)} not yet read`,
    );
  }
  for (const { name, unread, dead_letters } of readers) {
    lines.push(
      `  reader ${name}: ${number(unread)} facts not yet read, ${number(dead_letters)} dead letters`,
    );
  }
  return [...lines, ""];
}

/** A report for people: law by law, what failed with its rows and what to do, and the count in the last line. */
export function renderReport(report: Report, marks: Marks = plainMarks): string {
  return [
    `One snapshot, judged at ${report.verifiedAt}`,
    "",
    ...report.laws.flatMap((law) => lawLines(law, marks)),
    ...whereaboutsLines(report.whereabouts),
    `${report.passed} passed, ${report.failed} failed`,
  ].join("\n");
}

/** A report for programs: one JSON object, without a line break. */
export function renderJson(report: Report): string {
  return JSON.stringify(report);
}
