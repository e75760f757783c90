/** The gateway's ports in memory: small and exact. The real parts meet the gateway in test/scenarios. */
import {
  type AccountId,
  type Availability,
  accountId,
  channelId,
  documentId,
  itemId,
  locationId,
  messageId,
  type Order,
  orderId,
  quantity,
  quantityDelta,
  type RecordedFact,
  type Reference,
  type Reservation,
  type ReservationAnswer,
  type ReservationRequest,
  reservationId,
  snapshotPageId,
} from "@crossdock/canonical";
import { LOG_START, parsePosition } from "../../src/backbone/index.ts";
import type {
  AvailabilityPort,
  Delivery,
  DocumentsPort,
  EventsPort,
  MessageStatus,
  MessagesPort,
  NamesPort,
  OrdersPort,
  OrderView,
  Page,
  PageRequest,
  ParkedPort,
  ParkedRecord,
  PositionsPort,
  PositionView,
  RefusedDocument,
  ReservationStep,
  ReservationsPort,
  StatementsPort,
} from "../../src/gateway/index.ts";
import type { Ids } from "../../src/platform/index.ts";
import { memoryDated } from "./dated-port.ts";
import { changedReservation } from "./reservation-changes.ts";

export const NOW = "2026-03-02T09:00:00.000Z";
export const shop = accountId("shop-1");
export const warehouse = accountId("wms-berlin");
export const channel = channelId("web");
export const berlin = locationId("berlin");
export const bolt = itemId("item-bolt");
const accounts: ReadonlySet<string> = new Set([shop, warehouse]);

/** A page out of a whole list; cursors are places in it. */
export function pageOf<Row>(rows: readonly Row[], { after, limit }: PageRequest): Page<Row> | "bad-cursor" {
  const start = after === undefined ? 0 : Number(after);
  if (!Number.isSafeInteger(start)) return "bad-cursor";
  const end = start + limit;
  return end < rows.length
    ? { rows: rows.slice(start, end), next: String(end) }
    : { rows: rows.slice(start) };
}

export type MessageBook = MessagesPort & {
  readonly deliveries: Delivery[];
  readonly messages: Map<string, MessageStatus>;
};

/** Messages whose body is their key. `broken` is not genuine without a key, `void` holds nothing, `again` comes twice. */
export function memoryMessages(ids: Ids): MessageBook {
  const messages = new Map<string, MessageStatus>();
  const deliveries: Delivery[] = [];
  const kept = new Map<string, Delivery>();
  return {
    messages,
    deliveries,
    async receive(delivery) {
      deliveries.push(delivery);
      if (!accounts.has(delivery.accountId)) return { is: "unknown-account" };
      const text = Buffer.from(delivery.body).toString("latin1");
      const isSigned = delivery.clientId !== undefined || delivery.headers["x-signature"] === "right";
      if (!isSigned) return { is: "not-genuine", reason: "The field x-signature does not match the body." };
      if (text === "void") return { is: "refused", reason: "There is no event in the body." };
      const id = messageId(ids.next());
      kept.set(id, delivery);
      messages.set(id, {
        messageId: id,
        accountId: delivery.accountId,
        kind: "events",
        state: text === "slow" ? "stored" : text === "other" ? "suspect" : "mapped",
        receivedAt: NOW,
        deliveries: 1,
        records: 1,
        applied: text === "slow" ? 0 : 1,
        duplicates: 0,
        ignored: 0,
        parked: 0,
        correlationId: delivery.correlationId,
      });
      const answer = text === "again" ? "duplicate" : text === "other" ? "suspect" : "stored";
      return { is: "received", answer, messageIds: [id] };
    },
    find: async (id) => messages.get(id),
    async content(id) {
      const delivery = kept.get(id);
      return delivery && { contentType: delivery.headers["content-type"], body: delivery.body };
    },
    async troubled({ after, limit, accountIds }) {
      const all = [...messages.values()].filter(({ state }) => state === "suspect" || state === "dead");
      const seen = all.filter((row) => accountIds === undefined || accountIds.includes(row.accountId));
      return pageOf(seen, { after, limit });
    },
    async release(id) {
      const message = messages.get(id);
      if (message === undefined || message.state === "mapped" || message.state === "stored") return false;
      messages.set(id, { ...message, state: "stored" });
      return true;
    },
    async dismiss({ messageId: id, because, caller }) {
      const message = messages.get(id);
      if (message?.state !== "suspect") return false;
      const dismissed = { at: NOW, because: `${because} (${caller.clientId})` };
      messages.set(id, { ...message, state: "dismissed", dismissed });
      return true;
    },
    waitUntilMapped: async (wanted) => wanted.flatMap((id) => messages.get(id) ?? []),
  };
}

