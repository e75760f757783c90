import type { OrderLineReference, Quantity, Status } from "@crossdock/canonical";

/** A physical step that may use up a promise: units of an order line were picked, or left the building. */
export type EarmarkUse = {
  readonly step: "pick" | "ship";
  readonly orderLine: OrderLineReference;
  /** Where the units lay; locked. */
  readonly positionId: number;
  readonly quantity: Quantity;
};

/** The status that some of the units come from, and the reservation that they belonged to. */
export type EarmarkSplit = {
  readonly from: Status;
  readonly quantity: Quantity;
  readonly reservationId?: string | undefined;
};

/**
 * What knows which units were promised to whom. The ledger asks in the transaction that posts, with the positions locked.
 *
 * Answers one list per use, in the order of the uses, taking earlier uses of the same call into account. A list may sum to less
 * than the use: units that were shipped before their pick was heard of are not moved again.
 */
export type Earmarks<Context> = {
  settle(context: Context, uses: readonly EarmarkUse[]): Promise<readonly (readonly EarmarkSplit[])[]>;
};
