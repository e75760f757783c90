import type { ItemId, LocationId, Lot, Quantity, Status } from "@crossdock/canonical";
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
