import {
  CloudEvent,
  LineId,
  LocationId,
  Lot,
  Measure,
  OrderId,
  Reservation,
  ReservationId,
  SourcingExplanation,
  TTL_SECONDS_MAX,
  toCloudEvent,
} from "@crossdock/canonical";
import { type TSchema, Type } from "typebox";
import type { Guards } from "../guard.ts";
import { changeOnce, jsonAnswer, type Outcome } from "../keyed.ts";
import { IDEMPOTENCY_HEADERS, operation } from "../operation.ts";
import { REFUSAL_CODES } from "../reservation-refusals.ts";
import type { GatewayServices, ReservationChange, ReservationChanged } from "../services.ts";
import { type App, callerOf, refuse } from "../web.ts";

const path = "/process/v1/reservations/:reservationId";
const params = Type.Object({ reservationId: ReservationId });
const closed = { additionalProperties: false } as const;

/** A reservation after a change, and what came of it. */
export const ReservationChangeAnswer = Type.Object(
  {
    reservation: Reservation,
    already: Type.Boolean({ description: "Nothing had to be done: it was so before." }),
    made: Type.Optional(
      Type.Array(Reservation, { description: "What was split off, or taken at the other place." }),
    ),
  },
  { title: "ReservationChangeAnswer", ...closed },
);

const ReservationHistory = Type.Object(
  {
    events: Type.Array(CloudEvent),
    sourcing: Type.Optional({
      ...SourcingExplanation,
      description: "Why it comes from where it comes from, where `explain` was asked for when it was made.",
    }),
  },
  { title: "ReservationHistory", ...closed },
);

const ExtendRequest = Type.Object(
  {
    ttlSeconds: Type.Optional(
      Type.Integer({ minimum: 1, maximum: TTL_SECONDS_MAX, description: "From now on." }),
    ),
    expiresAt: Type.Optional(Type.String({ format: "date-time", description: "Until then." })),
  },
  { title: "ReservationExtension", minProperties: 1, maxProperties: 1, ...closed },
);

const ReduceRequest = Type.Object(
  { keep: Measure },
  { title: "ReservationReduction", description: "How much of it stays promised.", ...closed },
);

const SplitRequest = Type.Object(
  { quantity: Measure, lineId: Type.Optional(LineId) },
  { title: "ReservationSplit", description: "How much goes to the new one, and for which line.", ...closed },
);

const MoveRequest = Type.Object(
  { locationId: LocationId, lot: Type.Optional(Lot) },
  { title: "ReservationMove", ...closed },
);

const ConfirmRequest = Type.Object({ orderId: OrderId }, { title: "ReservationConfirmation", ...closed });

const IS_KEYED = "With an `Idempotency-Key` a repetition gets the first answer.";

function changing<const Body extends TSchema>(
  about: { readonly operationId: string; readonly summary: string; readonly description: string },
  body: Body,
) {
  const description = `${about.description} ${IS_KEYED}`;
  return operation(
    { ...about, description, tag: "Process", scope: "reservations:write" },
    { params, body },
    { 200: [ReservationChangeAnswer, "It is so now."] },
  );
}

