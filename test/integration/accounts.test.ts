import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { accountId } from "@crossdock/canonical";
import { testDatabase } from "#test/database.ts";
import { createSecretBox, sql } from "../../src/platform/index.ts";
import { createPartner, deliver, openBench, taken } from "./partner.ts";

const { database } = await testDatabase();
const bench = openBench(database);
const { accounts } = bench.integration;

test("an account is checked by its connector's own schema, and everything wrong is said", async () => {
  const base = { accountId: accountId("a1"), connector: "partner", settings: {}, secrets: {} };
  const reasons = await Promise.all(
    [
      { ...base, connector: "fax" },
      { ...base, settings: { url: 5, colour: "red" } },
      { ...base, secrets: { pin: "1234" } },
    ].map(async (account) => {
      const answer = await accounts.create(account);
      return "refused" in answer ? answer.refused : undefined;
    }),
  );
  assert.deepEqual(
    reasons.map((refused) => refused?.reason),
    ["unknown-connector", "wrong-settings", "unknown-secret"],
  );
  assert.match(reasons[1]?.message ?? "", /url.*|colour.*/);
  assert.equal(await accounts.get(accountId("a1")), undefined);
});

test("creating an account again changes nothing and says so; the secrets it lacks are listed", async () => {
  await createPartner(bench, "a2");
  const again = await accounts.create({
    accountId: accountId("a2"),
    connector: "partner",
    settings: { url: "http://elsewhere" },
    secrets: {},
  });
  assert.ok("exists" in again);
  assert.deepEqual(again.exists.settings, {});
  assert.deepEqual([again.exists.secretNames, again.exists.secretsMissing], [["token"], ["spare"]]);
});

test("secrets are unreadable in the database, and come out by name only", async () => {
  const id = await createPartner(bench, "a3");
  const rows = await database.query<{ text: string }>(
    sql`select a::text as text from integration.account a where account_id = 'a3'`,
  );
  assert.doesNotMatch(rows[0]?.text ?? "", /token of a3/);
  const account = await accounts.load(id);
  assert.equal(account?.secret("token"), "token of a3");
  assert.doesNotMatch(JSON.stringify(account), /token of a3/);
  assert.throws(() => account?.secret("spare"), /has no secret "spare"/);
  const otherKey = openBench(database, { secretBox: createSecretBox(randomBytes(32)) });
  await assert.rejects(
    otherKey.integration.accounts.load(id),
    /secret of integration\.account\/a3 cannot be read/,
  );
});

test("a change is used by every process with its next message", async () => {
  const id = await createPartner(bench, "a4");
  const other = openBench(database);
  taken(await deliver(other, id, [{ key: "a" }]));
  const answer = await accounts.change(id, { secrets: { token: "new token" } });
  assert.ok("changed" in answer && answer.changed.version === 2);
  const refused = await deliver(other, id, [{ key: "b" }]);
  assert.equal("refused" in refused && refused.refused, "not-genuine");
  const wrong = await accounts.change(id, { settings: { url: 1 } });
  assert.ok("refused" in wrong && wrong.refused.reason === "wrong-settings");
});

test("two changes at the same moment are both kept", async () => {
  const id = await createPartner(bench, "a5");
  await Promise.all([
    accounts.change(id, { secrets: { spare: "s" } }),
    accounts.change(id, { settings: { url: "http://127.0.0.1/x" } }),
  ]);
  const account = await accounts.load(id);
  assert.deepEqual([account?.secret("spare"), account?.secret("token")], ["s", "token of a5"]);
  assert.deepEqual(account?.settings, { url: "http://127.0.0.1/x" });
});

test("accounts are listed by pages", async () => {
  const first = await accounts.list({ limit: 2 });
  const second = await accounts.list({ limit: 10, after: first[1]?.accountId ?? "" });
  const ids = [...first, ...second].map((account) => account.accountId);
  assert.deepEqual(ids, ids.toSorted());
  assert.ok(ids.length >= 4);
});

test("messages of an account whose key is lost wait for it instead of dying", async () => {
  const id = await createPartner(bench, "a6");
  const [message] = taken(await deliver(bench, id, [{ key: "a" }])).messageIds;
  assert.ok(message !== undefined);
  const keyless = openBench(database, { secretBox: createSecretBox(randomBytes(32)), clock: bench.clock });
  await keyless.integration.drain();
  const waiting = await bench.integration.message(message);
  assert.deepEqual([waiting?.state, waiting?.attempts], ["stored", 0]);
  assert.match(waiting?.problem ?? "", /cannot be read/);
  bench.clock.advance(60_000);
  await bench.integration.drain();
  assert.equal((await bench.integration.message(message))?.state, "mapped");
});
