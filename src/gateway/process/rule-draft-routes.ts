import { ChannelId, checker, isRuleKind, RULE_KINDS, RULES, type Rule } from "@crossdock/canonical";
import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import { invalidRequest } from "../fault-of.ts";
import type { Guards } from "../guard.ts";
import { changeOnce, jsonAnswer, type Outcome } from "../keyed.ts";
import { FAULTS_MAX } from "../limits.ts";
import { BYTES, IDEMPOTENCY_HEADERS, operation } from "../operation.ts";
import { pageOf, pageParameters } from "../paging.ts";
import type { Fault, Occurrence } from "../problem.ts";
import {
  ChangedRulePage,
  DraftEditRequest,
  DraftPage,
  DraftRequest,
  DraftView,
  DraftWholeView,
  EffectPage,
  LooseDraftEditRequest,
  LooseDraftRequest,
  ReasonRequest,
  RollbackRequest,
} from "../rule-views.ts";
import type { DraftOutcome, RuleActing, RulesPort } from "../rules-port.ts";
import type { KeyedAnswersPort } from "../services.ts";
import { faultFinder } from "../validation.ts";
import { type App, callerOf, nextLink, refuse } from "../web.ts";
import { sendSheet } from "./rule-routes.ts";

const path = "/process/v1/rules/drafts";
const params = Type.Object({ draftId: Type.String({ maxLength: 64 }) });
const read = { tag: "Process", scope: "availability:read" } as const;
const write = { tag: "Process", scope: "rules:write" } as const;
const decide = { tag: "Process", scope: "rules:approve" } as const;
const done = { 200: [DraftView, "The draft as it is now."] } as const;

const createSchema = operation(
  {
    ...write,
    operationId: "createRuleDraft",
    summary: "Begin a change of the rules",
    description:
      "A draft changes nothing until it is checked, approved by somebody else, and activated. A rule takes the place of the one of the " +
      "same kind and scope.",
  },
  { body: LooseDraftRequest },
  { 201: [DraftView, "The draft."] },
);
const editSchema = operation(
  {
    ...write,
    operationId: "editRuleDraft",
    summary: "Change what a draft says",
    description: "What others said of it is taken back: it has to be checked and approved again.",
  },
  { params, body: LooseDraftEditRequest },
  done,
);
const importSchema = operation(
  {
    ...write,
    operationId: "importRuleDraft",
    summary: "Bring a file of rules into a draft",
    description:
      "CSV or XLSX with headings, as `…/changes.csv` and `/process/v1/rules.csv` give it. All lines are taken, or none; each that cannot be is " +
      "named with what to do.",
  },
  {
    params,
    querystring: Type.Object(
      {
        replace: Type.Optional(
          Type.Boolean({ description: "The draft says what the file says, and nothing else." }),
        ),
      },
      { additionalProperties: false },
    ),
  },
  done,
);
const exportSchema = operation(
  {
    ...read,
    operationId: "fetchRuleDraft",
    summary: "Fetch what a draft changes, as a file for a spreadsheet",
  },
  { params },
  { 200: [undefined, "The file, as CSV."] },
);
const listSchema = operation(
  { ...read, operationId: "listRuleDrafts", summary: "List drafts of the rules, the newest first" },
  {
    querystring: Type.Object(
      {
        open: Type.Optional(Type.Boolean({ description: "Only those that have not ended." })),
        ...pageParameters,
      },
      { additionalProperties: false },
    ),
  },
  { 200: [DraftPage, "A page of drafts."] },
);
const findSchema = operation(
  {
    ...read,
    operationId: "readRuleDraft",
    summary: "Read a draft with its history and what it would change",
  },
  { params },
  { 200: [DraftWholeView, "The draft."] },
);
const changesSchema = operation(
  {
    ...read,
    operationId: "listRuleDraftChanges",
    summary: "List what a draft changes of the rules that hold",
  },
  { params, querystring: Type.Object(pageParameters, { additionalProperties: false }) },
  { 200: [ChangedRulePage, "A page of changes, by key."] },
);
const effectsSchema = operation(
  {
    ...read,
    operationId: "previewRuleDraft",
    summary: "List which figures a draft would change",
    description:
      "What channels would be told instead of what they are told, as found when the draft was checked; the largest differences first.",
  },
  {
    params,
    querystring: Type.Object(
      { channel: Type.Optional(ChannelId), ...pageParameters },
      { additionalProperties: false },
    ),
  },
  { 200: [EffectPage, "A page of figures."] },
);
const checkSchema = operation(
  {
    ...write,
    operationId: "checkRuleDraft",
    summary: "Check a draft, and find what it would change",
    description:
      "The rules are looked at as a whole, as they would be. What it would change of what channels are told is computed from the stock of now.",
  },
  { params, body: ReasonRequest },
  done,
);
const approveSchema = operation(
  {
    ...decide,
    operationId: "approveRuleDraft",
    summary: "Approve a draft that somebody else has written",
  },
  { params, body: ReasonRequest },
  done,
);
const activateSchema = operation(
  {
    ...decide,
    operationId: "activateRuleDraft",
    summary: "Put an approved draft into force",
    description:
      "It becomes the next version, and holds at once. Refused where rules that it changes were changed since it was checked.",
  },
  { params, body: ReasonRequest },
  done,
);
const dropSchema = operation(
  { ...write, operationId: "dropRuleDraft", summary: "Give a draft up" },
  { params, body: ReasonRequest },
  done,
);
const rollBackSchema = operation(
  {
    ...decide,
    operationId: "rollRulesBack",
    summary: "Go back to the rules of an earlier version",
    description:
      "Makes a draft that puts exactly those rules back, to be checked and approved like any other; with `emergency` it holds at once.",
  },
  { body: RollbackRequest },
  { 201: [DraftView, "The draft; in an emergency it holds already."] },
);

