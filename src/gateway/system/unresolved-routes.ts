import { AccountId } from "@crossdock/canonical";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { Log } from "../../platform/index.ts";
import { csvText } from "../csv.ts";
import type { Guards } from "../guard.ts";
import { answerOnce, jsonAnswer, type Outcome } from "../keyed.ts";
import { UNRESOLVED_DECISIONS_MAX } from "../limits.ts";
import { IDEMPOTENCY_HEADERS, operation } from "../operation.ts";
import { pageOf, pageParameters } from "../paging.ts";
import { reaches, SCOPES, type Scope } from "../scope.ts";
import type { KeyedAnswersPort, Reach } from "../services.ts";
import type { UnresolvedPort } from "../unresolved-port.ts";
import {
  DecisionAnswer,
  IgnoredPage,
  StandingLotPage,
  UnresolvedDecision,
  UnresolvedKind,
  UnresolvedPage,
  UnresolvedSums,
  type UnresolvedView,
} from "../unresolved-views.ts";
import { type App, accountsOf, callerOf, nextLink, refuse } from "../web.ts";

const path = "/system/v1/unresolved";
const about = { tag: "System", scope: "parked:read" } as const;
const account = Type.Optional(AccountId);
const querystring = Type.Object(
  { account, kind: Type.Optional(UnresolvedKind), ...pageParameters },
  { additionalProperties: false },
);
const description =
  "Names of items and locations, and units of items, that mean nothing to us, and items of which the lot is missing, and that records wait for: by account and name, with how " +
  "many records wait since when, what is at stake, and what the name may mean. Those that most records wait for come first.";

const listSchema = operation(
  {
    ...about,
    operationId: "listUnresolved",
    summary: "List names that mean nothing to us",
    description,
  },
  { querystring },
  { 200: [UnresolvedPage, "A page of names."] },
);
const fileSchema = operation(
  {
    ...about,
    operationId: "downloadUnresolved",
    summary: "Download a page of unresolved names as CSV",
    description: `${description} The header field \`Link\` leads to the next page.`,
  },
  { querystring },
  { 200: [undefined, "A CSV file in UTF-8."] },
);
const sumsSchema = operation(
  {
    ...about,
    operationId: "countUnresolved",
    summary: "Count names that mean nothing to us, by account and kind",
  },
  { querystring: Type.Object({ account }, { additionalProperties: false }) },
  { 200: [UnresolvedSums, "How many names there are, and how many records wait for them."] },
);
const ignoredSchema = operation(
  {
    ...about,
    operationId: "listIgnoredNames",
    summary: "List names that nothing is made of",
  },
  { querystring: Type.Object({ account, ...pageParameters }, { additionalProperties: false }) },
  { 200: [IgnoredPage, "A page of names, the last decided first."] },
);
const standingSchema = operation(
  {
    ...about,
    operationId: "listStandingLots",
    summary: "List lots that are said of units of which an account names none",
    description: "Those that hold until `heed` ends them, by account and name.",
  },
  { querystring: Type.Object({ account, ...pageParameters }, { additionalProperties: false }) },
  { 200: [StandingLotPage, "A page of lots."] },
);
const decideSchema = operation(
  {
    operationId: "decideUnresolved",
    tag: "System",
    scope: "master-data:write",
    summary: "Decide what unknown names mean",
    description:
      "Says of names what item or location they mean, makes one, gives an item the unit that it lacks, says of which lot units are " +
      "that name none, or has a name ignored; many in one request. What waited goes on by itself. `ignore` and `heed` need the scope `parked:write` besides. A refused decision stops " +
      "none of the others.",
  },
  {
    body: Type.Object(
      { decisions: Type.Array(UnresolvedDecision, { minItems: 1, maxItems: UNRESOLVED_DECISIONS_MAX }) },
      { title: "UnresolvedDecisions", additionalProperties: false },
    ),
  },
  { 200: [DecisionAnswer, "What became of each decision."] },
);

type Services = {
  readonly unresolved: UnresolvedPort;
  readonly keyedAnswers: KeyedAnswersPort;
  readonly log: Log;
};

/** Adds the routes of names that mean nothing to us. */
export function addUnresolvedRoutes(app: App, services: Services, guards: Guards): void {
  const { unresolved } = services;
  addReading(app, unresolved, guards);
  const write = {
    onRequest: guards.needs("master-data:write"),
    schema: decideSchema,
    config: { published: { headers: IDEMPOTENCY_HEADERS } },
  };
  app.post(`${path}/decisions`, write, async (request, reply) => {
    const { decisions } = request.body;
    const lacking = scopeLacking(request, decisions);
    if (lacking !== undefined) return refuse(reply, missingScope(lacking));
    return answerOnce(reply, services, async (): Promise<Outcome> => {
      const asked = { decisions, caller: callerOf(request), ...accountsOf(request) };
      const results = await unresolved.decide(asked);
      const count = (outcome: string) => results.filter((each) => each.outcome === outcome).length;
      return jsonAnswer(200, {
        ...{ done: count("done"), unchanged: count("unchanged"), refused: count("refused") },
        results: results.map((result, index) => ({ index, ...result })),
      });
    });
  });
}

