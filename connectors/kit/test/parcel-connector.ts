/** A small connector that keeps every law: what the suite is tested with, by breaking one thing at a time. */
import { createHash } from "node:crypto";
import { accountId, itemId, lineId, locationId, orderId, quantity } from "@crossdock/canonical";
import { Type } from "typebox";
import {
  type Account,
  type Connector,
  type Delivery,
  hmacSha256,
  type Intake,
  isHmacSha256,
  isHttpFailure,
  type MappedRecord,
  type Outlet,
  type Publisher,
  presentSecrets,
  type RawMessage,
} from "../src/index.ts";
import { type ConformanceSubject, fakeServer, jsonAnswer, type VendorFake } from "../src/testing/index.ts";

const SECRET = "parcel-secret";
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
export const bytes = (value: string) => new TextEncoder().encode(value);

export function parcelAccount(url = "http://127.0.0.1:1"): Account {
  return {
    accountId: accountId("parcel-1"),
    settings: { url },
    secret: (name) => {
      if (name === "signingSecret") return SECRET;
      throw new Error(`no secret ${name}`);
    },
  };
}

export function signed(body: string): RawMessage {
  const signature = Buffer.from(hmacSha256(SECRET, bytes(body))).toString("hex");
  return { headers: { "x-signature": signature }, body: bytes(body) };
}

function recordOf(body: Uint8Array): MappedRecord {
  const invalid = (message: string): MappedRecord => {
    return { is: "invalid", at: "/", reason: "not-a-parcel", message };
  };
  try {
    const { id, pieces } = JSON.parse(text(body));
    if (typeof id !== "string" || !/^[\w-]{1,40}$/.test(id)) return invalid("the id is not a word");
    if (!Number.isSafeInteger(pieces)) return invalid("the pieces are not a whole number");
    const data = {
      item: { scheme: "sku", value: "PARCEL" },
      location: { scheme: "code", value: "DOCK" },
      quantity: { value: pieces, unit: "EA" },
    };
    const effectiveAt = "2026-11-23T09:30:00Z";
    return { is: "stock", at: "/", statement: { type: "StockReceived", id, effectiveAt, data } };
  } catch {
    return invalid("the body is not JSON");
  }
}

export const intake: Intake = {
  vouchedBy: "signature",
  authenticate({ headers, body }, account) {
    const claimed = headers["x-signature"];
    const isGenuine = presentSecrets(account, ["signingSecret"]).some((secret) =>
      isHmacSha256({ secret, bytes: body, claimed, encoding: "hex" }),
    );
    return isGenuine
      ? { genuine: true }
      : { genuine: false, reason: "the signature is not that of the body" };
  },
  split: ({ body }) => [{ key: createHash("sha256").update(body).digest("hex"), kind: "parcel", body }],
  map: ({ body, key }) => ({ records: [recordOf(body)], reply: { seen: key } }),
};

export const outlet: Outlet = {
  documents: ["warehouse-release", "reply"],
  render(document, { documentId }) {
    if (document.kind === "order-acknowledgement") return { refused: "Parcels are not acknowledged." };
    if (document.kind === "warehouse-release" && document.lines.length === 0) {
      return { refused: "A release needs lines." };
    }
    const body = bytes(JSON.stringify({ documentId, document }));
    return { body, contentType: "application/json", name: documentId };
  },
  async deliver(rendered, _document, io, account): Promise<Delivery> {
    const url = `${urlOf(account)}/orders/${rendered.name}`;
    const outcome = await io.http({ method: "PUT", url, body: rendered.body });
    if (isHttpFailure(outcome)) {
      return { delivered: false, outcome: outcome.sent ? "unknown" : "retry", reason: outcome.failed };
    }
    if (outcome.status === 200) return { delivered: true };
    const afterMs = Number(outcome.headers["retry-after"] ?? 0) * 1_000;
    return { delivered: false, outcome: "retry", reason: `status ${outcome.status}`, afterMs };
  },
};

export const publisher: Publisher = {
  rowsPerCall: 10,
  async publish(rows, io, account) {
    const body = JSON.stringify(rows.map(({ listing, quantity }) => ({ listing, quantity })));
    const outcome = await io.http({ method: "PUT", url: `${urlOf(account)}/stock`, body });
    const isConfirmed = !isHttpFailure(outcome) && text(outcome.body) === '{"taken":true}';
    return {
      outcomes: rows.map(({ itemId, quantity }) =>
        isConfirmed
          ? { itemId, result: "published", quantity }
          : { itemId, result: "retry", reason: "it was not confirmed" },
      ),
    };
  },
};

function urlOf({ settings }: Account): string {
  return typeof settings === "object" && settings !== null && "url" in settings ? String(settings.url) : "";
}

export const parcelConnector: Connector = {
  manifest: {
    name: "parcel",
    title: "Parcels",
    version: "1",
    speaks: "Parcels over HTTP",
    settings: Type.Object(
      { url: Type.String({ description: "The address of the parcel house." }) },
      { additionalProperties: false },
    ),
    secrets: { signingSecret: "The parcel house shows it under Settings, Signatures." },
    listingScheme: "parcel-shelf",
  },
  intake,
  outlet,
  publisher,
};

export async function parcelFake(): Promise<VendorFake> {
  const orders = new Set<string>();
  const server = await fakeServer({
    handle({ path }) {
      orders.add(path);
      return jsonAnswer(200, { taken: true });
    },
  });
  return {
    account: () => parcelAccount(server.url),
    failNext: server.failNext,
    effects: () => orders.size,
    close: server.close,
  };
}

const release = {
  kind: "warehouse-release" as const,
  orderId: orderId("o-1"),
  orderNumber: "1001",
  locationId: locationId("dock"),
  lines: [{ lineId: lineId("1"), itemId: itemId("i-1"), names: [], quantity: quantity(2) }],
};

export const parcelSubject: ConformanceSubject = {
  connector: parcelConnector,
  account: () => parcelAccount(),
  samples: [
    {
      name: "three pieces",
      message: signed('{"id":"p-1","pieces":3}'),
      expect: { counts: { stock: 1, invalid: 0 } },
    },
    { name: "no parcel", message: signed('"hello"'), expect: { counts: { stock: 0, invalid: 1 } } },
  ],
  documents: [
    { name: "two pieces", document: release },
    { name: "no lines", document: { ...release, lines: [] }, expect: "refused" },
  ],
  publications: [
    { itemId: itemId("i-1"), listing: "shelf-1", quantity: quantity(4), believed: quantity(3) },
    { itemId: itemId("i-2"), listing: "shelf-2", quantity: quantity(0), believed: undefined },
  ],
  fake: parcelFake,
  runs: 150,
};
