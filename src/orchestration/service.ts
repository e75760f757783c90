import {
  type LinePromise,
  type Order,
  type OrderState,
  type PromisePolicy,
  type ShipTo,
  ZONE_LENGTH_MAX,
} from "@crossdock/canonical";
import {
  type Availabilities,
  locationsMaxOf,
  type OrderPromise,
  orderedUnitOf,
} from "../availability/index.ts";
import type { FactLog, LoggedFact, OwnFact, Subscriber } from "../backbone/index.ts";
import type { Governance } from "../governance/index.ts";
import { type Clock, type Database, type Metrics, Terminal, type Transaction } from "../platform/index.ts";
import { isServed, takeServed } from "./backorder-service.ts";
import { orchestrationErrors } from "./errors.ts";
import { isConverted, takeConversions } from "./merged-part-service.ts";
import { acknowledgement, type Items, linePromises, partsOf, stateAfterPromise } from "./order.ts";
import type { Papers } from "./papers.ts";
import { queueReleases } from "./release-service.ts";
import { createRelocation, type Relocations } from "./relocation-service.ts";
import { isDispatched, ordersIn, takeEarly, takeShipments } from "./shipment-service.ts";
import { isShort, takeShorts } from "./short-service.ts";
import { createShortfalls, type Shortfalls } from "./shortfall/service.ts";
import {
  countOpenOrders,
  insertLines,
  insertOrders,
  insertParts,
  type OrderLineRow,
  type OrderRow,
  selectLines,
  selectOrder,
  selectOrderByNumber,
  selectOrderPage,
  selectTakenNumbers,
} from "./store.ts";

/** The reader that decides orders and announces their shipments. */
export const ORDERS_SUBSCRIBER = "orders";
/** Orders decided in one transaction: their positions stay locked until it commits. */
const ORDERS_MAX = 100;

export type OrchestrationOptions = {
  readonly database: Database;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly factLog: FactLog;
  readonly governance: Governance;
  readonly availability: Pick<
    Availabilities,
    | "promise"
    | "notFoundOf"
    | "availability"
    | "relocate"
    | "proposeRelocation"
    | "reservation"
    | "reservationsOfOrder"
  >;
  readonly papers: Papers;
};

/** An order with its lines as they stand. */
export type OrderWithLines = { readonly order: OrderRow; readonly lines: readonly OrderLineRow[] };

/** Orders: decided as they come off the log, and readable. */
export type Orchestration = {
  readonly subscriber: Subscriber;
  /** Where less is there than is promised. */
  readonly shortfalls: Shortfalls;
  /** Lets units of a promise come from another location, and tells that one. */
  readonly relocations: Relocations;
  order(orderId: string): Promise<OrderWithLines | undefined>;
  orderByNumber(accountId: string, orderNumber: string): Promise<OrderWithLines | undefined>;
  orderPage(page: Parameters<typeof selectOrderPage>[1]): Promise<readonly OrderRow[]>;
};

/** Adds the orders that have not ended to the metrics; those on hold wait for a person. */
function observeOrders({ database, metrics }: OrchestrationOptions): void {
  metrics.gauge(
    {
      name: "orchestration_open_orders",
      help: "Orders that have not ended, by state; those on-hold wait for a person.",
      labels: ["state"],
    },
    async () =>
      (await countOpenOrders(database)).map(({ state, orders }) => ({ value: orders, labels: { state } })),
  );
}

/** Opens orchestration. */
export function createOrchestration(options: OrchestrationOptions): Orchestration {
  const { database } = options;
  observeOrders(options);
  const withLines = async (order: OrderRow | undefined) =>
    order === undefined ? undefined : { order, lines: await selectLines(database, [order.order_id]) };
  return {
    subscriber: options.factLog.subscribe({
      name: ORDERS_SUBSCRIBER,
      types: [
        "OrderReceived",
        "ShipmentDispatched",
        "ReservationShort",
        "ReservationConverted",
        "BackorderServed",
      ],
      batchOf: (facts) => endOfOrders(facts, ORDERS_MAX),
      // Its papers leave the house; reading an order again would promise it again.
      rewindable: false,
      handle: (tx, facts) => takeFacts(options, tx, facts),
    }),
    shortfalls: createShortfalls(options),
    relocations: createRelocation(options),
    order: async (orderId) => withLines(await selectOrder(database, orderId)),
    orderByNumber: async (accountId, number) =>
      withLines(await selectOrderByNumber(database, accountId, number)),
    orderPage: (page) => selectOrderPage(database, page),
  };
}

