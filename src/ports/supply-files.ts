import { createHash } from "node:crypto";
import { accountSource, checker, referenceText, StockStatement, toBaseUnits } from "@crossdock/canonical";
import { endOfDay, startOfDay } from "../availability/index.ts";
import type { SupplyFileAnswer, SupplyFileRequest, SupplyFilesPort } from "../gateway/index.ts";
import { FileRefused, type Governance, type Resolution, readSheetFile } from "../governance/index.ts";
import {
  type CellMoment,
  type Integration,
  readSupplyHeadings,
  readSupplyLine,
  type SheetSupply,
  SUPPLY_HEADINGS,
  type SupplyFault,
} from "../integration/index.ts";
import type { KnownLine, Ledger } from "../ledger/index.ts";
import type { Database } from "../platform/index.ts";

type Parts = {
  readonly database: Database;
  readonly governance: Governance;
  readonly integration: Integration;
  readonly ledger: Pick<Ledger, "supply">;
};
type Expected = Extract<StockStatement, { type: "SupplyExpected" }>;

/** Lines of one file, statements of one transaction, and lines that an answer lists. */
const LINES_MAX = 100_000;
const BATCH_LINES = 5_000;
const RESULTS_MAX = 1_000;
const FAULTS_TOLD_MAX = 100;

/** Files of what is to come, as the gateway asks for them. */
export function supplyFilesPort(parts: Parts): SupplyFilesPort {
  return {
    async importFile(request) {
      const account = await parts.integration.accounts.connect(request.accountId);
      if (account?.enabled !== true) return { is: "unknown-account" };
      try {
        return await importAll(parts, request);
      } catch (error) {
        if (error instanceof FileRefused) return { is: "unreadable", problem: error.message };
        throw error;
      }
    },
    template: () =>
      `${SUPPLY_HEADINGS.join(",")}\r\npurchase-order,PO-4711,10,BOLT-M8,BER,,Schrauben Meyer,20,EA,ordered,2026-03-06,,,3\r\n`,
  };
}

type Outcome = Awaited<ReturnType<SupplyFilesPort["importFile"]>>;

async function importAll(parts: Parts, request: SupplyFileRequest): Promise<Outcome> {
  const { lines, faults } = await readLines(request);
  if (faults.length > 0) {
    return { is: "faulty", faults: faults.slice(0, FAULTS_TOLD_MAX), faultCount: faults.length };
  }
  const judged: Judged[] = [];
  for (let start = 0; start < lines.length; start += BATCH_LINES) {
    judged.push(...(await judge(parts, request, lines.slice(start, start + BATCH_LINES))));
  }
  if (!request.isRehearsal) {
    for (let start = 0; start < judged.length; start += BATCH_LINES) {
      const statements = judged.slice(start, start + BATCH_LINES).map(({ statement }) => statement);
      const { accountId, caller } = request;
      const { correlationId } = caller;
      const answer = await parts.integration.submit({ accountId, statements, correlationId });
      if ("refused" in answer) return { is: "unknown-account" };
    }
  }
  return { is: "done", answer: summary(judged, request.isRehearsal) };
}

async function readLines({ bytes, kind, counts, unit }: SupplyFileRequest): Promise<{
  readonly lines: readonly SheetSupply[];
  readonly faults: readonly SupplyFault[];
}> {
  const rows = readSheetFile(bytes);
  const first = await rows.next();
  if (first.done === true) throw new FileRefused("The file has no line. Its first line has the headings.");
  const headings = readSupplyHeadings(first.value.cells);
  if ("problem" in headings) throw new FileRefused(headings.problem);
  const lines = new Map<string, SheetSupply>();
  const faults: SupplyFault[] = [];
  for await (const row of rows) {
    const read = readSupplyLine(headings, row, { kind, counts, unit });
    if ("message" in read) {
      faults.push(read);
      continue;
    }
    const key = keyOf(read.data);
    const earlier = lines.get(key);
    if (earlier === undefined) lines.set(key, read);
    else
      faults.push({ line: read.line, column: "number", message: `stands in line ${earlier.line} already` });
    if (lines.size > LINES_MAX) throw new FileRefused(`The file has more than ${LINES_MAX} lines. Split it.`);
  }
  return { lines: [...lines.values()], faults };
}

const keyOf = ({ kind, number, line = "" }: { kind: string; number: string; line?: string }): string =>
  JSON.stringify([kind, number, line]);

/** A line with what it comes to, and the statement that says so. */
type Judged = {
  readonly line: number;
  readonly subject: string;
  readonly statement: Expected;
  readonly outcome: "created" | "changed" | "unchanged" | "outdated" | "waiting";
  readonly before?: string;
  readonly after?: string;
  readonly why?: string;
};

const check = checker(StockStatement);

