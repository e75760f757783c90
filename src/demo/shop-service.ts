import { accountId } from "@crossdock/canonical";
import { type FakeItem, type FakeShopify, startFakeShopify } from "@crossdock/connector-shopify/fake";
import type { Client } from "./client-service.ts";
import { type Company, DEMO } from "./company.ts";
import { trailingNumber } from "./numbers.ts";
import { latestOrders, nextOrderNumber, type OrderNumbers } from "./order-numbers-service.ts";
import type { DemoParts, Run } from "./parts.ts";

/** What the shop is subscribed to: its word on what it shows would only say again what it was told. */
const WEBHOOK_TOPICS = ["orders/create", "orders/updated", "orders/cancelled"];
/** One webhook in so many is sent twice, or overtakes others. */
const WEBHOOK_FAULTS = { duplicate: 0.05, reorder: 0.1 };

/** Items that the shop sells, in the order in which it was stocked with them: its ids follow from that order. */
export const itemsInShop = (company: Company) => company.items.filter((item) => item.inShop);

/**
 * Starts the shop. It shows what it was last told, as a real shop would: shown anything else, it would disagree with the product
 * until the next change. It numbers its orders on from the last one.
 */
export async function startShop(options: {
  readonly parts: DemoParts;
  readonly company: Company;
  readonly run: Run;
  readonly orderNumbers: OrderNumbers;
  readonly client: Client;
  readonly isLively: boolean;
}): Promise<FakeShopify> {
  const { parts, company, run, orderNumbers, client, isLively } = options;
  const shown = await shownInShop(parts, company);
  const orders = await latestOrders(parts, DEMO.shopAccount);
  const firstOrderNumber = nextOrderNumber(orderNumbers, DEMO.shopAccount);
  const shop = await startFakeShopify({
    seed: `${run.seed}/${firstOrderNumber}`,
    // An event whose id the product has seen would be taken for a repetition, and a run without an order moves no number.
    eventIdSeed: run.number,
    now: run.now,
    // The largest plans have a budget that a whole assortment fits into.
    plan: "plus",
    items: itemsInShop(company).map(({ sku, itemId, description, rank }) => ({
      sku,
      title: description,
      price: `${5 + (rank % 90)}.95`,
      available: shown.get(itemId) ?? 0,
    })),
    firstOrderNumber,
    webhooks: { url: client.messagesUrl(DEMO.shopAccount), topics: WEBHOOK_TOPICS },
    ...(isLively ? { webhookFaults: WEBHOOK_FAULTS } : {}),
  });
  recallOrders(shop, company, orders);
  return shop;
}

/** A real shop knows the orders that are still to be shipped to its customers. */
function recallOrders(shop: FakeShopify, company: Company, orders: readonly OrderRow[]): void {
  const skuOf = new Map(company.items.map((item) => [item.itemId, item.sku]));
  for (const { order_number, content, received_at } of orders) {
    const orderNumber = trailingNumber(order_number);
    if (orderNumber === undefined) continue;
    const lines = content.lines.map(({ itemId, quantity }) => ({ sku: skuOf.get(itemId) ?? "", quantity }));
    shop.recallOrder({ orderNumber, lines, createdAt: received_at });
  }
}

async function shownInShop(parts: DemoParts, company: Company): Promise<ReadonlyMap<string, number>> {
  const ids = itemsInShop(company).map((item) => item.itemId);
  return await parts.availability.told(accountId(DEMO.shopAccount), ids);
}

type OrderRow = Awaited<ReturnType<DemoParts["orchestration"]["orderPage"]>>[number];

/** The shop's own names of its items. */
export function shopAliases(company: Company, listed: readonly FakeItem[]) {
  const bySku = new Map(listed.map((item) => [item.sku, item]));
  return itemsInShop(company).flatMap(({ sku, itemId }) => {
    const item = bySku.get(sku);
    if (item === undefined) return [];
    const base = { kind: "item" as const, scope: DEMO.shopAccount, target: itemId };
    return [
      { ...base, scheme: "shopify-variant", value: item.variantId },
      { ...base, scheme: "shopify-inventory-item", value: item.listing },
    ];
  });
}
