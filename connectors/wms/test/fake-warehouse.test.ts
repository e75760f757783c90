import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { orderId, problemsText, quantity, type StockStatement } from "@crossdock/canonical";
import { isHttpFailure, type MappedRecord } from "@crossdock/connector-kit";
import { fakeServer, loopbackIo } from "@crossdock/connector-kit/testing";
import { readEvent } from "../src/event-problems.ts";
import {
  type Activity,
  type FakeBatch,
  type FakeWarehouse,
  type FakeWarehouseOptions,
  gs1CheckDigit,
  ssccOf,
  startFakeWarehouse,
} from "../src/fake/index.ts";
import { wmsConnector } from "../src/index.ts";
import { account, recordsOf, release, SECRET } from "./fixtures.ts";

const BUSY: Activity = {
  receipts: 0.6,
  counts: 0.4,
  adjustments: 0.4,
  returns: 0.4,
  statusChanges: 0.5,
  transfers: 0.3,
  losses: 0.2,
  shortPicks: 0.1,
  putBacks: 0.1,
};
const FAULTY = { duplicateEvent: 0.2, duplicateBatch: 0.2, late: 0.3, reorder: 0.5 };
const SKUS = ["A-1", "A-2", "A-3"];

// Closed in the end and not by each test: a test that fails must not keep the process alive.
const running: { close(): Promise<void> }[] = [];
after(() => Promise.all(running.map((server) => server.close())));

/** A warehouse on a stopped clock, whose batches are kept. */
async function warehouse(options: Partial<FakeWarehouseOptions> = {}) {
  const batches: FakeBatch[] = [];
  const fake = await startFakeWarehouse({
    seed: 7,
    code: "W1",
    secret: SECRET,
    stock: SKUS.map((sku) => ({ sku, onHand: 100 })),
    now: () => new Date("2026-11-23T09:30:00Z"),
    sendTo: async (batch) => {
      batches.push(batch);
      return true;
    },
    ...options,
  });
  running.push(fake);
  return { fake, batches };
}

/** A system that takes every batch. */
async function receiving() {
  const receiver = await fakeServer({ handle: () => ({ status: 202 }) });
  running.push(receiver);
  return receiver;
}

async function tickTimes(fake: FakeWarehouse, times: number): Promise<void> {
  for (let tick = 0; tick < times; tick += 1) await fake.tick();
}

/** Hands a release of 3 × A-1 and 1 × A-2 over, as the connector does. */
async function hand(fake: FakeWarehouse, order: string, lines = release.lines) {
  const document = { ...release, orderId: orderId(`o-${order}`), orderNumber: order, lines };
  const context = { documentId: `doc-${order}`, now: new Date(), controlNumber: 1 };
  const of = account({ url: fake.url });
  const rendered = wmsConnector.outlet?.render(document, context, of);
  assert.ok(rendered !== undefined && !("refused" in rendered));
  return wmsConnector.outlet?.deliver?.(rendered, document, loopbackIo(), of);
}

function statementsOf(batches: readonly FakeBatch[]): StockStatement[] {
  const records: MappedRecord[] = batches.flatMap(({ body }) => [
    ...recordsOf(new TextDecoder().decode(body)),
  ]);
  return records.map((record) => {
    assert.ok(record.is === "stock", JSON.stringify(record));
    return record.statement;
  });
}

/** Each statement once, in the warehouse's own order: what a receiver knows in the end. */
function inOrder(statements: readonly StockStatement[]): StockStatement[] {
  const once = new Map(statements.map((statement) => [statement.id, statement]));
  const numberOf = (statement: StockStatement) => statement.sequence?.number ?? 0;
  return [...once.values()].sort((one, other) => numberOf(one) - numberOf(other));
}

