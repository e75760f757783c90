import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { manualClock } from "#test/clock.ts";
import {
  grantOf,
  hashApiKey,
  isSameKey,
  isWellFormed,
  keyIdOf,
  makeApiKey,
  type StoredKey,
} from "../../src/gateway/api-key.ts";
import { createKeyRing } from "../../src/gateway/keys/ring.ts";
import { KEY_BELIEVED_MS, KEY_REFRESHED_AFTER_MS } from "../../src/gateway/limits.ts";

const randomness = fc.record({
  id: fc.uint8Array({ minLength: 9, maxLength: 9 }),
  secret: fc.uint8Array({ minLength: 32, maxLength: 32 }),
});

function stored(text: string, keyId: string, more: Partial<StoredKey> = {}): StoredKey {
  return { keyId, keyHash: hashApiKey(text), clientId: "tester", scopes: ["orders:read"], ...more };
}

test("a key names itself and proves itself; any changed character is noticed without a look-up", () => {
  fc.assert(
    fc.property(randomness, fc.nat(), fc.constantFrom(..."0aZ"), (random, at, character) => {
      const { keyId, text } = makeApiKey(random);
      assert.equal(keyIdOf(text), keyId);
      assert.ok(isWellFormed(text));
      assert.ok(isSameKey(stored(text, keyId), text));
      const place = at % text.length;
      const changed = text.slice(0, place) + character + text.slice(place + 1);
      if (changed !== text) {
        assert.ok(!isWellFormed(changed), changed);
        assert.ok(!isSameKey(stored(text, keyId), changed));
      }
    }),
  );
});

test("what is no key of ours has no id", () => {
  for (const text of ["", "cd_", "sk_live_0123", "cd_short_key", "x".repeat(66)])
    assert.equal(keyIdOf(text), undefined);
  assert.throws(() => makeApiKey({ id: new Uint8Array(9), secret: new Uint8Array(31) }), RangeError);
});

test("a key grants its scopes until it expires or is revoked", () => {
  const now = new Date("2026-03-02T09:00:00Z");
  const key = stored("x", "id");
  assert.deepEqual([...(grantOf(key, now)?.scopes ?? [])], ["orders:read"]);
  assert.equal(grantOf({ ...key, expiresAt: now }, now), undefined);
  assert.equal(grantOf({ ...key, revokedAt: now }, now), undefined);
  assert.ok(grantOf({ ...key, expiresAt: new Date(now.getTime() + 1) }, now));
});

/** A ring over one key, with a store that answers when it is told to. */
function ringOf(more: Partial<StoredKey> = {}) {
  const clock = manualClock();
  const { keyId, text } = makeApiKey({ id: new Uint8Array(9).fill(7), secret: new Uint8Array(32).fill(9) });
  const state = { key: stored(text, keyId, more), asked: 0, fails: false };
  const apiKeys = {
    async find(wanted: string) {
      state.asked += 1;
      if (state.fails) throw new Error("the database does not answer");
      return wanted === keyId ? state.key : undefined;
    },
  };
  return { clock, text, state, ring: createKeyRing({ apiKeys, clock }) };
}

test("a key is looked up once, however many ask at the same moment, and then believed", async () => {
  const { ring, text, state } = ringOf();
  assert.equal(ring.recall(text), "unseen");
  const grants = await Promise.all([ring.lookUp(text), ring.lookUp(text), ring.lookUp(text)]);
  assert.deepEqual(new Set(grants.map((grant) => grant?.clientId)), new Set(["tester"]));
  assert.equal(state.asked, 1);
  assert.equal(typeof ring.recall(text), "object");
  assert.equal(state.asked, 1);
});

test("a revoked key is refused within five seconds", async () => {
  const { ring, text, state, clock } = ringOf();
  await ring.lookUp(text);
  state.key = { ...state.key, revokedAt: clock.now() };
  clock.advance(KEY_BELIEVED_MS + 1);
  assert.equal(ring.recall(text), "unseen");
  assert.equal(await ring.lookUp(text), undefined);
  assert.equal(ring.recall(text), undefined);
});

test("a key in use is looked up again beside the requests, which do not wait for it", async () => {
  const { ring, text, state, clock } = ringOf();
  await ring.lookUp(text);
  clock.advance(KEY_REFRESHED_AFTER_MS + 1);
  assert.equal(typeof ring.recall(text), "object");
  assert.equal(typeof ring.recall(text), "object");
  assert.equal(state.asked, 2);
  await ring.lookUp(text);
  clock.advance(KEY_BELIEVED_MS - 1);
  assert.equal(typeof ring.recall(text), "object", "the refreshed key is believed for its own five seconds");
});

test("while the store does not answer, a key is believed no longer than it may be", async () => {
  const { ring, text, state, clock } = ringOf();
  await ring.lookUp(text);
  state.fails = true;
  clock.advance(KEY_REFRESHED_AFTER_MS + 1);
  assert.equal(typeof ring.recall(text), "object");
  clock.advance(KEY_BELIEVED_MS);
  assert.equal(ring.recall(text), "unseen");
  await assert.rejects(ring.lookUp(text), /does not answer/);
});

test("another secret under a known id is refused", async () => {
  const { ring, text } = ringOf();
  await ring.lookUp(text);
  const other = makeApiKey({ id: new Uint8Array(9).fill(7), secret: new Uint8Array(32).fill(8) });
  assert.equal(ring.recall(other.text), undefined);
  assert.equal(await ring.lookUp(other.text), undefined);
});
