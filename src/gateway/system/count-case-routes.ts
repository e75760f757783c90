import { ItemId, LocationId } from "@crossdock/canonical";
import { Type } from "typebox";
import type { Log } from "../../platform/index.ts";
import type { CountCasesPort } from "../count-case-port.ts";
import {
  Because,
  CaseState,
  CountCase,
  CountCaseDecided,
  CountCaseDecisions,
  CountCasePage,
  type CountCaseResults,
  CountCaseResults as CountCaseResultsSchema,
} from "../count-case-views.ts";
import type { Guards } from "../guard.ts";
import { answerOnce, jsonAnswer } from "../keyed.ts";
import { IDEMPOTENCY_HEADERS, operation } from "../operation.ts";
import { pageOf, pageParameters } from "../paging.ts";
import type { Occurrence } from "../problem.ts";
import type { KeyedAnswersPort } from "../services.ts";
import { type App, accountsOf, callerOf, nextLink, refuse } from "../web.ts";

const path = "/system/v1/inventory/count-cases";
const one = { params: Type.Object({ caseNumber: Type.String({ pattern: "^[0-9]{1,15}$" }) }) };
const decision = {
  ...one,
  body: Type.Object({ because: Because }, { additionalProperties: false }),
};

const listSchema = operation(
  {
    operationId: "listCountCases",
    tag: "System",
    scope: "positions:read",
    summary: "List counts that differ by more than their tolerance",
    description:
      "The newest first: what was counted, what the books have as of then, the difference in units and money, and what was decided.",
  },
  {
    querystring: Type.Object(
      {
        ...pageParameters,
        state: Type.Optional(CaseState),
        source: Type.Optional(Type.String({ minLength: 1, maxLength: 120 })),
        location: Type.Optional(LocationId),
        item: Type.Optional(ItemId),
      },
      { additionalProperties: false },
    ),
  },
  { 200: [CountCasePage, "A page of cases."] },
);

const readSchema = operation(
  { operationId: "readCountCase", tag: "System", scope: "positions:read", summary: "Read a case of a count" },
  one,
  { 200: [CountCase, "The case as it stands."] },
);

const acceptSchema = operation(
  {
    operationId: "acceptCountCase",
    tag: "System",
    scope: "drift:write",
    summary: "Accept a count that differs",
    description:
      "It is taken as of its own time or watermark, as though it had only now arrived: what happened since stays as it is. The second " +
      "decision about a case changes nothing, and says what the first was.",
  },
  decision,
  { 200: [CountCaseDecided, "What became of it."] },
);

const rejectSchema = operation(
  {
    operationId: "rejectCountCase",
    tag: "System",
    scope: "drift:write",
    summary: "Reject a count that differs",
    description:
      "It was wrong: nothing of it is ever posted, and no movement is held against it. A new count of the position is judged anew.",
  },
  decision,
  { 200: [CountCaseDecided, "What became of it."] },
);

const decideSchema = operation(
  {
    operationId: "decideCountCases",
    tag: "System",
    scope: "drift:write",
    summary: "Decide about many counts that differ",
    description:
      "Each on its own, in the order in which they are given: one that was closed before, or does not exist, says so and hinders none.",
  },
  { body: CountCaseDecisions },
  { 200: [CountCaseResultsSchema, "What became of each, in the same order."] },
);

type Services = {
  readonly countCases: CountCasesPort;
  readonly keyedAnswers: KeyedAnswersPort;
  readonly log: Log;
};

/** Adds the routes of counts that wait for a decision. */
export function addCountCaseRoutes(app: App, services: Services, guards: Guards): void {
  const { countCases } = services;
  const read = guards.needs("positions:read");
  app.get(path, { onRequest: read, schema: listSchema }, async (request, reply) => {
    const { location, item, state, source } = request.query;
    const page = await countCases.page({
      ...pageOf(request.query),
      ...accountsOf(request),
      ...{ state, source, locationId: location, itemId: item },
    });
    if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
    return { cases: [...page.rows], ...(page.next === undefined ? {} : { next: page.next }) };
  });

  app.get(`${path}/:caseNumber`, { onRequest: read, schema: readSchema }, async (request, reply) => {
    const { caseNumber } = request.params;
    return (await countCases.find(caseNumber, accountsOf(request))) ?? refuse(reply, unknown(caseNumber));
  });
  addDecisions(app, services, guards);
}

function addDecisions(app: App, services: Services, guards: Guards): void {
  const { countCases } = services;
  const onRequest = guards.needs("drift:write");
  const config = { published: { headers: IDEMPOTENCY_HEADERS } };
  const verbs = [
    ["accept", "accepted", acceptSchema],
    ["reject", "rejected", rejectSchema],
  ] as const;
  for (const [verb, decided, schema] of verbs) {
    app.post(`${path}/:caseNumber/${verb}`, { onRequest, schema, config }, async (request, reply) => {
      const { caseNumber } = request.params;
      const { because } = request.body;
      return answerOnce(reply, services, async () => {
        const asked = { decision: decided, because, caller: callerOf(request), ...accountsOf(request) };
        const answer = await countCases.decide(caseNumber, asked);
        return answer === undefined ? unknown(caseNumber) : jsonAnswer(200, answer);
      });
    });
  }

  app.post(`${path}/decisions`, { onRequest, schema: decideSchema, config }, async (request, reply) => {
    const [caller, reach] = [callerOf(request), accountsOf(request)];
    return answerOnce(reply, services, async () => {
      const results: CountCaseResults["results"] = [];
      for (const { caseNumber, ...decided } of request.body.decisions) {
        const answer = await countCases.decide(caseNumber, { ...decided, caller, ...reach });
        results.push({ caseNumber, outcome: answer?.outcome ?? "not-found" });
      }
      return jsonAnswer(200, { results });
    });
  });
}

function unknown(caseNumber: string): Occurrence {
  return { code: "not-found", detail: `There is no case ${caseNumber}.` };
}
