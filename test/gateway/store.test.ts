import assert from "node:assert/strict";
import { test } from "node:test";
import { accountId } from "@crossdock/canonical";
import { manualClock } from "#test/clock.ts";
import { testDatabase } from "#test/database.ts";
import { createApiKeys, createKeyedAnswers, type KeptAnswer } from "../../src/gateway/index.ts";
import { KEYED_ANSWER_KEPT_MS, KEYED_CLAIM_MS } from "../../src/gateway/limits.ts";
import { isCheckViolation, Retryable, seededIds, sql, Terminal } from "../../src/platform/index.ts";

const { database } = await testDatabase();
const clock = manualClock();
const ids = seededIds(clock, 1);
const apiKeys = createApiKeys({ database, clock });
const answers = createKeyedAnswers({ database, clock, ids });

const created: KeptAnswer = {
  status: 202,
  contentType: "application/json; charset=utf-8",
  location: "/process/v1/orders/1",
  body: '{"answer":"accepted",  "orderId":"1"}',
};

async function claimed(key: string, fingerprint = "f1"): Promise<string> {
  const claim = await answers.claim({ clientId: "shop", key }, fingerprint);
  assert.equal(claim.is, "claimed");
  return claim.is === "claimed" ? claim.claim : "";
}

test("a key is stored as its hash alone, and found by its id with what it allows", async () => {
  const expiresAt = new Date("2027-01-01T00:00:00Z");
  const scopes = ["orders:write", "orders:read"];
  const issued = await apiKeys.issue({
    clientId: "portal",
    name: "the portal's key",
    scopes,
    accountIds: [accountId("portal")],
    expiresAt,
  });
  const found = await apiKeys.find(issued.keyId);
  assert.deepEqual(found?.scopes, scopes);
  assert.deepEqual(found?.accountIds, ["portal"]);
  assert.deepEqual(found?.expiresAt, expiresAt);
  const [row] = await database.query<{ row: string }>(sql`
    select to_jsonb(k)::text || encode(key_hash, 'escape') as row from gateway.api_key k where key_id = ${issued.keyId}`);
  const secret = issued.text.split("_")[2] ?? "";
  assert.ok(row !== undefined && !row.row.includes(secret));
});

test("a key without scopes is stored, and allows nothing", async () => {
  const issued = await apiKeys.issue({ clientId: "idle", name: "none", scopes: [] });
  const found = await apiKeys.find(issued.keyId);
  assert.deepEqual(found?.scopes, []);
  assert.equal(found?.accountIds, undefined);
});

test("a scope that does not exist is refused before anything is stored", async () => {
  const before = (await apiKeys.list()).length;
  await assert.rejects(
    apiKeys.issue({ clientId: "x", name: "x", scopes: ["orders:read", "orders:*"] }),
    (error) =>
      error instanceof Terminal && error.code === "gateway.scope-unknown" && /orders:\*/.test(error.message),
  );
  assert.equal((await apiKeys.list()).length, before);
});

test("a key is revoked once; afterwards there is nothing to revoke", async () => {
  const { keyId } = await apiKeys.issue({ clientId: "shop", name: "old", scopes: [] });
  await apiKeys.revoke(keyId);
  assert.deepEqual((await apiKeys.find(keyId))?.revokedAt, clock.now());
  await assert.rejects(apiKeys.revoke(keyId), (error) => error instanceof Terminal);
});

test("an unknown key is not found", async () => {
  assert.equal(await apiKeys.find("nobody"), undefined);
});

test("the first answer comes back byte for byte", async () => {
  const key = { clientId: "shop", key: "k1" };
  await answers.keep(key, await claimed("k1"), created);
  assert.deepEqual(await answers.claim(key, "f1"), { is: "answered", answer: created });
});

test("a key belongs to one request of one client", async () => {
  await claimed("k2");
  assert.deepEqual(await answers.claim({ clientId: "shop", key: "k2" }, "f2"), { is: "reused" });
  assert.deepEqual(await answers.claim({ clientId: "shop", key: "k2" }, "f1"), { is: "in-flight" });
  assert.equal((await answers.claim({ clientId: "other", key: "k2" }, "f2")).is, "claimed");
});

test("of many claims at the same moment one succeeds", async () => {
  const key = { clientId: "shop", key: "k3" };
  const claims = await Promise.all(Array.from({ length: 12 }, () => answers.claim(key, "f1")));
  assert.equal(claims.filter((claim) => claim.is === "claimed").length, 1);
  assert.equal(claims.filter((claim) => claim.is === "in-flight").length, 11);
});

test("a claim that was given back may be taken again", async () => {
  const key = { clientId: "shop", key: "k4" };
  await answers.release(key, await claimed("k4"));
  await claimed("k4", "f9");
});

test("a claim that was lost with its process may be taken over, by the same request only", async () => {
  const key = { clientId: "shop", key: "k5" };
  const lost = await claimed("k5");
  clock.advance(KEYED_CLAIM_MS + 1);
  assert.deepEqual(await answers.claim(key, "f2"), { is: "reused" });
  const again = await claimed("k5");
  await answers.keep(key, lost, { ...created, body: '"from the lost run"' });
  assert.deepEqual(await answers.claim(key, "f1"), { is: "in-flight" });
  await answers.release(key, lost);
  await answers.keep(key, again, created);
  assert.deepEqual(await answers.claim(key, "f1"), { is: "answered", answer: created });
});

test("a change whose key was taken over is undone, and says that it is tried again elsewhere", async () => {
  const key = { clientId: "shop", key: "k7" };
  const lost = await claimed("k7");
  clock.advance(KEYED_CLAIM_MS + 1);
  const taken = await claimed("k7");
  const other = { clientId: "shop", key: "k8" };
  const change = (claim: string) =>
    database.transaction(async (tx) => {
      await answers.keepWithin(tx, key, claim, created);
    });
  await assert.rejects(
    database.transaction(async (tx) => {
      await answers.keepWithin(tx, other, await claimed("k8"), created);
      await answers.keepWithin(tx, key, lost, { ...created, body: '"from the lost run"' });
    }),
    (error) => error instanceof Retryable && error.code === "gateway.key-taken-over",
  );
  assert.deepEqual(
    await answers.claim(other, "f1"),
    { is: "in-flight" },
    "what it had written before is gone",
  );
  await change(taken);
  assert.deepEqual(await answers.claim(key, "f1"), { is: "answered", answer: created });
});

test("after a day a key is free again, and its answer is forgotten", async () => {
  const key = { clientId: "shop", key: "k6" };
  await answers.keep(key, await claimed("k6"), created);
  clock.advance(KEYED_ANSWER_KEPT_MS + 1);
  await claimed("k6", "f2");
  assert.ok((await answers.forgetOld()) >= 4, "everything from the tests before");
  assert.deepEqual(await answers.claim(key, "f2"), { is: "in-flight" });
  assert.equal(await answers.forgetOld(), 0);
});

test("the database refuses half an answer, and answers that may change", async () => {
  const half = sql`
    insert into gateway.keyed_answer (client_id, key, fingerprint, claim, claimed_at, status)
    values ('shop', 'half', 'f', 'c', now(), 200)`;
  await assert.rejects(database.execute(half), (error) => isCheckViolation(error, "answered_whole"));
  const failed = sql`
    insert into gateway.keyed_answer (client_id, key, fingerprint, claim, claimed_at, status, content_type, body)
    values ('shop', 'failed', 'f', 'c', now(), 500, 'text/plain', '')`;
  await assert.rejects(database.execute(failed), (error) => isCheckViolation(error));
});
