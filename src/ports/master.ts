import { itemId, type LocationId, locationId } from "@crossdock/canonical";
import {
  type CalendarView,
  IMPORT_RESULTS_MAX,
  type ImportAnswer,
  type LotRowView,
  type MasterPort,
  type MasterResult,
} from "../gateway/index.ts";
import type { ChangeRow, Governance, LotRow, MasterOutcome } from "../governance/index.ts";
import { numberCursor } from "./cursor.ts";

/** Texts as cursors: they may stand in a URL whatever they hold. */
const toCursor = (text: string): string => Buffer.from(text, "utf8").toString("base64url");
const readCursor = (cursor: string | undefined): string =>
  cursor === undefined ? "" : Buffer.from(cursor, "base64url").toString("utf8");

/** A page out of rows of which one more was asked for than fits. */
function pageOf<Row>(rows: readonly Row[], limit: number, cursorOf: (row: Row) => string) {
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return { rows: rows.slice(0, limit), ...(last === undefined ? {} : { next: cursorOf(last) }) };
}

/** An outcome as the gateway tells it. */
export function toResult(outcome: MasterOutcome): Omit<MasterResult, "index" | "errors"> {
  const { id, subject } = outcome;
  const about = { subject, ...(id === undefined ? {} : { id }) };
  switch (outcome.outcome) {
    case "created":
      return { ...about, outcome: "created", after: { ...outcome.after } };
    case "changed":
      return { ...about, outcome: "changed", before: { ...outcome.before }, after: { ...outcome.after } };
    case "unchanged":
      return { ...about, outcome: "unchanged" };
    case "refused": {
      const { reason, detail, field } = outcome;
      return { ...about, outcome: "refused", reason, detail, ...(field === undefined ? {} : { field }) };
    }
    default:
      return outcome satisfies never;
  }
}

/** Master data, as the gateway asks for it. */
export function masterPort(governance: Governance): MasterPort {
  return {
    async state({ records, caller }, keep) {
      const changer = { by: caller.clientId, correlationId: caller.correlationId };
      const outcomes = await governance.stateMaster(records, changer, (tx, made) =>
        keep(tx, made.map(toResult)),
      );
      return outcomes.map(toResult);
    },
    importFile: (file) => importFile(governance, file),
    template: (kind) => ({
      ...{
        name: `${kind}.csv`,
        contentType: "text/csv; charset=utf-8",
        body: governance.masterTemplate(kind),
      },
    }),
    item: (id) => governance.itemWhole(id),
    async itemPage({ after, limit, itemClass }) {
      const rows = await governance.itemPage({ afterSku: readCursor(after), limit: limit + 1, itemClass });
      const page = pageOf(rows, limit, (row) => toCursor(row.sku));
      return {
        ...page,
        rows: page.rows.map((row) => ({
          ...{ itemId: itemId(row.item_id), sku: row.sku, description: row.description },
          ...(row.item_class === null ? {} : { itemClass: row.item_class }),
        })),
      };
    },
    async locationPage({ after, limit }) {
      const rows = await governance.locationPage({ after: readCursor(after), limit: limit + 1 });
      const page = pageOf(rows, limit, (row) => toCursor(row.code));
      return {
        ...page,
        rows: page.rows.map((row) => ({
          ...{ locationId: locationId(row.location_id), code: row.code, name: row.name, type: row.type },
          timeZone: row.time_zone,
        })),
      };
    },
    calendar: (id) => calendarOf(governance, id),
    async lots(id, { after, limit }) {
      const rows = await governance.lotsOf(id, { after: readCursor(after), limit: limit + 1 });
      const page = pageOf(rows, limit, (row) => toCursor(row.lot));
      return {
        ...page,
        rows: page.rows.map(toLot),
      };
    },
    async changes({ after, limit, itemId: item, locationId: location }) {
      const before = numberCursor(after);
      if (before === "bad-cursor") return before;
      const filter = { itemId: item, locationId: location, before, limit: limit + 1 };
      const page = pageOf(await governance.masterHistory(filter), limit, (row) => String(row.change_id));
      return { ...page, rows: page.rows.map(toChange) };
    },
  };
}

async function calendarOf(governance: Governance, id: LocationId): Promise<CalendarView | undefined> {
  const found = await governance.calendarWhole(id);
  return found === undefined
    ? undefined
    : { locationId: id, timeZone: found.timeZone, said: [...found.said] };
}

function toLot(row: LotRow): LotRowView {
  const expiryFrom = row.expiry_from_receipts ? "receipts" : "master-data";
  return {
    ...{ lot: row.lot, attributes: { ...row.attributes } },
    ...(row.expires_on === null ? {} : { expiresOn: row.expires_on, expiryFrom }),
    ...(row.made_on === null ? {} : { madeOn: row.made_on }),
  };
}

function toChange(row: ChangeRow) {
  return {
    ...{
      changeId: String(row.change_id),
      at: row.changed_at.toISOString(),
      by: row.changed_by,
      what: row.what,
    },
    ...(row.correlation_id === null ? {} : { correlationId: row.correlation_id }),
    ...(row.item_id === null ? {} : { itemId: itemId(row.item_id) }),
    ...(row.location_id === null ? {} : { locationId: locationId(row.location_id) }),
    ...(row.before === null ? {} : { before: { ...row.before } }),
    ...(row.after === null ? {} : { after: { ...row.after } }),
  };
}

/** Keeps as many lines as an answer lists: those that are wrong before those that change something. */
export async function importFile(
  governance: Governance,
  file: Parameters<MasterPort["importFile"]>[0],
): Promise<ImportAnswer | { readonly problem: string }> {
  const { kind, bytes, token, skipRefused = false, caller } = file;
  const wrong: MasterResult[] = [];
  const right: MasterResult[] = [];
  let telling = 0;
  const onRow = (index: number, outcome: MasterOutcome) => {
    if (outcome.outcome === "unchanged") return;
    telling += 1;
    const kept = outcome.outcome === "refused" ? wrong : right;
    if (kept.length < IMPORT_RESULTS_MAX) kept.push({ index, ...toResult(outcome) });
  };
  const changer = { by: caller.clientId, correlationId: caller.correlationId };
  const report = await governance.importMasterFile({ kind, bytes, token, skipRefused, changer, onRow });
  if ("problem" in report) return report;
  const results = [...wrong, ...right].slice(0, IMPORT_RESULTS_MAX);
  return { is: report.is, ...report.counts, token: report.token, results, more: telling - results.length };
}
