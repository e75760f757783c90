import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { EVENTS_PER_MESSAGE_MAX, wmsConnector } from "../src/index.ts";
import { account, bytes, delivery, events, PREVIOUS_SECRET, recordsOf, SECRET } from "./fixtures.ts";

const intake = wmsConnector.intake;
assert.ok(intake);

const numbered = (sequence: number) => ({ ...events.count, eventId: `W1-${sequence}`, sequence });
const many = (count: number) => Array.from({ length: count }, (_, index) => numbered(index));

describe("a batch", () => {
  test("of the largest size gives one statement an event", () => {
    const records = recordsOf({ warehouse: "W1", events: many(EVENTS_PER_MESSAGE_MAX) });
    assert.equal(records.filter(({ is }) => is === "stock").length, 5_000);
  });

  test("with one poisoned event among five thousand keeps the other 4,999", () => {
    const batch = many(EVENTS_PER_MESSAGE_MAX).map((event, index) =>
      index === 1_234 ? { ...event, counted: "\u0000" } : event,
    );
    const records = recordsOf({ warehouse: "W1", events: batch });
    assert.equal(records.filter(({ is }) => is === "stock").length, 4_999);
    assert.deepEqual(
      records.filter(({ is }) => is === "invalid").map(({ at }) => at),
      ["/events/1234/counted"],
    );
  });

  test("over the largest size applies nothing and says so once", () => {
    const records = recordsOf({ warehouse: "W1", events: many(EVENTS_PER_MESSAGE_MAX + 1) });
    assert.deepEqual(records, [
      {
        is: "invalid",
        at: "/events",
        reason: "too-many-events",
        message: "The batch has 5001 events and may have 5000; nothing of it was applied. Send it in parts.",
      },
    ]);
  });

  test("that names two events by one id keeps the first, and a verbatim repetition is left to be counted", () => {
    const changed = { ...numbered(1), counted: 9 };
    const records = recordsOf({ warehouse: "W1", events: [numbered(1), numbered(1), changed, numbered(2)] });
    assert.deepEqual(
      records.map(({ is, at }) => [is, at]),
      [
        ["stock", "/events/0"],
        ["stock", "/events/1"],
        ["invalid", "/events/2/eventId"],
        ["stock", "/events/3"],
      ],
    );
  });

  const unreadable: readonly (readonly [string, unknown, string])[] = [
    ["text that is not JSON", "{", "not-json"],
    ["a list", [], "not-a-batch"],
    ["no warehouse", { events: [] }, "not-a-batch"],
    ["a warehouse without a name", { warehouse: "", events: [] }, "not-a-batch"],
    ["a warehouse with too long a name", { warehouse: "W".repeat(81), events: [] }, "not-a-batch"],
    ["a misspelt list of events", { warehouse: "W1", event: [] }, "not-a-batch"],
    ["arrays nested a hundred thousand deep", "[".repeat(100_000), "not-json"],
  ];
  for (const [says, body, reason] of unreadable) {
    test(`that is ${says} is one invalid record`, () => {
      const records = recordsOf(body);
      assert.deepEqual(
        records.map((record) => [record.is, record.is === "invalid" && record.reason]),
        [["invalid", reason]],
      );
    });
  }

  test("may begin with a byte order mark, and must be UTF-8", () => {
    const text = JSON.stringify({ warehouse: "W1", events: [events.count] });
    const message = delivery("");
    const mapped = (body: Uint8Array) =>
      intake.map({ key: "k", kind: "events", body }, message.headers, account());
    assert.equal(mapped(bytes(`\ufeff${text}`)).records[0]?.is, "stock");
    assert.equal(mapped(Uint8Array.of(...bytes(text), 0xff)).records[0]?.is, "invalid");
  });
});

describe("a delivery", () => {
  const keyOf = (headers: Record<string, string>, body = "{}") =>
    intake.split({ headers, body: bytes(body) }, account())[0]?.key ?? "";

  test("is known by its delivery id", () => {
    assert.equal(keyOf({ "x-wms-delivery-id": "W1-1-17" }), "W1-1-17");
  });

  test("without an id is known by its bytes", () => {
    assert.equal(keyOf({}), keyOf({}));
    assert.notEqual(keyOf({}), keyOf({}, "[]"));
  });

  test("with an id that is too long or not plain is known by the hash of that id", () => {
    const long = "x".repeat(500);
    assert.equal(keyOf({ "x-wms-delivery-id": long }), keyOf({ "x-wms-delivery-id": long }, "[]"));
    assert.notEqual(keyOf({ "x-wms-delivery-id": long }), keyOf({ "x-wms-delivery-id": `${long}y` }));
    assert.match(keyOf({ "x-wms-delivery-id": "ä ö" }), /^delivery-sha256:[0-9a-f]{64}$/);
  });
});

describe("a signature", () => {
  const message = delivery({ warehouse: "W1", events: [] });
  const without = (name: string) =>
    Object.fromEntries(Object.entries(message.headers).filter(([header]) => header !== name));
  const asked = (headers: Record<string, string>, of = account()) =>
    intake.authenticate({ headers, body: message.body }, of);
  const genuine = { genuine: true, signedAt: new Date("2026-11-23T09:30:00Z") };
  const reasonOf = (answer: ReturnType<typeof asked>) => (answer.genuine ? "genuine" : answer.reason);

  test("in capital digits is as good", () => {
    const upper = {
      ...message.headers,
      "x-wms-signature": message.headers["x-wms-signature"]?.toUpperCase() ?? "",
    };
    assert.deepEqual(asked(upper), genuine);
  });

  test("that is missing, too long or over another time is refused with what to mend", () => {
    assert.match(reasonOf(asked(without("x-wms-timestamp"))), /x-wms-timestamp must hold/);
    assert.match(reasonOf(asked({ ...message.headers, "x-wms-timestamp": "today" })), /Unix seconds/);
    assert.match(reasonOf(asked(without("x-wms-signature"))), /64 hexadecimal digits/);
    const longer = `${message.headers["x-wms-signature"]}zz`;
    assert.match(reasonOf(asked({ ...message.headers, "x-wms-signature": longer })), /64 hexadecimal digits/);
    assert.match(reasonOf(asked({ ...message.headers, "x-wms-timestamp": "1764000000" })), /not that of/);
  });

  test("of the secret before is genuine only while the secret is being changed", () => {
    const old = delivery("{}", "d", PREVIOUS_SECRET);
    const secrets = { previousSigningSecret: PREVIOUS_SECRET };
    const isGenuine = (of = account()) => intake.authenticate(old, of).genuine;
    assert.equal(isGenuine(account({ rotation: true }, secrets)), true);
    assert.equal(isGenuine(account({ rotation: false }, secrets)), false);
    assert.equal(isGenuine(account({}, secrets)), false);
  });

  test("is judged by the secret that is there when the other of a rotation is absent", () => {
    assert.deepEqual(asked(message.headers, account({ rotation: true })), genuine);
  });

  test("is never genuine for an account without a secret, or with an empty one", () => {
    const empty = delivery("{}", "d", "");
    assert.match(
      reasonOf(intake.authenticate(empty, account({}, { signingSecret: "" }))),
      /no signing secret/,
    );
    assert.ok(SECRET.length > 0);
  });
});
