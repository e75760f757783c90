import type { ItemId, LocationId, OrderLineReference, Quantity, Status } from "@crossdock/canonical";
import type { LineStep } from "./movement.ts";
import type { PlannedTransfer, TouchedPosition } from "./transfer.ts";

/** A physical step that may use up a promise, or give one up. */
export type EarmarkUse = {
  readonly step: LineStep;
  readonly orderLine: OrderLineReference;
  readonly itemId: ItemId;
  readonly locationId: LocationId;
  /** Where the units lay; locked. */
  readonly positionId: number;
  readonly quantity: Quantity;
  /** The status that the units end in. */
  readonly to: Status;
};

/** The status that some of the units come from, and the reservation that they belonged to. */
export type EarmarkSplit = {
  readonly from: Status;
  readonly quantity: Quantity;
  readonly reservationId?: string | undefined;
};

/**
 * Where the units of uses come from: one list per use, in the order of the uses, taking earlier uses of the same call into account. A
 * list may sum to less than the use: units that were shipped before their pick was heard of are not moved again, nor are units put back
 * that were not picked.
 */
export type Settlement = {
  readonly splits: readonly (readonly EarmarkSplit[])[];
  /** What promises elsewhere give back, because these units left in place of theirs. Said on the log already, to be posted. */
  readonly yielded: readonly PlannedTransfer[];
  /** What promises keep again, because units came back. Said on the log already, to be posted after the uses. */
  readonly restored: readonly PlannedTransfer[];
};

/** What knows which units were promised to whom. The ledger asks in the transaction that posts. */
export type Earmarks<Context> = {
  /**
   * Where units are kept for order lines of which units were picked or shipped, so that the ledger locks those places together with
   * its own, in the one order of locks. Nobody else promises or settles anything for these orders until the transaction has ended.
   */
  promisedPlaces(
    context: Context,
    orderLines: readonly OrderLineReference[],
  ): Promise<readonly TouchedPosition[]>;
  /** Settles uses. The positions of the uses and all that `promisedPlaces` gave for their lines are locked. */
  settle(context: Context, uses: readonly EarmarkUse[]): Promise<Settlement>;
};
