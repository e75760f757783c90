import type { Database, Transaction } from "../platform/index.ts";
import { countRows, selectReaders, settleIn, sumMessages, sumStockFacts } from "./census/queries.ts";
import type { Census, Check, Noun } from "./check.ts";
import { laws } from "./laws.ts";
import {
  type CheckReport,
  type LawReport,
  plainMarks,
  type Report,
  renderJson,
  renderReport,
  terminalMarks,
  toReport,
} from "./report.ts";

export type VerifyOptions = {
  /** The time that the report bears. Nothing is judged by it: the tables are held against each other, not against a clock. */
  readonly now: Date;
};

/**
 * Judges a database: runs every check in one repeatable-read snapshot and reports. It writes nothing, takes no lock, and holds no
 * reader of the log back, because a transaction that never writes has no transaction id. Throws what the database throws.
 */
export async function verify(database: Database, options: VerifyOptions): Promise<Report> {
  return database.transaction((tx) => verifyWithin(tx, options), {
    isolation: "repeatable read",
    readOnly: true,
  });
}

/** Judges what a transaction sees, uncommitted changes of its own included. Its time limits are lifted from here on. */
export async function verifyWithin(tx: Transaction, { now }: VerifyOptions): Promise<Report> {
  settleIn(tx);
  const census = await takeCensus(tx);
  const reports: LawReport[] = [];
  for (const { number, title, checks } of laws) {
    const found: CheckReport[] = [];
    // One after the other: they share a connection, and the server spreads each over its own workers.
    for (const each of checks) found.push(await judge(tx, census, each));
    reports.push({ law: number, title, checks: found });
  }
  const [messages, stockFacts, readers] = await Promise.all([
    sumMessages(tx),
    sumStockFacts(tx),
    selectReaders(tx),
  ]);
  const whereabouts = { messages, stockFacts, readers };
  return toReport({ verifiedAt: now.toISOString(), laws: reports, whereabouts });
}

async function takeCensus(tx: Transaction): Promise<Partial<Census>> {
  const rows = await countRows(tx);
  const census: Partial<Record<Noun, number>> = {};
  for (const { noun, count } of rows) census[noun] = count;
  return census;
}

async function judge(tx: Transaction, census: Partial<Census>, each: Check): Promise<CheckReport> {
  const { name, sentence, remedy, examines } = each;
  const findings = await each.find(tx);
  return { name, sentence, examined: census[examines] ?? 0, of: examines, remedy, ...findings };
}

export type RunVerifyOptions = VerifyOptions & {
  readonly database: Database;
  /** One JSON object instead of a text for people. */
  readonly json?: boolean;
  /** Whether the text is for a terminal, which can show more than ASCII. */
  readonly terminal?: boolean;
};

/** The command `verify`: the report, and the text to print as its last lines. Exit with 1 when `report.failed` is not 0. */
export async function runVerify(
  options: RunVerifyOptions,
): Promise<{ readonly report: Report; readonly text: string }> {
  const report = await verify(options.database, { now: options.now });
  const marks = options.terminal === true ? terminalMarks : plainMarks;
  return { report, text: options.json === true ? renderJson(report) : renderReport(report, marks) };
}
