import { checker, type ReservationId } from "@crossdock/canonical";
import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { Log } from "../../platform/index.ts";
import {
  Bulk,
  BulkAnswer,
  type BulkRequest,
  BulkReserve,
  type BulkResult,
  BulkStep,
  LooseBulk,
} from "../bulk-views.ts";
import { invalidRequest, occurrenceOf } from "../fault-of.ts";
import { freshEnough, maxStalenessParameter } from "../freshness.ts";
import type { Guards } from "../guard.ts";
import { IDEMPOTENCY_FIELD } from "../idempotency.ts";
import { BULK_LINES_MAX, BULK_REQUESTS_MAX } from "../limits.ts";
import { operation } from "../operation.ts";
import { type Occurrence, PROBLEM_KINDS, toProblem } from "../problem.ts";
import { rejectionOf, repeatedLine, stepRefusal, unknownChannel } from "../reservation-refusals.ts";
import type { GatewayServices, ReservationStep, ReservationsPort } from "../services.ts";
import { faultFinder } from "../validation.ts";
import { type App, callerOf, refuse } from "../web.ts";

const bulkSchema = operation(
  {
    operationId: "reserveMany",
    tag: "Process",
    scope: "reservations:write",
    summary: "Reserve, allocate and release in one call",
    description:
      `Up to ${BULK_REQUESTS_MAX} requests, with ${BULK_LINES_MAX} lines together, each answered as if it had been sent alone: by its place, with its own ` +
      "status, and with its own problem where it is refused, which takes no other with it. The call itself is answered with 200 (its `results` are what " +
      "207 stands for in WebDAV). Requests are decided in the batches of those that come alone, in no promised order among themselves; a reservation " +
      "can be named once a call. Each line, and each step, counts once against the client's quota (`RateLimit`). Keys belong to the requests (`idempotencyKey`): after a lost answer send the same call again, and " +
      "every request that was decided gets its first answer.",
  },
  {
    querystring: Type.Object({ maxStaleness: maxStalenessParameter }, { additionalProperties: false }),
    body: LooseBulk,
  },
  { 200: [BulkAnswer, "What became of each request."] },
);

type Services = Pick<GatewayServices, "reservations" | "freshness"> & { readonly log: Log };

/** Adds the route that takes many requests at once. */
export function addReservationBulkRoutes(app: App, services: Services, guards: Guards): void {
  const options = {
    onRequest: guards.needs("reservations:write"),
    schema: bulkSchema,
    config: { published: { body: Bulk } },
  };
  app.post("/process/v1/reservations/bulk", options, async (request, reply): Promise<object> => {
    const checked = checkAll(request.body.requests);
    const refusal = refusalOfCall(request, checked) ?? guards.charge(request, reply, costOf(checked));
    if (refusal !== undefined) return refuse(reply, refusal);
    const tooOld = await staleChannel(services, checked, request.query.maxStaleness);
    if (tooOld !== undefined) return refuse(reply, tooOld);
    const outcomes = await decideAll(services.reservations, request, checked);
    tellFaults(services.log, request, outcomes);
    return summary(outcomes, request);
  });
}

/** What a request came to: a result, a refusal of the business, or what was thrown. */
type Outcome =
  | { readonly result: Omit<BulkResult, "index"> }
  | { readonly refused: Occurrence }
  | { readonly failed: unknown };

type Checked = { readonly valid: BulkRequest } | { readonly refused: Occurrence };

const reserveForm = { check: checker(BulkReserve), find: faultFinder(BulkReserve) };
const stepForm = { check: checker(BulkStep), find: faultFinder(BulkStep) };

/** Checks a request against the form that it claims to have. */
function check(value: unknown): Checked {
  const what = typeof value === "object" && value !== null && "do" in value ? value.do : undefined;
  if (what !== "reserve" && what !== "allocate" && what !== "release") {
    const errors = [{ pointer: "/do", message: "must be reserve, allocate or release" }];
    return { refused: invalidRequest(errors) };
  }
  const form = what === "reserve" ? reserveForm : stepForm;
  const checked = form.check(value);
  if (!checked.ok) return { refused: invalidRequest(form.find(value) ?? []) };
  const valid = checked.value;
  const repeated = valid.do === "reserve" ? repeatedLine(valid.request.lines) : undefined;
  return repeated === undefined ? { valid } : { refused: repeated };
}

/** Checks each request. The second step of one reservation is refused: which of the two came first nobody could say afterwards. */
function checkAll(requests: readonly unknown[]): readonly Checked[] {
  const named = new Set<string>();
  return requests.map((value) => {
    const checked = check(value);
    if ("refused" in checked || checked.valid.do === "reserve") return checked;
    const { reservationId } = checked.valid;
    if (named.size < named.add(reservationId).size) return checked;
    const errors = [{ pointer: "/reservationId", message: "is named by an earlier request of this call" }];
    return { refused: invalidRequest(errors) };
  });
}

/** Why the call as a whole cannot be taken. */
function refusalOfCall({ headers }: FastifyRequest, checked: readonly Checked[]): Occurrence | undefined {
  if (headers[IDEMPOTENCY_FIELD] !== undefined) {
    const message = "belongs to each request here: send it as idempotencyKey";
    return invalidRequest([{ pointer: IDEMPOTENCY_FIELD, message }]);
  }
  const lines = checked.reduce((sum, each) => sum + linesOf(each), 0);
  if (lines <= BULK_LINES_MAX) return undefined;
  const message = `have ${lines} lines together; at most ${BULK_LINES_MAX} are taken in one call`;
  return invalidRequest([{ pointer: "/requests", message }]);
}

