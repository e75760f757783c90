import type { Backorder, BackorderId, ChannelId, ItemId, Measure, OrderId } from "@crossdock/canonical";
import type { KeepAnswer } from "../platform/index.ts";
import type { Caller, Page, PageRequest } from "./asking.ts";

/** What is asked of a backorder, in the units of its item. */
export type BackorderChangeAsked =
  | { readonly kind: "cancel" }
  | { readonly kind: "reduce"; readonly waiting: Measure }
  | { readonly kind: "date"; readonly needBy?: Date | null; readonly until?: Date | null };

/** How a change went. */
export type BackorderChanged =
  | { readonly is: "done"; readonly already: boolean; readonly backorder: Backorder }
  | {
      readonly is: "refused";
      readonly reason: "unknown-backorder" | "wrong-state" | "not-possible";
      readonly message: string;
    };

/** Which backorders a list is about; of what is left out, all. */
export type BackordersAsked = PageRequest & {
  readonly itemId?: ItemId | undefined;
  readonly channelId?: ChannelId | undefined;
  readonly orderId?: OrderId | undefined;
  /** Those that have ended too. */
  readonly withEnded: boolean;
};

/** What waits for stock. */
export type BackordersPort = {
  /** In the order in which they came. */
  page(asked: BackordersAsked): Promise<Page<Backorder> | "bad-cursor">;
  find(backorderId: BackorderId): Promise<Backorder | undefined>;
  /** What is changed is committed together with what `keep` keeps. */
  change(
    command: {
      readonly backorderId: BackorderId;
      readonly change: BackorderChangeAsked;
      readonly because: string;
      readonly caller: Caller;
    },
    keep: KeepAnswer<BackorderChanged>,
  ): Promise<BackorderChanged>;
};
