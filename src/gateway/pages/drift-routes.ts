import type { LocationId } from "@crossdock/canonical";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { Clock, Ids, Log } from "../../platform/index.ts";
import type { Guards } from "../guard.ts";
import { FORM_PAGE_POLICY } from "../html.ts";
import { answerOnce } from "../keyed.ts";
import { DECISIONS_MAX } from "../limits.ts";
import type { Caller, GatewayServices, KeptAnswer, Reach } from "../services.ts";
import { type App, accountsOf, callerOf, sendKept, sendPage } from "../web.ts";
import { type DecisionKind, type DriftAnswer, type DriftQuestion, driftPage } from "./drift-page.ts";
import { formFields, takesForms, typed } from "./form.ts";
import { sourceTyped } from "./words.ts";

type Services = Pick<GatewayServices, "drift" | "countCases" | "snapshots" | "names" | "keyedAnswers"> & {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
};

/** Rows of each kind on the page: as many as somebody decides about in one go. */
const SHOWN_MAX = 100;
/** Sources whose intake is looked at: each look counts all messages of an account. */
const CAUSES_MAX = 5;
const DAY_MS = 86_400_000;
const PATH = "/stock/drift";
const PERIODS = ["7", "30", "92"];
const UNSAID = "Nothing was decided: tick what is, say why, and press one of the buttons.";

const text = Type.Optional(Type.String({ maxLength: 200 }));
const querystring = Type.Object({
  ...{ source: text, location: text, days: text },
  ...{ settled: text, already: text, unsaid: text },
});
const hidden = { hide: true };

/** Adds the page about what counts found, and what its buttons do. */
export function addDriftPages(app: App, services: Services, guards: Guards): void {
  const onRequest = guards.asksPerson("positions:read");
  app.get(PATH, { onRequest, schema: { ...hidden, querystring } }, async (request, reply) => {
    const asked = questionOf(request.query);
    const answer = await find(services, asked, request);
    const mayDecide = request.grant?.scopes.has("drift:write") === true;
    const { ids } = services;
    const keys = { cases: ids.next(), snapshots: ids.next(), rows: ids.next() };
    const problem = request.query.unsaid === undefined ? answer.problem : UNSAID;
    const content = driftPage(
      asked,
      { ...answer, problem },
      { forms: mayDecide ? { keys } : undefined, said: saidText(request.query) },
    );
    return sendPage(reply, content, FORM_PAGE_POLICY);
  });
  addDecisions(app, services, guards);
}

type Typed = { readonly [Name in "source" | "location" | "days"]?: string };

const questionOf = ({ source = "", location = "", days = "" }: Typed): DriftQuestion => ({
  source: source.trim(),
  location: location.trim(),
  days: PERIODS.includes(days) ? days : "30",
});

/** What the decision before this page came to; the browser was sent here with it. */
function saidText({ settled, already }: { readonly settled?: string; readonly already?: string }) {
  const [now, before] = [Number(settled ?? 0), Number(already ?? 0)];
  if (!Number.isSafeInteger(now) || !Number.isSafeInteger(before) || now + before <= 0) return undefined;
  const rest = before === 0 ? "" : ` ${before} had been decided before, and stay so.`;
  return `${now} decided.${rest}`;
}

async function find(services: Services, asked: DriftQuestion, request: FastifyRequest): Promise<DriftAnswer> {
  const { drift, countCases, snapshots, names, clock } = services;
  const now = clock.now();
  const reach = accountsOf(request);
  const source = asked.source === "" ? undefined : sourceTyped(asked.source);
  let locationId: LocationId | undefined;
  if (asked.location !== "") {
    locationId = await names.locationNamed(asked.location);
    if (locationId === undefined) return nothing(now, `No location has the name ${asked.location}.`);
  }
  const from = new Date(now.getTime() - Number(asked.days) * DAY_MS);
  const shown = { limit: SHOWN_MAX, locationId, ...reach };
  const [summary, cases, held, unfinished] = await Promise.all([
    drift.summary({ from, to: now, source, locationId, ...reach }),
    countCases.page({ ...shown, source, state: "open" }),
    snapshots.page({ ...shown, state: "held" }),
    snapshots.page({ ...shown, isUnfinished: true }),
  ]);
  if (cases === "bad-cursor" || held === "bad-cursor" || unfinished === "bad-cursor")
    throw new Error("a first page has no cursor");
  const isAsked = (row: { readonly source: string }) => row.source === (source ?? row.source);
  const ofSource = held.rows.filter(isAsked);
  const named = [...cases.rows, ...ofSource, ...summary.places].map((row) => row.source);
  const causes = await Promise.all(
    [...new Set(named)].slice(0, CAUSES_MAX).map(async (one) => [one, await drift.causes(one)] as const),
  );
  const itemIds = [...new Set([...cases.rows, ...summary.items].map((row) => row.itemId))];
  return {
    ...{ summary, cases: cases.rows, held: ofSource, now },
    unfinished: unfinished.rows.filter(isAsked),
    isCut: cases.next !== undefined || held.next !== undefined,
    causes: new Map(causes),
    names: await names.items(itemIds),
  };
}

