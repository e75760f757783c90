import assert from "node:assert/strict";
import {
  accountId,
  channelId,
  type DocumentOf,
  itemId,
  locationId,
  type Measure,
  type Order,
  type OrderStatement,
  orderId,
  quantity,
} from "@crossdock/canonical";
import type { Account, MappedRecord, Mapping, RenderContext } from "@crossdock/connector-kit";
import { x12 } from "../../src/index.ts";
import { bytesOf, type Draft, type DraftSet, draftText } from "../envelopes.ts";

/** The profile of the partner that the drafts of `envelopes.ts` come from. */
export const SETTINGS = {
  us: { qualifier: "ZZ", id: "DISTRIBUTOR" },
  partner: { qualifier: "ZZ", id: "RETAILER" },
  timeZone: "America/Chicago",
} as const;

/** An account as the product would hand it to the connector. */
export function accountWith(settings: object = {}, secrets: Readonly<Record<string, string>> = {}): Account {
  return {
    accountId: accountId("retailer-1"),
    settings: { ...SETTINGS, ...settings },
    secret: (name) => {
      const value = secrets[name];
      if (value === undefined) throw new Error(`the account has no secret ${name}`);
      return value;
    },
  };
}

/** What the product does with a delivery that it lets in. */
export function mappingsOf(text: string, account: Account = accountWith()): readonly Mapping[] {
  const { intake } = x12;
  assert.ok(intake !== undefined);
  const message = { headers: {}, body: bytesOf(text) };
  return intake.split(message, account).map((part) => intake.map(part, message.headers, account));
}

export function recordsOf(text: string, account?: Account): readonly MappedRecord[] {
  return mappingsOf(text, account).flatMap(({ records }) => records);
}

/** The records of one 850 with these segments. */
export function recordsOfOrder(segments: readonly string[], account?: Account): readonly MappedRecord[] {
  return recordsOf(draftText(withSets({ segments })), account);
}

export function withSets(...sets: readonly DraftSet[]): Draft {
  return { groups: [{ sets }] };
}

/** The order that the segments say; fails, with the records, when they say none. */
export function orderOf(segments: readonly string[], account?: Account): OrderStatement {
  const [record, ...others] = recordsOfOrder(segments, account);
  assert.deepEqual(others, []);
  assert.ok(record?.is === "order", JSON.stringify(record));
  return record.statement;
}

/** Why an order is not taken; fails when it is. */
export function refusalOf(segments: readonly string[], account?: Account): string {
  const [record] = recordsOfOrder(segments, account);
  assert.ok(record?.is === "invalid", JSON.stringify(record));
  return record.message;
}

/** An order as the product keeps it, made from what the partner said. Each unit counts as one. */
export function orderFrom({ data }: OrderStatement): Order {
  const { lines, ...others } = data;
  return {
    orderId: orderId("ord-01J9Z8"),
    accountId: accountId("retailer-1"),
    channelId: channelId("edi-retailer"),
    ...others,
    lines: lines.map(({ item, quantity: ordered, ...line }) => ({
      ...line,
      itemId: itemId(`item-${item.value.replaceAll(/[^A-Za-z0-9]/g, "")}`),
      ordered,
      quantity: quantity(Math.max(1, Math.ceil(Number(ordered.value)))),
    })),
  };
}

/** Our answer to an order, with so much promised of each line; all of it where nothing is said. */
export function acknowledgementOf(
  order: Order,
  promised: readonly number[] = [],
): DocumentOf<"order-acknowledgement"> {
  const lines = order.lines.map((line, index) => {
    const ordered = Number(line.ordered.value);
    const part = promised[index] ?? ordered;
    const measured = (value: number): Measure => ({ value, unit: line.ordered.unit });
    return {
      lineId: line.lineId,
      itemId: line.itemId,
      names: [...(line.names ?? [])],
      ...(line.description === undefined ? {} : { description: line.description }),
      ordered: line.ordered,
      promised: measured(part),
      short: measured(ordered - part),
    };
  });
  const isWhole = lines.every(({ short }) => short.value === 0);
  const isNothing = lines.every((line) => line.promised.value === 0);
  return {
    kind: "order-acknowledgement",
    order,
    verdict: isWhole ? "accepted" : isNothing ? "rejected" : "accepted-with-changes",
    acknowledgedAt: "2026-01-12T16:05:00Z",
    lines,
  };
}

/** Two cartons: the first line in the first, every other line in the second. */
export function shipNoticeOf(order: Order): DocumentOf<"ship-notice"> {
  const [first, ...others] = order.lines;
  const lineOf = (line: Order["lines"][number]) => ({
    lineId: line.lineId,
    itemId: line.itemId,
    names: [...(line.names ?? [])],
    ...(line.description === undefined ? {} : { description: line.description }),
    shipped: line.ordered,
  });
  const carton = (sscc: string, lines: readonly Order["lines"][number][]) => ({
    sscc,
    lines: lines.map(lineOf),
  });
  return {
    kind: "ship-notice",
    order,
    shipmentNumber: "SHP-000042",
    shippedAt: "2026-01-14T21:30:00Z",
    fromLocationId: locationId("wh-05"),
    carrier: "UPSN",
    trackingNumber: "1Z999AA10123456784",
    cartons: [
      ...(first === undefined ? [] : [carton("001234560000000018", [first])]),
      ...(others.length === 0 ? [] : [carton("001234560000000025", others)]),
    ],
  };
}

/** Names as our own aliases give them. */
export const inventoryAdvice: DocumentOf<"inventory-advice"> = {
  kind: "inventory-advice",
  asOf: "2026-01-12T06:00:00Z",
  rows: [
    {
      itemId: itemId("item-1"),
      names: [
        { scheme: "sku", value: "CD-1000" },
        { scheme: "gtin", value: "0012345678905" },
      ],
      description: "BLUE CUP",
      available: { value: 480, unit: "EA" },
    },
    {
      itemId: itemId("item-2"),
      names: [
        { scheme: "sku", value: "CD-1001" },
        { scheme: "buyer-part", value: "R-77", scope: "retailer-1" },
        { scheme: "buyer-part", value: "SOMEBODY-ELSES", scope: "retailer-2" },
      ],
      available: { value: 0, unit: "XCS" },
    },
  ],
};

export const CONTEXT: RenderContext = {
  documentId: "doc-1",
  now: new Date("2026-01-12T16:10:00Z"),
  controlNumber: 101,
};

/** The text of a rendered document; fails, with the reason, when it is refused. */
export function rendered(
  document: DocumentOf<"order-acknowledgement" | "ship-notice" | "inventory-advice" | "reply">,
  {
    account = accountWith(),
    context = CONTEXT,
  }: { readonly account?: Account; readonly context?: RenderContext } = {},
): { readonly text: string; readonly name: string } {
  const found = x12.outlet?.render(document, context, account);
  assert.ok(found !== undefined && "body" in found, JSON.stringify(found));
  return { text: Buffer.from(found.body).toString("latin1"), name: found.name };
}

/** The text of a refusal; fails when the document can be told. */
export function refused(
  document: DocumentOf<"order-acknowledgement" | "ship-notice" | "inventory-advice" | "reply">,
  account: Account = accountWith(),
): string {
  const found = x12.outlet?.render(document, CONTEXT, account);
  assert.ok(found !== undefined && "refused" in found, "the document was rendered");
  return found.refused;
}
