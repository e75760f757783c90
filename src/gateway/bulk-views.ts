import { Reservation, ReservationAnswer, ReservationId, ReservationRequest } from "@crossdock/canonical";
import { type Static, Type } from "typebox";
import { BULK_REQUESTS_MAX, IDEMPOTENCY_KEY_LENGTH_MAX } from "./limits.ts";
import { Problem } from "./problem.ts";

const closed = { additionalProperties: false } as const;

/** A request for a reservation as one of many, with a key of its own. */
export const BulkReserve = Type.Object(
  {
    do: Type.Literal("reserve"),
    idempotencyKey: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: IDEMPOTENCY_KEY_LENGTH_MAX,
        pattern: "^[\\x20-\\x7e]+$",
        description:
          "Makes this one request safe to repeat, in another call of many or in one of its own: the same key gets the first answer.",
      }),
    ),
    request: ReservationRequest,
  },
  { title: "BulkReserve", ...closed },
);

/** A step of a reservation's life as one of many. It needs no key: taking it twice is a success that says so. */
export const BulkStep = Type.Object(
  { do: Type.Union([Type.Literal("allocate"), Type.Literal("release")]), reservationId: ReservationId },
  { title: "BulkStep", ...closed },
);

export const BulkRequest = Type.Union([BulkReserve, BulkStep]);
export type BulkRequest = Static<typeof BulkRequest>;
export type BulkReserve = Static<typeof BulkReserve>;
export type BulkStep = Static<typeof BulkStep>;

const requests = { minItems: 1, maxItems: BULK_REQUESTS_MAX };

/** What is published. */
export const Bulk = Type.Object(
  { requests: Type.Array(BulkRequest, requests) },
  { title: "BulkReservations", ...closed },
);
/** What is checked first: a request of a wrong form does not take its neighbours with it. */
export const LooseBulk = Type.Object(
  { requests: Type.Array(Type.Unknown(), requests) },
  { title: "BulkReservations", ...closed },
);

/** What became of one request, as if it had been sent alone. */
export const BulkResult = Type.Object(
  {
    index: Type.Integer({ minimum: 0, description: "Its place in the call." }),
    status: Type.Integer({ description: "The HTTP status that it would have had alone." }),
    replayed: Type.Optional(Type.Boolean({ description: "The first answer to its key, given again." })),
    answer: Type.Optional(ReservationAnswer),
    reservation: Type.Optional(Reservation),
    already: Type.Optional(Type.Boolean({ description: "The step had been taken before." })),
    problem: Type.Optional(Problem),
  },
  {
    title: "BulkReservationResult",
    description: "A request to reserve has an `answer`, a step a `reservation`; a refusal has a `problem`.",
    ...closed,
  },
);
export type BulkResult = Static<typeof BulkResult>;

export const BulkAnswer = Type.Object(
  {
    done: Type.Integer({ minimum: 0, description: "Results without a problem." }),
    refused: Type.Integer({ minimum: 0, description: "Results with one." }),
    results: Type.Array(BulkResult, { description: "One a request, in the order of the call." }),
  },
  { title: "BulkReservationsAnswer", ...closed },
);
export type BulkAnswer = Static<typeof BulkAnswer>;
