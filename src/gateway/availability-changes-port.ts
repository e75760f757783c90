import type { Availability, ChannelId, ItemId, Reference } from "@crossdock/canonical";

/** One who watches what a channel may sell. */
export type AvailabilityWatch = {
  /** Waits until figures are other than they were told, and gives them as they are then. Undefined when there is nothing more to come. */
  next(): Promise<{ readonly cursor: string; readonly figures: readonly Availability[] } | undefined>;
  /** Where whoever was told everything so far stands; undefined before anything was. */
  cursor(): string | undefined;
  close(): void;
};

/** Changes of what may be promised, as they happen. */
export type AvailabilityChangesPort = {
  watch(asked: {
    readonly channelId: ChannelId;
    readonly items: readonly Reference[];
    /** Where one who watched the same before stood. */
    readonly after?: string | undefined;
  }): Promise<
    | {
        readonly is: "watching";
        readonly watch: AvailabilityWatch;
        readonly itemIds: readonly ItemId[];
        readonly unknown: readonly Reference[];
      }
    | { readonly is: "unknown-channel" }
  >;
};
