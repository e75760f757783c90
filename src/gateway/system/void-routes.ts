import { AccountId } from "@crossdock/canonical";
import { Type } from "typebox";
import type { Guards } from "../guard.ts";
import { operation } from "../operation.ts";
import { pageOf, pageParameters } from "../paging.ts";
import { reaches } from "../scope.ts";
import type { IntakePort } from "../services.ts";
import { DuplicateRuleChangePage, NumbersToVoid, VoidNumbersPage } from "../void-views.ts";
import { type App, callerOf, nextLink, refuse } from "../web.ts";
import { unknownAccount } from "./intake-routes.ts";

const path = "/system/v1/accounts/:account";
const params = Type.Object({ account: AccountId });
const list = { params, querystring: Type.Object(pageParameters, { additionalProperties: false }) };

const voidSchema = operation(
  {
    operationId: "voidNumbers",
    tag: "System",
    scope: "parked:write",
    summary: "Say that missing numbers were never used",
    description:
      "Takes numbers out of the gaps of a numbered stream, all of them or none, and keeps why. One that comes after all counts as any " +
      "other, and is listed with what was said. Saying it again changes nothing.",
  },
  { params, body: NumbersToVoid },
  { 200: [NumbersToVoid, "They are missing no longer."] },
);

const listSchema = operation(
  {
    operationId: "listVoidNumbers",
    tag: "System",
    scope: "messages:read",
    summary: "List numbers that were never used",
    description: "By stream and number: what a source or a person said, and which came after all.",
  },
  list,
  { 200: [VoidNumbersPage, "A page of numbers."] },
);

const changesSchema = operation(
  {
    operationId: "listDuplicateRuleChanges",
    tag: "System",
    scope: "messages:read",
    summary: "List how rules about duplicates were changed",
    description: "Of one account, the newest first: who, when, and what held before and after.",
  },
  list,
  { 200: [DuplicateRuleChangePage, "A page of changes."] },
);

/** Adds the routes by which people decide about missing numbers, and see what was decided about an account's intake. */
export function addVoidRoutes(app: App, intake: IntakePort, guards: Guards): void {
  const write = guards.needs("parked:write");
  app.post(`${path}/void-numbers`, { onRequest: write, schema: voidSchema }, async (request, reply) => {
    const { account } = request.params;
    if (!reaches(request.grant, account)) return refuse(reply, unknownAccount(account));
    const { body } = request;
    if (body.last < body.first) {
      const message = `must be ${body.first} or more`;
      return refuse(reply, { code: "invalid-request", errors: [{ pointer: "/last", message }] });
    }
    const outcome = await intake.voidNumbers({ ...body, accountId: account, caller: callerOf(request) });
    if (outcome === "unknown-account") return refuse(reply, unknownAccount(account));
    if (outcome === "not-missing") {
      const detail = `Not every number from ${body.first} to ${body.last} of stream ${body.stream} is missing.`;
      return refuse(reply, { code: "numbers-not-missing", detail });
    }
    return body;
  });
  const read = guards.needs("messages:read");
  app.get(`${path}/void-numbers`, { onRequest: read, schema: listSchema }, async (request, reply) => {
    const { account } = request.params;
    if (!reaches(request.grant, account)) return refuse(reply, unknownAccount(account));
    const page = await intake.voids(account, pageOf(request.query));
    if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
    return { voids: [...page.rows], next: page.next };
  });
  app.get(
    `${path}/duplicates/changes`,
    { onRequest: read, schema: changesSchema },
    async (request, reply) => {
      const { account } = request.params;
      if (!reaches(request.grant, account)) return refuse(reply, unknownAccount(account));
      const page = await intake.duplicateRuleChanges(account, pageOf(request.query));
      if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
      if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
      return { changes: [...page.rows], next: page.next };
    },
  );
}
