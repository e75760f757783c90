import { accountId } from "@crossdock/canonical";
import { type Company, DEMO } from "./company.ts";
import { nextNumber } from "./numbers.ts";
import type { DemoParts } from "./parts.ts";

/** Orders that are looked at, the newest first. Among them is the last number: they are listed by arrival. */
const ORDERS_LOOKED_AT = 500;
const FIRST_OF_SHOP = 1_001;
const FIRST_OF_RETAILER = 1;

/** The number of the next order of each account: how far what is wanted has come. */
export type OrderNumbers = ReadonlyMap<string, number>;

/** Asks the product which orders it has, so that each account numbers on from its last. */
export async function readOrderNumbers(parts: DemoParts, { retailers }: Company): Promise<OrderNumbers> {
  const firsts: [string, number][] = [
    [DEMO.shopAccount, FIRST_OF_SHOP],
    ...retailers.map(({ accountId: retailer }): [string, number] => [retailer, FIRST_OF_RETAILER]),
  ];
  const next = firsts.map(async ([account, first]): Promise<[string, number]> => {
    const orders = await latestOrders(parts, account);
    const numbers = orders.map((order) => order.order_number);
    return [account, nextNumber(numbers, first)];
  });
  return new Map(await Promise.all(next));
}

/** The number of an account's next order. */
export function nextOrderNumber(numbers: OrderNumbers, account: string): number {
  const number = numbers.get(account);
  if (number === undefined)
    throw new RangeError(`nobody has asked how far the orders of ${account} have come`);
  return number;
}

/** The latest orders of an account, the newest first. */
export function latestOrders(parts: DemoParts, account: string) {
  return parts.orchestration.orderPage({ limit: ORDERS_LOOKED_AT, accountIds: [accountId(account)] });
}
