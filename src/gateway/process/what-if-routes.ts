import { ChannelId } from "@crossdock/canonical";
import { Type } from "typebox";
import { invalidRequest } from "../fault-of.ts";
import type { Guards } from "../guard.ts";
import { operation } from "../operation.ts";
import { pageOf, pageParameters } from "../paging.ts";
import type { Occurrence } from "../problem.ts";
import { type App, callerOf, nextLink, refuse } from "../web.ts";
import type { WhatIfPort, WhatIfStarted } from "../what-if-port.ts";
import { WhatIfDifferencePage, WhatIfPage, WhatIfRequest, WhatIfRun, WhatIfWhole } from "../what-if-views.ts";

const path = "/process/v1/what-if";
const params = Type.Object({ runId: Type.String({ maxLength: 64 }) });
const read = { tag: "Process", scope: "availability:read" } as const;
const write = { tag: "Process", scope: "rules:write" } as const;

const startSchema = operation(
  {
    ...write,
    operationId: "startWhatIf",
    summary: "Play the past again under other rules",
    description:
      "The stock and the orders of a time, decided again under a draft or a version of the rules, beside those of the time or of another version: " +
      "in memory, by the code that decides, with no effect on anything. It runs in the background, one at a time; the same question again is " +
      "the run that there is. Kept for 90 days.",
  },
  { body: WhatIfRequest },
  { 202: [WhatIfRun, "It waits or plays; ask for it by its id."] },
);
const listSchema = operation(
  { ...read, operationId: "listWhatIfs", summary: "List what was played again, the newest first" },
  { querystring: Type.Object(pageParameters, { additionalProperties: false }) },
  { 200: [WhatIfPage, "A page of runs."] },
);
const findSchema = operation(
  { ...read, operationId: "readWhatIf", summary: "Read how far a run is, and what came of it" },
  { params },
  { 200: [WhatIfWhole, "The run, with its result once it is done."] },
);
const differencesSchema = operation(
  {
    ...read,
    operationId: "listWhatIfDifferences",
    summary: "List the requests of which one side promises more",
    description: "In the order in which they were asked; the first 10,000 of a run are kept.",
  },
  {
    params,
    querystring: Type.Object(
      { channel: Type.Optional(ChannelId), ...pageParameters },
      { additionalProperties: false },
    ),
  },
  { 200: [WhatIfDifferencePage, "A page of requests."] },
);
const cancelSchema = operation(
  { ...write, operationId: "cancelWhatIf", summary: "End a run that has not ended" },
  { params },
  { 200: [WhatIfWhole, "The run as it is now; one that had ended stays as it was."] },
);

/** Why the past is not played again. */
export function whatIfRefusal(answer: Exclude<WhatIfStarted, { readonly is: "started" }>): Occurrence {
  switch (answer.is) {
    case "too-many":
      return { code: "too-many-what-ifs" };
    case "no-window":
      return invalidRequest([{ pointer: "/to", message: answer.message }]);
    case "no-rules":
      return { code: "not-found", detail: answer.message };
    default:
      return answer satisfies never;
  }
}

const noRun = (runId: string): Occurrence => ({ code: "not-found", detail: `There is no run ${runId}.` });

/** Adds the routes by which the past is played again under other rules. */
export function addWhatIfRoutes(app: App, whatIf: WhatIfPort, guards: Guards): void {
  const starting = { onRequest: guards.needs("rules:write"), schema: startSchema };
  app.post(path, starting, async (request, reply) => {
    const { from, to, rules, beside } = request.body;
    const answer = await whatIf.start({ from, to, rules, beside, caller: callerOf(request) });
    if (answer.is !== "started") return refuse(reply, whatIfRefusal(answer));
    return reply.code(202).header("location", `${path}/${answer.run.runId}`).send(answer.run);
  });
  const onRequest = guards.needs("availability:read");
  app.get(path, { onRequest, schema: listSchema }, async (request, reply) => {
    const page = await whatIf.list(pageOf(request.query));
    if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
    return { runs: [...page.rows], next: page.next };
  });
  app.get(`${path}/:runId`, { onRequest, schema: findSchema }, async (request, reply) => {
    const { runId } = request.params;
    return (await whatIf.find(runId)) ?? refuse(reply, noRun(runId));
  });
  app.get(`${path}/:runId/differences`, { onRequest, schema: differencesSchema }, async (request, reply) => {
    const { channel: channelId } = request.query;
    const page = await whatIf.differences(request.params.runId, { ...pageOf(request.query), channelId });
    if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
    return { differences: [...page.rows], next: page.next };
  });
  const cancelling = { onRequest: guards.needs("rules:write"), schema: cancelSchema };
  app.post(`${path}/:runId/cancel`, cancelling, async (request, reply) => {
    const { runId } = request.params;
    await whatIf.cancel(runId);
    return (await whatIf.find(runId)) ?? refuse(reply, noRun(runId));
  });
}
