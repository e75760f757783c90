import type { Instant, LocationId } from "@crossdock/canonical";

/** What is known of how far behind the sources of a channel's stock are. */
export type FreshnessPort = {
  /**
   * The sources that own stock at a channel's locations, and when something ships next from them; nothing for a channel that there is
   * not. It is remembered, so that asking costs nothing; `exact`: it is not older than a second.
   */
  of(
    channelId: string,
    exact: boolean,
  ): Promise<{
    readonly sources: {
      readonly source?: string;
      readonly locationIds: LocationId[];
      readonly heardAt?: Instant;
      readonly lagSeconds?: number;
    }[];
    readonly shipping: { readonly locationId: LocationId; readonly next: Instant }[];
  }>;
};