/** What one statement does to what is on hand, written down from the meaning of the words and not from the fake. */
function changesOf({ type, data }: StockStatement): readonly (readonly [sku: string, change: number])[] {
  switch (type) {
    case "StockReceived":
    case "StockReturned":
    case "TransferReceived":
      return [[data.item.value, Number(data.quantity.value)]];
    case "TransferDispatched":
      return [[data.item.value, -Number(data.quantity.value)]];
    case "StockAdjusted":
      return [[data.item.value, Number(data.delta.value)]];
    case "ShipmentDispatched":
      return data.cartons.flatMap(({ lines }) =>
        lines.map(({ item, quantity }) => [item.value, -Number(quantity.value)] as const),
      );
    case "StockCounted":
    case "StockPicked":
    case "StockPickedShort":
    case "PickCancelled":
    case "StockPacked":
    case "StockStatusChanged":
    case "TransferLost":
    case "LotChanged":
    case "SupplyExpected":
      return [];
    case "StockConverted":
      return [
        [data.from.item.value, -Number(data.from.quantity.value)],
        [data.to.item.value, Number(data.to.quantity.value)],
      ];
    default:
      return type satisfies never;
  }
}

function onHandAfter(statements: readonly StockStatement[]): ReadonlyMap<string, number> {
  const onHand = new Map<string, number>();
  for (const statement of statements) {
    const { type, data } = statement;
    if (type === "StockCounted") onHand.set(data.item.value, Number(data.counted.value));
    for (const [sku, change] of changesOf(statement)) onHand.set(sku, (onHand.get(sku) ?? 0) + change);
  }
  return onHand;
}

describe("a simulated warehouse", () => {
  test("does the same from the same seed, byte for byte", async () => {
    const run = async (seed: number) => {
      const { fake, batches } = await warehouse({
        seed,
        activity: BUSY,
        postFaults: FAULTY,
        neighbours: ["W2"],
      });
      for (const order of ["1", "2", "3"]) await hand(fake, order);
      await tickTimes(fake, 40);
      await fake.drain();
      return batches.map(({ deliveryId, body }) => [deliveryId, new TextDecoder().decode(body)]);
    };
    const [first, again, other] = [await run(1), await run(1), await run(2)];
    assert.deepEqual(first, again);
    assert.notDeepEqual(first, other);
  });

  test("sends the same events whatever the faults of its post", async () => {
    const run = async (postFaults: FakeWarehouseOptions["postFaults"]) => {
      const { fake, batches } = await warehouse({ activity: BUSY, ...(postFaults && { postFaults }) });
      await tickTimes(fake, 60);
      await fake.drain();
      return statementsOf(batches);
    };
    const [calm, faulty] = [await run(undefined), await run(FAULTY)];
    assert.ok(faulty.length > calm.length, "nothing was sent twice");
    assert.notDeepEqual(faulty.slice(0, calm.length), calm, "nothing was late or out of order");
    assert.deepEqual(inOrder(faulty), inOrder(calm));
    assert.deepEqual(
      inOrder(calm).map(({ sequence }) => sequence?.number),
      calm.map((_, index) => index + 1),
    );
  });

  test("lies on its shelves as its events say, but for what was lost and not yet counted", async () => {
    const { fake, batches } = await warehouse({ activity: BUSY, postFaults: FAULTY, neighbours: ["W2"] });
    fake.announceStock();
    for (let order = 0; order < 30; order += 1) await hand(fake, String(order));
    await tickTimes(fake, 300);
    await fake.drain();
    const onHand = onHandAfter(inOrder(statementsOf(batches)));
    for (const sku of SKUS) assert.equal(fake.reported(sku), onHand.get(sku), sku);
    fake.announceStock();
    for (const sku of SKUS) assert.equal(fake.truth(sku).onHand, fake.reported(sku));
    assert.equal(fake.openOrders(), 0);
    const seen = new Set(inOrder(statementsOf(batches)).map(({ type }) => type));
    assert.equal(seen.size, 11, [...seen].join());
  });

  test("tells no two events at one moment, even on a clock that stands still", async () => {
    const { fake, batches } = await warehouse({ activity: BUSY });
    await tickTimes(fake, 20);
    const moments = inOrder(statementsOf(batches)).map(({ effectiveAt }) => effectiveAt);
    assert.deepEqual(moments, [...new Set(moments)].sort());
  });

  test("says only what its own interface allows", async () => {
    const { fake, batches } = await warehouse({ activity: BUSY, neighbours: ["W2"] });
    await tickTimes(fake, 100);
    for (const { body } of batches) {
      const { events }: { events: unknown[] } = JSON.parse(new TextDecoder().decode(body));
      for (const event of events) {
        const read = readEvent(event, "W1");
        assert.ok(read.ok, read.ok ? "" : problemsText(read.problems));
      }
    }
  });

  test("goes on after an earlier one without repeating an id", async () => {
    const { fake, batches } = await warehouse({ activity: BUSY });
    await tickTimes(fake, 10);
    const later = await warehouse({ activity: BUSY, firstSequence: fake.nextSequence() });
    await tickTimes(later.fake, 10);
    const ids = [...batches, ...later.batches].flatMap((batch) => statementsOf([batch]).map(({ id }) => id));
    assert.equal(new Set(ids).size, ids.length);
    const deliveries = [...batches, ...later.batches].map(({ deliveryId }) => deliveryId);
    assert.equal(new Set(deliveries).size, deliveries.length);
  });
});