/** Statements whose id was seen are duplicates; of the scheme `new`, they wait for their item. */
export function memoryStatements(): StatementsPort & { readonly batches: number[] } {
  const seen = new Set<string>();
  const batches: number[] = [];
  return {
    batches,
    async submit({ accountId: account, statements }) {
      if (!accounts.has(account)) return { is: "unknown-account" };
      batches.push(statements.length);
      const results = statements.map((statement) => {
        const id = "id" in statement ? statement.id : snapshotPageId(statement.data);
        if (seen.has(id)) return { outcome: "duplicate" as const };
        seen.add(id);
        const isNew = "item" in statement.data && statement.data.item.scheme === "new";
        return isNew
          ? { outcome: "parked" as const, reason: "unknown-item", detail: "No item has this name yet." }
          : { outcome: "accepted" as const };
      });
      return { is: "taken", results, rowsParked: 0 };
    },
  };
}

export function memoryDocuments(): DocumentsPort {
  const documents = [1, 2, 3].map((number) => ({
    documentId: documentId(`doc-${number}`),
    kind: "order-acknowledgement",
    name: `ack ${number}.edi`,
    contentType: "application/edi-x12",
    createdAt: NOW,
  }));
  const refused = new Map(
    [1, 2].map((number): [string, RefusedDocument] => [
      `refused-${number}`,
      {
        documentId: documentId(`refused-${number}`),
        accountId: warehouse,
        kind: "ship-notice",
        state: "refused",
        problem: "item item-bolt has no name that the partner knows",
        attempts: 0,
        createdAt: NOW,
        correlationId: "journey-1",
      },
    ]),
  );
  return {
    outbox: async (account, page) => (account === warehouse ? pageOf(documents, page) : "unknown-account"),
    async content(id, { accountIds }) {
      const found = documents.find((document) => document.documentId === id);
      if (found === undefined || !(accountIds?.includes(warehouse) ?? true)) return undefined;
      return { accountId: warehouse, ...found, body: Uint8Array.of(73, 83, 65, 0, 255) };
    },
    async refused({ state, accountIds, ...page }) {
      const reached = [...refused.values()].filter((row) => accountIds?.includes(row.accountId) ?? true);
      return pageOf(
        reached.filter((row) => row.state === state),
        page,
      );
    },
    find: async (id) => refused.get(id),
    async retry(id) {
      const found = refused.get(id);
      if (found === undefined || found.state === "queued") return false;
      refused.set(id, { ...found, state: "queued" });
      return true;
    },
    async dismiss({ documentId: id, because, caller }) {
      const found = refused.get(id);
      if (found?.state !== "refused") return false;
      const dismissed = { at: NOW, because: `${because} (${caller.clientId})` };
      refused.set(id, { ...found, state: "dismissed", dismissed });
      return true;
    },
  };
}

export type ParkedBook = ParkedPort & { readonly records: Map<string, ParkedRecord> };

/** Two records: the first is applied when retried, the second is parked again. */
export function memoryParked(): ParkedBook {
  const records = new Map(
    [0, 1].map((record): [string, ParkedRecord] => [
      `msg-1/${record}`,
      {
        messageId: messageId("msg-1"),
        record,
        accountId: warehouse,
        at: `/events/${record}`,
        reason: "unknown-item",
        detail: "No item has the name sku:NEW-1.",
        waitsFor: { kind: "item", reference: "sku:NEW-1" },
        state: "waiting",
        parkedAt: NOW,
        attempts: 1,
      },
    ]),
  );
  const settled = new Map<string, "applied" | "dropped">();
  return {
    records,
    page: async ({ accountIds, ...page }) =>
      pageOf(
        [...records.values()].filter((record) => accountIds?.includes(record.accountId) ?? true),
        page,
      ),
    accountOf: async (record) => records.get(`${record.messageId}/${record.record}`)?.accountId,
    async retry({ messageId: id, record }) {
      const place = `${id}/${record}`;
      const before = settled.get(place);
      if (before !== undefined) return { state: before, already: true };
      if (record === 1)
        return { state: "waiting", already: false, reason: "unknown-item", detail: "Still unknown." };
      settled.set(place, "applied");
      return { state: "applied", already: false };
    },
    async drop({ messageId: id, record }) {
      const place = `${id}/${record}`;
      const already = settled.has(place);
      settled.set(place, settled.get(place) ?? "dropped");
      return { state: settled.get(place) ?? "dropped", already };
    },
  };
}

