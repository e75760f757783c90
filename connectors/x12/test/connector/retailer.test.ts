import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { afterEach, describe, test } from "node:test";
import type { OutboundDocument } from "@crossdock/canonical";
import type { Account, Mapping } from "@crossdock/connector-kit";
import { loopbackIo } from "@crossdock/connector-kit/testing";
import { type FakeRetailer, type FakeRetailerOptions, startFakeRetailer } from "../../src/fake/index.ts";
import { checkFile, x12 } from "../../src/index.ts";
import { accountWith, acknowledgementOf, CONTEXT, orderFrom, shipNoticeOf } from "./partner.ts";

const open: FakeRetailer[] = [];
afterEach(async () => {
  for (const fake of open.splice(0)) await fake.close();
});

async function retailer(options: Partial<FakeRetailerOptions> = {}): Promise<FakeRetailer> {
  const fake = await startFakeRetailer({
    seed: 11,
    isaId: "NORTHGATE",
    stores: ["0101", "0102", "0117", "0233"],
    now: () => new Date("2026-01-12T16:00:00Z"),
    ...options,
  });
  open.push(fake);
  return fake;
}

const accountOf = ({ account }: FakeRetailer): Account => accountWith(account.settings, account.secrets);

const LINES = [
  {
    buyerPart: "NOR100001",
    gtin: "0012345678905",
    quantity: 24,
    unit: "EA",
    description: "BLUE CUP",
    price: "4.50",
  },
  { vendorPart: "CD-1001", quantity: 3, unit: "CA" },
  { gtin: "10012345678902", quantity: 7 },
];

/** What the product does with the retailer's files, without a database. */
function mapped(fake: FakeRetailer, files: readonly Uint8Array[] = fake.takeFiles()): readonly Mapping[] {
  const account = accountOf(fake);
  const { intake } = x12;
  assert.ok(intake !== undefined);
  return files.flatMap((body) => {
    assert.deepEqual(intake.authenticate({ headers: {}, body }, account), { genuine: true });
    return intake.split({ headers: {}, body }, account).map((part) => intake.map(part, {}, account));
  });
}

function statementsOf(mappings: readonly Mapping[]) {
  return mappings.flatMap(({ records }) =>
    records.flatMap((record) => (record.is === "order" ? [record.statement] : [])),
  );
}

/** Sends documents to the retailer over HTTP, each under the next control number. */
function sender(fake: FakeRetailer) {
  const account = accountOf(fake);
  const { outlet } = x12;
  const io = loopbackIo();
  let controlNumber = 500;
  return async (document: OutboundDocument): Promise<number> => {
    controlNumber += 1;
    const rendered = outlet?.render(document, { ...CONTEXT, controlNumber }, account);
    assert.ok(rendered !== undefined && "body" in rendered, JSON.stringify(rendered));
    assert.deepEqual(await outlet?.deliver?.(rendered, document, io, account), { delivered: true });
    return controlNumber;
  };
}

const QUIRKS: readonly (readonly [name: string, options: Partial<FakeRetailerOptions>])[] = [
  ["as the standard has it", {}],
  ["with a line feed after each terminator", { lineBreak: "\n" }],
  ["with other delimiters", { separators: { element: "|", component: ":", segment: "'" } }],
  ["with a line feed for a terminator", { separators: { segment: "\n" } }],
  ["in 005010", { version: "005010" }],
  ["several to a file", { interchangesPerFile: 3, lineBreak: "\r\n" }],
  ["twice under the same control number", { duplicates: 1 }],
  ["spread over its stores", { spread: true }],
];

describe("a retailer's orders arrive whole", () => {
  for (const [name, options] of QUIRKS)
    test(name, async () => {
      const fake = await retailer(options);
      const placed = [
        fake.placeOrder(LINES),
        fake.placeOrder(LINES.slice(0, 1)),
        fake.placeOrder(LINES.slice(1)),
      ];
      const files = fake.takeFiles();
      for (const file of files) assert.equal(checkFile(file).verdict, "accepted");
      const orders = new Map(statementsOf(mapped(fake, files)).map((statement) => [statement.id, statement]));
      assert.deepEqual(
        [...orders.values()].map(({ data }) => ({
          number: data.orderNumber,
          lines: data.lines.map((line) => [line.lineId, line.quantity.value, line.destinations?.length ?? 0]),
        })),
        placed.map((order) => ({
          number: order.orderNumber,
          lines: order.lines.map((line) => [line.number, line.quantity, line.stores.length]),
        })),
      );
    });
});