type Services = {
  readonly rules: RulesPort;
  readonly fileBytesMax: number;
  readonly keyedAnswers: KeyedAnswersPort;
  readonly log: Parameters<typeof changeOnce>[1]["log"];
};

/** Adds the routes by which rules are changed. */
export function addRuleDraftRoutes(app: App, services: Services, guards: Guards): void {
  addReading(app, services.rules, guards);
  addWriting(app, services, guards);
  addImport(app, services, guards);
  addSteps(app, services, guards);
}

function addReading(app: App, rules: RulesPort, guards: Guards): void {
  const onRequest = guards.needs("availability:read");
  app.get(path, { onRequest, schema: listSchema }, async (request, reply) => {
    const page = await rules.drafts({ ...pageOf(request.query), open: request.query.open === true });
    if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
    return { drafts: page.rows, next: page.next };
  });
  app.get(`${path}/:draftId`, { onRequest, schema: findSchema }, async (request, reply) => {
    const { draftId } = request.params;
    return (await rules.draft(draftId)) ?? refuse(reply, noDraft(draftId));
  });
  app.get(`${path}/:draftId/changes`, { onRequest, schema: changesSchema }, async (request, reply) => {
    const page = await rules.draftChanges(request.params.draftId, pageOf(request.query));
    if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
    return { changes: page.rows, next: page.next };
  });
  app.get(`${path}/:draftId/changes.csv`, { onRequest, schema: exportSchema }, async (request, reply) => {
    return sendSheet(reply, rules, request.params.draftId);
  });
  app.get(`${path}/:draftId/preview`, { onRequest, schema: effectsSchema }, async (request, reply) => {
    const { channel: channelId } = request.query;
    const page = await rules.effects(request.params.draftId, { ...pageOf(request.query), channelId });
    if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
    return { effects: page.rows, next: page.next };
  });
}

function addWriting(app: App, services: Services, guards: Guards): void {
  const { rules } = services;
  const onRequest = guards.needs("rules:write");
  const published = (body: unknown) => ({ published: { body, headers: IDEMPOTENCY_HEADERS } });
  app.post(path, { onRequest, schema: createSchema, config: published(DraftRequest) }, (request, reply) => {
    const { name, set, remove, because } = request.body;
    const checked = checkRules(set);
    if ("code" in checked) return refuse(reply, checked);
    const edit = { set: checked.rules, remove };
    return changeOnce(reply, services, {
      change: (keep) => rules.create(name, edit, actingOf(request, because), keep),
      outcomeOf: created,
    });
  });
  const editing = { onRequest, schema: editSchema, config: published(DraftEditRequest) };
  app.post(`${path}/:draftId/changes`, editing, (request, reply) => {
    const { set, remove, undo, because } = request.body;
    const checked = checkRules(set);
    if ("code" in checked) return refuse(reply, checked);
    const edit = { set: checked.rules, remove, undo };
    return changeOnce(reply, services, {
      change: (keep) => rules.edit(request.params.draftId, edit, actingOf(request, because), keep),
      outcomeOf,
    });
  });
}

function addImport(app: App, { rules, fileBytesMax }: Services, guards: Guards): void {
  app.register((scope: App, _options, ready) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, take) => take(null, body));
    const options = {
      bodyLimit: fileBytesMax,
      onRequest: guards.needs("rules:write"),
      schema: importSchema,
      config: { published: { body: { content: BYTES } } },
    };
    scope.post(`${path}/:draftId/changes.csv`, options, async (request, reply) => {
      const { body } = request;
      const file = {
        bytes: Buffer.isBuffer(body) ? body : Buffer.alloc(0),
        replace: request.query.replace === true,
      };
      const outcome = await rules.importFile(request.params.draftId, file, actingOf(request, undefined));
      return outcome.is === "done" ? outcome.draft : refuse(reply, draftRefusal(outcome));
    });
    ready();
  });
}