/** Why nothing is promised where a source of one of the channels is older than the caller takes. */
async function staleChannel(
  { freshness }: Services,
  checked: readonly Checked[],
  maxStaleness: number | undefined,
): Promise<Occurrence | undefined> {
  if (maxStaleness === undefined) return undefined;
  const channels = checked.flatMap((each) =>
    "valid" in each && each.valid.do === "reserve" ? [each.valid.request.channelId] : [],
  );
  for (const channel of new Set(channels)) {
    const fresh = await freshEnough(freshness, channel, maxStaleness);
    if ("refusal" in fresh) return fresh.refusal;
  }
  return undefined;
}

/** What a call costs of its client's quota: its lines, a step of a reservation as one, and what is malformed as well. */
const costOf = (checked: readonly Checked[]): number =>
  checked.reduce((sum, each) => sum + Math.max(1, linesOf(each)), 0);

function linesOf(checked: Checked): number {
  return "valid" in checked && checked.valid.do === "reserve" ? checked.valid.request.lines.length : 0;
}

type Steps = Promise<ReadonlyMap<string, ReservationStep>>;

/** Decides the requests: each reservation in the batch that gathers, the steps of a kind in one transaction. */
function decideAll(
  reservations: ReservationsPort,
  request: FastifyRequest,
  checked: readonly Checked[],
): Promise<readonly Outcome[]> {
  const caller = callerOf(request);
  const idsOf = (step: BulkStep["do"]): readonly ReservationId[] =>
    checked.flatMap((each) => ("valid" in each && each.valid.do === step ? [each.valid.reservationId] : []));
  const take = (step: BulkStep["do"], ids = idsOf(step)): Steps =>
    ids.length === 0 ? Promise.resolve(new Map()) : reservations.stepAll(ids, step, caller);
  const steps = { allocate: take("allocate"), release: take("release") };
  return Promise.all(
    checked.map(async (each): Promise<Outcome> => {
      if ("refused" in each) return each;
      const { valid } = each;
      try {
        if (valid.do === "reserve") return await reserveOutcome(reservations, valid, request);
        return stepOutcome(valid, (await steps[valid.do]).get(valid.reservationId));
      } catch (error) {
        return { failed: error };
      }
    }),
  );
}

async function reserveOutcome(
  reservations: ReservationsPort,
  { request: wanted, idempotencyKey }: BulkReserve,
  request: FastifyRequest,
): Promise<Outcome> {
  const outcome = await reservations.reserve({ request: wanted, caller: callerOf(request), idempotencyKey });
  switch (outcome.is) {
    case "key-reused":
      return { refused: { code: "idempotency-key-reused" } };
    case "unknown-channel":
      return { refused: unknownChannel(wanted.channelId) };
    case "answered": {
      const replayed = outcome.replayed ? { replayed: true } : {};
      const rejection = rejectionOf(outcome.answer);
      if (rejection === undefined) return { result: { status: 201, ...replayed, answer: outcome.answer } };
      const { status } = PROBLEM_KINDS[rejection.code];
      return { result: { status, ...replayed, problem: problemOf(rejection, request) } };
    }
    default:
      return outcome satisfies never;
  }
}

function stepOutcome({ do: step, reservationId }: BulkStep, taken: ReservationStep | undefined): Outcome {
  if (taken === undefined) throw new Error(`reservation ${reservationId} was given no answer to ${step}`);
  if (taken.is === "refused") return { refused: stepRefusal(taken.refusal) };
  const { reservation, already } = taken;
  return { result: { status: 200, reservation, already } };
}

const problemOf = (occurrence: Occurrence, { url, id }: FastifyRequest) =>
  toProblem(occurrence, { url, correlationId: id });

const refusalIn = (outcome: Exclude<Outcome, { result: unknown }>): Occurrence =>
  "refused" in outcome ? outcome.refused : occurrenceOf(outcome.failed, { bodyBytesMax: 0 });

function summary(outcomes: readonly Outcome[], request: FastifyRequest): BulkAnswer {
  const results = outcomes.map((outcome, index): BulkResult => {
    if ("result" in outcome) return { index, ...outcome.result };
    const problem = problemOf(refusalIn(outcome), request);
    return { index, status: problem.status, problem };
  });
  const refused = results.filter(({ problem }) => problem !== undefined).length;
  return { done: results.length - refused, refused, results };
}

/** Logs what failed, once for each error: the requests of one batch share theirs. */
function tellFaults(log: Log, request: FastifyRequest, outcomes: readonly Outcome[]): void {
  const errors = new Set(outcomes.flatMap((outcome) => ("failed" in outcome ? [outcome.failed] : [])));
  for (const err of errors) {
    const { code } = occurrenceOf(err, { bodyBytesMax: 0 });
    const line = { event: "gateway.failed", correlationId: request.id, code, route: request.url, err };
    if (PROBLEM_KINDS[code].status === 503) log.warn(line);
    else log.error(line);
  }
}