/** Whoever drops records needs the scope for that, whatever else the key may do. */
export function scopeLacking(
  { grant }: FastifyRequest,
  decisions: readonly Pick<UnresolvedDecision, "decide">[],
): Scope | undefined {
  const drops = decisions.some(({ decide }) => decide === "ignore" || decide === "heed");
  return drops && grant?.scopes.has("parked:write") !== true ? "parked:write" : undefined;
}

/** The refusal of a decision for which the key is not enough. */
export const missingScope = (scope: Scope) => ({
  code: "missing-scope" as const,
  detail: `This needs the scope ${scope} (${SCOPES[scope]}) besides.`,
  more: { missingScope: scope },
});

function addReading(app: App, unresolved: UnresolvedPort, guards: Guards): void {
  const onRequest = guards.needs("parked:read");
  app.get(path, { onRequest, schema: listSchema }, async (request, reply) => {
    const page = await unresolved.page(askedOf(request));
    if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
    return { unresolved: page.rows, next: page.next };
  });
  app.get(`${path}.csv`, { onRequest, schema: fileSchema }, async (request, reply) => {
    const page = await unresolved.page(askedOf(request));
    if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
    return sendFile(reply, page.rows);
  });
  app.get(`${path}/sums`, { onRequest, schema: sumsSchema }, async (request) => ({
    sums: [...(await unresolved.sums(accountsAsked(request, request.query.account)))],
  }));
  app.get(`${path}/lots`, { onRequest, schema: standingSchema }, async (request, reply) => {
    const reach = accountsAsked(request, request.query.account);
    const page = await unresolved.standingLots({ ...pageOf(request.query), ...reach });
    if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
    return { lots: page.rows, next: page.next };
  });
  app.get(`${path}/ignored`, { onRequest, schema: ignoredSchema }, async (request, reply) => {
    const reach = accountsAsked(request, request.query.account);
    const page = await unresolved.ignored({ ...pageOf(request.query), ...reach });
    if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
    return { ignored: page.rows, next: page.next };
  });
}

type ListQuery = {
  readonly account?: AccountId;
  readonly kind?: UnresolvedKind;
  readonly after?: string;
  readonly limit?: number;
};

const askedOf = (request: FastifyRequest<{ Querystring: ListQuery }>) => ({
  ...pageOf(request.query),
  ...accountsAsked(request, request.query.account),
  kind: request.query.kind,
});

/** The account that is asked for, or all that the key reaches. One out of reach is as good as absent: nothing waits there. */
export function accountsAsked(request: FastifyRequest, asked: AccountId | undefined): Reach {
  if (asked === undefined) return accountsOf(request);
  return { accountIds: reaches(request.grant, asked) ? [asked] : [] };
}

function sendFile(reply: FastifyReply, rows: readonly UnresolvedView[]): FastifyReply {
  return reply
    .header("content-type", "text/csv; charset=utf-8")
    .header("content-disposition", 'attachment; filename="unresolved.csv"')
    .send(csvText(HEADER, rows.map(toCells)));
}

const HEADER = [
  ...["account", "kind", "waits for", "scheme", "value", "scope", "unit", "records", "messages"],
  ...["first at", "last at", "age in seconds", "effective from", "at stake", "message"],
  ...["likely", "likely called", "likely factor", "score", "reason"],
];

function toCells(row: UnresolvedView): readonly (string | number)[] {
  const [likely] = row.suggestions;
  const { scheme, value, scope = "" } = row.name;
  const stake = row.atStake.map((amount) => `${amount.value} ${amount.unit}`).join(", ");
  return [
    ...[
      row.accountId,
      row.kind,
      row.waitsFor,
      scheme,
      value,
      scope,
      row.unit ?? "",
      row.records,
      row.messages,
    ],
    ...[row.firstAt, row.lastAt, row.ageSeconds, row.effectiveFrom, stake, row.messageIds[0] ?? ""],
    ...[
      likely?.target ?? likely?.lot ?? "",
      likely?.called ?? "",
      likely?.factor ?? "",
      likely?.score ?? "",
      likely?.reason ?? "",
    ],
  ];
}