describe("an order on the floor", () => {
  test("is picked, packed and shipped in three ticks, in cartons that hold all of it", async () => {
    const { fake, batches } = await warehouse();
    assert.deepEqual(await hand(fake, "1001"), { delivered: true, reference: "W1-doc-1001" });
    await fake.tick();
    assert.equal(fake.truth("A-1").picked, 3);
    await fake.tick();
    await fake.tick();
    const statements = statementsOf(batches);
    assert.deepEqual(
      statements.map(({ type }) => type),
      ["StockPicked", "StockPicked", "StockPacked", "StockPacked", "ShipmentDispatched"],
    );
    const shipped = statements.at(-1);
    assert.ok(shipped?.type === "ShipmentDispatched");
    const [carton] = shipped.data.cartons;
    assert.equal(carton?.sscc, ssccOf(3));
    assert.deepEqual(
      carton?.lines.map(({ item, quantity, orderLine }) => [item.value, quantity.value, orderLine]),
      [
        ["A-1", 3, { orderId: "o-1001", lineId: "1" }],
        ["A-2", 1, { orderId: "o-1001", lineId: "2" }],
      ],
    );
    assert.deepEqual(fake.truth("A-1"), { onHand: 97, available: 97, picked: 0, quarantined: 0, damaged: 0 });
  });

  test("is packed in whole cases: a line that does not fit begins a carton of its own", async () => {
    const { fake, batches } = await warehouse();
    const wanted = [quantity(13), quantity(48)];
    const lines = release.lines.map((line, index) => ({ ...line, quantity: wanted[index] ?? quantity(96) }));
    await hand(fake, "1001", lines);
    await tickTimes(fake, 3);
    const shipped = statementsOf(batches).at(-1);
    assert.ok(shipped?.type === "ShipmentDispatched");
    assert.deepEqual(
      shipped.data.cartons.map((carton) => carton.lines.map((line) => line.quantity.value)),
      [[13], [48]],
    );
  });

  test("may have the parts of a kit under one line", async () => {
    const { fake, batches } = await warehouse();
    const [first] = release.lines;
    const lines = release.lines.map((line) => ({ ...line, lineId: first?.lineId ?? line.lineId }));
    await hand(fake, "1001", lines);
    await tickTimes(fake, 3);
    const shipped = statementsOf(batches).at(-1);
    assert.ok(shipped?.type === "ShipmentDispatched");
    assert.deepEqual(
      shipped.data.cartons.flatMap((carton) =>
        carton.lines.map(({ item, quantity }) => [item.value, quantity.value]),
      ),
      [
        ["A-1", 3],
        ["A-2", 1],
      ],
    );
    assert.deepEqual([fake.truth("A-1").onHand, fake.truth("A-2").onHand], [97, 99]);
  });

  test("that is short waits for goods, and then leaves with what there is", async () => {
    const { fake, batches } = await warehouse({
      stock: [
        { sku: "A-1", onHand: 2 },
        { sku: "A-2", onHand: 0 },
      ],
    });
    await hand(fake, "1001");
    await tickTimes(fake, 5);
    assert.equal(fake.openOrders(), 1);
    fake.floor.receive({ sku: "A-1", quantity: 9 });
    await tickTimes(fake, 30);
    assert.equal(fake.openOrders(), 0);
    assert.deepEqual([fake.truth("A-1").onHand, fake.truth("A-2").onHand], [8, 0]);
    const shipped = statementsOf(batches).at(-1);
    assert.ok(shipped?.type === "ShipmentDispatched");
    assert.deepEqual(
      shipped.data.cartons.map(({ lines }) => lines.length),
      [1],
    );
  });

  test("for which there is nothing at all is given up, line by line", async () => {
    const { fake, batches } = await warehouse({ stock: SKUS.map((sku) => ({ sku, onHand: 0 })) });
    await hand(fake, "1001");
    await tickTimes(fake, 25);
    assert.equal(fake.openOrders(), 0);
    const short = statementsOf(batches).filter(({ type }) => type === "StockPickedShort");
    assert.equal(short.length, 2);
  });

  test("that is released in two parts is shipped in two parts", async () => {
    const { fake, batches } = await warehouse();
    const context = { documentId: "doc-2nd", now: new Date(), controlNumber: 1 };
    const of = account({ url: fake.url });
    await hand(fake, "1001");
    const second = { ...release, orderId: orderId("o-1001") };
    const rendered = wmsConnector.outlet?.render(second, context, of);
    assert.ok(rendered !== undefined && !("refused" in rendered));
    await wmsConnector.outlet?.deliver?.(rendered, second, loopbackIo(), of);
    await tickTimes(fake, 3);
    const shipped = statementsOf(batches).filter(({ type }) => type === "ShipmentDispatched");
    assert.equal(shipped.length, 2);
    assert.equal(fake.truth("A-1").onHand, 94);
  });

  test("is one order however often its release comes, and another content under its id is refused", async () => {
    const { fake } = await warehouse();
    await hand(fake, "1001");
    assert.deepEqual(await hand(fake, "1001"), { delivered: true, reference: "W1-doc-1001" });
    assert.equal(fake.releasesTaken(), 1);
    const io = loopbackIo();
    const of = account({ url: fake.url });
    const body = new TextEncoder().encode(JSON.stringify({ releaseId: "doc-1001" }));
    const rendered = { body, contentType: "application/json", name: "doc-1001" };
    const answer = await wmsConnector.outlet?.deliver?.(rendered, release, io, of);
    assert.ok(answer?.delivered === false && answer.outcome === "refused");
  });

  test("is not taken unsigned, for another building, for unknown goods, or when the floor is full", async () => {
    const { fake } = await warehouse({ ordersOpenMax: 2 });
    const elsewhere = await warehouse({ code: "W9" });
    const poorer = await warehouse({ stock: [{ sku: "A-1", onHand: 1 }] });
    const outcome = await loopbackIo().http({ method: "POST", url: `${fake.url}/orders`, body: "{}" });
    assert.equal(isHttpFailure(outcome) ? 0 : outcome.status, 401);
    const reasons = [await hand(elsewhere.fake, "1"), await hand(poorer.fake, "1")].map((answer) =>
      answer?.delivered === false && answer.outcome === "refused" ? answer.reason : "",
    );
    assert.match(reasons[0] ?? "", /^422: this is W9, not W1$/);
    assert.match(reasons[1] ?? "", /^422: line 2: A-2 is not stocked here$/);
    for (const order of ["1", "2"]) assert.equal((await hand(fake, order))?.delivered, true);
    const full = await hand(fake, "3");
    assert.deepEqual(full?.delivered === false && full.outcome === "retry" && full.afterMs, 30_000);
  });
});

