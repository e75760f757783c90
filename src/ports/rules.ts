import { channelId, itemId, quantity } from "@crossdock/canonical";
import {
  type Acting,
  type Availabilities,
  type BookRule,
  type ChangedRule,
  type DraftAnswer,
  type DraftRow,
  type DraftWhole,
  readRuleFile,
  SHEET_HEADINGS,
  sheetLine,
  type VersionRow,
} from "../availability/index.ts";
import type {
  ChangedRuleView,
  ChannelView,
  DraftOutcome,
  DraftView,
  DraftWholeView,
  RuleActing,
  RuleEdit,
  RulesPort,
  VersionView,
} from "../gateway/index.ts";
import type { Governance } from "../governance/index.ts";
import type { Database, KeepAnswer } from "../platform/index.ts";
import { numberCursor } from "./cursor.ts";

type Parts = {
  readonly availability: Pick<Availabilities, "rules" | "ruleDrafts">;
  readonly governance: Pick<Governance, "items">;
  readonly database: Database;
};

/** Rules read at a time for a file. */
const SHEET_PAGE = 5_000;

/** The rules, as the gateway asks for them. */
export function rulesPort(parts: Parts): RulesPort {
  return { ...reading(parts), ...drafting(parts.availability) };
}

type Reading =
  | "channels"
  | "rules"
  | "versions"
  | "changesOf"
  | "drafts"
  | "draft"
  | "draftChanges"
  | "effects"
  | "sheet";

function reading({ availability: { rules }, governance, database }: Parts): Pick<RulesPort, Reading> {
  return {
    async channels(page) {
      const found = await rulePage(rules, { ...page, kind: "channel" });
      if (typeof found === "string") return "bad-cursor";
      const { rules: all, ...rest } = found;
      return { ...rest, channels: all.flatMap(toChannel) };
    },
    rules: (page) => rulePage(rules, page),
    async versions({ after, limit }) {
      const before = numberCursor(after) ?? Number.MAX_SAFE_INTEGER;
      if (before === "bad-cursor") return before;
      const rows = await rules.versions({ before, limit });
      return { rows: rows.map(toVersion), next: nextOf(rows, limit, (row) => String(row.version)) };
    },
    async changesOf(version, page) {
      const rows = await rules.changesOf(version, keyPage(page));
      return rows === undefined ? "unknown-version" : changedPage(rows, page.limit);
    },
    async drafts({ after, limit, open }) {
      const rows = await rules.drafts({ open, before: after, limit });
      return { rows: rows.map(toDraft), next: nextOf(rows, limit, (row) => row.draft_id) };
    },
    async draft(draftId) {
      const whole = await rules.draft(draftId);
      return whole === undefined ? undefined : toWhole(whole);
    },
    draftChanges: async (draftId, page) =>
      changedPage(await rules.draftChanges(draftId, keyPage(page)), page.limit),
    async effects(draftId, { after: cursor, limit, channelId: channel }) {
      const after = readEffectPlace(cursor);
      if (after === "bad-cursor") return after;
      const rows = await rules.effects(draftId, { channelId: channel, after, limit });
      const items = await governance.items(database, [...new Set(rows.map((row) => row.itemId))]);
      return {
        rows: rows.map((row) => {
          const sku = items.get(row.itemId)?.sku;
          return {
            channelId: channelId(row.channelId),
            itemId: itemId(row.itemId),
            ...(sku === undefined ? {} : { sku }),
            before: quantity(row.before),
            after: quantity(row.after),
          };
        }),
        next: nextOf(rows, limit, (row) =>
          [Math.abs(row.after - row.before), row.channelId, row.itemId].join("~"),
        ),
      };
    },
    sheet: (draftId) => sheet(rules, draftId),
  };
}

function nextOf<Row>(
  rows: readonly Row[],
  limit: number,
  cursorOf: (row: Row) => string,
): string | undefined {
  const last = rows.length < limit ? undefined : rows.at(-1);
  return last === undefined ? undefined : cursorOf(last);
}

// A key has slashes and colons, which a cursor has not; ids have no tilde.
const toCursor = (key: string): string => key.replaceAll("/", "~~").replaceAll(":", "~");
const fromCursor = (cursor: string): string => cursor.replaceAll("~~", "/").replaceAll("~", ":");

const keyPage = ({ after, limit }: { readonly after?: string | undefined; readonly limit: number }) => ({
  after: after === undefined ? "" : fromCursor(after),
  limit,
});

function readEffectPlace(cursor: string | undefined) {
  if (cursor === undefined) return undefined;
  const match = /^(\d{1,15})~([^~]+)~([^~]+)$/.exec(cursor);
  if (match === null) return "bad-cursor";
  return { size: Number(match[1]), channelId: match[2] ?? "", itemId: match[3] ?? "" };
}

async function rulePage(rules: Availabilities["rules"], page: Parameters<RulesPort["rules"]>[0]) {
  const { version, kind, channelId: channel, group, itemId: item, limit } = page;
  const wanted = { kind, channelId: channel, group, itemId: item, ...keyPage(page) };
  const found = await rules.rules({ ...wanted, version });
  if (found === undefined) return "unknown-version";
  const next = nextOf(found.rules, limit, (rule) => toCursor(rule.key));
  return {
    version: found.version,
    rules: [...found.rules],
    ...(next === undefined ? {} : { next }),
  };
}

