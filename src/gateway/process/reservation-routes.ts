import {
  LineRejection,
  Reservation,
  ReservationAnswer,
  ReservationId,
  ReservationRequest,
} from "@crossdock/canonical";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { freshEnough, maxStalenessParameter } from "../freshness.ts";
import type { Guards } from "../guard.ts";
import { REPLAYED_FIELD } from "../idempotency.ts";
import { keyOf } from "../keyed.ts";
import { IDEMPOTENCY_HEADERS, operation } from "../operation.ts";
import { Problem } from "../problem.ts";
import { rejectionOf, repeatedLine, stepRefusal, unknownChannel } from "../reservation-refusals.ts";
import type { GatewayServices, ReservationStep } from "../services.ts";
import { type App, callerOf, refuse } from "../web.ts";

/** A refusal to reserve: the problem, and for each line why. */
const ReservationProblem = Type.Object(
  { ...Problem.properties, rejections: Type.Optional(Type.Array(LineRejection)) },
  { title: "ReservationProblem", additionalProperties: true },
);

const one = { params: Type.Object({ reservationId: ReservationId }) };

/** A reservation after a step, and whether it had been taken before. */
const ReservationStepAnswer = Type.Object(
  { reservation: Reservation, already: Type.Boolean({ description: "The step had been taken before." }) },
  { title: "ReservationStepAnswer", additionalProperties: false },
);

const reserveOperation = operation(
  {
    operationId: "reserve",
    tag: "Process",
    scope: "reservations:write",
    summary: "Reserve stock",
    description:
      "Promises stock to a channel, line by line; no two lines have the same `lineId`. A hold expires by itself; allocate it " +
      "to keep it. With an `Idempotency-Key` a repetition gets the first answer and the header `idempotent-replayed: true`.",
  },
  {
    querystring: Type.Object({ maxStaleness: maxStalenessParameter }, { additionalProperties: false }),
    body: ReservationRequest,
  },
  { 201: [ReservationAnswer, "Something was reserved; `rejections` tells of the rest."] },
);
// Refusals are as frequent as promises once an item is sold out, so they have a serialiser of their own.
const reserveSchema = {
  ...reserveOperation,
  response: {
    ...reserveOperation.response,
    409: {
      description:
        "Nothing was reserved for want of stock; `rejections` says by how much each line was short.",
      content: { "application/problem+json": { schema: ReservationProblem } },
    },
  },
};

const readSchema = operation(
  {
    operationId: "readReservation",
    tag: "Process",
    scope: "reservations:read",
    summary: "Read a reservation",
  },
  one,
  { 200: [Reservation, "The reservation as it stands."] },
);

const releaseSchema = operation(
  {
    operationId: "releaseReservation",
    tag: "Process",
    scope: "reservations:write",
    summary: "Release a reservation",
    description: "Gives the stock back. Releasing twice is a success that says so.",
  },
  one,
  { 200: [ReservationStepAnswer, "The reservation is released."] },
);

const allocateSchema = operation(
  {
    operationId: "allocateReservation",
    tag: "Process",
    scope: "reservations:write",
    summary: "Allocate a reservation",
    description: "Confirms a hold, so that it no longer expires. Allocating twice is a success that says so.",
  },
  one,
  { 200: [ReservationStepAnswer, "The reservation is allocated."] },
);

type Services = Pick<GatewayServices, "reservations" | "freshness">;

/** Adds the routes of reservations. */
export function addReservationRoutes(app: App, services: Services, guards: Guards): void {
  const { reservations } = services;
  const write = guards.needs("reservations:write");
  const path = "/process/v1/reservations";

  const config = { published: { headers: IDEMPOTENCY_HEADERS } };
  app.post(path, { onRequest: write, schema: reserveSchema, config }, (request, reply) =>
    reserve(services, { request, body: request.body, reply, maxStaleness: request.query.maxStaleness }),
  );

  const read = guards.needs("reservations:read");
  app.get(`${path}/:reservationId`, { onRequest: read, schema: readSchema }, async (request, reply) => {
    const { reservationId } = request.params;
    const found = await reservations.find(reservationId);
    return found ?? refuse(reply, { code: "not-found", detail: `There is no reservation ${reservationId}.` });
  });

  app.delete(`${path}/:reservationId`, { onRequest: write, schema: releaseSchema }, async (request, reply) =>
    answerStep(reply, await reservations.release(request.params.reservationId, callerOf(request))),
  );

  const allocatePath = `${path}/:reservationId/allocate`;
  app.post(allocatePath, { onRequest: write, schema: allocateSchema }, async (request, reply) =>
    answerStep(reply, await reservations.allocate(request.params.reservationId, callerOf(request))),
  );
}

type ReserveRequest = {
  readonly request: FastifyRequest;
  readonly body: ReservationRequest;
  readonly reply: FastifyReply;
  readonly maxStaleness: number | undefined;
};

async function reserve(
  { reservations, freshness }: Services,
  { request, body, reply, maxStaleness }: ReserveRequest,
): Promise<ReservationAnswer | FastifyReply> {
  const reading = keyOf(request);
  if (reading.is === "malformed") return refuse(reply, { code: "idempotency-key-malformed" });
  const repeated = repeatedLine(body.lines);
  if (repeated !== undefined) return refuse(reply, repeated);
  if (maxStaleness !== undefined) {
    const fresh = await freshEnough(freshness, body.channelId, maxStaleness);
    if ("refusal" in fresh) return refuse(reply, fresh.refusal);
  }
  const outcome = await reservations.reserve({
    request: body,
    caller: callerOf(request),
    idempotencyKey: reading.is === "key" ? reading.key : undefined,
  });
  switch (outcome.is) {
    case "key-reused":
      return refuse(reply, { code: "idempotency-key-reused" });
    case "unknown-channel":
      return refuse(reply, unknownChannel(body.channelId));
    case "answered":
      if (outcome.replayed) reply.header(REPLAYED_FIELD, "true");
      return answerReservation(reply, outcome.answer);
    default:
      return outcome satisfies never;
  }
}

function answerReservation(reply: FastifyReply, answer: ReservationAnswer): ReservationAnswer | FastifyReply {
  const { reservations } = answer;
  const rejection = rejectionOf(answer);
  if (rejection !== undefined) return refuse(reply, rejection);
  const [only] = reservations;
  if (only !== undefined && reservations.length === 1) {
    reply.header("location", `/process/v1/reservations/${only.reservationId}`);
  }
  reply.code(201);
  return answer;
}

function answerStep(reply: FastifyReply, step: ReservationStep): object {
  if (step.is === "done") return { reservation: step.reservation, already: step.already };
  return refuse(reply, stepRefusal(step.refusal));
}
