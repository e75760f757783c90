import type { ItemId, LocationId, Lot, Status } from "@crossdock/canonical";
import type { ArchivedMoment } from "./asking.ts";
import type { DifferenceView } from "./difference-views.ts";

/** Whose number is held against ours, and which of ours. */
export type DifferenceAsked = {
  readonly itemId: ItemId;
  readonly locationId: LocationId;
  readonly lot?: Lot | undefined;
  readonly source: string;
  readonly measure: "on-hand" | "available";
  readonly counts?: readonly Status[] | undefined;
};

/** Why our number is not another system's. */
export type DifferencesPort = {
  explain(asked: DifferenceAsked): Promise<DifferenceView | ArchivedMoment | "nothing-said">;
  /** The systems that have said a number of an item at a location. */
  sources(asked: { readonly itemId: ItemId; readonly locationId: LocationId }): Promise<readonly string[]>;
};