function toChannel({ rule, since }: BookRule): ChannelView[] {
  if (rule.kind !== "channel") return [];
  const { kind: _, channel, ...rest } = rule;
  return [{ channelId: channel, ...rest, since }];
}

function toVersion(row: VersionRow): VersionView {
  return {
    version: row.version,
    how: row.how,
    rulesChanged: row.rules_changed,
    ...(row.draft_id === null ? {} : { draftId: row.draft_id }),
    ...(row.restores === null ? {} : { restores: row.restores }),
    by: row.made_by,
    ...(row.approved_by === null ? {} : { approvedBy: row.approved_by }),
    because: row.because,
    at: row.made_at.toISOString(),
    correlationId: row.correlation_id,
  };
}

function changedPage(rows: readonly ChangedRule[], limit: number) {
  const next = nextOf(rows, limit, (row) => toCursor(row.key));
  return { rows: rows.map(toChanged), next };
}

function toChanged({ key, before, after }: ChangedRule): ChangedRuleView {
  return { key, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
}

function toDraft(row: DraftRow): DraftView {
  return {
    draftId: row.draft_id,
    name: row.name,
    state: row.state,
    baseVersion: row.base_version,
    ...(row.restores === null ? {} : { restores: row.restores }),
    changes: row.changes,
    authors: row.authors,
    ...(row.approved_by === null ? {} : { approvedBy: row.approved_by }),
    ...(row.version === null ? {} : { version: row.version }),
    createdAt: row.created_at.toISOString(),
  };
}

function toWhole({ draft, steps, effects }: DraftWhole): DraftWholeView {
  return {
    draft: toDraft(draft),
    steps: steps.map((row) => ({
      step: row.step,
      by: row.done_by,
      at: row.done_at.toISOString(),
      ...(row.because === null ? {} : { because: row.because }),
      correlationId: row.correlation_id,
    })),
    effects: effects.map((row) => ({ ...row, channelId: channelId(row.channelId) })),
  };
}

async function* sheet(rules: Availabilities["rules"], draftId: string | undefined) {
  yield SHEET_HEADINGS;
  let after = "";
  for (;;) {
    const page = await sheetPage(rules, draftId, after);
    for (const each of page) yield sheetLine(each);
    if (page.length < SHEET_PAGE) return;
    after = page.at(-1)?.key ?? "";
  }
}

async function sheetPage(
  rules: Availabilities["rules"],
  draftId: string | undefined,
  after: string,
): Promise<readonly ChangedRule[]> {
  const page = { after, limit: SHEET_PAGE };
  if (draftId !== undefined) return rules.draftChanges(draftId, page);
  const any = { kind: undefined, channelId: undefined, group: undefined, itemId: undefined };
  const found = await rules.rules({ ...any, ...page });
  return (found?.rules ?? []).map(({ key, rule }) => ({ key, before: undefined, after: rule }));
}

type Drafting = Exclude<keyof RulesPort, Reading>;

function drafting({ ruleDrafts }: Parts["availability"]): Pick<RulesPort, Drafting> {
  type Keep = KeepAnswer<DraftOutcome>;
  const kept =
    (keep: Keep): KeepAnswer<DraftAnswer> =>
    (tx, answer) =>
      keep(tx, toOutcome(answer));
  return {
    create: async (name, edit, acting, keep) =>
      toOutcome(await ruleDrafts.create(name, toEdit(edit), toActing(acting), kept(keep))),
    edit: async (draftId, edit, acting, keep) =>
      toOutcome(await ruleDrafts.edit(draftId, toEdit(edit), toActing(acting), kept(keep))),
    async importFile(draftId, { bytes, replace }, acting) {
      const read = await readRuleFile(bytes);
      if (read.is === "unreadable") return read;
      if (read.is === "faulty") {
        const faults = read.faults.map(({ line, message }) => ({ pointer: `line ${line}`, message }));
        return { is: "faulty", faults };
      }
      const edit = { set: read.set, remove: read.remove, undo: [], replace };
      return toOutcome(await ruleDrafts.edit(draftId, edit, toActing(acting)));
    },
    check: async (draftId, acting) => toOutcome(await ruleDrafts.check(draftId, toActing(acting))),
    approve: async (draftId, acting, keep) =>
      toOutcome(await ruleDrafts.approve(draftId, toActing(acting), kept(keep))),
    activate: async (draftId, acting, keep) =>
      toOutcome(await ruleDrafts.activate(draftId, toActing(acting), kept(keep))),
    drop: async (draftId, acting, keep) =>
      toOutcome(await ruleDrafts.drop(draftId, toActing(acting), kept(keep))),
    rollBack: async (to, acting, keep) =>
      toOutcome(await ruleDrafts.rollBack(to, { ...toActing(acting), because: acting.because }, kept(keep))),
  };
}

const toEdit = ({ set = [], remove = [], undo = [] }: RuleEdit) => ({ set, remove, undo });

const toActing = ({ because, caller }: RuleActing): Acting => ({
  by: caller.clientId,
  correlationId: caller.correlationId,
  because,
});

function toOutcome(answer: DraftAnswer): DraftOutcome {
  switch (answer.is) {
    case "done":
      return { is: "done", draft: toDraft(answer.draft) };
    case "refused": {
      const reason = answer.refused === "own-draft" ? "own-draft" : "draft-state";
      return { is: "refused", reason, message: answer.message };
    }
    case "faulty":
      return { is: "faulty", faults: answer.faults.map(({ key, message }) => ({ pointer: key, message })) };
    default:
      return answer;
  }
}
