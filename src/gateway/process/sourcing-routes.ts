import { type ChannelId, quantity, ReservationRequest, SourcingQuote } from "@crossdock/canonical";
import { invalidRequest } from "../fault-of.ts";
import type { Guards } from "../guard.ts";
import { changeOnce, jsonAnswer, type Outcome } from "../keyed.ts";
import { SOURCING_LINES_MAX } from "../limits.ts";
import { IDEMPOTENCY_HEADERS, operation } from "../operation.ts";
import type { Occurrence } from "../problem.ts";
import { repeatedLine, unknownChannel } from "../reservation-refusals.ts";
import type { GatewayServices, SourcingProposal, SourcingTaken } from "../services.ts";
import {
  type BatchedRequest,
  BatchProposalView,
  BatchQuestion,
  BatchTakenView,
  BatchToTakeView,
  SOLVER_SECONDS_DEFAULT,
} from "../sourcing-views.ts";
import { type App, callerOf, refuse } from "../web.ts";

const quoteSchema = operation(
  {
    operationId: "quoteSourcing",
    tag: "Process",
    scope: "availability:read",
    summary: "Ask from where a request would be promised, and why",
    description:
      "Decides a request for reservations as it would be decided now, by all rules that hold, and keeps nothing. Of every location of the network it says what it would " +
      "give of each line, or why it gives nothing: with `ranked-lower` the criterion and what it comes to for both. Each line counts once against the client's " +
      "quota (`RateLimit`). Between this answer and a reservation others sell as well.",
  },
  { body: ReservationRequest },
  { 200: [SourcingQuote, "What would be promised, and why from there."] },
);

const proposeSchema = operation(
  {
    operationId: "proposeSourcing",
    tag: "Process",
    scope: "availability:read",
    summary: "Ask from where many requests would be promised best",
    description:
      `Up to ${SOURCING_LINES_MAX} lines of requests of one channel that wait together. The rules decide them one after the other; a solver looks for a plan for all of them that promises ` +
      "more, or as much for less by the criteria of the channel's rule (parcels, where there is none). What both come to is shown, and the better plan is proposed. Nothing is kept for " +
      "it. The criterion `protection` is left out of the comparison. Each line counts once against the client's quota (`RateLimit`).",
  },
  { body: BatchQuestion },
  { 200: [BatchProposalView, "Both plans, and what they come to."] },
);
const takeSchema = operation(
  {
    operationId: "takeSourcing",
    tag: "Process",
    scope: "reservations:write",
    summary: "Take a plan for many requests as it was proposed",
    description:
      "All of it in one transaction, or nothing: where a position has changed since the proposal, the answer says which. Hold limits count. With an `Idempotency-Key` " +
      "a repetition gets the first answer.",
  },
  { body: BatchToTakeView },
  { 201: [BatchTakenView, "The holds of each request, in the order of the requests."] },
);

type Services = Pick<GatewayServices, "reservations" | "sourcing" | "keyedAnswers"> & {
  readonly log: Parameters<typeof changeOnce>[1]["log"];
};

/** Adds the routes that say from where something would be promised, and take many at once. */
export function addSourcingRoutes(app: App, services: Services, guards: Guards): void {
  const { reservations, sourcing } = services;
  const onRequest = guards.needs("availability:read");
  app.post("/process/v1/sourcing/quotes", { onRequest, schema: quoteSchema }, async (request, reply) => {
    const refusal = guards.charge(request, reply, request.body.lines.length);
    if (refusal !== undefined) return refuse(reply, refusal);
    const quote = await reservations.quote(request.body);
    return quote ?? refuse(reply, unknownChannel(request.body.channelId));
  });
  app.post("/process/v1/sourcing/proposals", { onRequest, schema: proposeSchema }, async (request, reply) => {
    const { channelId, requests, timeLimitSeconds = SOLVER_SECONDS_DEFAULT } = request.body;
    const refusal = faultOf(requests) ?? guards.charge(request, reply, linesOf(requests));
    if (refusal !== undefined) return refuse(reply, refusal);
    const timeLimitMs = timeLimitSeconds * 1_000;
    const found = await sourcing.propose({ requests: ofChannel(channelId, requests), timeLimitMs });
    return found === undefined ? refuse(reply, unknownChannel(channelId)) : toView(found);
  });
  const write = {
    onRequest: guards.needs("reservations:write"),
    schema: takeSchema,
    config: { published: { headers: IDEMPOTENCY_HEADERS } },
  };
  app.post("/process/v1/sourcing/proposals/take", write, async (request, reply) => {
    const { channelId, requests, plan, versions, ttlSeconds } = request.body;
    const refusal = faultOf(requests) ?? guards.charge(request, reply, linesOf(requests));
    if (refusal !== undefined) return refuse(reply, refusal);
    const seen = versions.map(({ positionId, version }) => ({ positionId: Number(positionId), version }));
    const command = {
      requests: ofChannel(channelId, requests),
      plan,
      versions: seen,
      ttlMs: ttlSeconds * 1_000,
    };
    return changeOnce<SourcingTaken>(reply, services, {
      change: (keep) => sourcing.take({ ...command, caller: callerOf(request) }, keep),
      outcomeOf: (taken) => outcomeOf(taken, channelId),
    });
  });
}

const linesOf = (requests: readonly BatchedRequest[]): number =>
  requests.reduce((sum, { lines }) => sum + lines.length, 0);

function faultOf(requests: readonly BatchedRequest[]): Occurrence | undefined {
  const repeated = requests.map(({ lines }) => repeatedLine(lines)).find((fault) => fault !== undefined);
  if (repeated !== undefined || linesOf(requests) <= SOURCING_LINES_MAX) return repeated;
  const errors = [{ pointer: "/requests", message: `has more than ${SOURCING_LINES_MAX} lines together` }];
  return invalidRequest(errors);
}

const ofChannel = (
  channelId: ChannelId,
  requests: readonly BatchedRequest[],
): readonly ReservationRequest[] => requests.map((request) => ({ ...request, channelId }));

function toView({ versions, ...found }: SourcingProposal): BatchProposalView {
  const { solver, because, plan, planByRules, criteria, ...rest } = found;
  const sum = ({ units, wholeRequests, parcels, worth }: SourcingProposal["rules"]) => ({
    ...{ units: quantity(units), wholeRequests: quantity(wholeRequests), parcels, worth: [...worth] },
  });
  const view = (of: SourcingProposal["plan"]) =>
    of.map((takings) => takings.map((each) => ({ ...each, units: quantity(each.units) })));
  return {
    ...rest,
    criteria: [...criteria],
    rules: sum(found.rules),
    ...(solver === undefined ? {} : { solver: sum(solver) }),
    ...(because === undefined ? {} : { because }),
    ...{ plan: view(plan), planByRules: view(planByRules) },
    versions: versions.map(({ positionId, version }) => ({ positionId: String(positionId), version })),
  };
}

function outcomeOf(taken: SourcingTaken, channelId: ChannelId): Outcome {
  switch (taken.is) {
    case "taken":
      return jsonAnswer(201, { requests: taken.reservations.map((reservations) => ({ reservations })) });
    case "unknown-channel":
      return unknownChannel(channelId);
    case "refused":
      return { code: "plan-out-of-date", detail: taken.message };
    default:
      return taken satisfies never;
  }
}
