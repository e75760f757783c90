import { ChannelId, checker, isRuleKind } from "@crossdock/canonical";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { Guards } from "../guard.ts";
import { FORM_PAGE_POLICY } from "../html.ts";
import { pageOf, pageParameters } from "../paging.ts";
import { type Occurrence, PROBLEM_KINDS } from "../problem.ts";
import { draftRefusal } from "../process/rule-draft-routes.ts";
import { sendSheet } from "../process/rule-routes.ts";
import type { DraftOutcome } from "../rules-port.ts";
import type { GatewayServices } from "../services.ts";
import { type App, callerOf, nextAddress, refuse, sendPage } from "../web.ts";
import { DRAFT_STEPS, type DraftStepName, draftPage } from "./draft-page.ts";
import { formFields, takesForms, typed } from "./form.ts";
import { draftAddress, type RuleAnswer, type RuleQuestion, rulePage } from "./rule-page.ts";

type Services = Pick<GatewayServices, "rules" | "names">;

/** Rows of each list on a page that is not paged. */
const SHOWN_MAX = 100;
const VERSIONS_SHOWN = 20;

const text = Type.Optional(Type.String({ maxLength: 200 }));
const hidden = { hide: true };
const params = Type.Object({ draftId: Type.String({ maxLength: 64 }) });
const readChannel = checker(ChannelId);

/** What each step of a draft takes. */
const SCOPE_OF = {
  check: "rules:write",
  approve: "rules:approve",
  activate: "rules:approve",
  drop: "rules:write",
} as const;

/** Adds the pages on which a person reads the rules, sees what a draft would do, and agrees to it. */
export function addRulePages(app: App, services: Services, guards: Guards): void {
  const { rules } = services;
  const onRequest = guards.asksPerson("availability:read");
  const asking = Type.Object({
    ...{ kind: text, channel: text, item: text, version: text },
    ...pageParameters,
  });
  app.get("/rules", { onRequest, schema: { ...hidden, querystring: asking } }, async (request, reply) => {
    const asked = questionOf(request.query);
    return sendPage(reply, rulePage(asked, await answerTo(services, asked, request)), FORM_PAGE_POLICY);
  });
  const paging = Type.Object(pageParameters);
  const schema = { ...hidden, params, querystring: paging };
  app.get("/rules/drafts/:draftId", { onRequest, schema }, (request, reply) =>
    showDraft(services, request, reply, { after: request.query.after }),
  );
  // The files of the interface take a key in a header field, which a link cannot send.
  app.get("/rules.csv", { onRequest, schema: hidden }, (_request, reply) => sendSheet(reply, rules));
  app.get("/rules/drafts/:draftId.csv", { onRequest, schema: { ...hidden, params } }, (request, reply) =>
    sendSheet(reply, rules, request.params.draftId),
  );
  takesForms(app, (scope) => {
    for (const step of DRAFT_STEPS) {
      const guard = guards.asksPersonOnOwnPage(SCOPE_OF[step]);
      scope.post(
        `/rules/drafts/:draftId/${step}`,
        { onRequest: guard, schema: { ...hidden, params } },
        (request, reply) => takeStep(services, step, request, reply),
      );
    }
  });
}

type Typed = { readonly [Name in keyof RuleQuestion]?: string };

const questionOf = ({ kind = "", channel = "", item = "", version = "" }: Typed): RuleQuestion => ({
  kind: isRuleKind(kind) ? kind : "",
  channel: channel.trim(),
  item: item.trim(),
  version: version.trim(),
});

