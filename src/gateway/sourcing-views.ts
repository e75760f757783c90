import {
  ChannelId,
  ItemId,
  LineId,
  LocationId,
  PositiveQuantity,
  Quantity,
  Reservation,
  ReservationRequest,
  SourcingCriterion,
  TTL_SECONDS_MAX,
} from "@crossdock/canonical";
import { type Static, Type } from "typebox";
import { BULK_REQUESTS_MAX, SOURCING_LINES_MAX } from "./limits.ts";

const closed = { additionalProperties: false } as const;

/** Longest time that a solver may take for a batch. */
export const SOLVER_SECONDS_MAX = 30;
export const SOLVER_SECONDS_DEFAULT = 5;

/** Parts and locations of one request's lines. */
const TAKINGS_MAX = 10_000;

const { channelId: _channel, ttlSeconds: _ttl, explain: _explain, ...asked } = ReservationRequest.properties;

/** One request of a batch: a request for reservations without what the batch says for all. */
const BatchedRequest = Type.Object(asked, { title: "BatchedRequest", ...closed });
export type BatchedRequest = Static<typeof BatchedRequest>;

const requests = Type.Array(BatchedRequest, {
  minItems: 1,
  maxItems: BULK_REQUESTS_MAX,
  description: `In the order in which the rules decide them; with ${SOURCING_LINES_MAX} lines together at most.`,
});

export const BatchQuestion = Type.Object(
  {
    channelId: ChannelId,
    requests,
    timeLimitSeconds: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: SOLVER_SECONDS_MAX,
        default: SOLVER_SECONDS_DEFAULT,
        description: "How long the solver may look. After it the best that it has found is taken.",
      }),
    ),
  },
  { title: "SourcingBatchQuestion", ...closed },
);

const Taking = Type.Object(
  { lineId: LineId, itemId: ItemId, locationId: LocationId, units: PositiveQuantity },
  { title: "SourcingTaking", ...closed },
);
const Plan = Type.Array(Type.Array(Taking, { maxItems: TAKINGS_MAX }), {
  maxItems: BULK_REQUESTS_MAX,
  description: "Request by request, from where each line takes how many.",
});

const SeenVersions = Type.Array(
  Type.Object(
    { positionId: Type.String({ pattern: "^\\d{1,15}$" }), version: Type.Integer({ minimum: 0 }) },
    closed,
  ),
  { maxItems: 100_000, description: "The positions as they were seen." },
);

const PlanSum = Type.Object(
  {
    units: Quantity,
    wholeRequests: Quantity,
    parcels: Type.Unsafe<number>({
      ...Quantity,
      description: "Locations that each request uses, summed over the requests.",
    }),
    worth: Type.Array(Type.Integer(), { description: "By each criterion; less is better." }),
  },
  { title: "SourcingPlanSum", ...closed },
);

export const BatchProposalView = Type.Object(
  {
    chosen: Type.Union([Type.Literal("rules"), Type.Literal("solver")]),
    criteria: Type.Array(SourcingCriterion),
    rules: PlanSum,
    solver: Type.Optional(PlanSum),
    solverStatus: Type.Union([Type.Literal("optimal"), Type.Literal("time-limit"), Type.Literal("failed")], {
      description:
        "`optimal`: no plan is better. `time-limit`: the best that was found in time. `failed`: there is the plan of the rules alone.",
    }),
    because: Type.Optional(Type.String()),
    plan: Plan,
    planByRules: Plan,
    versions: SeenVersions,
    bookVersion: Type.Integer({ minimum: 0 }),
  },
  { title: "SourcingBatchProposal", ...closed },
);
export type BatchProposalView = Static<typeof BatchProposalView>;

export const BatchToTakeView = Type.Object(
  {
    channelId: ChannelId,
    requests,
    plan: Plan,
    versions: SeenVersions,
    ttlSeconds: Type.Integer({ minimum: 1, maximum: TTL_SECONDS_MAX }),
  },
  { title: "SourcingBatchToTake", ...closed },
);

export const BatchTakenView = Type.Object(
  { requests: Type.Array(Type.Object({ reservations: Type.Array(Reservation) }, closed)) },
  { title: "SourcingBatchTaken", ...closed },
);