export type ReservationBook = ReservationsPort & {
  setStock(units: number): void;
  readonly reservations: Map<string, Reservation>;
};

type Bench = { stock: number; readonly reservations: Map<string, Reservation>; readonly ids: Ids };

/** One item at one location. Keys are kept with the request, as the availability part does in its transaction. */
export function memoryReservations(ids: Ids): ReservationBook {
  const bench: Bench = { stock: 100, reservations: new Map(), ids };
  const answers = new Map<string, { readonly text: string; readonly answer: ReservationAnswer }>();
  return {
    reservations: bench.reservations,
    setStock(units) {
      bench.stock = units;
    },
    async reserve({ request, caller, idempotencyKey }) {
      if (request.channelId !== channel) return { is: "unknown-channel" };
      const place = idempotencyKey === undefined ? undefined : `${caller.clientId}/${idempotencyKey}`;
      const text = JSON.stringify(request);
      const before = place === undefined ? undefined : answers.get(place);
      if (before !== undefined) {
        if (before.text !== text) return { is: "key-reused" };
        return { is: "answered", answer: before.answer, replayed: true };
      }
      const answer = decide(bench, request);
      if (place !== undefined) answers.set(place, { text, answer });
      return { is: "answered", answer, replayed: false };
    },
    find: async (id) => bench.reservations.get(id),
    release: async (id) => move(bench, id, "released"),
    allocate: async (id) => move(bench, id, "allocated"),
    stepAll: async (ids, step) =>
      new Map(ids.map((id) => [id, move(bench, id, step === "allocate" ? "allocated" : "released")])),
    change: async ({ reservationId: id, change }) => changedReservation(bench.reservations, id, change),
    history: async (id) => (bench.reservations.has(id) ? [] : undefined),
    sourcing: async () => undefined,
    quote: async () => undefined,
  };
}

function decide(bench: Bench, request: ReservationRequest): ReservationAnswer {
  const made: Reservation[] = [];
  const rejections: ReservationAnswer["rejections"] = [];
  for (const { lineId, item, quantity: measure } of request.lines) {
    const wanted = Number(measure.value);
    if (item.value !== "BOLT-M8") {
      rejections.push({ lineId, reason: "unknown-item", message: `${item.scheme}:${item.value} is unknown` });
    } else if (wanted > bench.stock) {
      const shortBy = quantity(wanted - bench.stock);
      const reason = "insufficient-stock";
      rejections.push({ lineId, itemId: bolt, reason, shortBy, message: `${shortBy} short` });
    } else if (wanted > 0 && Number.isInteger(wanted)) {
      bench.stock -= wanted;
      made.push(heldReservation(bench.ids, { channelId: request.channelId, lineId, wanted }));
    } else {
      rejections.push({
        lineId,
        itemId: bolt,
        reason: "unit-refused",
        message: `${wanted} is no number of pieces`,
      });
    }
  }
  for (const each of made) bench.reservations.set(each.reservationId, each);
  const outcome = made.length === 0 ? "rejected" : rejections.length === 0 ? "reserved" : "partly-reserved";
  return { outcome, reservations: made, rejections, decidedAt: NOW };
}

type Held = Pick<Reservation, "channelId" | "lineId"> & { readonly wanted: number };

function heldReservation(ids: Ids, { channelId: sold, lineId, wanted }: Held): Reservation {
  return {
    reservationId: reservationId(ids.next()),
    channelId: sold,
    lineId,
    itemId: bolt,
    locationId: berlin,
    lot: "",
    quantity: quantity(wanted),
    state: "held",
    expiresAt: "2026-03-02T09:15:00.000Z",
  };
}

