import type { Random } from "../platform/index.ts";
import { type Company, type DemoItem, type Retailer, rangeOf } from "./company.ts";

/** A line that somebody wants. `quantity` is in `unit`: eaches, or cases where the item comes in cases. */
export type WantedLine = { readonly item: DemoItem; readonly quantity: number; readonly unit: "EA" | "XCS" };

/** What a person buys in the shop. */
export type ShopWish = {
  readonly is: "shop";
  readonly customer: string;
  readonly lines: readonly WantedLine[];
};

/** What a retailer orders. Where it goes is the retailer's affair. */
export type RetailerWish = {
  readonly is: "retailer";
  readonly retailer: Retailer;
  readonly lines: readonly WantedLine[];
};

/** What the sales desk reserves, and what becomes of the hold. */
export type DeskWish = {
  readonly item: DemoItem;
  readonly quantity: number;
  readonly ttlSeconds: number;
  readonly ending: "allocate" | "release" | "let-expire";
};

/** Goods that come in from a supplier. */
export type Delivery = { readonly item: DemoItem; readonly warehouse: string; readonly quantity: number };

/** Goods that one warehouse sends to another. */
export type Move = { readonly item: DemoItem; readonly from: string; readonly to: string };

/** Everybody who wants something, with the order in which they want it: the same seed gives the same wishes. */
export type Demand = {
  nextOrder(): ShopWish | RetailerWish;
  nextDeskWish(): DeskWish;
  nextDelivery(): Delivery;
  /** Undefined when the item that was thought of lies in one warehouse only. */
  nextMove(): Move | undefined;
};

/** One order in seven comes from a retailer. It is larger than a person's by far. */
const RETAILER_SHARE = 1 / 7;
const SHOP_LINES_MAX = 3;
const RETAILER_LINES_MAX = 6;
/** A hold lives this long: long enough to be seen, short enough to be seen to expire. */
const TTL_SECONDS = { min: 5, max: 30 } as const;
/** Pieces of a delivery from a supplier. */
const DELIVERY_PIECES = { min: 20, max: 120 } as const;

const CUSTOMERS = [
  "Avery Quinn",
  "Sam Okafor",
  "Mina Laurent",
  "Joao Pereira",
  "Ines Fischer",
  "Theo Marsh",
] as const;

/** Makes the demand on a company. Popularity follows Zipf's law over the items' ranks. */
export function createDemand(company: Company, random: Random): Demand {
  const shopItems = company.items.filter((item) => item.inShop);
  const stocked = company.items.filter((item) => item.openingStock.length > 0);
  // A retailer orders what it lists, and nothing that no warehouse of its own could send.
  const ranges = new Map(
    company.retailers.map((retailer) => [retailer.accountId, rangeOf(company, retailer)]),
  );
  const one = (items: readonly DemoItem[], chance: Random): DemoItem => {
    const item = items[chance.zipf(items.length)];
    if (item === undefined) throw new RangeError("the company has no items to want");
    return item;
  };
  const several = (items: readonly DemoItem[], count: number, chance: Random) => [
    ...new Set(Array.from({ length: count }, () => one(items, chance))),
  ];
  // Each kind of wish draws from a stream of its own, so that more of one kind does not change the others.
  const orders = random.fork("orders");
  const desk = random.fork("desk");
  const dock = random.fork("dock");
  const lanes = random.fork("lanes");

  const shopWish = (): ShopWish => ({
    is: "shop",
    customer: orders.pick(CUSTOMERS),
    lines: several(shopItems, orders.integer(1, SHOP_LINES_MAX), orders).map((item) => ({
      item,
      quantity: orders.chance(0.7) ? 1 : orders.integer(2, 4),
      unit: "EA",
    })),
  });

  const retailerWish = (): RetailerWish => {
    const retailer = orders.pick(company.retailers);
    const listed = ranges.get(retailer.accountId) ?? [];
    const wanted = several(listed, orders.integer(2, RETAILER_LINES_MAX), orders);
    return { is: "retailer", retailer, lines: wanted.map((item) => retailLine(item, orders)) };
  };

  return {
    nextOrder: () => (orders.chance(RETAILER_SHARE) ? retailerWish() : shopWish()),
    nextDeskWish: () => ({
      item: one(company.items, desk),
      quantity: desk.integer(1, 3),
      ttlSeconds: desk.integer(TTL_SECONDS.min, TTL_SECONDS.max),
      ending: desk.pick(["allocate", "release", "let-expire", "let-expire"] as const),
    }),
    nextDelivery() {
      const item = one(stocked, dock);
      const { warehouse } = dock.pick(item.openingStock);
      return { item, warehouse, quantity: dock.integer(DELIVERY_PIECES.min, DELIVERY_PIECES.max) };
    },
    nextMove() {
      const item = one(stocked, lanes);
      const [from, to] = lanes.shuffle(item.openingStock);
      return from === undefined || to === undefined
        ? undefined
        : { item, from: from.warehouse, to: to.warehouse };
    },
  };
}

/** Retailers buy by the case where there are cases. */
function retailLine(item: DemoItem, chance: Random): WantedLine {
  const inCases = item.units.some(({ unit }) => unit === "XCS");
  return inCases
    ? { item, quantity: chance.integer(1, 2), unit: "XCS" }
    : { item, quantity: chance.integer(4, 16), unit: "EA" };
}