const extendSchema = changing(
  {
    operationId: "extendReservation",
    summary: "Extend a hold",
    description:
      "Lets a hold last longer, by `ttlSeconds` from now or until `expiresAt`. It is never shortened, cannot come back after its expiry, and " +
      "lasts in all no longer than its channel's holds may.",
  },
  ExtendRequest,
);
const reduceSchema = changing(
  {
    operationId: "reduceReservation",
    summary: "Make a reservation smaller",
    description:
      "Keeps so many units and gives the others back at once; what came out of what is set aside for its channel goes back there first.",
  },
  ReduceRequest,
);
const splitSchema = changing(
  {
    operationId: "splitReservation",
    summary: "Split a reservation in two",
    description:
      "Makes a reservation of its own of some of the units. No unit is free in between. Not of a reservation that is promised to an order.",
  },
  SplitRequest,
);
const moveSchema = changing(
  {
    operationId: "moveReservation",
    summary: "Move a reservation to another location",
    description:
      "Takes as many units at another location of the channel's network and gives these back, or does neither. What is taken there are " +
      "reservations of their own (`made`), with the old expiry; this one is released. Not of a reservation that is promised to an order.",
  },
  MoveRequest,
);
const confirmSchema = changing(
  {
    operationId: "confirmReservation",
    summary: "Allocate a hold for an order",
    description:
      "From held to allocated, without a gap, for an order that is kept elsewhere: picks and shipments which name it and the line count for " +
      "this reservation. Orders that are placed here are promised by themselves.",
  },
  ConfirmRequest,
);
const historySchema = operation(
  {
    operationId: "readReservationHistory",
    tag: "Process",
    scope: "reservations:read",
    summary: "Read the history of a reservation",
    description: "Every fact of its life, the earliest first. A part of it that was archived is not here.",
  },
  { params },
  { 200: [ReservationHistory, "What happened to it."] },
);

type Services = Pick<GatewayServices, "reservations" | "keyedAnswers"> & {
  readonly log: Parameters<typeof changeOnce>[1]["log"];
};

/** Adds the routes that change a reservation, and that of its history. */
export function addReservationChangeRoutes(app: App, services: Services, guards: Guards): void {
  const { reservations } = services;
  const onRequest = guards.needs("reservations:write");
  const config = { published: { headers: IDEMPOTENCY_HEADERS } };
  type Reply = Parameters<typeof changeOnce>[0];
  const change = (reply: Reply, id: ReservationId, asked: ReservationChange) =>
    changeOnce(reply, services, {
      change: (keep) =>
        reservations.change({ reservationId: id, change: asked, caller: callerOf(reply.request) }, keep),
      outcomeOf,
    });

  app.post(`${path}/extend`, { onRequest, schema: extendSchema, config }, ({ params: at, body }, reply) => {
    const until =
      body.expiresAt === undefined
        ? { ttlMs: (body.ttlSeconds ?? 0) * 1_000 }
        : { at: new Date(body.expiresAt) };
    return change(reply, at.reservationId, { kind: "extend", until });
  });
  app.post(`${path}/reduce`, { onRequest, schema: reduceSchema, config }, ({ params: at, body }, reply) =>
    change(reply, at.reservationId, { kind: "reduce", ...body }),
  );
  app.post(`${path}/split`, { onRequest, schema: splitSchema, config }, ({ params: at, body }, reply) =>
    change(reply, at.reservationId, { kind: "split", ...body }),
  );
  app.post(`${path}/move`, { onRequest, schema: moveSchema, config }, ({ params: at, body }, reply) =>
    change(reply, at.reservationId, { kind: "move", ...body }),
  );
  app.post(`${path}/confirm`, { onRequest, schema: confirmSchema, config }, ({ params: at, body }, reply) =>
    change(reply, at.reservationId, { kind: "confirm", ...body }),
  );

  const read = { onRequest: guards.needs("reservations:read"), schema: historySchema };
  app.get(`${path}/history`, read, async (request, reply) => {
    const { reservationId } = request.params;
    const [facts, sourcing] = await Promise.all([
      reservations.history(reservationId),
      reservations.sourcing(reservationId),
    ]);
    if (facts !== undefined)
      return { events: facts.map(toCloudEvent), ...(sourcing === undefined ? {} : { sourcing }) };
    return refuse(reply, { code: "not-found", detail: `There is no reservation ${reservationId}.` });
  });
}

/** A change as an answer over HTTP. */
export function outcomeOf(changed: ReservationChanged): Outcome {
  if (changed.is === "done") {
    const { reservation, already, made } = changed;
    return jsonAnswer(200, { reservation, already, ...(made.length === 0 ? {} : { made }) });
  }
  const { reason, message, shortBy } = changed.refusal;
  return {
    code: REFUSAL_CODES[reason],
    detail: message,
    ...(shortBy === undefined ? {} : { more: { shortBy } }),
  };
}
