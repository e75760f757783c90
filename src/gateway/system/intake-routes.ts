import { AccountId } from "@crossdock/canonical";
import { Type } from "typebox";
import type { Guards } from "../guard.ts";
import { DuplicateRule, IntakeView } from "../intake-views.ts";
import { operation } from "../operation.ts";
import type { Occurrence } from "../problem.ts";
import { reaches } from "../scope.ts";
import type { IntakePort } from "../services.ts";
import { type App, callerOf, refuse } from "../web.ts";

const path = "/system/v1/accounts/:account";

const readSchema = operation(
  {
    operationId: "readIntake",
    tag: "System",
    scope: "messages:read",
    summary: "See how the intake of an account stands",
    description:
      "What became of everything that the account sent, the duplicates by layer, and what is done about them. It counts all messages of " +
      "the account: ask when you want to know, not every second.",
  },
  { params: Type.Object({ account: AccountId }) },
  { 200: [IntakeView, "The account's intake."] },
);

const ruleSchema = operation(
  {
    operationId: "setDuplicateRule",
    tag: "System",
    scope: "parked:write",
    summary: "Say what is done with what looks like a duplicate",
    description:
      "For one kind of statement of one account, from the next message on. What is held already stays held; what is remembered keeps its " +
      "window.",
  },
  {
    params: Type.Object({ account: AccountId, kind: Type.String({ pattern: "^[A-Za-z]{1,64}$" }) }),
    body: DuplicateRule,
  },
  { 200: [DuplicateRule, "The rule that holds now."] },
);

/** Adds the routes of an account's intake. */
export function addIntakeRoutes(app: App, intake: IntakePort, guards: Guards): void {
  const read = guards.needs("messages:read");
  app.get(`${path}/intake`, { onRequest: read, schema: readSchema }, async (request, reply) => {
    const { account } = request.params;
    const found = reaches(request.grant, account) ? await intake.find(account) : undefined;
    return found ?? refuse(reply, unknownAccount(account));
  });

  const write = guards.needs("parked:write");
  const options = { onRequest: write, schema: ruleSchema };
  app.put(`${path}/duplicates/:kind`, options, async (request, reply) => {
    const { account, kind } = request.params;
    if (!reaches(request.grant, account)) return refuse(reply, unknownAccount(account));
    const rule = request.body;
    const answer = await intake.setDuplicateRule({
      accountId: account,
      kind,
      rule,
      caller: callerOf(request),
    });
    if (answer.is === "unknown-account") return refuse(reply, unknownAccount(account));
    if (answer.is === "refused") return refuse(reply, { code: "invalid-request", detail: answer.reason });
    return rule;
  });
}

/** The problem that there is no such account, or that the key does not reach it. */
export function unknownAccount(account: AccountId): Occurrence {
  return { code: "not-found", detail: `There is no account ${account}.` };
}
