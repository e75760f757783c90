import type { IntakePort, IntakeView } from "../gateway/index.ts";
import type { IntakeStanding, Integration } from "../integration/index.ts";
import type { Log } from "../platform/index.ts";

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

/** How the intake of accounts stands, and what is done about their duplicates. */
export function intakePort(integration: Integration, log: Log): IntakePort {
  return {
    async find(accountId) {
      const standing = await integration.intake(accountId);
      return standing === undefined ? undefined : toView(standing);
    },
    async setDuplicateRule({ accountId, kind, rule, caller }) {
      const answer = await integration.accounts.change(accountId, { duplicates: { [kind]: rule } });
      if ("refused" in answer) {
        const { reason, message } = answer.refused;
        return reason === "unknown-account" ? { is: "unknown-account" } : { is: "refused", reason: message };
      }
      const { clientId, correlationId } = caller;
      log.info({ event: "intake.duplicate-rule-set", accountId, kind, ...rule, clientId, correlationId });
      return { is: "set" };
    },
  };
}