function move(bench: Bench, id: string, to: "allocated" | "released"): ReservationStep {
  const reservation = bench.reservations.get(id);
  if (reservation === undefined) {
    return {
      is: "refused",
      refusal: { reason: "unknown-reservation", message: `There is no reservation ${id}.` },
    };
  }
  if (to === "allocated" && reservation.state === "released") {
    return { is: "refused", refusal: { reason: "wrong-state", message: "The reservation was released." } };
  }
  const { expiresAt: _ended, ...rest } = reservation;
  const moved: Reservation = { ...rest, state: to };
  bench.reservations.set(id, moved);
  return { is: "done", reservation: moved, already: reservation.state === to };
}

export type OrderBook = OrdersPort & { readonly orders: Map<string, OrderView>; submissions: number };

/** Orders by number: the same again is a duplicate, another of the same number is refused. */
export function memoryOrders(ids: Ids): OrderBook {
  const orders = new Map<string, OrderView>();
  const byNumber = new Map<string, { readonly text: string; readonly id: Order["orderId"] }>();
  const book: OrderBook = {
    orders,
    submissions: 0,
    async submit({ accountId: account, statement, caller }) {
      book.submissions += 1;
      if (!accounts.has(account)) return { is: "unknown-account" };
      const { data } = statement;
      const text = JSON.stringify(data);
      const before = byNumber.get(`${account}/${data.orderNumber}`);
      if (before !== undefined) {
        return { is: before.text === text ? "duplicate" : "number-taken", orderId: before.id };
      }
      if (data.lines.some((line) => line.item.scheme === "new")) {
        return { is: "parked", messageId: messageId("msg-7"), detail: "sku:NEW-1 is unknown." };
      }
      if (data.lines.some((line) => Number(line.quantity.value) <= 0)) {
        const errors = [{ pointer: "/order/data/lines/0/quantity", message: "must be above zero" }];
        return { is: "refused", errors };
      }
      const id = orderId(ids.next());
      byNumber.set(`${account}/${data.orderNumber}`, { text, id });
      orders.set(id, viewOf(id, { account, data, correlationId: caller.correlationId }));
      return { is: "accepted", orderId: id };
    },
    find: async (id) => orders.get(id),
    async page({ accountIds, ...page }) {
      const rows = [...orders.values()]
        .filter((view) => accountIds?.includes(view.order.accountId) ?? true)
        .map(({ order, state, receivedAt, changedAt }) => ({
          orderId: order.orderId,
          accountId: order.accountId,
          channelId: order.channelId,
          orderNumber: order.orderNumber,
          state,
          receivedAt,
          changedAt,
        }));
      return pageOf(rows, page);
    },
  };
  return book;
}

type Placed = {
  readonly account: AccountId;
  readonly data: Parameters<OrdersPort["submit"]>[0]["statement"]["data"];
  readonly correlationId: string;
};

function viewOf(id: Order["orderId"], { account, data, correlationId }: Placed): OrderView {
  const lines = data.lines.map(({ lineId, item: _name, quantity: ordered }) => ({
    lineId,
    itemId: bolt,
    ordered,
    quantity: quantity(Number(ordered.value)),
  }));
  return {
    order: { orderId: id, accountId: account, channelId: channel, ...data, lines },
    state: "received",
    lines: lines.map((line) => ({
      lineId: line.lineId,
      itemId: bolt,
      ordered: line.quantity,
      promised: quantity(0),
      short: quantity(0),
      shipped: quantity(0),
    })),
    correlationId,
    receivedAt: NOW,
    changedAt: NOW,
  };
}

const none = quantityDelta(0);

export const boltPosition: PositionView = {
  positionId: "17",
  itemId: bolt,
  locationId: berlin,
  lot: "",
  onHand: quantityDelta(9),
  statuses: {
    available: quantityDelta(7),
    held: quantityDelta(2),
    allocated: none,
    picked: none,
    "channel-reserved": none,
    quarantined: none,
    damaged: none,
    "in-transit": none,
  },
  uncovered: quantity(0),
  version: 4,
};

