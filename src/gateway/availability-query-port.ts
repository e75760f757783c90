import type { Availability, ChannelId, LocationId, Quantity, Reference } from "@crossdock/canonical";

/** An item of a query as it was found, with what each location can have promised. */
export type QueriedItem = {
  readonly item: Reference;
  readonly figure: Availability;
  readonly cells: readonly { readonly locationId: LocationId; readonly availableToPromise: Quantity }[];
  readonly atLocations: Quantity;
};

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
  }): Promise<AvailabilityQueryAnswer>;
};
