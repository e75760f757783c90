import { BACKORDER_EXAMPLES } from "./backorder-examples.ts";
import type { Examples } from "./open-api.ts";
import { PROMISE_EXAMPLES } from "./promise-examples.ts";

const driftPolicy = {
  unitsMissingPercentMax: 20,
  positionsDifferingPercentMax: 60,
  rowsFewerPercentMax: 20,
  positionsMin: 50,
};

const order = {
  accountId: "portal",
  order: {
    type: "OrderReceived",
    id: "portal-4711",
    effectiveAt: "2026-03-02T08:59:00Z",
    data: {
      orderNumber: "4711",
      placedAt: "2026-03-02T08:59:00Z",
      policy: "all-or-nothing",
      lines: [
        { lineId: "1", item: { scheme: "sku", value: "BOLT-M8" }, quantity: { value: 2, unit: "XCS" } },
        {
          lineId: "2",
          item: { scheme: "gtin", value: "04012345678901" },
          quantity: { value: 10, unit: "EA" },
        },
      ],
    },
  },
};

const facts = {
  accountId: "wms-berlin",
  statements: [
    {
      type: "StockReceived",
      id: "receipt-88-1",
      effectiveAt: "2026-03-02T08:40:00Z",
      data: {
        item: { scheme: "sku", value: "BOLT-M8" },
        location: { scheme: "code", value: "BER" },
        quantity: { value: 5, unit: "XCS" },
        purchaseOrder: "PO-1207",
      },
    },
    {
      type: "StockCounted",
      id: "count-31-7",
      effectiveAt: "2026-03-02T08:45:00Z",
      data: {
        item: { scheme: "sku", value: "BOLT-M8" },
        location: { scheme: "code", value: "BER" },
        counted: { value: 118, unit: "EA" },
      },
    },
  ],
};

const message = {
  messageId: "019cadc6-9a80-7001-8f00-2f6ac1a3c211",
  accountId: "wms-berlin",
  kind: "events",
  state: "mapped",
  receivedAt: "2026-03-02T09:00:00.000Z",
  deliveries: 1,
  mappedAt: "2026-03-02T09:00:00.031Z",
  records: 3,
  applied: 2,
  duplicates: 0,
  ignored: 0,
  parked: 1,
  correlationId: "019cadc6-9a80-7000-9b6e-61d8a5f0e1aa",
};

const suspect = {
  messageId: "019cadc6-9a80-7001-8f00-2f6ac1a3c244",
  accountId: "edi-lakeside",
  kind: "interchange",
  state: "suspect",
  receivedAt: "2026-03-02T09:00:00.000Z",
  deliveries: 1,
  problem: "The interchange 000000042 was here before with other content.",
  records: 0,
  applied: 0,
  duplicates: 0,
  ignored: 0,
  parked: 0,
  correlationId: "019cadc6-9a80-7000-9b6e-61d8a5f0e1bb",
};

const availability = {
  channelId: "web",
  availability: [
    {
      channelId: "web",
      itemId: "item-0042",
      sku: "BOLT-M8",
      availableToPromise: 94,
      formula: { available: 104, expiredHolds: 0, buffer: 5, protectedForOthers: 5 },
      locations: [
        { locationId: "berlin", available: 93 },
        { locationId: "lyon", available: 11 },
      ],
      bookVersion: 3,
      asOf: "2026-03-02T09:00:00.000Z",
    },
    {
      channelId: "web",
      itemId: "item-0077",
      sku: "BRACKET-SET",
      availableToPromise: 23,
      kit: {
        limitedBy: "item-0042",
        components: [
          {
            itemId: "item-0042",
            perKit: 4,
            availableToPromise: 94,
            formula: { available: 104, expiredHolds: 0, buffer: 5, protectedForOthers: 5 },
            locations: [
              { locationId: "berlin", available: 93, kits: 23 },
              { locationId: "lyon", available: 11, kits: 2 },
            ],
            kits: 23,
          },
          {
            itemId: "item-0051",
            perKit: 1,
            availableToPromise: 60,
            formula: { available: 60, expiredHolds: 0, buffer: 0, protectedForOthers: 0 },
            locations: [{ locationId: "lyon", available: 60, kits: 60 }],
            kits: 60,
          },
        ],
      },
      bookVersion: 3,
      asOf: "2026-03-02T09:00:00.000Z",
    },
  ],
  unknown: [],
  sources: [
    {
      source: "/accounts/wms-berlin",
      locationIds: ["loc-ber"],
      heardAt: "2026-03-02T08:59:48.000Z",
      lagSeconds: 12,
    },
  ],
  shipping: [{ locationId: "loc-ber", next: "2026-03-02T15:00:00.000Z" }],
};