const nothing = (now: Date, problem: string): DriftAnswer => ({
  summary: { days: [], places: [], items: [] },
  ...{ cases: [], held: [], unfinished: [], isCut: false, causes: new Map(), names: new Map(), now, problem },
});

const DECISIONS = {
  cases: ["accepted", "rejected"],
  snapshots: ["accepted", "dismissed"],
  rows: ["accepted"],
} as const;

/** Outcomes of decisions that were not taken before. */
const NEWS: ReadonlySet<string> = new Set(["settled", "concluded"]);

function addDecisions(app: App, services: Services, guards: Guards): void {
  takesForms(app, (scope) => {
    const onRequest = guards.asksPersonOnOwnPage("drift:write");
    for (const kind of ["cases", "snapshots", "rows"] as const) {
      scope.post(`${PATH}/${kind}`, { onRequest, schema: hidden }, (request, reply) =>
        decide(services, kind, request, reply),
      );
    }
  });
}

async function decide(
  services: Services,
  kind: DecisionKind,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const fields = formFields(request.body);
  // What makes a form that is sent again under its key the same form.
  if (request.body instanceof URLSearchParams) request.bodyText = request.body.toString();
  const field = (name: string): string => typed(fields, name);
  const numbers = fields.get("number") ?? [];
  const decision = DECISIONS[kind].find((each) => each === field("decision"));
  const because = field("because");
  const isWhole =
    decision !== undefined && because !== "" && because.length <= 500 && numbers.length <= DECISIONS_MAX;
  const asked = questionOf({ source: field("source"), location: field("location"), days: field("days") });
  if (!isWhole || numbers.length === 0 || !numbers.every((number) => /^[0-9]{1,15}$/.test(number)))
    return sendKept(reply, backTo({ ...asked, unsaid: "1" }));
  return answerOnce(
    reply,
    services,
    async () => {
      const decided = { because, caller: callerOf(request), ...accountsOf(request) };
      let settled = 0;
      for (const number of numbers) {
        const answer = await decideOne(services, kind, number, { ...decided, decision });
        if (answer !== undefined && NEWS.has(answer.outcome)) settled += 1;
      }
      return backTo({ ...asked, settled: String(settled), already: String(numbers.length - settled) });
    },
    { key: field("key") === "" ? undefined : field("key") },
  );
}

/** After a form its page again: to look at it once more then sends nothing again. */
const backTo = (query: Readonly<Record<string, string>>): KeptAnswer => ({
  status: 303,
  contentType: "text/plain; charset=utf-8",
  location: `${PATH}?${new URLSearchParams(query).toString()}`,
  body: "",
});

type Decided = Reach & {
  readonly decision: "accepted" | "rejected" | "dismissed";
  readonly because: string;
  readonly caller: Caller;
};

async function decideOne(
  { countCases, snapshots }: Services,
  kind: DecisionKind,
  number: string,
  { decision, ...decided }: Decided,
): Promise<{ readonly outcome: string } | undefined> {
  const isRight = decision === "accepted";
  switch (kind) {
    case "cases":
      return countCases.decide(number, { ...decided, decision: isRight ? "accepted" : "rejected" });
    case "snapshots":
      return snapshots.decide(number, { ...decided, decision: isRight ? "accepted" : "dismissed" });
    case "rows":
      return snapshots.conclude(number, decided);
    default:
      return kind satisfies never;
  }
}