describe("a retailer", () => {
  test("has nothing to complain about a supplier that does everything right", async () => {
    const fake = await retailer({ token: "t0ken" });
    const { orderNumber } = fake.placeOrder(LINES);
    assert.deepEqual(
      fake.acknowledgementsOwed().map(({ controlNumber }) => controlNumber),
      [1],
    );
    const [mapping] = mapped(fake);
    const [statement] = statementsOf(mapping === undefined ? [] : [mapping]);
    assert.ok(statement !== undefined && mapping?.reply !== undefined);
    const order = orderFrom(statement);
    const send = sender(fake);
    await send({ kind: "reply", replyTo: "key", content: mapping.reply });
    const acknowledged = await send(acknowledgementOf(order));
    const shipped = await send(shipNoticeOf(order));
    assert.deepEqual(fake.problems(), []);
    assert.deepEqual(fake.acknowledgementsOwed(), []);
    assert.deepEqual(
      fake.received().map(({ set }) => set),
      ["997", "855", "856"],
    );
    assert.deepEqual(
      fake.order(orderNumber)?.lines.map((line) => line.shipped),
      [24, 3, 7],
    );
    const answers = mapped(fake).flatMap(({ records, reply }) => {
      assert.equal(reply, undefined);
      return records.map((record) => (record.is === "acknowledgement" ? record.acknowledgement : record.is));
    });
    assert.deepEqual(answers, [
      { controlNumber: String(acknowledged), documentType: "855", verdict: "accepted" },
      { controlNumber: String(shipped), documentType: "856", verdict: "accepted" },
    ]);
  });

  test("counts a repeated interchange once, and complains of another under its number", async () => {
    const fake = await retailer();
    fake.placeOrder(LINES);
    const [statement] = statementsOf(mapped(fake));
    assert.ok(statement !== undefined);
    const document = acknowledgementOf(orderFrom(statement));
    const render = (now: Date) => {
      const found = x12.outlet?.render(document, { ...CONTEXT, now }, accountOf(fake));
      assert.ok(found !== undefined && "body" in found);
      return found.body;
    };
    fake.receive(render(CONTEXT.now));
    fake.receive(render(CONTEXT.now));
    assert.deepEqual([fake.effects(), fake.duplicates(), fake.problems()], [1, 1, []]);
    fake.receive(render(new Date("2026-01-13T00:00:00Z")));
    assert.match(fake.problems()[0] ?? "", /control number 101 came twice, with different content/);
  });

  test("sees what a supplier does wrong", async () => {
    const fake = await retailer();
    fake.placeOrder(LINES);
    const [statement] = statementsOf(mapped(fake));
    assert.ok(statement !== undefined);
    const order = orderFrom(statement);
    const text = (document: OutboundDocument, controlNumber: number) => {
      const found = x12.outlet?.render(document, { ...CONTEXT, controlNumber }, accountOf(fake));
      assert.ok(found !== undefined && "body" in found);
      return Buffer.from(found.body).toString("latin1");
    };
    const receive = (paper: string) => fake.receive(Buffer.from(paper, "latin1"));
    const answer = text(acknowledgementOf(order, [20]), 1);
    receive(answer.replace("ACK*IQ*20", "ACK*IQ*21"));
    receive(text(acknowledgementOf(order, [20]), 2).replace("SE*", "SE*9"));
    const notice = text(shipNoticeOf(order), 3);
    receive(notice.replace("MAN*GM*001234560000000018", "MAN*GM*001234560000000017"));
    receive(
      text({ ...shipNoticeOf(order), shipmentNumber: "SHP-2" }, 4)
        .replaceAll("NOR-1", "NOR-99")
        .replace("HL*4*3*I", "HL*4*9*I"),
    );
    receive("hello");
    const problems = fake.problems().join("\n");
    for (const expected of [
      /line 1: the ACKs add up to 25, and 24 were ordered/,
      /SE01 is 9\d+, and there are/,
      /is acknowledged a second time/,
      /line 1: 24 are shipped, and 20 were agreed/,
      /SSCC 001234560000000017 does not scan/,
      /PRF01: no order has the number NOR-99/,
      /HL 4 \(I\) hangs under 9/,
      /there is no ISA/,
    ])
      assert.match(problems, expected);
  });

  test("writes the same papers from the same seed", async () => {
    const written = async () => {
      const fake = await retailer({ spread: true, duplicates: 0.5, interchangesPerFile: 2 });
      for (let index = 0; index < 6; index += 1) fake.placeOrder(LINES);
      return fake.takeFiles().map((file) => Buffer.from(file).toString("latin1"));
    };
    assert.deepEqual(await written(), await written());
  });

  test("posts its files in order, again where it is not heard, and says which were lost", async () => {
    const statuses = [503, 202, 422, 202];
    const taken: string[] = [];
    const server = createServer((request, response) => {
      request.on("data", (chunk) => taken.push(String(chunk).slice(90, 99)));
      request.on("end", () => response.writeHead(statuses.shift() ?? 202).end());
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    assert.ok(typeof address === "object" && address !== null);
    const fake = await retailer({ retryDelayMs: 1 });
    for (let index = 0; index < 3; index += 1) fake.placeOrder(LINES);
    fake.sendTo({ url: `http://127.0.0.1:${address.port}/` });
    await fake.mailSettled();
    assert.deepEqual(taken, ["000000001", "000000001", "000000002", "000000003"]);
    assert.match(fake.problems()[0] ?? "", /could not be posted: an answer of 422/);
    server.close();
  });
});

describe("handing over", () => {
  const document = { kind: "reply", replyTo: "key", content: null } as const;
  const paper = { body: new Uint8Array([1]), contentType: "application/edi-x12", name: "855-1" };

  test("waits for a partner that fetches", async () => {
    const delivery = await x12.outlet?.deliver?.(paper, document, loopbackIo(), accountWith());
    assert.deepEqual(delivery, { delivered: false, outcome: "fetch" });
  });

  test("with a token that the partner does not know is refused", async () => {
    const fake = await retailer({ token: "right" });
    const account = accountWith(fake.account.settings, { token: "wrong" });
    const delivery = await x12.outlet?.deliver?.(paper, document, loopbackIo(), account);
    const reason = "401: the bearer token is missing or wrong";
    assert.deepEqual(delivery, { delivered: false, outcome: "refused", reason });
  });
});
