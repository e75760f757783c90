import assert from "node:assert/strict";
import { test } from "node:test";
import { channel, memoryEvents, pairFigure, warehouse } from "./ports.ts";
import { by, createWorld, receivedFact, type World } from "./world.ts";

const asking = (world: World, url: string, headers: Record<string, string> = {}) =>
  world.gateway.inject({ url, headers: by(world.key(), headers) });

test("availability is answered for each item that is known, and names what is not", async () => {
  const world = await createWorld();
  const answer = await asking(
    world,
    `/experience/v1/availability?channel=${channel}&sku=BOLT-M8&sku=GONE&item=item-bolt`,
  );
  assert.equal(answer.statusCode, 200);
  const body = answer.json();
  assert.equal(body.availability[0].availableToPromise, 5);
  assert.deepEqual(body.availability[0].formula, {
    available: 7,
    expiredHolds: 0,
    buffer: 2,
    protectedForOthers: 0,
  });
  assert.equal(body.availability.length, 2);
  assert.deepEqual(body.unknown, [{ scheme: "sku", value: "GONE" }]);
});

test("a kit's figure comes with what each component allows, and with no formula of its own", async () => {
  const world = await createWorld();
  const answer = await asking(world, `/experience/v1/availability?channel=${channel}&sku=PAIR`);
  assert.deepEqual(answer.json().availability, [pairFigure]);
});

const wrongQuestions = [
  { query: "channel=web", code: "invalid-request" },
  { query: "sku=BOLT-M8", code: "invalid-request" },
  { query: "channel=web&sku=A&colour=red", code: "invalid-request" },
  {
    query: `channel=web${"&sku=A1&item=b".repeat(1)}${Array.from({ length: 500 }, (_, n) => `&sku=S${n}`).join("")}`,
    code: "invalid-request",
  },
  { query: "channel=web&channel=shop&sku=A", code: "invalid-request" },
  { query: "channel=nowhere&sku=A", code: "unknown-channel" },
];

for (const { query, code } of wrongQuestions) {
  test(`the question ${query.slice(0, 40)} is refused with ${code}`, async () => {
    const world = await createWorld();
    assert.equal((await asking(world, `/experience/v1/availability?${query}`)).json().code, code);
  });
}

test("500 items may be asked for at once", async () => {
  const world = await createWorld();
  const skus = Array.from({ length: 500 }, (_, index) => `sku=S${index}`).join("&");
  const answer = await asking(world, `/experience/v1/availability?channel=web&${skus}`);
  assert.equal(answer.json().unknown.length, 500);
});

test("positions are listed by item and place, and read one by one", async () => {
  const world = await createWorld();
  const listed = await asking(world, "/system/v1/positions?item=item-bolt&location=berlin");
  assert.equal(listed.json().positions[0].statuses.held, 2);
  assert.deepEqual((await asking(world, "/system/v1/positions?item=other")).json(), { positions: [] });
  const read = await asking(world, "/system/v1/positions/17");
  assert.deepEqual(read.json(), listed.json().positions[0]);
  assert.equal((await asking(world, "/system/v1/positions/18")).statusCode, 404);
});

test("a position explains itself by its transfers and the message behind them", async () => {
  const world = await createWorld();
  const answer = await asking(world, "/system/v1/positions/17/explanation?limit=5");
  assert.equal(answer.statusCode, 200);
  const { position, transfers } = answer.json();
  assert.equal(position.onHand, 9);
  assert.equal(transfers[0].messageId, "msg-1");
  assert.equal(transfers[0].from.locationId, "supplier");
  assert.equal((await asking(world, "/system/v1/positions/18/explanation")).statusCode, 404);
  assert.equal(
    (await asking(world, "/system/v1/positions/17/explanation?after=x")).json().code,
    "invalid-cursor",
  );
});

const nonsense = [
  "yesterday",
  "2026-02-31T00:00:00Z",
  "2026-02-20",
  "2026-02-20T10:00:00",
  "2026-13-01T00:00:00Z",
];
for (const time of nonsense) {
  test(`${time} is no moment of the past, and the answer says why`, async () => {
    const world = await createWorld();
    for (const path of ["", "/17", "/17/explanation"]) {
      for (const axis of ["at", "believedAt"]) {
        const answer = await asking(world, `/system/v1/positions${path}?${axis}=${encodeURIComponent(time)}`);
        assert.equal(answer.statusCode, 400);
        const { code, errors } = answer.json();
        assert.equal(code, "invalid-request");
        assert.equal(errors[0].pointer, `/${axis}`);
        assert.match(errors[0].message, /for example 2026|a moment that no calendar has/);
      }
    }
  });
}

test("a moment of the past may have any offset", async () => {
  const world = await createWorld();
  const time = encodeURIComponent("2026-02-20T10:00:00+02:00");
  assert.equal((await asking(world, `/system/v1/positions/17?at=${time}`)).statusCode, 200);
});

test("facts are read as CloudEvents, from a place on", async () => {
  const world = await createWorld();
  const first = await asking(world, "/system/v1/events?limit=1");
  const { events, next, isLast } = first.json();
  assert.equal(isLast, false);
  assert.deepEqual(events[0], {
    specversion: "1.0",
    id: "receipt-1",
    source: `/accounts/${warehouse}`,
    type: "crossdock.StockReceived",
    subject: "items/item-bolt",
    time: receivedFact.effectiveAt,
    datacontenttype: "application/json",
    dataschema: "/schemas/facts/StockReceived/1",
    position: "8.1",
    recordedat: receivedFact.recordedAt,
    correlationid: "journey-1",
    causationid: "msg-1",
    data: receivedFact.data,
  });
  assert.equal(first.headers.link, `</system/v1/events?limit=1&after=${next}>; rel="next"`);
  const rest = await asking(world, `/system/v1/events?after=${next}`);
  assert.deepEqual(rest.json(), { events: [], next, isLast: true });
});

