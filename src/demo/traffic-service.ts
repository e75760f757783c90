import { seededRandom } from "../platform/index.ts";
import { pause, until } from "./client-service.ts";
import { buyerPartsOf, DEMO } from "./company.ts";
import { createDemand, type RetailerWish, type ShopWish } from "./demand.ts";
import type { Run } from "./parts.ts";
import type { Problems } from "./problems.ts";
import { isQuiet } from "./quiet-service.ts";
import { openSalesDesk } from "./sales-desk-service.ts";
import type { Simulation } from "./simulation-service.ts";

/** One tick of the warehouses: an order is picked, packed and shipped in three of them. */
const TICK_MS = 1_000;
/** Files that retailers have not filled by then are sent as they are. */
const FLUSH_EVERY_TICKS = 5;
/** How often something else goes with an order: the desk reserves, goods come in, goods move. */
const DESK_SHARE = 0.3;
const DELIVERY_SHARE = 0.25;
const MOVE_SHARE = 0.05;
/** How long the day may take to be finished when we are stopped. */
const CLOSING_MS_MAX = 5_000;
const CLOSING_PAUSE_MS = 20;

/** An order as its channel numbers it. */
export type PlacedOrder = { readonly accountId: string; readonly orderNumber: string };

/** What happens in the simulated world: by itself at a pace, or step by step. */
export type Traffic = {
  /** The next order with what goes with it. Resolves when the product has taken it; undefined when it was sold out. */
  order(): Promise<PlacedOrder | undefined>;
  /** One tick in every warehouse. */
  work(): Promise<void>;
  /** Sends what has been written and not sent, and waits until the product has taken it. */
  send(): Promise<void>;
  start(ordersPerMinute: number): void;
  /**
   * Takes no more orders, ships what was released, and waits until the product has told its partners everything; a few seconds
   * at most, because what is left then goes on at the next start.
   */
  stop(): Promise<void>;
};

/**
 * Makes the traffic. What is wanted follows from the seed and from the orders that there are, and from no clock: two fresh starts
 * are asked for the same, and a later one goes on with something else. Each step waits for the product, so a slow one slows it.
 */
export function createTraffic(simulation: Simulation): Traffic {
  const { company, run, orderNumbers, warehouses, problems } = simulation;
  const random = seededRandom(`${run.seed}-traffic-${[...orderNumbers.values()].join("-")}`);
  const demand = createDemand(company, random.fork("demand"));
  const chance = random.fork("chance");
  const desk = openSalesDesk(simulation.client, problems, wishKeys(run));
  const partsOf = new Map(
    company.retailers.map(({ accountId }) => [accountId, buyerPartsOf(company, accountId)]),
  );
  const stopping = new AbortController();
  const loops: Promise<void>[] = [];
  let ticks = 0;

  async function order(): Promise<PlacedOrder | undefined> {
    const wanted = demand.nextOrder();
    const placed =
      wanted.is === "shop"
        ? buyInShop(simulation, wanted)
        : orderByEdi(simulation, wanted, partsOf.get(wanted.retailer.accountId));
    if (chance.chance(DELIVERY_SHARE)) {
      const { item, warehouse, quantity } = demand.nextDelivery();
      warehouses.receive({ sku: item.sku, warehouse, quantity });
    }
    const move = chance.chance(MOVE_SHARE) ? demand.nextMove() : undefined;
    if (move !== undefined) warehouses.move({ sku: move.item.sku, from: move.from, to: move.to });
    const wish = chance.chance(DESK_SHARE) ? demand.nextDeskWish() : undefined;
    const reserved = wish === undefined ? undefined : desk.reserve(wish);
    await until(Promise.all([reserved, taken(simulation)]), stopping.signal);
    return placed;
  }

  async function work(): Promise<void> {
    ticks += 1;
    if (ticks % FLUSH_EVERY_TICKS === 0) flush(simulation);
    await until(warehouses.tick(), stopping.signal);
  }

  return {
    order,
    work,
    async send() {
      flush(simulation);
      await until(taken(simulation), stopping.signal);
    },
    start(ordersPerMinute) {
      const again = { end: stopping.signal, problems };
      loops.push(repeat({ everyMs: 60_000 / ordersPerMinute, work: order, ...again }));
      loops.push(repeat({ everyMs: TICK_MS, work, ...again }));
    },
    async stop() {
      stopping.abort();
      await Promise.all(loops);
      await finishTheDay(simulation, AbortSignal.timeout(CLOSING_MS_MAX));
    },
  };
}

