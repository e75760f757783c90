import assert from "node:assert/strict";
import { test } from "node:test";
import { by, createWorld } from "./world.ts";

const base = "/system/v1/accounts";

test("an account's intake says what became of everything, and is shown to nobody else", async () => {
  const world = await createWorld();
  const url = `${base}/wms-berlin/intake`;
  const seen = await world.gateway.inject({ url, headers: by(world.key()) });
  assert.equal(seen.statusCode, 200);
  const { equation, rules } = seen.json();
  const { received, ...became } = equation;
  assert.equal(
    received,
    Object.values<number>(became).reduce((sum, part) => sum + part, 0),
  );
  assert.equal(rules[1].why, "A count is absolute.");
  const stranger = world.key({ accounts: ["shop-1"] });
  assert.equal((await world.gateway.inject({ url, headers: by(stranger) })).statusCode, 404);
  const none = await world.gateway.inject({ url: `${base}/nobody/intake`, headers: by(world.key()) });
  assert.equal(none.json().code, "not-found");
});

test("what is done about duplicates is said kind by kind, by whoever may decide", async () => {
  const world = await createWorld();
  const put = (path: string, payload: object, key = world.key()) =>
    world.gateway.inject({ method: "PUT", url: `${base}/${path}`, headers: by(key), payload });
  const rule = { policy: "drop", windowDays: 14 };
  assert.deepEqual((await put("wms-berlin/duplicates/StockReceived", rule)).json(), rule);
  const refused = await put("wms-berlin/duplicates/StockCounted", rule);
  assert.deepEqual([refused.statusCode, refused.json().code], [400, "invalid-request"]);
  assert.match(refused.json().detail, /no business key/);
  assert.equal((await put("nobody/duplicates/StockReceived", rule)).statusCode, 404);
  const changesUrl = `${base}/wms-berlin/duplicates/changes`;
  const { changes } = (await world.gateway.inject({ url: changesUrl, headers: by(world.key()) })).json();
  assert.deepEqual(
    changes.map((change: { kind: string; after: unknown; changedBy: string }) => [
      change.kind,
      change.after,
      change.changedBy,
    ]),
    [["StockReceived", rule, "tester"]],
  );
  const wrong = { policy: "guess", windowDays: 14 };
  assert.equal((await put("wms-berlin/duplicates/StockReceived", wrong)).json().code, "invalid-request");
  const long = { policy: "hold", windowDays: 4_000 };
  assert.equal((await put("wms-berlin/duplicates/StockReceived", long)).json().code, "invalid-request");
  const stranger = world.key({ accounts: ["shop-1"] });
  assert.equal((await put("wms-berlin/duplicates/StockReceived", rule, stranger)).statusCode, 404);
  const reader = world.key({ scopes: ["messages:read"] });
  assert.equal((await put("wms-berlin/duplicates/StockReceived", rule, reader)).json().code, "missing-scope");
});

test("numbers that were never used are said to be so once, with a reason, by whoever may decide", async () => {
  const world = await createWorld();
  const url = `${base}/wms-berlin/void-numbers`;
  const post = (payload: object, key = world.key()) =>
    world.gateway.inject({ method: "POST", url, headers: by(key), payload });
  const told = { stream: "W1", first: 17, last: 17, because: "The printer ate it." };
  assert.deepEqual((await post(told)).json(), told);
  assert.deepEqual((await post(told)).json(), told);
  const { voids } = (await world.gateway.inject({ url, headers: by(world.key()) })).json();
  assert.partialDeepStrictEqual(voids, [{ ...told, by: "tester", arrived: [] }]);
  assert.equal((await post({ ...told, last: 18 })).json().code, "numbers-not-missing");
  assert.equal((await post({ ...told, last: 16 })).json().errors[0].pointer, "/last");
  assert.equal((await post({ ...told, because: "" })).json().code, "invalid-request");
  assert.equal((await post(told, world.key({ accounts: ["shop-1"] }))).statusCode, 404);
  assert.equal((await post(told, world.key({ scopes: ["messages:read"] }))).json().code, "missing-scope");
});
