import type {
  LineId,
  LocationId,
  Lot,
  Measure,
  OrderId,
  RecordedFact,
  Reservation,
  ReservationAnswer,
  ReservationId,
  ReservationRefusal,
  ReservationRequest,
  SourcingExplanation,
  SourcingQuote,
} from "@crossdock/canonical";
import type { KeepAnswer } from "../platform/index.ts";
import type { Caller } from "./asking.ts";

/** What is asked of a reservation, in the units of its item. */
export type ReservationChange =
  | { readonly kind: "extend"; readonly until: { readonly at: Date } | { readonly ttlMs: number } }
  | { readonly kind: "reduce"; readonly keep: Measure }
  | { readonly kind: "split"; readonly quantity: Measure; readonly lineId?: LineId | undefined }
  | { readonly kind: "move"; readonly locationId: LocationId; readonly lot?: Lot | undefined }
  | { readonly kind: "confirm"; readonly orderId: OrderId };

/** Reservations. The key and its answer are kept in the transaction of the effect, so the port is given the key. */
export type ReservationsPort = {
  reserve(command: {
    readonly request: ReservationRequest;
    readonly caller: Caller;
    readonly idempotencyKey?: string | undefined;
  }): Promise<ReservationOutcome>;
  find(reservationId: ReservationId): Promise<Reservation | undefined>;
  release(reservationId: ReservationId, caller: Caller): Promise<ReservationStep>;
  /** From held to allocated: confirms the promise, so that it no longer expires. */
  allocate(reservationId: ReservationId, caller: Caller): Promise<ReservationStep>;
  /** One step for many reservations, in one transaction: those that can take it do, the others say why not. */
  stepAll(
    reservationIds: readonly ReservationId[],
    step: "release" | "allocate",
    caller: Caller,
  ): Promise<ReadonlyMap<string, ReservationStep>>;
  /** What is changed is committed together with what `keep` keeps. */
  change(
    command: {
      readonly reservationId: ReservationId;
      readonly change: ReservationChange;
      readonly caller: Caller;
    },
    keep: KeepAnswer<ReservationChanged>,
  ): Promise<ReservationChanged>;
  /** The facts of its life, the earliest first. */
  history(reservationId: ReservationId): Promise<readonly RecordedFact[] | undefined>;
  /** Why it comes from where it comes from; undefined where that was not asked for. */
  sourcing(reservationId: ReservationId): Promise<SourcingExplanation | undefined>;
  /** What a request would be promised now; undefined when there is no such channel. */
  quote(request: ReservationRequest): Promise<SourcingQuote | undefined>;
};

export type ReservationOutcome =
  | { readonly is: "answered"; readonly answer: ReservationAnswer; readonly replayed: boolean }
  | { readonly is: "key-reused" }
  | { readonly is: "unknown-channel" };

export type ReservationStep =
  | { readonly is: "done"; readonly reservation: Reservation; readonly already: boolean }
  | { readonly is: "refused"; readonly refusal: ReservationRefusal };

/** How a change went; `made`: what was split off, or taken at the other place. */
export type ReservationChanged =
  | {
      readonly is: "done";
      readonly reservation: Reservation;
      readonly already: boolean;
      readonly made: readonly Reservation[];
    }
  | { readonly is: "refused"; readonly refusal: ReservationRefusal };
