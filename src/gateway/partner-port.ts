import type { AccountId, Instant, ItemId, LineId, OrderId, OrderState, Quantity } from "@crossdock/canonical";
import type { Page, PageRequest } from "./asking.ts";

/** What a partner may have of an item, under the partner's own part number. */
export type PartnerItem = {
  readonly name: string;
  readonly itemId: ItemId;
  readonly sku: string;
  readonly available: Quantity;
  /** When there will be more next, and how many more. */
  readonly next?: { readonly at: Instant; readonly units: Quantity } | undefined;
};

/** An open order of a partner. */
export type PartnerOrder = {
  readonly orderId: OrderId;
  readonly orderNumber: string;
  readonly state: OrderState;
  readonly receivedAt: Instant;
  readonly lines: readonly {
    readonly lineId: LineId;
    readonly itemId: ItemId;
    /** The partner's own part number; absent where the order gave none. */
    readonly name?: string | undefined;
    readonly ordered: Quantity;
    readonly promised: Quantity;
    readonly shipped: Quantity;
  }[];
};

/** What a partner's portal asks, for one account. */
export type PartnerPort = {
  items(
    accountId: AccountId,
    names: readonly string[],
  ): Promise<
    | { readonly is: "answered"; readonly items: readonly PartnerItem[]; readonly unknown: readonly string[] }
    | { readonly is: "no-channel" }
  >;
  openOrders(accountId: AccountId, page: PageRequest): Promise<Page<PartnerOrder> | "bad-cursor">;
};
