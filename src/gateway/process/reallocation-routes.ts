import { ReservationId } from "@crossdock/canonical";
import { Type } from "typebox";
import type { Guards } from "../guard.ts";
import { changeOnce } from "../keyed.ts";
import { IDEMPOTENCY_HEADERS, operation } from "../operation.ts";
import { REFUSAL_CODES } from "../reservation-refusals.ts";
import type { GatewayServices } from "../services.ts";
import { ReallocationProposals, ReallocationRequest } from "../shortfall-views.ts";
import { type App, callerOf, refuse } from "../web.ts";
import { outcomeOf, ReservationChangeAnswer } from "./reservation-change-routes.ts";

const path = "/process/v1/reservations/:reservationId";
const params = Type.Object({ reservationId: ReservationId });

const proposeSchema = operation(
  {
    operationId: "proposeReallocation",
    tag: "Process",
    scope: "reservations:read",
    summary: "Ask where else units of a promise could come from",
    description:
      "Every other location of the channel's network, decided by the rules that hold: what it can give, what that leaves there and who else " +
      "sells from it, or why it can give nothing. Nothing is kept for it.",
  },
  {
    params,
    querystring: Type.Object(
      {
        units: Type.Optional(
          Type.Integer({ minimum: 1, description: "In base units; all that is promised when absent." }),
        ),
      },
      { additionalProperties: false },
    ),
  },
  { 200: [ReallocationProposals, "What could be done."] },
);
const reallocateSchema = operation(
  {
    operationId: "reallocateReservation",
    tag: "Process",
    scope: "reservations:write",
    summary: "Let units of a promise come from another location",
    description:
      "As it was proposed, in one transaction, or not at all: where a position has changed meanwhile, the answer says which. Promises of orders " +
      "too: their lines stay promised, and the warehouse at the other location is sent a release. The first warehouse is not called off; tell it, or " +
      "let it pick short. With an `Idempotency-Key` a repetition gets the first answer.",
  },
  { params, body: ReallocationRequest },
  { 200: [ReservationChangeAnswer, "It is so now."] },
);

type Services = Pick<GatewayServices, "shortfalls" | "keyedAnswers"> & {
  readonly log: Parameters<typeof changeOnce>[1]["log"];
};

/** Adds the routes by which units of promises are taken from elsewhere. */
export function addReallocationRoutes(app: App, services: Services, guards: Guards): void {
  const { shortfalls } = services;
  const read = { onRequest: guards.needs("reservations:read"), schema: proposeSchema };
  app.get(`${path}/proposals`, read, async (request, reply) => {
    const found = await shortfalls.proposals(request.params.reservationId, request.query.units);
    if (!("is" in found)) return found;
    return refuse(reply, { code: REFUSAL_CODES[found.refusal.reason], detail: found.refusal.message });
  });
  const write = {
    onRequest: guards.needs("reservations:write"),
    schema: reallocateSchema,
    config: { published: { headers: IDEMPOTENCY_HEADERS } },
  };
  app.post(`${path}/reallocate`, write, (request, reply) => {
    const command = { ...request.body, ...request.params, caller: callerOf(request) };
    return changeOnce(reply, services, {
      change: (keep) => shortfalls.reallocate(command, keep),
      outcomeOf,
    });
  });
}