const parked = {
  messageId: message.messageId,
  record: 2,
  accountId: "wms-berlin",
  at: "/events/2",
  reason: "unknown-item",
  detail: "No item has the name sku:BOLT-M9.",
  waitsFor: { kind: "item", reference: "sku:BOLT-M9" },
  state: "waiting",
  parkedAt: "2026-03-02T09:00:00.031Z",
  attempts: 1,
};

const refused = {
  documentId: "019cadc6-9a80-7201-8f00-2f6ac1a3c255",
  accountId: "edi-lakeside",
  kind: "ship-notice",
  state: "refused",
  problem: "item item-0042 has no name that the partner knows: enter its buyer part, vendor part or GTIN",
  attempts: 0,
  createdAt: "2026-03-02T09:00:00.000Z",
  correlationId: "019cadc6-9a80-7000-9b6e-61d8a5f0e1cc",
};

const { problem: _mended, ...unproblematic } = refused;
const mended = { ...unproblematic, state: "queued" };

/** A request and its answer for each operation where one says more than the schema. A test holds them against the schemas. */
export const EXAMPLES: Examples = Object.freeze({
  ...PROMISE_EXAMPLES,
  ...BACKORDER_EXAMPLES,
  placeOrder: {
    request: order,
    answers: { 202: { answer: "accepted", orderId: "019cadc6-9a80-7101-a3d2-0b1f6b1c9e10" } },
  },
  reportFacts: {
    request: facts,
    answers: {
      200: {
        accepted: 1,
        duplicates: 1,
        parked: 0,
        invalid: 0,
        results: [
          { index: 0, id: "receipt-88-1", outcome: "duplicate" },
          { index: 1, id: "count-31-7", outcome: "accepted" },
        ],
      },
    },
  },
  uploadSnapshot: {
    request: {
      accountId: "wms-berlin",
      snapshotId: "night-2026-03-02",
      location: { scheme: "code", value: "BER" },
      takenAt: "2026-03-02T02:00:00Z",
      scope: "full",
      conditions: false,
      watermark: { stream: "BER", number: 48_211 },
      pageCount: 1,
      pages: [
        {
          page: 1,
          rows: [
            { item: { scheme: "sku", value: "BOLT-M8" }, counted: { value: 38, unit: "EA" } },
            { item: { scheme: "gtin", value: "04012345678901" }, counted: { value: 12, unit: "EA" } },
          ],
        },
      ],
    },
    answers: {
      200: { snapshotId: "night-2026-03-02", rowsParked: 1, pages: [{ page: 1, outcome: "accepted" }] },
    },
  },
  setDriftPolicy: {
    request: { source: "/accounts/wms-berlin", policy: driftPolicy },
    answers: { 200: { source: "/accounts/wms-berlin", policy: driftPolicy } },
  },
  listDriftPolicyChanges: {
    answers: {
      200: {
        changes: [
          {
            changeNumber: "2",
            source: "/accounts/wms-berlin",
            before: null,
            after: driftPolicy,
            changedAt: "2026-03-02T09:30:00.000Z",
            changedBy: "operator",
          },
        ],
      },
    },
  },
  deliverMessage: {
    answers: {
      200: { answer: "stored", messageIds: [message.messageId], messages: [message] },
      202: { answer: "stored", messageIds: [message.messageId] },
    },
  },
  listTroubledMessages: { answers: { 200: { messages: [suspect] } } },
  releaseMessage: { answers: { 200: { message: { ...suspect, state: "stored" }, already: false } } },
  dismissMessage: {
    body: { because: "sent again as 000000124" },
    answers: {
      200: {
        message: {
          ...suspect,
          state: "dismissed",
          dismissed: { at: "2026-03-02T09:30:00.000Z", because: "sent again as 000000124 (operator)" },
        },
        already: false,
      },
    },
  },
  listRefusedDocuments: { answers: { 200: { documents: [refused] } } },
  retryDocument: { answers: { 200: { document: mended, already: false } } },
  dismissDocument: {
    request: { because: "told by telephone" },
    answers: {
      200: {
        document: {
          ...refused,
          state: "dismissed",
          dismissed: { at: "2026-03-02T09:30:00.000Z", because: "told by telephone (operator)" },
        },
        already: false,
      },
    },
  },
  readMessage: { answers: { 200: message } },
  askAvailability: { answers: { 200: availability } },
  listParked: { answers: { 200: { parked: [parked] } } },
  retryParked: { answers: { 200: { state: "applied", already: false } } },
  isReady: {
    answers: {
      200: {
        status: "ready",
        version: "0.1.0",
        checks: [
          { name: "database", ok: true },
          { name: "migrations", ok: true },
          { name: "readers", ok: true, detail: "ledger is 12 facts behind" },
        ],
      },
    },
  },
});
