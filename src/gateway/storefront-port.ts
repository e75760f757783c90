import type { ChannelId, Instant, ItemId, Quantity, Reference } from "@crossdock/canonical";

/** What buyers are told of an item. */
export type ShownItem = {
  readonly itemId: ItemId;
  readonly sku: string | undefined;
  readonly state: "in-stock" | "low" | "by-date" | "out";
  /** From when on there are some again; of what is to come by a date. */
  readonly availableFrom?: Instant | undefined;
  readonly availableToPromise: Quantity;
};

/** What a shop shows of items. */
export type StorefrontPort = {
  show(question: { readonly channelId: ChannelId; readonly items: readonly Reference[] }): Promise<
    | {
        readonly is: "answered";
        readonly items: readonly ShownItem[];
        readonly unknown: readonly Reference[];
      }
    | { readonly is: "unknown-channel" }
  >;
};
