import { accountSource, Instant, LocationId } from "@crossdock/canonical";
import { Type } from "typebox";
import type { Log } from "../../platform/index.ts";
import {
  SnapshotDecisions,
  type SnapshotResults,
  SnapshotResults as SnapshotResultsSchema,
} from "../count-case-views.ts";
import { DriftCauses } from "../drift-cause-views.ts";
import type { Guards } from "../guard.ts";
import { changeOnce, jsonAnswer } from "../keyed.ts";
import { IDEMPOTENCY_HEADERS, operation } from "../operation.ts";
import { pageOf, pageParameters } from "../paging.ts";
import { speaksFor } from "../scope.ts";
import type { KeyedAnswersPort } from "../services.ts";
import type { SnapshotsPort } from "../snapshot-port.ts";
import {
  DriftPolicyChangePage,
  DriftPolicyToSet,
  DriftTrend,
  SnapshotConcluded,
  type SnapshotConcluded as SnapshotConcludedAnswer,
  SnapshotDecided,
} from "../snapshot-views.ts";
import { type App, accountsOf, callerOf, nextLink, refuse } from "../web.ts";

const snapshots = "/system/v1/inventory/snapshots/:snapshotNumber";
const policies = "/system/v1/inventory/drift-policies";

const decision = {
  params: Type.Object({ snapshotNumber: Type.String({ pattern: "^[0-9]{1,15}$" }) }),
  body: Type.Object(
    { because: Type.String({ minLength: 1, maxLength: 500 }) },
    { additionalProperties: false },
  ),
};

const acceptSchema = operation(
  {
    operationId: "acceptSnapshot",
    tag: "System",
    scope: "drift:write",
    summary: "Accept a held snapshot",
    description:
      "It is taken as of its own time, as though it had only now arrived: what happened since stays as it is. The second decision about " +
      "a snapshot changes nothing, and says what the first was.",
  },
  decision,
  { 200: [SnapshotDecided, "What became of it."] },
);

const dismissSchema = operation(
  {
    operationId: "dismissSnapshot",
    tag: "System",
    scope: "drift:write",
    summary: "Dismiss a held snapshot",
    description:
      "It was wrong: nothing of it is ever posted, and no movement is held against it. Its pages stay on the log. Send a right one under " +
      "another `snapshotId`.",
  },
  decision,
  { 200: [SnapshotDecided, "What became of it."] },
);

const concludeSchema = operation(
  {
    operationId: "concludeSnapshot",
    tag: "System",
    scope: "drift:write",
    summary: "Leave unknown rows out of a full snapshot",
    description:
      "While a row names something unknown, a full snapshot takes nothing to be absent. Concluded, what none of its rows names is not there, " +
      "within its tolerance; beyond it, it waits as any count does. A row that becomes known all the same is counted.",
  },
  decision,
  { 200: [SnapshotConcluded, "What became of it."] },
);

const decideSchema = operation(
  {
    operationId: "decideSnapshots",
    tag: "System",
    scope: "drift:write",
    summary: "Decide about many held snapshots",
    description:
      "One that was decided before, or does not exist, says so and hinders none. All of them are settled together, with this answer under " +
      "its key.",
  },
  { body: SnapshotDecisions },
  { 200: [SnapshotResultsSchema, "What became of each, in the same order."] },
);

type Services = {
  readonly snapshots: SnapshotsPort;
  readonly keyedAnswers: KeyedAnswersPort;
  readonly log: Log;
};

const setSchema = operation(
  {
    operationId: "setDriftPolicy",
    tag: "System",
    scope: "drift:write",
    summary: "Say how much snapshots may differ before they are held",
    description:
      "From now on, for the snapshots of a source, of a location, of both, or of all. The narrowest holds: source and location, then " +
      "location, then source, then all. Where nothing was said, a snapshot is held when more than half of the units are missing, or half " +
      "of the rows, at 100 positions or more.",
  },
  { body: DriftPolicyToSet },
  { 200: [DriftPolicyToSet, "The policy that holds now."] },
);

const changesSchema = operation(
  {
    operationId: "listDriftPolicyChanges",
    tag: "System",
    scope: "positions:read",
    summary: "List how policies about snapshots were changed",
    description:
      "The newest first: who, when, and what held before and after. Of each scope the newest holds.",
  },
  { querystring: Type.Object(pageParameters, { additionalProperties: false }) },
  { 200: [DriftPolicyChangePage, "A page of changes."] },
);

const causesSchema = operation(
  {
    operationId: "listDriftCauses",
    tag: "System",
    scope: "positions:read",
    summary: "See why a snapshot may differ from the books",
    description:
      "What is open at the intake of its source, and in the snapshot itself: each is stock that one of the two may not know of. It counts " +
      "all messages of the account: ask when you want to know, not every second.",
  },
  { params: decision.params },
  { 200: [DriftCauses, "The causes that can be named now."] },
);

const DAYS_MAX = 92;
const DAY_MS = 86_400_000;

