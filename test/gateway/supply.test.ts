import assert from "node:assert/strict";
import { test } from "node:test";
import { by, createWorld } from "./world.ts";

const world = await createWorld();
const headers = by(world.key({ scopes: ["positions:read", "supply:write"] }));
const decision = {
  ...{ source: "/accounts/erp", kind: "purchase-order", document: "PO-4711", line: "10" },
  ...{ decision: "keep", until: "2026-03-09T08:00:00Z", because: "The supplier says so." },
};
const decide = async (payload: object, as = headers) =>
  (
    await world.gateway.inject({ method: "PUT", url: "/system/v1/supply/decision", headers: as, payload })
  ).json();

test("what is overdue is listed page by page", async () => {
  const ask = (query: string) => world.gateway.inject({ url: `/system/v1/supply/overdue${query}`, headers });
  const first = await ask("?limit=1");
  assert.deepEqual(
    first.json().overdue.map((row: { document: string }) => row.document),
    ["PO-4711"],
  );
  assert.match(String(first.headers.link), /after=item-bolt/);
  assert.deepEqual((await ask("?after=item-bolt")).json(), { overdue: [] });
});

test("a decision says whether it was made before, and what keeps it from being made", async () => {
  assert.deepEqual(await decide(decision), { already: false });
  assert.deepEqual(await decide(decision), { already: true });
  assert.equal((await decide({ ...decision, document: "PO-1" })).code, "not-found");
  const { until: _, ...without } = decision;
  assert.match((await decide(without)).detail, /need `until`/);
  const wrong = await decide({ ...decision, until: "2026-02-30T08:00:00Z" });
  assert.equal(wrong.errors[0].pointer, "/until");
});

test("a key for one account decides about what that account says", async () => {
  const wms = by(world.key({ scopes: ["supply:write"], accounts: ["wms-berlin"] }));
  assert.equal((await decide(decision, wms)).code, "account-not-granted");
  const erp = by(world.key({ scopes: ["supply:write"], accounts: ["erp"] }));
  assert.deepEqual(await decide(decision, erp), { already: true });
});