async function answerTo(
  { rules, names }: Services,
  asked: RuleQuestion,
  request: FastifyRequest<{ Querystring: { readonly after?: string; readonly limit?: number } }>,
): Promise<RuleAnswer> {
  const [channels, drafts, versions, itemId] = await Promise.all([
    rules.channels({ limit: SHOWN_MAX }),
    rules.drafts({ limit: SHOWN_MAX, open: true }),
    rules.versions({ limit: VERSIONS_SHOWN }),
    asked.item === "" ? undefined : names.itemNamed(asked.item),
  ]);
  if (channels === "bad-cursor" || drafts === "bad-cursor" || versions === "bad-cursor")
    throw new Error("a first page has no cursor");
  const around = {
    version: channels.version,
    channels: channels.channels,
    drafts: drafts.rows,
    versions: versions.rows,
  };
  const nothing = (problem: string): RuleAnswer => ({ ...around, rules: [], problem });
  if (asked.item !== "" && itemId === undefined) return nothing(`No item has the name ${asked.item}.`);
  const channel = asked.channel === "" ? undefined : readChannel(asked.channel);
  if (channel?.ok === false) return nothing(`${asked.channel} is no id of a channel.`);
  if (!/^\d{0,15}$/.test(asked.version)) return nothing(`${asked.version} is no version.`);
  const found = await rules.rules({
    ...pageOf(request.query),
    version: asked.version === "" ? undefined : Number(asked.version),
    kind: asked.kind === "" ? undefined : asked.kind,
    channelId: channel?.value,
    itemId,
  });
  if (found === "unknown-version") return nothing(`There is no version ${asked.version}.`);
  if (found === "bad-cursor") return nothing("This address is not one of ours. Ask again above.");
  const next = found.next === undefined ? undefined : nextAddress(request.url, found.next);
  return { ...around, rules: found.rules, next };
}

type DraftRequest = FastifyRequest<{ Params: { readonly draftId: string } }>;

async function showDraft(
  { rules }: Services,
  request: DraftRequest,
  reply: FastifyReply,
  { refused, after }: { readonly refused?: Occurrence; readonly after?: string | undefined },
): Promise<FastifyReply> {
  const { draftId } = request.params;
  const [whole, changed, figures] = await Promise.all([
    rules.draft(draftId),
    rules.draftChanges(draftId, { limit: SHOWN_MAX }),
    rules.effects(draftId, { after, limit: SHOWN_MAX }),
  ]);
  if (whole === undefined)
    return refuse(reply, { code: "not-found", detail: `There is no draft ${draftId}.` });
  if (changed === "bad-cursor" || figures === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
  const nextFigures = figures.next === undefined ? undefined : nextAddress(request.url, figures.next);
  if (refused !== undefined) reply.code(PROBLEM_KINDS[refused.code].status);
  const content = draftPage({
    ...whole,
    ...{ changed: changed.rows, isCut: changed.next !== undefined, figures: figures.rows, nextFigures },
    may: stepsFor(whole.draft.state, request),
    problem: refused === undefined ? undefined : (refused.detail ?? PROBLEM_KINDS[refused.code].meaning),
    faults: refused?.errors ?? [],
  });
  return sendPage(reply, content, FORM_PAGE_POLICY);
}

/** The steps that a draft can take, and that the one who looks may. */
function stepsFor(state: string, { grant }: FastifyRequest): readonly DraftStepName[] {
  const possible: Readonly<Record<string, readonly DraftStepName[]>> = {
    draft: ["check", "drop"],
    checked: ["approve", "check", "drop"],
    approved: ["activate", "drop"],
  };
  return (possible[state] ?? []).filter((step) => grant?.scopes.has(SCOPE_OF[step]) === true);
}

const keepNothing = async () => undefined;

async function takeStep(
  services: Services,
  step: DraftStepName,
  request: DraftRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { rules } = services;
  const { draftId } = request.params;
  const because = typed(formFields(request.body), "because").slice(0, 200);
  const acting = { because: because === "" ? undefined : because, caller: callerOf(request) };
  // Without a key: a step that was taken is refused the second time, or comes to the same.
  const outcome: DraftOutcome =
    step === "check" ? await rules.check(draftId, acting) : await rules[step](draftId, acting, keepNothing);
  if (outcome.is === "done") return reply.redirect(draftAddress(draftId), 303);
  return showDraft(services, request, reply, { refused: draftRefusal(outcome) });
}
