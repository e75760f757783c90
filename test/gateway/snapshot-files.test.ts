import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { readColumns } from "../../src/gateway/index.ts";
import { spool } from "../../src/gateway/spool-service.ts";
import { warehouse } from "./ports.ts";
import { by, createWorld, type World } from "./world.ts";

const path = "/system/v1/inventory/snapshots/files";
const asked = { accountId: warehouse, snapshotId: "night", takenAt: "2026-11-26T02:00:00Z", scope: "full" };

function sending(
  world: World,
  payload: Buffer | string,
  more: Readonly<Record<string, string>> = {},
  headers: Readonly<Record<string, string>> = {},
) {
  const url = `${path}?${new URLSearchParams({ ...asked, ...more })}`;
  return world.gateway.inject({ method: "POST", url, payload, headers: by(world.key(), headers) });
}

test("a file is handed on as its bytes, as often as it is read, whatever it is sent as", async () => {
  const world = await createWorld();
  for (const type of ["text/csv", "application/x-ndjson", "application/json"]) {
    const answer = await sending(world, "sku,quantity\nA,1\n", {}, { "content-type": type });
    assert.equal(answer.statusCode, 200, answer.body);
    assert.equal(answer.json().is, "taken");
  }
  const { texts } = world.memory.snapshotFiles.asked[0] ?? { texts: [] };
  assert.deepEqual(texts, Array(2).fill("sku,quantity\nA,1\n"));
});

test("what the file is said to be is read out of the request", async () => {
  const world = await createWorld();
  const more = {
    ...{ location: "WH1", columns: "item:Artikel, quantity:Menge je Platz", unit: "KGM", rehearse: "true" },
    ...{ watermarkStream: "events", watermarkNumber: "47" },
  };
  const answer = await sending(world, "sku,quantity\n", more);
  assert.equal(answer.json().is, "rehearsed", answer.body);
  const request = world.memory.snapshotFiles.asked[0]?.request;
  assert.deepEqual(request?.columns, { item: "Artikel", quantity: "Menge je Platz" });
  assert.deepEqual(request?.watermark, { stream: "events", number: 47 });
  assert.deepEqual([request?.unit, request?.isRehearsal, request?.scope], ["KGM", true, "full"]);
});

const refusals = [
  { body: "sku\n-1\n", more: {}, status: 422, code: "faulty-stock-file" },
  { body: "name\n", more: {}, status: 400, code: "unreadable-stock-file" },
  { body: "sku\n", more: { accountId: "nobody" }, status: 404, code: "unknown-account" },
  { body: "sku\n", more: { takenAt: "2026-02-30T00:00:00Z" }, status: 400, code: "invalid-request" },
  { body: "sku\n", more: { watermarkStream: "events" }, status: 400, code: "invalid-request" },
  { body: "sku\n", more: { columns: "Artikel" }, status: 400, code: "invalid-request" },
  { body: "sku\n", more: { scope: "some" }, status: 400, code: "invalid-request" },
];
for (const { body, more, status, code } of refusals) {
  test(`a file that cannot be taken is refused: ${code}, ${JSON.stringify(more)}`, async () => {
    const answer = await sending(await createWorld(), body, more);
    assert.deepEqual([answer.statusCode, answer.json().code], [status, code], answer.body);
    if (code === "faulty-stock-file") {
      assert.deepEqual(answer.json().faults, [{ line: 2, message: "-1 is below zero" }]);
      assert.match(answer.json().detail, /^7 line\(s\) cannot be taken, so nothing was\. The first: line 2/);
    }
  });
}

test("a file needs the right to state facts, of its account", async () => {
  const world = await createWorld();
  const url = `${path}?${new URLSearchParams(asked)}`;
  const sendAs = (grant: Parameters<World["key"]>[0]) =>
    world.gateway.inject({ method: "POST", url, payload: "sku\n", headers: by(world.key(grant)) });
  assert.equal((await sendAs({ scopes: ["positions:read"] })).statusCode, 403);
  assert.equal((await sendAs({ accounts: ["other"] })).statusCode, 403);
});

test("a body is spooled whole and read again from its beginning; one that is too large is not", async () => {
  async function* pieces() {
    yield gzipSync("one");
    yield Buffer.from("two");
  }
  const spooled = await spool(pieces(), 1_000);
  for (let time = 0; time < 2; time += 1) {
    const read: Uint8Array[] = [];
    for await (const piece of spooled.open()) read.push(piece);
    assert.deepEqual(Buffer.concat(read), Buffer.concat([gzipSync("one"), Buffer.from("two")]));
  }
  await spooled.close();
  await assert.rejects(spool(pieces(), 10), /body-too-large/);
});

test("columns are pairs of a field and its heading", () => {
  assert.deepEqual(readColumns(""), {});
  assert.deepEqual(readColumns("item:Art. Nr.,unit:ME"), { item: "Art. Nr.", unit: "ME" });
  assert.equal(readColumns("item"), undefined);
});
