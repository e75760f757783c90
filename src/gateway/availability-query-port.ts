import type { ChannelId, LocationId, Quantity, Reference } from "@crossdock/canonical";
import type { Figure } from "./availability-port.ts";

/** A figure with what each location can have promised. While nothing changes it is the same object. */
export type QueriedFigure = {
  readonly figure: Figure;
  readonly cells: readonly { readonly locationId: LocationId; readonly availableToPromise: Quantity }[];
  readonly atLocations: Quantity;
};

/** What was found under a name of a query. */
export type QueriedItem = { readonly item: Reference; readonly found: QueriedFigure };

export type AvailabilityQueryAnswer =
  | {
      readonly is: "answered";
      /** In the order of asking, all of one snapshot. */
      readonly items: readonly QueriedItem[];
      readonly unknownItems: readonly Reference[];
      readonly unknownLocations: readonly Reference[];
      readonly outsideNetwork: readonly LocationId[];
      readonly bookVersion: number;
      readonly asOf: string;
    }
  | { readonly is: "unknown-channel" };

/** What may be promised of many items from many locations, by any names that we know. */
export type AvailabilityQueryPort = {
  query(question: {
    readonly channelId: ChannelId;
    readonly items: readonly Reference[];
    readonly locations?: readonly Reference[] | undefined;
    /** Nothing that is committed is missing in the answer. */
    readonly fresh: boolean;
  }): Promise<AvailabilityQueryAnswer>;
};