describe("the floor", () => {
  test("refuses what cannot be done in a building, and says nothing of it", async () => {
    const { fake } = await warehouse();
    const before = fake.nextSequence();
    assert.throws(() => fake.floor.adjust({ sku: "A-1", delta: -101, reason: "x" }), RangeError);
    assert.throws(() => fake.floor.dispatchTransfer({ sku: "A-1", quantity: 101, to: "W2" }), RangeError);
    assert.throws(() => fake.floor.receive({ sku: "unknown", quantity: 1 }), RangeError);
    assert.throws(() => fake.floor.receive({ sku: "A-1", quantity: 0.5 }), RangeError);
    assert.throws(() => fake.floor.ship("no such order"), RangeError);
    assert.equal(fake.nextSequence(), before);
  });

  test("lets a transfer arrive where it was sent, under the same number", async () => {
    const [from, to] = [await warehouse(), await warehouse({ code: "W2" })];
    to.fake.floor.receiveTransfer(from.fake.floor.dispatchTransfer({ sku: "A-1", quantity: 7, to: "W2" }));
    await Promise.all([from.fake.drain(), to.fake.drain()]);
    assert.deepEqual([from.fake.truth("A-1").onHand, to.fake.truth("A-1").onHand], [93, 107]);
    const [left] = statementsOf(from.batches);
    assert.ok(left?.type === "TransferDispatched");
    assert.match(new TextDecoder().decode(to.batches[0]?.body), new RegExp(`"${left.data.transferNumber}"`));
  });

  test("names the lot of an item that has one in every event", async () => {
    const { fake, batches } = await warehouse({ stock: [{ sku: "A-1", onHand: 5, lot: "L9" }] });
    fake.floor.count("A-1");
    fake.floor.changeStatus({ sku: "A-1", quantity: 1, from: "available", to: "damaged" });
    await fake.drain();
    for (const { data } of statementsOf(batches)) assert.equal("lot" in data && data.lot, "L9");
  });

  test("gives up what it cannot find, and counts the place at once", async () => {
    const { fake, batches } = await warehouse({
      stock: [
        { sku: "A-1", onHand: 2 },
        { sku: "A-2", onHand: 9 },
      ],
    });
    await hand(fake, "1001");
    fake.floor.pick("o-1001");
    fake.floor.pickShort("o-1001");
    assert.ok(fake.floor.pick("o-1001"), "what was given up is not looked for again");
    await fake.drain();
    assert.deepEqual(
      statementsOf(batches).map(({ type }) => type),
      ["StockPicked", "StockPicked", "StockPickedShort", "StockCounted", "StockStatusChanged"],
    );
  });

  test("puts picked goods back and picks them again", async () => {
    const { fake, batches } = await warehouse();
    await hand(fake, "1001");
    fake.floor.pick("o-1001");
    fake.floor.putBack("o-1001");
    assert.deepEqual([fake.truth("A-1").available, fake.truth("A-1").picked], [100, 0]);
    fake.floor.pick("o-1001");
    fake.floor.pack("o-1001");
    assert.throws(() => fake.floor.putBack("o-1001"), RangeError);
    await fake.drain();
    const types = statementsOf(batches).map(({ type }) => type);
    assert.equal(types.filter((type) => type === "PickCancelled").length, 2);
  });

  test("turns one item into another, and learns of transfers that will not arrive", async () => {
    const [from, to] = [await warehouse(), await warehouse({ code: "W2" })];
    const sent = from.fake.floor.dispatchTransfer({ sku: "A-1", quantity: 7, to: "W2" });
    to.fake.floor.loseTransfer(sent);
    to.fake.floor.convert({
      from: { sku: "A-1", quantity: 1 },
      to: { sku: "A-2", quantity: 12 },
      reason: "break bulk",
    });
    await to.fake.drain();
    assert.deepEqual([to.fake.truth("A-1").onHand, to.fake.truth("A-2").onHand], [99, 112]);
    const [lost, made] = statementsOf(to.batches);
    assert.ok(lost?.type === "TransferLost" && lost.data.transferNumber === sent.transferNumber);
    assert.ok(made?.type === "StockConverted" && made.data.to.quantity.value === 12);
  });

  test("loses goods unseen until somebody counts", async () => {
    const { fake } = await warehouse();
    fake.floor.lose({ sku: "A-1", quantity: 4 });
    assert.deepEqual([fake.truth("A-1").onHand, fake.reported("A-1")], [96, 100]);
    fake.floor.count("A-1");
    assert.deepEqual([fake.truth("A-1").onHand, fake.reported("A-1")], [96, 96]);
  });
});

