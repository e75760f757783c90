import {
  type CheckProblem,
  checker,
  isRealMoment,
  problemsText,
  type SnapshotStatement,
} from "@crossdock/canonical";
import type { MappedRecord } from "@crossdock/connector-kit";
import { type WmsSnapshot, wmsSnapshotSchema } from "./event-schema.ts";
import { itemOf, measure, placeOf } from "./statement.ts";

const check = checker(wmsSnapshotSchema);

/** Whether a body is meant as a page of a snapshot, however well it is made. */
export const isSnapshot = (value: unknown): value is object =>
  typeof value === "object" && value !== null && Object.hasOwn(value, "snapshot");

/**
 * The record of a page. A page with a bad row is no page: the snapshot would say that there is nothing of what the row counts.
 * `repeated` is a name that stands twice in it.
 */
export function snapshotRecord(value: object, repeated: string | undefined): MappedRecord {
  if (repeated !== undefined) {
    const message = `The page has ${repeated} twice, and nothing says which is meant; nothing of it was applied.`;
    return { is: "invalid", at: "/", reason: "repeated-name", message };
  }
  const checked = check(value);
  const problems = checked.ok ? ruleProblems(checked.value) : checked.problems;
  if (!checked.ok || problems.length > 0) {
    const at = problems[0]?.at ?? "/";
    return { is: "invalid", at, reason: "bad-snapshot", message: problemsText(problems) };
  }
  return { is: "snapshot", at: "/", statement: statementOf(checked.value) };
}

/** What is wrong with a page that fits the schema: rules between its fields, and days that no calendar has. */
function ruleProblems({ snapshot, rows }: WmsSnapshot): readonly CheckProblem[] {
  const { takenAt, page, pages, conditions = false } = snapshot;
  const problems: CheckProblem[] = [];
  if (!isRealMoment(takenAt))
    problems.push({ at: "/snapshot/takenAt", message: "is a moment that no calendar has" });
  if (page > pages) problems.push({ at: "/snapshot/page", message: "is beyond `pages`" });
  rows.forEach(({ sku, gtin, status }, index) => {
    const at = `/rows/${index}`;
    if (sku === undefined && gtin === undefined)
      problems.push({ at: `${at}/sku`, message: "is missing, and so is `gtin`" });
    if (sku !== undefined && gtin !== undefined)
      problems.push({ at: `${at}/gtin`, message: "is given beside `sku`; give one of them" });
    if (status !== undefined && !conditions)
      problems.push({ at: `${at}/status`, message: "is given, and the snapshot has no `conditions`" });
  });
  return problems;
}

function statementOf({ warehouse, snapshot, rows }: WmsSnapshot): SnapshotStatement {
  const { snapshotId, takenAt, scope, conditions = false, sequence, page, pages } = snapshot;
  return {
    type: "StockSnapshotPage",
    effectiveAt: takenAt,
    data: {
      // Two warehouses of one account may count their snapshots alike.
      ...{ snapshotId: `${warehouse} ${snapshotId}`, location: placeOf(warehouse), scope, conditions },
      ...(sequence === undefined ? {} : { watermark: { stream: warehouse, number: sequence } }),
      ...{ page, pages },
      rows: rows.map((row) => ({
        ...{ item: itemOf(row), counted: measure(row.counted, row.unit) },
        ...(row.lot === undefined ? {} : { lot: row.lot }),
        ...(row.status === undefined ? {} : { status: row.status }),
      })),
    },
  };
}