type Received = LoggedFact & { readonly type: "OrderReceived"; readonly data: Order };

/** How many facts there are up to and without the one that is about orders and would be one too many. */
function endOfOrders(facts: readonly LoggedFact[], ordersMax: number): number {
  let count = 0;
  const end = facts.findIndex((fact) => {
    count += isDispatched(fact) && ordersIn(fact).length === 0 ? 0 : 1;
    return count > ordersMax;
  });
  return end < 0 ? facts.length : end;
}

/** Orders first: a shipment on the same page may be of one of them. */
async function takeFacts(
  options: OrchestrationOptions,
  tx: Transaction,
  facts: readonly LoggedFact[],
): Promise<void> {
  const orders = facts.filter((fact): fact is Received => fact.type === "OrderReceived");
  const shipments = facts.filter(isDispatched);
  if (orders.length > 0) {
    await refuseTakenNumbers(tx, orders);
    await takeOrders(options, tx, orders);
  }
  await takeConversions(tx, facts.filter(isConverted));
  await takeShipments(options, tx, shipments);
  await takeShorts(options, tx, facts.filter(isShort));
  await takeServed(options, tx, facts.filter(isServed));
}

/**
 * Refuses orders whose number their account has used before for an order under another id: taking them would promise twice what may
 * have been asked for once, and leaving them out in silence would lose them. The reader goes on without the one that is refused, and
 * keeps it among its dead letters.
 */
async function refuseTakenNumbers(tx: Transaction, orders: readonly Received[]): Promise<void> {
  const text = (accountId: string, number: string) => `${accountId} ${number}`;
  const taken = await selectTakenNumbers(
    tx,
    orders.map(({ data }) => data.accountId),
    orders.map(({ data }) => data.orderNumber),
  );
  const holders = new Map(taken.map((row) => [text(row.account_id, row.order_number), row.order_id]));
  for (const { data, id } of orders) {
    const { accountId, orderNumber, orderId } = data;
    const holder = holders.get(text(accountId, orderNumber));
    if (holder !== undefined) {
      const message = `order ${id} of account ${accountId} has the number ${orderNumber}, which its order ${holder} has already, so nothing was promised of it. ${orchestrationErrors.orderNumberTaken.action}`;
      throw new Terminal(orchestrationErrors.orderNumberTaken, message, {
        fields: { accountId, orderNumber, orderId, holder },
      });
    }
    holders.set(text(accountId, orderNumber), orderId);
  }
}

/** An order with everything that was decided of it. */
type Decided = {
  readonly fact: Received;
  readonly lines: readonly LinePromise[];
  readonly state: OrderState;
  readonly promise: OrderPromise;
};

async function takeOrders(
  options: OrchestrationOptions,
  tx: Transaction,
  orders: readonly Received[],
): Promise<void> {
  const { availability, governance, clock, factLog } = options;
  const items = await governance.items(
    tx,
    orders.flatMap(({ data }) => data.lines.map((line) => line.itemId)),
  );
  const policies = await Promise.all(orders.map((fact) => policyOf(options, fact.data)));
  const promises = await availability.promise(
    tx,
    orders.map((fact, at) => toPromise(fact, items, policies[at] ?? "partial")),
  );
  const decided = orders.flatMap((fact, index): Decided[] => {
    const promise = promises[index];
    if (promise === undefined) throw new Error(`order ${fact.data.orderId} was given no decision`);
    const lines = linePromises(fact.data, promise);
    return [{ fact, lines, state: stateAfterPromise(lines), promise }];
  });
  const now = clock.now();
  const facts = await factLog.number(decided.map((order) => promisedFact(order, now)));
  factLog.append(tx, facts);
  await writeOrders(tx, decided, items, now);
  for (const order of decided) await queuePapers(options, tx, order, items);
  await takeEarly(
    options,
    tx,
    decided.map(({ fact }) => fact.data.orderId),
  );
}

/**
 * What an order that says nothing wants of what is not there. Who is sent an acknowledgement has read that it will not come, and orders anew;
 * everybody else has bought it, and waits.
 */
