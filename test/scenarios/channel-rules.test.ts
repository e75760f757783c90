import assert from "node:assert/strict";
import { test } from "node:test";
import { ALL_SCOPES } from "../../src/gateway/index.ts";
import { type Company, openCompany } from "./company.ts";

const path = "/process/v1/rules";

/** Whoever speaks with a key of their own. */
async function person({ product }: Company, clientId: string) {
  const { text } = await product.apiKeys.issue({ clientId, name: clientId, scopes: ALL_SCOPES });
  const authorization = `Bearer ${text}`;
  return {
    async get(at: string) {
      return (await product.gateway.inject({ url: at, headers: { authorization } })).json();
    },
    async text(at: string) {
      return (await product.gateway.inject({ url: at, headers: { authorization } })).body;
    },
    async post(at: string, payload: object | string = {}, more: Record<string, string> = {}) {
      const type = typeof payload === "string" ? "text/csv" : "application/json";
      const headers = { authorization, "content-type": type, ...more };
      const response = await product.gateway.inject({ method: "POST", url: at, payload, headers });
      return { status: response.statusCode, body: response.json() };
    },
  };
}

test("a rule is written by one, approved by another, told to the shop, and taken back in an emergency", async (t) => {
  const company = await openCompany(t);
  await company.open();
  await company.settle();
  const [mara, otto] = [await person(company, "mara"), await person(company, "otto")];
  const shown = () => company.shop.available("LAMP");
  const before = shown();
  assert.equal(before, 2_000);

  const set = [{ kind: "buffer", channel: "web", item: "lamp", units: 150 }];
  const request = { name: "Keep lamps back", set };
  const key = { "idempotency-key": "draft-1" };
  const made = await mara.post(`${path}/drafts`, request, key);
  assert.equal(made.status, 201);
  assert.deepEqual((await mara.post(`${path}/drafts`, request, key)).body, made.body);
  const draft = `${path}/drafts/${made.body.draftId}`;
  assert.equal((await otto.post(`${draft}/approve`)).body.code, "draft-state");
  assert.equal((await mara.post(`${draft}/check`)).body.state, "checked");
  assert.equal((await mara.post(`${draft}/approve`)).body.code, "own-draft");

  const preview = await otto.get(`${draft}/preview`);
  const [lamp] = preview.effects;
  assert.deepEqual(lamp, { channelId: "web", itemId: "lamp", sku: "LAMP", before: 2_000, after: 1_850 });
  assert.equal(
    (await otto.post(`${draft}/approve`, { because: "The sale begins." })).body.approvedBy,
    "otto",
  );
  const active = await otto.post(`${draft}/activate`);
  assert.deepEqual([active.body.state, active.body.version], ["active", 2]);
  await company.settle();
  assert.equal(shown(), 1_850);

  const body = await otto.get("/experience/v1/availability?channel=web&sku=LAMP");
  const [figure] = body.availability;
  assert.equal(figure.bookVersion, 2);
  assert.deepEqual(figure.formula.rules, [
    { input: "buffer", rule: "buffer/channel:web/item:lamp", version: 2 },
  ]);

  const back = await otto.post(`${path}/rollbacks`, {
    version: 1,
    because: "It was the wrong lamp.",
    emergency: true,
  });
  assert.deepEqual([back.status, back.body.state, back.body.restores], [201, "active", 1]);
  await company.settle();
  assert.equal(shown(), before);
  const history = await otto.get(`${path}/versions`);
  const told = history.versions.map(({ version, how, by }: Record<string, unknown>) => [version, how, by]);
  assert.deepEqual(told, [
    [3, "emergency", "otto"],
    [2, "activated", "otto"],
    [1, "loaded", "set-up"],
  ]);
  const changes = await otto.get(`${path}/versions/3/changes`);
  assert.deepEqual(changes.changes, [{ key: "buffer/channel:web/item:lamp", before: set[0] }]);
});

test("rules are edited in a spreadsheet, and what cannot hold is named by its line or its key", async (t) => {
  const company = await openCompany(t);
  const mara = await person(company, "mara");
  const { body: made } = await mara.post(`${path}/drafts`, { name: "From a file" });
  const draft = `${path}/drafts/${made.draftId}`;
  const file = `${await mara.text(`${path}.csv`)}set,cap,web,,lamp,,40,,,,\r\nset,cap,web,,hinge,,forty,,,,\r\n`;
  const refused = await mara.post(`${draft}/changes.csv`, file);
  assert.equal(refused.body.code, "rules-faulty");
  assert.equal(refused.body.errors[0].pointer, "line 5");
  const taken = await mara.post(`${draft}/changes.csv`, file.replace("hinge,,forty", "gone,,40"));
  assert.deepEqual([taken.status, taken.body.changes], [200, 4]);
  const checked = await mara.post(`${draft}/check`);
  assert.deepEqual(
    checked.body.errors.map(({ pointer }: { pointer: string }) => pointer),
    ["cap/channel:web/item:gone"],
  );
  await mara.post(`${draft}/changes`, { undo: ["cap/channel:web/item:gone"] });
  assert.equal((await mara.post(`${draft}/check`)).body.state, "checked");
  assert.match(await mara.text(`${draft}/changes.csv`), /^set,cap,web,,lamp,,40,/m);
  const wrong = await mara.post(`${draft}/changes`, { set: [{ kind: "cap", units: -1 }] });
  assert.equal(wrong.body.errors[0].pointer, "/set/0/units");
});