test("a cursor beyond the end of the log is refused with the end, and whoever has caught up is not", async () => {
  const world = await createWorld();
  const beyond = await asking(world, "/system/v1/events?after=8.2");
  assert.equal(beyond.statusCode, 409);
  const { code, detail, end } = beyond.json();
  assert.deepEqual([code, end], ["cursor-beyond-end", "8.1"]);
  assert.match(detail, /ends at 8\.1, before the cursor 8\.2\..*restored from a backup/);
  assert.equal((await asking(world, "/system/v1/events?after=9.0&type=OrderReceived")).statusCode, 409);
  assert.equal((await asking(world, `/system/v1/events?after=${end}`)).statusCode, 200);

  const empty = await createWorld({ replace: { events: memoryEvents([]) } });
  assert.deepEqual((await asking(empty, "/system/v1/events")).json(), {
    events: [],
    next: "0.0",
    isLast: true,
  });
  assert.equal((await asking(empty, "/system/v1/events?after=0.0")).statusCode, 200);
  assert.equal((await asking(empty, "/system/v1/events?after=8.1")).json().end, "0.0");
});

test("who asks for a CloudEvents batch gets the bare array, and the cursor in the link", async () => {
  const world = await createWorld();
  const answer = await asking(world, "/system/v1/events", { accept: "application/cloudevents-batch+json" });
  assert.match(String(answer.headers["content-type"]), /^application\/cloudevents-batch\+json/);
  assert.equal(answer.json()[0].id, "receipt-1");
  assert.match(String(answer.headers.link), /after=8\.1/);
});

test("types are named with or without their prefix, and an unknown one is refused", async () => {
  const world = await createWorld();
  const read = async (query: string) => (await asking(world, `/system/v1/events?${query}`)).json();
  assert.equal((await read("type=StockReceived")).events.length, 1);
  assert.equal((await read("type=crossdock.StockReceived&type=OrderReceived")).events.length, 1);
  assert.deepEqual(await read("type=OrderReceived"), { events: [], next: "8.1", isLast: true });
  assert.match((await read("type=OrderReceeved")).errors[0].message, /OrderReceived/);
  assert.equal((await read("after=yesterday")).code, "invalid-cursor");
});

test("parked records are listed, tried again and dropped, and say what came of it", async () => {
  const world = await createWorld();
  const listed = await asking(world, "/system/v1/parked?limit=1");
  assert.equal(listed.json().parked[0].waitsFor.reference, "sku:NEW-1");
  assert.match(String(listed.headers.link), /after=1/);
  const post = async (path: string) =>
    (
      await world.gateway.inject({
        method: "POST",
        url: `/system/v1/parked/${path}`,
        headers: by(world.key()),
      })
    ).json();
  assert.deepEqual(await post("msg-1/0/retry"), { state: "applied", already: false });
  assert.deepEqual(await post("msg-1/0/retry"), { state: "applied", already: true });
  assert.equal((await post("msg-1/1/retry")).reason, "unknown-item");
  assert.deepEqual(await post("msg-1/1/drop"), { state: "dropped", already: false });
  assert.equal((await post("msg-1/2/drop")).code, "not-found");
  assert.equal((await post("msg-1/x/drop")).code, "invalid-request");
  assert.equal((await post("msg-1/-1/drop")).code, "invalid-request");
});

test("a partner lists the documents that wait, and fetches their bytes as often as it likes", async () => {
  const world = await createWorld();
  const outbox = await asking(world, `/system/v1/connectors/${warehouse}/outbox?limit=2`);
  assert.equal(outbox.json().documents.length, 2);
  assert.equal(outbox.json().next, "2");
  const fetchDocument = () => asking(world, "/system/v1/documents/doc-1/content");
  const [first, again] = [await fetchDocument(), await fetchDocument()];
  assert.equal(first.headers["content-type"], "application/edi-x12");
  assert.deepEqual([...first.rawPayload], [73, 83, 65, 0, 255]);
  assert.deepEqual(again.rawPayload, first.rawPayload);
  assert.equal(first.headers["content-disposition"], "attachment; filename*=UTF-8''ack%201.edi");
  assert.match(String(first.headers["content-security-policy"]), /sandbox/);
  assert.equal((await asking(world, "/system/v1/documents/doc-9/content")).statusCode, 404);
  assert.equal((await asking(world, "/system/v1/connectors/nobody/outbox")).json().code, "unknown-account");
});

test("what is read is not to be stored on the way, and is taken for what it says it is", async () => {
  const world = await createWorld();
  const { headers } = await asking(world, "/system/v1/positions");
  assert.equal(headers["cache-control"], "no-store");
  assert.equal(headers["x-content-type-options"], "nosniff");
});

test("HEAD asks the same as GET", async () => {
  const world = await createWorld();
  const answer = await world.gateway.inject({
    method: "HEAD",
    url: "/system/v1/positions/17",
    headers: by(world.key()),
  });
  assert.equal(answer.statusCode, 200);
  assert.equal(answer.body, "");
  assert.equal(
    (await world.gateway.inject({ method: "HEAD", url: "/system/v1/positions/17" })).statusCode,
    401,
  );
});