/** Keys of the desk's wishes. The run is in them, because one in which only the desk was busy has moved no order number. */
function wishKeys(run: Run): () => string {
  let wishes = 0;
  return () => {
    wishes += 1;
    return `desk-${run.number}-${wishes}`;
  };
}

function buyInShop({ shop }: Simulation, { lines, customer }: ShopWish): PlacedOrder | undefined {
  // What is sold out is not bought: the shop refuses it, and the customer goes elsewhere.
  const answer = shop.placeOrder(
    lines.map(({ item, quantity }) => ({ sku: item.sku, quantity })),
    customer,
  );
  return answer.placed ? { accountId: DEMO.shopAccount, orderNumber: `#${answer.orderNumber}` } : undefined;
}

/** Data element 355 of the units that retailers order in. */
const X12_UNITS = { EA: "EA", XCS: "CA" } as const;

function orderByEdi(
  { retailers }: Simulation,
  { retailer, lines }: RetailerWish,
  parts: ReadonlyMap<string, string> | undefined,
): PlacedOrder | undefined {
  const { accountId } = retailer;
  const order = retailers.get(accountId)?.placeOrder(
    lines.map(({ item, quantity, unit }) => {
      const buyerPart = parts?.get(item.itemId);
      return {
        vendorPart: item.sku,
        ...(buyerPart === undefined ? {} : { buyerPart }),
        quantity,
        unit: X12_UNITS[unit],
        description: item.description,
      };
    }),
  );
  return order === undefined ? undefined : { accountId, orderNumber: order.orderNumber };
}

function flush({ retailers }: Simulation): void {
  for (const retailer of retailers.values()) retailer.flush();
}

/** Resolves when everything that was sent has been taken. */
async function taken({ shop, retailers }: Simulation): Promise<void> {
  const mail = [...retailers.values()].map((retailer) => retailer.mailSettled());
  await Promise.all([shop.webhooksSettled(), ...mail]);
}

type Repeated = {
  readonly everyMs: number;
  readonly work: () => Promise<unknown>;
  readonly end: AbortSignal;
  readonly problems: Problems;
};

/** Does something at a pace. What is late is not made up for: a slow product gets less traffic and no flood. */
async function repeat({ everyMs, work, end, problems }: Repeated): Promise<void> {
  let next = performance.now();
  while (!end.aborted) {
    await work().catch((error: unknown) => problems.add(`the traffic stumbled: ${String(error)}`));
    next = Math.max(next + everyMs, performance.now());
    await pause(Math.max(0, next - performance.now()), end);
  }
}

/** The end of the shift: what lies on the floor is shipped, what is on the road arrives, and the post is brought away. */
async function finishTheDay(simulation: Simulation, end: AbortSignal): Promise<void> {
  const { warehouses, parts, problems } = simulation;
  warehouses.arrive();
  flush(simulation);
  try {
    while (!end.aborted) {
      await until(warehouses.tick(), end);
      await until(taken(simulation), end);
      if (warehouses.unfinished() === 0) {
        await until(warehouses.drain(), end);
        if ((await isQuiet(parts)) && warehouses.unfinished() === 0) return;
      }
      await pause(CLOSING_PAUSE_MS, end);
    }
  } catch (error) {
    problems.add(`the day could not be finished: ${String(error)}`);
  }
}
