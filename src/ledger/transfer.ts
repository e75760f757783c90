import type { ItemId, LocationId, Lot, Quantity, Status, StockFact } from "@crossdock/canonical";
import type { TransferReason } from "./movement.ts";

/** A position that a fact or a promise touches. */
export type TouchedPosition = { readonly itemId: ItemId; readonly locationId: LocationId; readonly lot: Lot };

/** A transfer that will be posted. */
export type PlannedTransfer = {
  readonly fromPositionId: number;
  readonly fromStatus: Status;
  readonly toPositionId: number;
  readonly toStatus: Status;
  readonly quantity: Quantity;
  readonly reason: TransferReason;
  readonly effectiveAt: string;
  readonly eventNumber: number;
  readonly reservationId?: string | undefined;
};

/** What turns units of an item into units of another, or belongs to it, and as of when. */
export type ConversionFact = { readonly fact: StockFact; readonly at: Date };

/** What belongs to conversions of a transaction. */
export type ConversionContext = {
  readonly correlationId: string;
  /** What promises give back or keep again because of them, said on the log already; with the places, which are locked. */
  readonly settled?: Settled | undefined;
};

/** Transfers of promises that are posted with the facts that they follow from. */
export type Settled = {
  readonly places: readonly TouchedPosition[];
  readonly transfers: readonly PlannedTransfer[];
};

/** Nothing follows. */
export const NOTHING_SETTLED: Settled = { places: [], transfers: [] };