export function memoryPositions(facts: readonly RecordedFact[]): PositionsPort {
  const side = { positionId: "17", locationId: berlin };
  const supplier = { positionId: "1", locationId: locationId("supplier"), status: "available" as const };
  return {
    async page({ itemId: item, locationId: place, ...page }) {
      const wanted = (item ?? bolt) === bolt && (place ?? berlin) === berlin;
      return pageOf(wanted ? [boltPosition] : [], page);
    },
    find: async (id) => (id === boltPosition.positionId ? boltPosition : undefined),
    async explain(id, page) {
      if (id !== boltPosition.positionId) return undefined;
      const [first] = facts;
      const transfer = {
        transferId: "1",
        from: supplier,
        to: { ...side, status: "available" as const },
        quantity: quantity(9),
        reason: "receipt",
        because: "found <behind> the rack",
        effectiveAt: NOW,
        recordedAt: NOW,
        balance: boltPosition.statuses,
        messageId: messageId("msg-1"),
        messageLink: "/system/v1/messages/msg-1",
      };
      const rows = pageOf([transfer], page);
      if (rows === "bad-cursor") return "bad-cursor";
      const nothing = { ...boltPosition.statuses, available: none, held: none };
      return {
        position: boltPosition,
        totals: [{ reason: "receipt", statuses: boltPosition.statuses, transfers: 1 }],
        balanced: true,
        archived: [],
        opening: nothing,
        transfers: first === undefined ? [] : [...rows.rows],
      };
    },
  };
}

/** The names of the bolt and of Berlin. */
export function memoryNames(): NamesPort {
  return {
    itemNamed: async (text) => (["BOLT-M8", bolt].includes(text) ? bolt : undefined),
    locationNamed: async (text) => (text === berlin ? berlin : undefined),
    items: async () => new Map([[bolt, { sku: "BOLT-M8", description: "Bolt M8 <zinc>" }]]),
  };
}

/** A log of one fact a transaction. */
export function memoryEvents(facts: readonly RecordedFact[]): EventsPort {
  return {
    async read({ after, limit, types }) {
      const rest = facts.filter((fact) => (parsePosition(fact.position)?.number ?? 0) > after.number);
      const read = rest.slice(0, limit);
      const end = parsePosition(read.at(-1)?.position ?? "") ?? after;
      const wanted = read.filter((fact) => types?.includes(fact.type) ?? true);
      return { facts: wanted, end, isLast: read.length < limit };
    },
    end: async () => parsePosition(facts.at(-1)?.position ?? "") ?? LOG_START,
  };
}

const bolts = {
  availableToPromise: quantity(5),
  formula: {
    available: quantityDelta(7),
    expiredHolds: quantity(0),
    buffer: quantity(2),
    protectedForOthers: quantity(0),
  },
};
const boltFigure: Availability = {
  channelId: channel,
  itemId: bolt,
  sku: "BOLT-M8",
  ...bolts,
  locations: [{ locationId: berlin, available: quantityDelta(7) }],
  bookVersion: 1,
  asOf: NOW,
};
/** A pair of bolts. */
export const pairFigure: Availability = {
  channelId: channel,
  itemId: itemId("item-pair"),
  sku: "PAIR",
  availableToPromise: quantity(2),
  kit: {
    limitedBy: bolt,
    components: [
      {
        itemId: bolt,
        perKit: quantity(2),
        ...bolts,
        locations: [{ locationId: berlin, available: quantityDelta(7), kits: quantity(3) }],
        kits: quantity(2),
      },
    ],
  },
  bookVersion: 1,
  asOf: NOW,
};

/** Five bolts for the channel, the pairs that they make, and no other item. */
export function memoryAvailability(): AvailabilityPort {
  return {
    recall: () => undefined,
    async ask({ channelId: asked, items }) {
      if (asked !== channel) return { is: "unknown-channel" };
      const figureOf = ({ value }: Reference) =>
        value === pairFigure.sku
          ? pairFigure
          : [boltFigure.sku, bolt].includes(value)
            ? boltFigure
            : undefined;
      return {
        is: "answered",
        asOf: NOW,
        figures: items.flatMap((item) => {
          const { asOf: _, ...figure } = figureOf(item) ?? { asOf: NOW };
          return "itemId" in figure ? [figure] : [];
        }),
        unknown: items.filter((item) => figureOf(item) === undefined),
      };
    },
    ...memoryDated,
  };
}
