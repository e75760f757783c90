import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import {
  type AccountId,
  accountId,
  accountSource,
  channelId,
  checker,
  itemId,
  type OrderStatement,
  type OutboundDocument,
  type Reference,
  type StockStatement,
} from "@crossdock/canonical";
import {
  type Account,
  type Connector,
  type Delivery,
  isHttpFailure,
  type MappedRecord,
  type Mapping,
  type Outlet,
} from "@crossdock/connector-kit";
import { Type } from "typebox";
import type { ManualClock } from "#test/clock.ts";
import { type Core, openCore } from "#test/core.ts";
import type { LoggedFact } from "../../src/backbone/index.ts";
import {
  createIntegration,
  type Integration,
  type IntegrationOptions,
  type Receipt,
} from "../../src/integration/index.ts";
import { createMetrics, createSecretBox, type Database, silentLog, sql } from "../../src/platform/index.ts";

/** One line of a delivery to the test partner: a message with its key and what its mapping shall give. */
export type PartnerMessage = {
  readonly key: string;
  readonly records?: readonly MappedRecord[];
  readonly reply?: unknown;
  /** The mapping throws this. */
  readonly breaks?: string;
};

const PartnerSettings = Type.Object({ url: Type.Optional(Type.String()) }, { additionalProperties: false });
const settingsOf = checker(PartnerSettings);

function urlOf(account: Account): string | undefined {
  const checked = settingsOf(account.settings);
  return checked.ok ? checked.value.url : undefined;
}

/** The parser of the test partner's own format, which carries mapped records as they are. */
const parsed = (body: Uint8Array): PartnerMessage =>
  JSON.parse(new TextDecoder().decode(body)) as PartnerMessage;

function splitLines(body: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let start = 0;
  for (let at = 0; at < body.length; at += 1) {
    if (body[at] !== 10 && at + 1 !== body.length) continue;
    parts.push(body.subarray(start, at + 1));
    start = at + 1;
  }
  return parts;
}

const outlet: Outlet = {
  documents: ["reply", "warehouse-release"],
  render(document, context) {
    const text = JSON.stringify(document);
    if (text.includes("unsayable")) return { refused: "there is no word for it" };
    const body = Buffer.from(`${context.controlNumber} ${context.documentId} ${text}`);
    return { body, contentType: "text/plain", name: `P${String(context.controlNumber).padStart(9, "0")}` };
  },
  async deliver(rendered, _document, io, account): Promise<Delivery> {
    const url = urlOf(account);
    if (url === undefined) return { delivered: false, outcome: "fetch" };
    const answer = await io.http({
      method: "POST",
      url,
      body: rendered.body,
      headers: { name: rendered.name },
    });
    if (isHttpFailure(answer)) {
      return { delivered: false, outcome: answer.sent ? "unknown" : "retry", reason: answer.failed };
    }
    const reason = `status ${answer.status}`;
    if (answer.status < 300) return { delivered: true, reference: `R-${rendered.name}` };
    if (answer.status < 500) return { delivered: false, outcome: "refused", reason };
    const afterMs = Number(answer.headers["retry-after"] ?? Number.NaN) * 1_000;
    return { delivered: false, outcome: "retry", reason, ...(Number.isNaN(afterMs) ? {} : { afterMs }) };
  },
};

/** A partner whose messages are lines of JSON, each with a key and the records that it means. */
export const partner: Connector = {
  manifest: {
    name: "partner",
    title: "Test partner",
    version: "1.0.0",
    speaks: "lines",
    settings: PartnerSettings,
    secrets: { token: "What the header x-token must be.", spare: "Never needed." },
  },
  intake: {
    vouchedBy: "signature",
    authenticate: ({ headers }, account) =>
      headers["x-token"] === account.secret("token")
        ? { genuine: true }
        : { genuine: false, reason: "x-token is not the token of this account" },
    split: ({ body }) =>
      splitLines(body).map((part) => ({ key: parsed(part).key, kind: "lines", body: part })),
    map({ body }): Mapping {
      const { records = [], reply, breaks } = parsed(body);
      if (breaks !== undefined) throw new Error(breaks);
      return reply === undefined ? { records } : { records, reply };
    },
  },
  outlet,
};

/** A core with integration over it, and shops and warehouses to speak for. */
export type Bench = Core & { readonly integration: Integration; readonly metricsText: () => Promise<string> };

const secretKey = randomBytes(32);

/** Opens integration over a migrated database. Two of them over one database are two processes. */
export function openBench(
  database: Database,
  options: Partial<IntegrationOptions> & { readonly clock?: ManualClock } = {},
): Bench {
  const core = openCore(database, options.clock === undefined ? {} : { clock: options.clock });
  const metrics = createMetrics();
  const shared = { ...core, log: silentLog, metrics, secretBox: createSecretBox(secretKey) };
  const integration = createIntegration({ ...shared, connectors: [partner], ...options });
  return { ...core, integration, metricsText: () => metrics.text() };
}