const trendSchema = operation(
  {
    operationId: "readDriftTrend",
    tag: "System",
    scope: "positions:read",
    summary: "See how right the books were about a location",
    description:
      "What the snapshots of each source found, day by day, and the twenty items that differed most. A period of at most 92 days, which " +
      "excludes its end. What is held or dismissed has found nothing.",
  },
  {
    querystring: Type.Object(
      { location: LocationId, from: Instant, to: Instant },
      { additionalProperties: false },
    ),
  },
  { 200: [DriftTrend, "The drift of the location."] },
);

/** Adds the routes by which people decide about snapshots that differ too much. */
export function addDriftRoutes(app: App, services: Services, guards: Guards): void {
  addHoldDecisions(app, services, guards);
  addDriftReports(app, services.snapshots, guards);
  addDriftPolicies(app, services.snapshots, guards);
}

function addHoldDecisions(app: App, services: Services, guards: Guards): void {
  const write = guards.needs("drift:write");
  const port = services.snapshots;
  const decisions = [
    ["accept", "accepted", acceptSchema],
    ["dismiss", "dismissed", dismissSchema],
  ] as const;
  for (const [verb, decided, schema] of decisions) {
    app.post(`${snapshots}/${verb}`, { onRequest: write, schema }, async (request, reply) => {
      const { snapshotNumber } = request.params;
      const answer = await port.decide(snapshotNumber, {
        decision: decided,
        because: request.body.because,
        caller: callerOf(request),
        ...accountsOf(request),
      });
      const detail = `There is no snapshot ${snapshotNumber}.`;
      return answer ?? refuse(reply, { code: "not-found", detail });
    });
  }

  const config = { published: { headers: IDEMPOTENCY_HEADERS } };
  const conclude = { onRequest: write, schema: concludeSchema, config };
  app.post(`${snapshots}/conclude`, conclude, async (request, reply) => {
    const { snapshotNumber } = request.params;
    const asked = { because: request.body.because, caller: callerOf(request), ...accountsOf(request) };
    const detail = `There is no snapshot ${snapshotNumber}.`;
    return changeOnce(reply, services, {
      change: (keep) => port.conclude(snapshotNumber, asked, keep),
      outcomeOf: (answer: SnapshotConcludedAnswer | undefined) =>
        answer === undefined ? { code: "not-found", detail } : jsonAnswer(200, answer),
    });
  });
  const many = { onRequest: write, schema: decideSchema, config };
  app.post("/system/v1/inventory/snapshots/decisions", many, async (request, reply) => {
    const by = { caller: callerOf(request), ...accountsOf(request) };
    return changeOnce(reply, services, {
      change: (keep) => port.decideMany(request.body.decisions, by, keep),
      outcomeOf: (results: SnapshotResults["results"]) => jsonAnswer(200, { results }),
    });
  });
}

function addDriftReports(app: App, port: SnapshotsPort, guards: Guards): void {
  const causes = { onRequest: guards.needs("positions:read"), schema: causesSchema };
  app.get(`${snapshots}/causes`, causes, async (request, reply) => {
    const { snapshotNumber } = request.params;
    const found = await port.causes(snapshotNumber, accountsOf(request));
    const detail = `There is no snapshot ${snapshotNumber}.`;
    return found === undefined ? refuse(reply, { code: "not-found", detail }) : { causes: [...found] };
  });

  const trend = { onRequest: guards.needs("positions:read"), schema: trendSchema };
  app.get("/system/v1/inventory/drift", trend, async (request, reply) => {
    const { location, from, to } = request.query;
    const [start, end] = [new Date(from), new Date(to)];
    const lasts = end.getTime() - start.getTime();
    if (lasts > 0 && lasts <= DAYS_MAX * DAY_MS)
      return port.trend({ locationId: location, from: start, to: end, ...accountsOf(request) });
    const detail = `The period must end after it begins, and last ${DAYS_MAX} days at most.`;
    return refuse(reply, { code: "invalid-request", detail });
  });
}

function addDriftPolicies(app: App, port: SnapshotsPort, guards: Guards): void {
  const write = guards.needs("drift:write");
  app.put(policies, { onRequest: write, schema: setSchema }, async (request, reply) => {
    const { body } = request;
    if (!speaksFor(request.grant, body.source, accountSource)) {
      const detail = `The key may not say what holds for ${body.source ?? "every source"}.`;
      return refuse(reply, { code: "account-not-granted", detail });
    }
    const answer = await port.setPolicy({ ...body, caller: callerOf(request) });
    if (answer === "set") return body;
    return refuse(reply, { code: "invalid-request", detail: `There is no location ${body.locationId}.` });
  });

  const read = { onRequest: guards.needs("positions:read"), schema: changesSchema };
  app.get(policies, read, async (request, reply) => {
    const page = await port.policyChanges({ ...pageOf(request.query), ...accountsOf(request) });
    if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
    return { changes: [...page.rows], ...(page.next === undefined ? {} : { next: page.next }) };
  });
}
