import { accountId, channelId } from "@crossdock/canonical";
import { type FakeItem, type FakeShopify, startFakeShopify } from "@crossdock/connector-shopify/fake";
import type { Client } from "./client-service.ts";
import { type Company, DEMO } from "./company.ts";
import { nextNumber, trailingNumber } from "./numbers.ts";
import type { DemoParts, Run } from "./parts.ts";

const FIRST_ORDER_NUMBER = 1_001;
/** Orders that are known again, the newest first. Among them is the last number: they are listed by arrival. */
const ORDERS_LOOKED_AT = 500;
/** Items asked for at a time. */
const ITEMS_PER_QUESTION = 500;
/** What the shop is subscribed to: its word on what it shows would only say again what it was told. */
const WEBHOOK_TOPICS = ["orders/create", "orders/updated", "orders/cancelled"];
/** One webhook in so many is sent twice, or overtakes others. */
const WEBHOOK_FAULTS = { duplicate: 0.05, reorder: 0.1 };

/** Items that the shop sells, in the order in which it was stocked with them: its ids follow from that order. */
export const itemsInShop = (company: Company) => company.items.filter((item) => item.inShop);

/**
 * Starts the shop. It shows what the product would tell it now, because a real shop has kept what it was told, and numbers its
 * orders on from the last one.
 */
export async function startShop(options: {
  readonly parts: DemoParts;
  readonly company: Company;
  readonly run: Run;
  readonly client: Client;
  readonly isLively: boolean;
}): Promise<FakeShopify> {
  const { parts, company, run, client, isLively } = options;
  const shown = await availableInShop(parts, company);
  const orders = await latestOrders(parts, DEMO.shopAccount);
  const shop = await startFakeShopify({
    seed: run.number,
    now: run.now,
    // The largest plans have a budget that a whole assortment fits into.
    plan: "plus",
    items: itemsInShop(company).map(({ sku, itemId, description, rank }) => ({
      sku,
      title: description,
      price: `${5 + (rank % 90)}.95`,
      available: shown.get(itemId) ?? 0,
    })),
    firstOrderNumber: nextNumber(numbersOf(orders), FIRST_ORDER_NUMBER),
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

async function availableInShop(parts: DemoParts, company: Company): Promise<ReadonlyMap<string, number>> {
  const ids = itemsInShop(company).map((item) => item.itemId);
  const shown = new Map<string, number>();
  for (let from = 0; from < ids.length; from += ITEMS_PER_QUESTION) {
    const page = ids.slice(from, from + ITEMS_PER_QUESTION);
    const figures = await parts.availability.availability(channelId(DEMO.shopChannel), page);
    for (const { itemId, availableToPromise } of figures ?? []) shown.set(itemId, availableToPromise);
  }
  return shown;
}

type OrderRow = Awaited<ReturnType<DemoParts["orchestration"]["orderPage"]>>[number];

function latestOrders(parts: DemoParts, account: string): Promise<readonly OrderRow[]> {
  return parts.orchestration.orderPage({ limit: ORDERS_LOOKED_AT, accountIds: [accountId(account)] });
}

const numbersOf = (orders: readonly OrderRow[]) => orders.map((order) => order.order_number);

/** The number of an account's next order. */
export async function nextOrderNumber(parts: DemoParts, account: string, first: number): Promise<number> {
  return nextNumber(numbersOf(await latestOrders(parts, account)), first);
}

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