async function policyOf({ papers }: OrchestrationOptions, order: Order): Promise<PromisePolicy> {
  if (order.policy !== undefined) return order.policy;
  const isTold = await papers.supports(order.accountId, "order-acknowledgement", order);
  return isTold ? "partial" : "backorder";
}

function toPromise({ data, correlationId, id }: Received, items: Items, policy: PromisePolicy) {
  const { accountId, channelId, orderId, maxSplits, cancelAfter: waitUntil } = data;
  const needBy = data.shipBy ?? data.deliverBy;
  const lines = data.lines.map((line) => ({
    lineId: line.lineId,
    itemId: line.itemId,
    quantity: line.quantity,
    orderedUnit: orderedUnitOf(line.ordered, line.quantity),
    components: partsOf(line, items),
    ...(needBy === undefined ? {} : { needBy }),
    ...(waitUntil === undefined ? {} : { waitUntil }),
  }));
  const limits = locationsMaxOf({ policy, maxSplits });
  return {
    accountId,
    request: { channelId, orderId, policy, ...limits, ...destinationOf(data), lines, refused: [] },
    expiresAt: undefined,
    correlationId,
    causationId: id,
  };
}

/** The zone that an order goes to: the country of its ship-to party, and its postal code. */
function destinationOf({ parties = [] }: Received["data"]): { readonly destination?: ShipTo } {
  const { country, postalCode = "" } = parties.find(({ role }) => role === "ship-to") ?? {};
  if (country === undefined) return {};
  const plain = (text: string) => text.toUpperCase().replace(/[^A-Z0-9]/g, "");
  const zone = [plain(country), plain(postalCode)].filter((part) => part !== "").join("-");
  return zone === "" ? {} : { destination: { zone: zone.slice(0, ZONE_LENGTH_MAX) } };
}

function promisedFact({ fact, lines, state }: Decided, at: Date): OwnFact {
  const { orderId, channelId, accountId } = fact.data;
  const data = { orderId, channelId, accountId, state, lines: [...lines] };
  return {
    fact: { type: "OrderPromised", data },
    at,
    correlationId: fact.correlationId,
    causationId: fact.id,
  };
}

async function writeOrders(
  tx: Transaction,
  decided: readonly Decided[],
  items: Items,
  now: Date,
): Promise<void> {
  const orders = decided.map(({ fact, state }) => ({
    order: fact.data,
    state,
    correlationId: fact.correlationId,
    receivedAt: fact.recordedAt,
  }));
  const lines = decided.flatMap(({ fact, lines: promised }) =>
    promised.map((line) => ({
      order_id: fact.data.orderId,
      line_id: line.lineId,
      item_id: line.itemId,
      ordered: line.ordered,
      promised: line.promised,
    })),
  );
  const parts = decided.flatMap(({ fact }) =>
    fact.data.lines.flatMap((line) =>
      partsOf(line, items).map((part) => ({
        orderId: fact.data.orderId,
        lineId: line.lineId,
        itemId: part.itemId,
        perUnit: part.quantity,
      })),
    ),
  );
  await Promise.all([insertOrders(tx, orders, now), insertLines(tx, lines), insertParts(tx, parts)]);
}

/** The order's papers: the answer to the channel, and a release to each warehouse that has to pick. */
async function queuePapers(
  options: OrchestrationOptions,
  tx: Transaction,
  decided: Decided,
  items: Items,
): Promise<void> {
  const { papers, governance, clock } = options;
  const { fact, promise } = decided;
  const order = fact.data;
  const origin = { correlationId: fact.correlationId, causationId: fact.id };
  if (await papers.supports(order.accountId, "order-acknowledgement", order)) {
    const names = await governance.namesFor(
      tx,
      order.lines.map((line) => line.itemId),
      order.accountId,
    );
    const document = acknowledgement({
      order,
      lines: decided.lines,
      items,
      names,
      at: clock.now().toISOString(),
      waits: (promise.backorders ?? []).length > 0,
    });
    await papers.enqueue(tx, {
      accountId: order.accountId,
      kind: document.kind,
      key: order.orderId,
      document,
      ...origin,
    });
  }
  await queueReleases(options, tx, { order, reservations: promise.reservations, ...origin });
}
