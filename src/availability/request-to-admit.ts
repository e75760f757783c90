import type { Backorder, Reservation, ReservationId } from "@crossdock/canonical";
import type { AdmissionRequest, Decision } from "./admission-request.ts";
import type { Waiting } from "./backorders/line-up.ts";
import type { HoldLimit } from "./limits/limit.ts";

/** A request with what its promises become: a hold until `expiresAt`, or a firm allocation. */
export type RequestToAdmit = {
  readonly request: AdmissionRequest;
  readonly expiresAt: Date | undefined;
  readonly correlationId: string;
  readonly causationId?: string | undefined;
  /** The reservation that is moved. */
  readonly cameFrom?: ReservationId | undefined;
  /** What the holds of whoever asks may come to; nearly always nothing is said of it. */
  readonly limits?: readonly HoldLimit[] | undefined;
  /** Requests of one name ask for the same, so that what refuses one refuses the next as well. Absent: unlike any other. */
  readonly likeness?: string | undefined;
  /** The backorder whose turn it is. */
  readonly waits?: Waiting | undefined;
};

export type Admitted = {
  readonly decision: Decision;
  readonly reservations: readonly Reservation[];
  /** What of it waits for stock; absent: nothing. */
  readonly backorders?: readonly Backorder[];
};
