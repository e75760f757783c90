import assert from "node:assert/strict";
import { test } from "node:test";
import { STATEMENTS_MAX } from "../../src/gateway/limits.ts";
import { warehouse } from "./ports.ts";
import { by, createWorld, type World } from "./world.ts";

const url = "/system/v1/inventory/facts";

function pick(id: string, more: object = {}): object {
  const data = {
    item: { scheme: "sku", value: "BOLT-M8" },
    location: { scheme: "code", value: "BER" },
    quantity: { value: 4, unit: "EA" },
    ...more,
  };
  return { type: "StockPicked", id, effectiveAt: "2026-03-02T08:00:00Z", data };
}

function reporting(world: World, statements: readonly unknown[], headers: Record<string, string> = {}) {
  const payload = { accountId: warehouse, statements };
  return world.gateway.inject({ method: "POST", url, headers: by(world.key(), headers), payload });
}

test("every statement of a batch gets its own answer, and a wrong one does not stop its neighbours", async () => {
  const world = await createWorld();
  await reporting(world, [pick("seen")]);
  const statements = [
    pick("a"),
    pick("seen"),
    pick("b", { item: { scheme: "new", value: "NEW-1" } }),
    pick("c", { quantity: { value: "four", unit: "EA" } }),
    { type: "StockVanished", id: "d" },
    null,
    pick("e"),
  ];
  const answer = await reporting(world, statements);
  assert.equal(answer.statusCode, 200);
  const { results, ...counts } = answer.json();
  assert.deepEqual(counts, { accepted: 2, duplicates: 1, parked: 1, invalid: 3 });
  assert.deepEqual(
    results.map((result: { index: number; id?: string; outcome: string }) => [
      result.index,
      result.id,
      result.outcome,
    ]),
    [
      [0, "a", "accepted"],
      [1, "seen", "duplicate"],
      [2, "b", "parked"],
      [3, "c", "invalid"],
      [4, "d", "invalid"],
      [5, undefined, "invalid"],
      [6, "e", "accepted"],
    ],
  );
  assert.equal(results[2].reason, "unknown-item");
  assert.equal(results[3].errors[0].pointer, "/data/quantity/value");
  assert.match(results[4].errors[0].message, /StockReceived, StockPicked/);
});

test("a statement is held against the type that it claims to be", async () => {
  const world = await createWorld();
  const answer = await reporting(world, [
    pick("a"),
    { ...pick("b"), data: { location: { scheme: "code", value: "BER" } } },
  ]);
  const pointers = answer.json().results[1].errors.map((fault: { pointer: string }) => fault.pointer);
  assert.deepEqual(pointers, ["/data/item", "/data/quantity"]);
});

test("a batch in which nothing has the right form is refused, with the places", async () => {
  const world = await createWorld();
  const answer = await reporting(world, [{}, { type: "StockPicked" }]);
  assert.equal(answer.statusCode, 400);
  const pointers: string[] = answer.json().errors.map((fault: { pointer: string }) => fault.pointer);
  assert.equal(pointers[0], "/statements/0/type");
  assert.ok(pointers.includes("/statements/1/effectiveAt"));
  assert.deepEqual(world.memory.statements.batches, []);
});

test("a batch has at least one statement and at most as many as a transaction takes", async () => {
  const world = await createWorld();
  const most = Array.from({ length: STATEMENTS_MAX }, (_, index) => pick(`s-${index}`));
  const full = await reporting(world, most);
  assert.equal(full.statusCode, 200);
  assert.equal(full.json().accepted, STATEMENTS_MAX);
  for (const statements of [[], [...most, pick("one-more")]]) {
    assert.equal((await reporting(world, statements)).json().errors[0].pointer, "/statements");
  }
});

test("a repeated key is answered as before, and its statements are not handed on again", async () => {
  const world = await createWorld();
  const headers = { "idempotency-key": "batch-1" };
  const first = await reporting(world, [pick("a")], headers);
  const again = await reporting(world, [pick("a")], headers);
  assert.equal(again.body, first.body);
  assert.deepEqual(world.memory.statements.batches, [1]);
});

test("an unknown account is named", async () => {
  const world = await createWorld();
  const payload = { accountId: "nobody", statements: [pick("a")] };
  const answer = await world.gateway.inject({ method: "POST", url, headers: by(world.key()), payload });
  assert.equal(answer.json().code, "unknown-account");
});
