import type { DuplicateRuleChange, IntakePort, IntakeView, VoidNumbers } from "../gateway/index.ts";
import type { IntakeStanding, Integration, RuleChangeRow, VoidPlace, VoidRow } from "../integration/index.ts";
import type { Log } from "../platform/index.ts";
import { numberCursor } from "./cursor.ts";

function toView({ rules, gaps, ...standing }: IntakeStanding): IntakeView {
  return {
    ...standing,
    gaps: gaps.map(({ stream, first, last, state, seenAt, asks, nextAskAt, answer }) => ({
      stream,
      first,
      last,
      state,
      seenAt: seenAt.toISOString(),
      asks,
      ...(nextAskAt === undefined ? {} : { nextAskAt: nextAskAt.toISOString() }),
      ...(answer === undefined ? {} : { answer }),
    })),
    rules: rules.map(({ kind, rule, isDefault, why, remembered, rememberedSince }) => ({
      kind,
      ...(rule === undefined ? {} : { rule }),
      isDefault,
      ...(why === undefined ? {} : { why }),
      remembered,
      ...(rememberedSince === undefined ? {} : { rememberedSince: rememberedSince.toISOString() }),
    })),
  };
}

function toChange(row: RuleChangeRow): DuplicateRuleChange {
  const { change_number: number, kind, before, after, changed_at: at, changed_by: changedBy } = row;
  return { changeNumber: String(number), kind, before, after, changedAt: at.toISOString(), changedBy };
}

function toVoid({ told_at: at, told_by: by, arrived, ...numbers }: VoidRow): VoidNumbers {
  return { ...numbers, at: at.toISOString(), ...(by === null ? {} : { by }), arrived: [...arrived] };
}

/** Where a list of void numbers goes on. A stream may have any letters, so all of it is encoded. */
const voidCursor = ({ stream, first }: VoidRow): string =>
  Buffer.from(`${first} ${stream}`).toString("base64url");

function parseVoid(text: string): VoidPlace | undefined {
  const match = /^(\d{1,16}) (.*)$/s.exec(Buffer.from(text, "base64url").toString("utf8"));
  return match === null ? undefined : { first: Number(match[1]), stream: match[2] ?? "" };
}

/** How the intake of accounts stands, and what is done about their duplicates. */
export function intakePort(integration: Integration, log: Log): IntakePort {
  return {
    async find(accountId) {
      const standing = await integration.intake(accountId);
      return standing === undefined ? undefined : toView(standing);
    },
    async setDuplicateRule({ accountId, kind, rule, caller }) {
      const change = { duplicates: { [kind]: rule }, by: caller };
      const answer = await integration.accounts.change(accountId, change);
      if ("refused" in answer) {
        const { reason, message } = answer.refused;
        return reason === "unknown-account" ? { is: "unknown-account" } : { is: "refused", reason: message };
      }
      const { clientId, correlationId } = caller;
      log.info({ event: "intake.duplicate-rule-set", accountId, kind, ...rule, clientId, correlationId });
      return { is: "set" };
    },
    async duplicateRuleChanges(accountId, { after, limit }) {
      const before = numberCursor(after);
      if (before === "bad-cursor") return before;
      const rows = await integration.accounts.ruleChanges({ accountId, before, limit });
      const last = rows.length < limit ? undefined : rows.at(-1);
      return { rows: rows.map(toChange), next: last === undefined ? undefined : String(last.change_number) };
    },
    async voidNumbers({ caller: by, ...told }) {
      if ((await integration.accounts.get(told.accountId)) === undefined) return "unknown-account";
      const outcome = await integration.voidNumbers({ ...told, by });
      if (outcome === "not-missing") return outcome;
      const { clientId, correlationId } = by;
      if (outcome === "voided")
        log.info({ event: "intake.numbers-voided", ...told, clientId, correlationId });
      return "voided";
    },
    async voids(accountId, { after: cursor, limit }) {
      const after = cursor === undefined ? undefined : parseVoid(cursor);
      if (cursor !== undefined && after === undefined) return "bad-cursor";
      const rows = await integration.voids({ accountId, after, limit });
      const last = rows.length < limit ? undefined : rows.at(-1);
      return { rows: rows.map(toVoid), next: last === undefined ? undefined : voidCursor(last) };
    },
  };
}