describe("the post", () => {
  test("is signed so that the connector takes it for genuine", async () => {
    const receiver = await receiving();
    const { fake } = await warehouse({
      sendTo: `${receiver.url}/messages`,
      headers: { authorization: "Bearer key" },
    });
    fake.announceStock();
    await fake.drain();
    const [call] = receiver.calls();
    assert.ok(call);
    assert.equal(wmsConnector.intake?.authenticate(call, account()).genuine, true);
    assert.equal(call.headers.authorization, "Bearer key");
  });

  test("tries the same bytes under the same id until they are taken", async () => {
    const receiver = await receiving();
    const { fake } = await warehouse({ sendTo: receiver.url });
    receiver.failNext({ kind: "error-before-effect" }, { kind: "reset-after-effect" });
    fake.announceStock();
    const reports = [await fake.tick(), await fake.tick(), await fake.tick()];
    assert.deepEqual(
      reports.map(({ isStuck, batches, waiting }) => [isStuck, batches, waiting]),
      [
        [true, 0, 3],
        [true, 0, 3],
        [false, 1, 0],
      ],
    );
    const sent = new Set(
      receiver.calls().map(({ headers, body }) => `${headers["x-wms-delivery-id"]}${body}`),
    );
    assert.equal(sent.size, 1);
  });

  test("that nobody takes ends a drain with the reason", async () => {
    const { fake } = await warehouse({ sendTo: async () => false });
    fake.announceStock();
    await assert.rejects(fake.drain(), /W1 cannot deliver/);
  });

  test("waits until it is told where to send", async () => {
    const { fake } = await warehouse({ sendTo: async () => false });
    fake.announceStock();
    assert.equal((await fake.tick()).waiting, 3);
    let taken = 0;
    fake.sendTo(async ({ events }) => {
      taken += events;
      return true;
    });
    await fake.drain();
    assert.equal(taken, 3);
  });

  test("runs by itself until it is stopped, and an error ends it and is told", async () => {
    const { fake, batches } = await warehouse({ activity: { receipts: 5 } });
    const arrived = Promise.withResolvers<void>();
    fake.sendTo(async (batch) => {
      if (batches.push(batch) === 3) arrived.resolve();
      return true;
    });
    const stop = fake.run({ everyMs: 1 });
    await arrived.promise;
    await stop();
    const sent = batches.length;
    await fake.tick();
    assert.equal(batches.length, sent + 1);
    const told = Promise.withResolvers<unknown>();
    fake.sendTo(() => Promise.reject(new Error("no line")));
    fake.run({ everyMs: 1, onError: told.resolve });
    assert.match(String(await told.promise), /no line/);
  });
});

test("the check digit of an SSCC is that of GS1", () => {
  // Both are numbers that GS1 shows in its own guides.
  assert.equal(gs1CheckDigit("37610425002123456"), "9");
  assert.equal(ssccOf(123_456_789), "006141411234567890");
  assert.equal(ssccOf(1), "006141410000000012");
  assert.match(ssccOf(123_456_789_012), /^\d{18}$/);
});
