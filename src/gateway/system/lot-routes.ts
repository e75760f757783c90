import { ItemId } from "@crossdock/canonical";
import { Type } from "typebox";
import type { Log } from "../../platform/index.ts";
import type { Guards } from "../guard.ts";
import { answerOnce, jsonAnswer } from "../keyed.ts";
import type { LotsPort } from "../lot-port.ts";
import { LotConcluded, LotConclusion, LotDisagreementPage, LotDisagreementState } from "../lot-views.ts";
import { IDEMPOTENCY_HEADERS, operation } from "../operation.ts";
import { pageOf, pageParameters } from "../paging.ts";
import type { KeyedAnswersPort } from "../services.ts";
import { type App, accountsOf, callerOf, nextLink, refuse } from "../web.ts";

const path = "/system/v1/lot-disagreements";

const listSchema = operation(
  {
    operationId: "listLotDisagreements",
    tag: "System",
    scope: "master-data:read",
    summary: "List days that receipts say of lots and master data has not",
    description:
      "The oldest first: the day that the lot keeps and where it is from, the day that a receipt says, by which source, in which fact and " +
      "when. Nothing was changed.",
  },
  {
    querystring: Type.Object(
      { ...pageParameters, state: Type.Optional(LotDisagreementState), item: Type.Optional(ItemId) },
      { additionalProperties: false },
    ),
  },
  { 200: [LotDisagreementPage, "A page of disagreements; open ones unless `state` says otherwise."] },
);

const concludeSchema = operation(
  {
    operationId: "concludeLotDisagreement",
    tag: "System",
    scope: "master-data:write",
    summary: "Keep the day of a lot, or take the one that a receipt says",
    description:
      "Either way master data states the day from then on, in the name of the caller: receipts change it no more. What other sources say of " +
      "the same day is concluded with it. The second conclusion changes nothing, and says what the first was.",
  },
  {
    params: Type.Object({ disagreementNumber: Type.String({ pattern: "^[0-9]{1,15}$" }) }),
    body: LotConclusion,
  },
  { 200: [LotConcluded, "What it came to."] },
);

type Services = { readonly lots: LotsPort; readonly keyedAnswers: KeyedAnswersPort; readonly log: Log };

/** Adds the routes of what receipts say of lots. */
export function addLotRoutes(app: App, services: Services, guards: Guards): void {
  const { lots } = services;
  const read = guards.needs("master-data:read");
  app.get(path, { onRequest: read, schema: listSchema }, async (request, reply) => {
    const { state = "open", item } = request.query;
    const asked = { ...pageOf(request.query), ...accountsOf(request), state, itemId: item };
    const page = await lots.disagreements(asked);
    if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
    return { disagreements: [...page.rows], ...(page.next === undefined ? {} : { next: page.next }) };
  });

  const write = {
    onRequest: guards.needs("master-data:write"),
    schema: concludeSchema,
    config: { published: { headers: IDEMPOTENCY_HEADERS } },
  };
  app.post(`${path}/:disagreementNumber/conclusion`, write, async (request, reply) => {
    const { disagreementNumber } = request.params;
    return answerOnce(reply, services, async () => {
      const asked = { ...request.body, caller: callerOf(request), ...accountsOf(request) };
      const answer = await lots.conclude(disagreementNumber, asked);
      const detail = `There is no disagreement ${disagreementNumber}, or not any more.`;
      return answer === undefined ? { code: "not-found", detail } : jsonAnswer(200, answer);
    });
  });
}
