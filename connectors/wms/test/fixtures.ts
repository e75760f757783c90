/** A warehouse, its account, and one good event of every type, for all tests of this connector. */
import {
  accountId,
  type DocumentOf,
  itemId,
  lineId,
  locationId,
  orderId,
  quantity,
} from "@crossdock/canonical";
import type { Account, MappedRecord, RawMessage } from "@crossdock/connector-kit";
import { DELIVERY_ID_HEADER, signatureHeaders, type WmsEvent, wmsConnector } from "../src/index.ts";

export const SECRET = "dock-secret-of-today";
export const PREVIOUS_SECRET = "dock-secret-of-before";

export function account(settings: object = {}, secrets: Readonly<Record<string, string>> = {}): Account {
  const known: Readonly<Record<string, string>> = { signingSecret: SECRET, ...secrets };
  return {
    accountId: accountId("wms-1"),
    settings,
    secret(name) {
      const secret = known[name];
      if (secret === undefined) throw new Error(`no secret ${name}`);
      return secret;
    },
  };
}

export const bytes = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));

/** A signed delivery of a body that may be anything. */
export function delivery(body: unknown, deliveryId = "d-1", secret = SECRET): RawMessage {
  const raw = bytes(body);
  const signature = signatureHeaders(secret, new Date("2026-11-23T09:30:00Z"), raw);
  return { headers: { ...signature, [DELIVERY_ID_HEADER]: deliveryId }, body: raw };
}

/** The records that the connector makes of a body. */
export function recordsOf(body: unknown): readonly MappedRecord[] {
  const { intake } = wmsConnector;
  const message = delivery(body);
  const parts = intake?.split(message, account()) ?? [];
  return parts.flatMap((part) => intake?.map(part, message.headers, account()).records ?? []);
}

const at = (sequence: number) => ({
  eventId: `W1-${sequence}`,
  sequence,
  occurredAt: `2026-11-23T09:${String(sequence).padStart(2, "0")}:00Z`,
});

/** One good event of every type, with everything that it may say. */
export const events = {
  receipt: {
    type: "receipt",
    ...at(1),
    sku: "A-1",
    lot: "L7",
    quantity: 2,
    unit: "XCS",
    status: "quarantined",
    purchaseOrder: "PO-7",
    expected: 3,
    expiresAt: "2027-06-30T00:00:00Z",
    attributes: { bin: "R-12-3", operator: "op 4" },
  },
  pick: {
    type: "pick",
    ...at(2),
    gtin: "04006381333931",
    quantity: "2.5",
    unit: "KGM",
    orderId: "o-1",
    lineId: "1",
  },
  pack: {
    type: "pack",
    ...at(3),
    sku: "A-1",
    quantity: 4,
    orderId: "o-1",
    lineId: "1",
    sscc: "006141410000000012",
  },
  ship: {
    type: "ship",
    ...at(4),
    shipmentNumber: "S-9",
    orderId: "o-1",
    carrier: "UPSN",
    trackingNumber: "1Z1",
    cartons: [
      {
        sscc: "006141410000000012",
        lines: [
          { sku: "A-1", lot: "L7", quantity: 4, lineId: "1" },
          { gtin: "04006381333931", quantity: 1, orderId: "o-2", lineId: "9" },
        ],
      },
      { lines: [{ sku: "A-2", quantity: 1 }] },
    ],
  },
  count: { type: "count", ...at(5), sku: "A-1", counted: 0 },
  adjustment: { type: "adjustment", ...at(6), sku: "A-1", delta: -3, status: "damaged", reason: "fork lift" },
  "transfer-out": {
    type: "transfer-out",
    ...at(7),
    sku: "A-1",
    quantity: 5,
    to: "W2",
    transferNumber: "T-1",
    expectedAt: "2026-11-25T08:00:00+01:00",
  },
  "transfer-in": {
    type: "transfer-in",
    ...at(8),
    sku: "A-1",
    quantity: 5,
    from: "W2",
    transferNumber: "T-2",
  },
  return: {
    type: "return",
    ...at(9),
    sku: "A-1",
    quantity: 1,
    orderId: "o-1",
    lineId: "1",
    status: "damaged",
  },
  "status-change": {
    type: "status-change",
    ...at(10),
    sku: "A-1",
    quantity: 2,
    from: "quarantined",
    to: "available",
    reason: "passed",
  },
  "short-pick": {
    type: "short-pick",
    ...at(11),
    sku: "A-1",
    lot: "L7",
    quantity: 2,
    orderId: "o-1",
    lineId: "1",
    reason: "empty bin",
  },
  "put-back": {
    type: "put-back",
    ...at(12),
    sku: "A-1",
    quantity: 2,
    orderId: "o-1",
    lineId: "1",
    status: "quarantined",
    reason: "order cancelled",
  },
  "transfer-lost": {
    type: "transfer-lost",
    ...at(13),
    sku: "A-1",
    quantity: 1,
    from: "W2",
    transferNumber: "T-2",
    reason: "fell off",
  },
  "lot-change": {
    type: "lot-change",
    ...at(14),
    sku: "A-1",
    quantity: 3,
    fromLot: "L7",
    toLot: "L8",
    status: "damaged",
    reason: "mislabelled",
  },
  convert: {
    type: "convert",
    ...at(15),
    from: { sku: "A-1", lot: "L7", quantity: 1, unit: "XCS" },
    to: { gtin: "04006381333931", quantity: 12 },
    status: "available",
    reason: "break bulk",
  },
  master: {
    type: "master",
    ...at(16),
    record: { kind: "lot", item: { scheme: "sku", value: "A-1" }, lot: "L7", expiresOn: "2027-06-30" },
    version: 3,
  },
} as const satisfies Record<WmsEvent["type"], WmsEvent>;

export const release: DocumentOf<"warehouse-release"> = {
  kind: "warehouse-release",
  orderId: orderId("o-1"),
  orderNumber: "1001",
  locationId: locationId("W1"),
  shipBy: "2026-11-24T17:00:00Z",
  lines: [
    {
      lineId: lineId("1"),
      itemId: itemId("i-1"),
      names: [
        { scheme: "gtin", value: "04006381333931" },
        { scheme: "sku", value: "A-1" },
      ],
      quantity: quantity(3),
    },
    {
      lineId: lineId("2"),
      itemId: itemId("i-2"),
      names: [
        { scheme: "sku", value: "THEIRS", scope: "another-account" },
        { scheme: "sku", value: "A-2", scope: "wms-1" },
      ],
      lot: "L7",
      quantity: quantity(1),
    },
  ],
};

/** One good page of a snapshot, with everything that it may say. */
export const snapshotPage = {
  warehouse: "W1",
  snapshot: {
    snapshotId: "night-1",
    takenAt: "2026-11-23T02:00:00Z",
    scope: "full",
    conditions: true,
    sequence: 17,
    page: 2,
    pages: 3,
  },
  rows: [
    { sku: "A-1", lot: "L7", counted: 2, unit: "XCS", status: "quarantined" },
    { gtin: "04006381333931", counted: "2.5", unit: "KGM" },
    { sku: "A-3", counted: 0 },
  ],
};