/** Creates an account of the test partner. */
export async function createPartner(
  { integration }: Bench,
  id: string,
  settings: { readonly url?: string } = {},
): Promise<AccountId> {
  const account = accountId(id);
  const answer = await integration.accounts.create({
    accountId: account,
    connector: "partner",
    channelId: channelId("edi"),
    settings,
    secrets: { token: `token of ${id}` },
  });
  if (!("created" in answer)) throw new Error(`account ${id} was not created: ${JSON.stringify(answer)}`);
  return account;
}

/** Saves items with ids and SKUs alike, cases of 12, and one warehouse. */
export async function saveMaster({ governance }: Bench, items: readonly string[]): Promise<void> {
  await governance.saveItems(
    items.map((id) => ({
      itemId: itemId(id),
      sku: id,
      description: id,
      baseUnit: "EA",
      tracking: "none",
      units: [{ unit: "XCS", numerator: 12, denominator: 1 }],
      components: [],
    })),
  );
  await governance.saveLocations([
    { locationId: "wh-1", code: "WH1", name: "Warehouse 1", type: "warehouse", timeZone: "UTC" },
    { locationId: "wh-2", code: "WH2", name: "Warehouse 2", type: "warehouse", timeZone: "UTC" },
  ]);
}

/** Delivers messages as one body, the way their partner would. */
export function deliver(
  { integration }: Bench,
  account: AccountId,
  messages: readonly PartnerMessage[],
): Promise<Receipt> {
  const body = Buffer.from(messages.map((message) => `${JSON.stringify(message)}\n`).join(""));
  return integration.receive({ accountId: account, headers: { "x-token": `token of ${account}` }, body });
}

/** The receipt of a delivery that must have been taken. */
export function taken(receipt: Receipt): Exclude<Receipt, { readonly refused: string }> {
  if ("refused" in receipt) throw new Error(`refused: ${receipt.refused}, ${receipt.reason}`);
  return receipt;
}

const when = "2026-03-02T08:00:00Z";
export const sku = (value: string): Reference => ({ scheme: "sku", value });

/**
 * The facts of an account. They are read by number and not off the log: a reader waits until they are settled, which other
 * tests on the same server put off.
 */
export async function factsOf(
  { database, factLog }: Bench,
  account: AccountId,
): Promise<readonly LoggedFact[]> {
  const rows = await database.query<{ number: number }>(
    sql`select number from backbone.event where source = ${accountSource(account)}`,
  );
  return factLog.factsByNumber(
    database,
    rows.map((row) => row.number),
  );
}

/** A receipt of units at warehouse 1, as a record. */
export function received(
  id: string,
  what: {
    readonly item?: string;
    readonly units?: number;
    readonly unit?: string;
    readonly number?: number;
    readonly effectiveAt?: string;
  } = {},
): MappedRecord {
  const statement: StockStatement = {
    type: "StockReceived",
    id,
    effectiveAt: what.effectiveAt ?? when,
    ...(what.number === undefined ? {} : { sequence: { stream: "events", number: what.number } }),
    data: {
      item: sku(what.item ?? "widget"),
      location: { scheme: "code", value: "WH1" },
      quantity: { value: what.units ?? 1, unit: what.unit ?? "EA" },
    },
  };
  return stock(statement);
}

/** A stock statement as a record. */
export const stock = (statement: StockStatement): MappedRecord => ({
  is: "stock",
  at: `/${statement.id}`,
  statement,
});

/** An order as a record. */
export function ordered(
  id: string,
  lines: readonly { readonly item: string; readonly units: number }[],
): MappedRecord {
  const statement: OrderStatement = {
    type: "OrderReceived",
    id,
    effectiveAt: when,
    data: {
      orderNumber: `PO-${id}`,
      placedAt: when,
      lines: lines.map((line, index) => ({
        lineId: String(index + 1) as OrderStatement["data"]["lines"][number]["lineId"],
        item: sku(line.item),
        quantity: { value: line.units, unit: "EA" },
      })),
    },
  };
  return { is: "order", at: `/${id}`, statement };
}

/** A reply is the simplest document there is. */
export const note = (text: string): OutboundDocument => ({
  kind: "reply",
  replyTo: "nobody",
  content: { text },
});

/** A server that stands for a partner's address. */
export type Listener = {
  readonly url: string;
  /** Bodies of the calls that were made, in order. */
  readonly bodies: string[];
  /** Resolves when there have been so many calls. */
  called(count: number): Promise<void>;
  close(): Promise<void>;
};

/** Listens on the loopback address. */
export async function listen(
  answer: (call: { body: string; request: IncomingMessage; response: ServerResponse }) => void,
): Promise<Listener> {
  const bodies: string[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      bodies.push(body);
      for (const waiter of waiting) if (waiter.count <= bodies.length) waiter.resolve();
      answer({ body, request, response });
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/in`,
    bodies,
    called(count) {
      if (bodies.length >= count) return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push({ count, resolve });
      return promise;
    },
    close() {
      server.closeAllConnections();
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      return promise;
    },
  };
}
