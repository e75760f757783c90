import assert from "node:assert/strict";
import { test } from "node:test";
import { REPLAYED_FIELD } from "../../src/gateway/idempotency.ts";
import { shop } from "./ports.ts";
import { by, createWorld } from "./world.ts";

const url = "/system/v1/lot-disagreements";
const page = "/stock/unresolved";
const login = (key: string) => `Basic ${Buffer.from(`me:${key}`).toString("base64")}`;
const conclusion = { take: "theirs", because: "the label says so" };

test("a disagreement about a lot says which day is kept, which is stated, by whom, in which fact and when", async () => {
  const world = await createWorld();
  const answer = (await world.gateway.inject({ url, headers: by(world.key()) })).json();
  const [found] = answer.disagreements;
  assert.deepEqual(
    [found.kept.expiresOn, found.stated.expiresOn, found.stated.factId, found.state],
    ["2027-06-30", "2027-07-31", "receipt-2", "open"],
  );
  const headers = by(world.key());
  assert.deepEqual(
    (await world.gateway.inject({ url: `${url}?state=concluded`, headers })).json().disagreements,
    [],
  );
  const far = by(world.key({ accounts: [shop] }));
  assert.deepEqual((await world.gateway.inject({ url, headers: far })).json().disagreements, []);
});

test("it is concluded once, by whoever may write master data", async () => {
  const world = await createWorld();
  const conclude = (number: string, key = world.key(), payload: object = conclusion) =>
    world.gateway.inject({
      ...{ method: "POST", url: `${url}/${number}/conclusion`, payload },
      headers: { ...by(key), "idempotency-key": `conclude-${number}` },
    });
  const reading = world.key({ scopes: ["master-data:read"] });
  assert.equal((await conclude("7", reading)).json().missingScope, "master-data:write");
  assert.equal((await conclude("8")).json().code, "not-found");
  const key = world.key();
  assert.equal((await conclude("7", key)).json().outcome, "settled");
  const again = await conclude("7", key);
  assert.deepEqual([again.json().outcome, again.headers[REPLAYED_FIELD]], ["settled", "true"]);
  assert.deepEqual(world.memory.lots.concluded, [conclusion]);
});

test("the steward's page shows both days harmlessly, and takes a decision with its reason", async () => {
  const world = await createWorld();
  const visit = (key: string) => world.gateway.inject({ url: page, headers: { authorization: login(key) } });
  assert.match((await visit(world.key())).body, /L&lt;7&gt;[\s\S]*2027-06-30[\s\S]*2027-07-31/);
  const without = await visit(world.key({ scopes: ["parked:read"] }));
  assert.doesNotMatch(without.body, /Lots with two days/);
  const send = (because: string) =>
    world.gateway.inject({
      ...{ method: "POST", url: page },
      headers: {
        ...{ authorization: login(world.key()), "content-type": "application/x-www-form-urlencoded" },
        "sec-fetch-site": "same-origin",
      },
      payload: new URLSearchParams({ lotDisagreement: "7", decide: "ours", because }).toString(),
    });
  assert.match((await send("label")).body, /Lot L&lt;7&gt; of BOLT-M8 expires on 2027-06-30/);
  assert.match((await send("wrong")).body, /class="wrong">It cannot be/);
  assert.deepEqual(world.memory.lots.concluded[0], { take: "ours", because: "label" });
});
