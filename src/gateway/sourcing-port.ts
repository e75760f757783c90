import type {
  ItemId,
  LineId,
  LocationId,
  Reservation,
  ReservationRequest,
  SourcingCriterion,
} from "@crossdock/canonical";
import type { KeepAnswer } from "../platform/index.ts";
import type { Caller } from "./asking.ts";

/** From where the lines of each request of a batch are taken. */
export type SourcingPlan = readonly (readonly {
  readonly lineId: LineId;
  readonly itemId: ItemId;
  readonly locationId: LocationId;
  readonly units: number;
}[])[];

export type SourcingPlanSum = {
  readonly units: number;
  readonly wholeRequests: number;
  readonly parcels: number;
  readonly worth: readonly number[];
};

type Versions = readonly { readonly positionId: number; readonly version: number }[];

export type SourcingProposal = {
  readonly chosen: "rules" | "solver";
  readonly criteria: readonly SourcingCriterion[];
  readonly rules: SourcingPlanSum;
  readonly solver: SourcingPlanSum | undefined;
  readonly solverStatus: "optimal" | "time-limit" | "failed";
  readonly because?: string | undefined;
  readonly plan: SourcingPlan;
  readonly planByRules: SourcingPlan;
  readonly versions: Versions;
  readonly bookVersion: number;
};

/** What became of a plan that was to be taken. */
export type SourcingTaken =
  | { readonly is: "taken"; readonly reservations: readonly (readonly Reservation[])[] }
  | { readonly is: "unknown-channel" }
  | { readonly is: "refused"; readonly message: string };

/** From where many requests are promised together. */
export type SourcingPort = {
  /** Undefined when there is no such channel. */
  propose(question: {
    readonly requests: readonly ReservationRequest[];
    readonly timeLimitMs: number;
  }): Promise<SourcingProposal | undefined>;
  /** In one transaction, together with what `keep` keeps. */
  take(
    command: {
      readonly requests: readonly ReservationRequest[];
      readonly plan: SourcingPlan;
      readonly versions: Versions;
      readonly ttlMs: number;
      readonly caller: Caller;
    },
    keep: KeepAnswer<SourcingTaken>,
  ): Promise<SourcingTaken>;
};
