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

const login = (scopes: readonly string[]) =>
  `Basic ${Buffer.from(`me:${world.key({ scopes })}`).toString("base64")}`;
const page = (query: string, scopes: readonly string[] = ["positions:read", "supply:write"]) =>
  world.gateway.inject({ url: `/stock/supply${query}`, headers: { authorization: login(scopes) } });

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

test("what is to come is listed by program and by people, who find the line, what of it counts, and who says so", async () => {
  const list = (await world.gateway.inject({ url: "/system/v1/supply?item=item-bolt", headers })).json();
  assert.deepEqual(
    [list.supply[0].document, list.supply[0].waits, list.next],
    ["PO-4711", true, "item-bolt"],
  );
  const seen = await page("?item=BOLT-M8");
  assert.match(seen.body, /Purchase order PO-4711, line 10/);
  assert.match(seen.body, /<strong>9<\/strong>/);
  assert.match(seen.body, /Keep for that day/);
  assert.match(seen.body, /action="\/stock\/supply\?item=BOLT-M8/, "whoever decides goes on with this list");
  assert.match((await page("?item=MARS")).body, /No item has the name MARS/);
  assert.match((await page("?after=item-bolt")).body, /Nothing is to come/);
  assert.doesNotMatch((await page("", ["positions:read"])).body, /Keep for that day/);
  assert.equal((await page("", ["orders:read"])).statusCode, 403);
});

test("a person decides on the page, and is told what came of it, or what is missing", async () => {
  const send = async (fields: Record<string, string>, own = "same-origin") => {
    const given = {
      source: "/accounts/erp",
      kind: "purchase-order",
      document: "PO-4711",
      line: "10",
      ...fields,
    };
    const answer = await world.gateway.inject({
      ...{ method: "POST", url: "/stock/supply" },
      headers: {
        ...{ authorization: login(["positions:read", "supply:write"]), "sec-fetch-site": own },
        "content-type": "application/x-www-form-urlencoded",
      },
      payload: new URLSearchParams(given).toString(),
    });
    return answer.body;
  };
  const because = "It is on the next ship.";
  assert.match(
    await send({ decision: "keep", until: "2026-03-20", because }),
    /Decided about PO-4711, line 10/,
  );
  assert.match(await send({ decision: "keep", because }), /need `until`/);
  assert.match(await send({ decision: "keep", until: "2026-02-30", because }), /2026-02-30 is no day/);
  assert.match(await send({ decision: "cancel" }), /Say why/);
  assert.match(await send({ decision: "burn", because }), /no decision/);
  assert.match(await send({ decision: "cancel", because, document: "PO-1" }), /no line PO-1/);
  assert.match(await send({ decision: "cancel", because }, "cross-site"), /foreign-page/);
});

test("a file of supply is rehearsed or taken for the account of its key, and what is wrong with it is told", async () => {
  const send = async (query: string, payload: string, key = world.key()) =>
    (
      await world.gateway.inject({
        ...{
          method: "POST",
          url: `/system/v1/supply/files?saidAt=2026-03-02T08:00:00Z&accountId=erp${query}`,
          payload,
        },
        headers: by(key, { "content-type": "text/csv" }),
      })
    ).json();
  assert.deepEqual(
    [(await send("&rehearse=true", "fine")).is, (await send("", "fine")).is],
    ["rehearsed", "taken"],
  );
  const [first] = world.memory.supplyFiles.asked;
  assert.deepEqual([first?.kind, first?.counts, first?.unit], ["purchase-order", "ordered", "EA"]);
  assert.equal((await send("", "damaged")).code, "unreadable-supply-file");
  const wrong = await send("", "wrong");
  assert.deepEqual([wrong.code, wrong.faultCount, wrong.faults[0].line], ["faulty-supply-file", 1, 2]);
  assert.match(wrong.detail, /line 2, unit is wrong/);
  const other = world.key({ accounts: ["wms-berlin"] });
  assert.equal((await send("", "fine", other)).code, "account-not-granted");
  assert.equal((await send("", "fine", world.key({ scopes: ["positions:read"] }))).code, "missing-scope");
  const template = await world.gateway.inject({ url: "/system/v1/supply/files/template", headers });
  assert.equal(template.body, "number,item\r\n");
});