function addSteps(app: App, services: Services, guards: Guards): void {
  const { rules } = services;
  const config = { published: { headers: IDEMPOTENCY_HEADERS } };
  const steps = [
    ["approve", approveSchema, guards.needs("rules:approve"), rules.approve],
    ["activate", activateSchema, guards.needs("rules:approve"), rules.activate],
    ["drop", dropSchema, guards.needs("rules:write"), rules.drop],
  ] as const;
  for (const [step, schema, onRequest, take] of steps) {
    app.post(`${path}/:draftId/${step}`, { onRequest, schema, config }, (request, reply) =>
      changeOnce(reply, services, {
        change: (keep) => take(request.params.draftId, actingOf(request, request.body.because), keep),
        outcomeOf,
      }),
    );
  }
  const checking = { onRequest: guards.needs("rules:write"), schema: checkSchema };
  // Without a key: checking twice finds the same, or what is true by then.
  app.post(`${path}/:draftId/check`, checking, async (request, reply) => {
    const acting = actingOf(request, request.body.because);
    const outcome = await rules.check(request.params.draftId, acting);
    return outcome.is === "done" ? outcome.draft : refuse(reply, draftRefusal(outcome));
  });
  const going = { onRequest: guards.needs("rules:approve"), schema: rollBackSchema, config };
  app.post("/process/v1/rules/rollbacks", going, (request, reply) => {
    const { version, because, emergency = false } = request.body;
    const acting = { because, caller: callerOf(request) };
    return changeOnce(reply, services, {
      change: (keep) => rules.rollBack({ version, emergency }, acting, keep),
      outcomeOf: created,
    });
  });
}

const actingOf = (request: FastifyRequest, because: string | undefined): RuleActing => ({
  because,
  caller: callerOf(request),
});

const checks = new Map(
  RULE_KINDS.map((kind) => [kind, { check: checker(RULES[kind]), faults: faultFinder(RULES[kind]) }]),
);

/** Checks rules, each against its own kind. */
function checkRules(set: readonly unknown[] = []): { readonly rules: readonly Rule[] } | Occurrence {
  const rules: Rule[] = [];
  const faults: Fault[] = [];
  for (const [index, value] of set.entries()) {
    const kind = typeof value === "object" && value !== null && "kind" in value ? value.kind : undefined;
    const own = typeof kind === "string" && isRuleKind(kind) ? checks.get(kind) : undefined;
    const checked = own?.check(value);
    if (checked?.ok === true) rules.push(checked.value);
    else {
      const wanted = { pointer: "/kind", message: `must be one of ${RULE_KINDS.join(", ")}` };
      const found = own?.faults(value) ?? [wanted];
      faults.push(...found.map(({ pointer, message }) => ({ pointer: `/set/${index}${pointer}`, message })));
    }
    if (faults.length >= FAULTS_MAX) break;
  }
  return faults.length === 0 ? { rules } : invalidRequest(faults.slice(0, FAULTS_MAX));
}

const noDraft = (draftId?: string): Occurrence => ({
  code: "not-found",
  detail: draftId === undefined ? "There is no such draft." : `There is no draft ${draftId}.`,
});

function outcomeOf(outcome: DraftOutcome, status = 200): Outcome {
  if (outcome.is !== "done") return draftRefusal(outcome);
  const location = status === 201 ? `${path}/${outcome.draft.draftId}` : undefined;
  return jsonAnswer(status, outcome.draft, location);
}

const created = (outcome: DraftOutcome): Outcome => outcomeOf(outcome, 201);

/** What a draft that cannot take a step is answered with. */
export function draftRefusal(outcome: Exclude<DraftOutcome, { is: "done" }>): Occurrence {
  switch (outcome.is) {
    case "unknown-draft":
      return noDraft();
    case "unknown-version":
      return { code: "not-found", detail: "There is no such version, or it is the one that holds." };
    case "nothing-changes":
      return { code: "draft-state", detail: "The draft changes nothing of the rules that hold." };
    case "refused":
      return { code: outcome.reason, detail: outcome.message };
    case "unreadable":
      return { code: "unreadable-file", detail: outcome.problem };
    case "faulty":
      return faultyRules(outcome.faults);
    case "overtaken":
      return overtaken(outcome.keys);
    default:
      return outcome satisfies never;
  }
}

/** Rules that cannot hold. Of many the first are enough to see what kind of mistake it is. */
function faultyRules(faults: readonly Fault[]): Occurrence {
  const [first] = faults;
  const detail = first === undefined ? {} : { detail: `${first.pointer}: ${first.message}` };
  return {
    code: "rules-faulty",
    ...detail,
    errors: faults.slice(0, 100),
    more: { faultCount: faults.length },
  };
}

function overtaken(keys: readonly string[]): Occurrence {
  const detail =
    keys.length === 0
      ? "Somebody changed the draft while it was looked at."
      : `Rules that the draft changes were changed since it was checked: ${keys.slice(0, 5).join(", ")}.`;
  return { code: "draft-overtaken", detail, more: { keys } };
}