/** Looks names and days up, and holds lines against what is known of them. */
async function judge(
  { database, governance, ledger }: Parts,
  request: SupplyFileRequest,
  lines: readonly SheetSupply[],
): Promise<readonly Judged[]> {
  const resolved = (
    await governance.resolve(database, {
      items: lines.map(({ data }) => data.item),
      locations: lines.flatMap(({ data }) => [
        data.location,
        ...(data.from === undefined ? [] : [data.from]),
      ]),
    })
  ).at(request.saidAt);
  const placeOf = (reference: SheetSupply["data"]["location"] | undefined) =>
    reference === undefined ? undefined : resolved.locations.get(referenceText(reference));
  const places = lines.flatMap(({ data }) => [placeOf(data.location) ?? [], placeOf(data.from) ?? []].flat());
  const calendars = await governance.calendars(database, places);
  const zoneOf = (reference: SheetSupply["data"]["location"] | undefined) =>
    calendars.get(placeOf(reference) ?? "")?.timeZone ?? "UTC";
  const source = accountSource(request.accountId);
  const keys = lines.map(({ data }) => ({ kind: data.kind, document: data.number, line: data.line ?? "" }));
  const known = new Map(
    (await ledger.supply.linesOf(database, source, keys)).map((row) => [
      keyOf({ kind: row.kind, number: row.document, line: row.line }),
      row,
    ]),
  );
  return lines.map((each) => {
    const { data, expected, leaves } = each;
    const moments = {
      expectedAt: momentOf(expected, (day) => endOfDay(day, zoneOf(data.location)) - 1_000),
      ...(leaves === undefined
        ? {}
        : { leavesAt: momentOf(leaves, (day) => startOfDay(day, zoneOf(data.from))) }),
    };
    const statement = toStatement(request.saidAt, { ...data, ...moments });
    return { ...verdictOf(statement, resolved, known.get(keyOf(data))), line: each.line, statement };
  });
}

const momentOf = (cell: CellMoment, bound: (day: string) => number): string =>
  "instant" in cell ? cell.instant : new Date(bound(cell.day)).toISOString();

/** The id says what the statement says and as of when, so that the same file sent again is known. */
function toStatement(saidAt: string, data: Expected["data"]): Expected {
  const hash = createHash("sha256")
    .update(JSON.stringify([saidAt, data]))
    .digest("base64url");
  const statement = { type: "SupplyExpected", id: `file-${hash}`, effectiveAt: saidAt, data } as const;
  const checked = check(statement);
  if (checked.ok) return statement;
  const [first] = checked.problems;
  throw new FileRefused(
    `${data.number}: ${first?.at ?? ""} ${first?.message ?? "is not of the right form"}.`,
  );
}

type Verdict = Omit<Judged, "line" | "statement">;

function verdictOf(
  { data, effectiveAt }: Expected,
  resolved: Resolution,
  known: KnownLine | undefined,
): Verdict {
  const subject = `${data.kind} ${data.number}${data.line === undefined ? "" : `, line ${data.line}`}`;
  const item = resolved.items.get(referenceText(data.item));
  const place = resolved.locations.get(referenceText(data.location));
  const unknown = item === undefined ? data.item : place === undefined ? data.location : undefined;
  if (item === undefined || place === undefined) {
    return { subject, outcome: "waiting", why: unknown === undefined ? "" : referenceText(unknown) };
  }
  const measured = toBaseUnits(data.quantity, item.units);
  if (!measured.ok) {
    return { subject, outcome: "waiting", why: `${referenceText(data.item)} in ${data.quantity.unit}` };
  }
  const after = lineText({
    ...{ itemId: item.itemId, locationId: place, quantity: measured.delta, basis: data.counts },
    ...{ expectedAt: new Date(data.expectedAt), cancelled: data.cancelled === true },
  });
  if (known === undefined) return { subject, outcome: "created", after };
  const before = lineText(known);
  if (before === after) return { subject, outcome: "unchanged" };
  const revision = data.revision ?? 0;
  const isOutdated =
    revision < known.revision ||
    (revision === known.revision && Date.parse(effectiveAt) < known.asOf.getTime());
  return { subject, outcome: isOutdated ? "outdated" : "changed", before, after };
}

type Said = Pick<KnownLine, "itemId" | "locationId" | "quantity" | "basis" | "expectedAt" | "cancelled">;

const lineText = ({ itemId, locationId, quantity, basis, expectedAt, cancelled }: Said): string =>
  [
    `${quantity} ${basis} of ${itemId} to ${locationId} for ${expectedAt.toISOString()}`,
    ...(cancelled ? ["cancelled"] : []),
  ].join(", ");

function summary(judged: readonly Judged[], isRehearsal: boolean): SupplyFileAnswer {
  const count = (outcome: Judged["outcome"]) => judged.filter((each) => each.outcome === outcome).length;
  const told = judged.flatMap(({ statement: _statement, outcome, ...each }) =>
    outcome === "unchanged" ? [] : [{ ...each, outcome }],
  );
  return {
    is: isRehearsal ? "rehearsed" : "taken",
    lines: judged.length,
    ...{ created: count("created"), changed: count("changed"), unchanged: count("unchanged") },
    ...{ outdated: count("outdated"), waiting: count("waiting") },
    results: told.slice(0, RESULTS_MAX),
    more: Math.max(0, told.length - RESULTS_MAX),
  };
}
