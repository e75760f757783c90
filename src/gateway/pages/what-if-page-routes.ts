import { checker, Instant, isRealMoment } from "@crossdock/canonical";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { Guards } from "../guard.ts";
import { FORM_PAGE_POLICY } from "../html.ts";
import { pageOf, pageParameters } from "../paging.ts";
import { PROBLEM_KINDS } from "../problem.ts";
import { whatIfRefusal } from "../process/what-if-routes.ts";
import { type App, callerOf, nextAddress, refuse, sendPage } from "../web.ts";
import type { WhatIfPort } from "../what-if-port.ts";
import { formFields, takesForms, typed } from "./form.ts";
import { type WhatIfTyped, whatIfAddress, whatIfListPage, whatIfPage } from "./what-if-page.ts";

const RUNS_SHOWN = 50;
const hidden = { hide: true };
const params = Type.Object({ runId: Type.String({ maxLength: 64 }) });
const readInstant = checker(Instant);
const RULES = /^[A-Za-z0-9-]{1,64}$/;

/** Adds the pages on which a person plays the past again and sees what came of it. */
export function addWhatIfPages(app: App, whatIf: WhatIfPort, guards: Guards): void {
  const onRequest = guards.asksPerson("availability:read");
  const filled = Type.Object({ rules: Type.Optional(Type.String({ maxLength: 64 })) });
  app.get("/rules/what-if", { onRequest, schema: { ...hidden, querystring: filled } }, (request, reply) => {
    const { rules = "" } = request.query;
    return showList(whatIf, request, reply, { typed: { from: "", to: "", rules, beside: "" } });
  });
  const schema = { ...hidden, params, querystring: Type.Object(pageParameters) };
  app.get("/rules/what-if/:runId", { onRequest, schema }, async (request, reply) => {
    const { runId } = request.params;
    const whole = await whatIf.find(runId);
    if (whole === undefined) return refuse(reply, { code: "not-found", detail: `There is no run ${runId}.` });
    const found = await whatIf.differences(runId, pageOf(request.query));
    if (found === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    const isOpen = whole.run.state === "waiting" || whole.run.state === "playing";
    const content = whatIfPage({
      whole,
      differences: found.rows,
      next: found.next === undefined ? undefined : nextAddress(request.url, found.next),
      mayCancel: isOpen && mayWrite(request),
    });
    return sendPage(reply, content, FORM_PAGE_POLICY);
  });
  takesForms(app, (scope) => {
    const guard = guards.asksPersonOnOwnPage("rules:write");
    scope.post("/rules/what-if", { onRequest: guard, schema: hidden }, (request, reply) =>
      start(whatIf, request, reply),
    );
    scope.post(
      "/rules/what-if/:runId/cancel",
      { onRequest: guard, schema: { ...hidden, params } },
      async (request, reply) => {
        await whatIf.cancel(request.params.runId);
        return reply.redirect(whatIfAddress(request.params.runId), 303);
      },
    );
  });
}

const mayWrite = ({ grant }: FastifyRequest): boolean => grant?.scopes.has("rules:write") === true;

async function showList(
  whatIf: WhatIfPort,
  request: FastifyRequest,
  reply: FastifyReply,
  shown: { readonly typed: WhatIfTyped; readonly problem?: string },
): Promise<FastifyReply> {
  const found = await whatIf.list({ limit: RUNS_SHOWN });
  if (found === "bad-cursor") throw new Error("a first page has no cursor");
  const content = whatIfListPage({ ...shown, runs: found.rows, mayStart: mayWrite(request) });
  return sendPage(reply, content, FORM_PAGE_POLICY);
}

function isInstant(text: string): boolean {
  return readInstant(text).ok && isRealMoment(text);
}

/** What is wrong with what was typed; undefined where nothing is. */
function faultIn({ from, to, rules, beside }: WhatIfTyped): string | undefined {
  if (!isInstant(from) || (to !== "" && !isInstant(to))) return "Write times as 2026-11-20T00:00:00Z.";
  if (RULES.test(rules) && (beside === "" || RULES.test(beside))) return undefined;
  return "Write the number of a version, the id of a draft, or as-it-was.";
}

async function start(
  whatIf: WhatIfPort,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const fields = formFields(request.body);
  const asked: WhatIfTyped = {
    from: typed(fields, "from"),
    to: typed(fields, "to"),
    rules: typed(fields, "rules"),
    beside: typed(fields, "beside"),
  };
  const fault = faultIn(asked);
  if (fault !== undefined)
    return showList(whatIf, request, reply.code(400), { typed: asked, problem: fault });
  const answer = await whatIf.start({
    ...{ from: asked.from, rules: asked.rules, caller: callerOf(request) },
    to: asked.to === "" ? undefined : asked.to,
    beside: asked.beside === "" ? undefined : asked.beside,
  });
  if (answer.is === "started") return reply.redirect(whatIfAddress(answer.run.runId), 303);
  const refused = whatIfRefusal(answer);
  const { status, meaning } = PROBLEM_KINDS[refused.code];
  const problem = refused.detail ?? refused.errors?.[0]?.message ?? meaning;
  return showList(whatIf, request, reply.code(status), { typed: asked, problem });
}
