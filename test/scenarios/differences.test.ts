import assert from "node:assert/strict";
import { test } from "node:test";
import { DifferenceView } from "../../src/gateway/difference-views.ts";
import { type House, openSilentHouse, verifyHouse } from "./company.ts";

const each = (value: number) => ({ value, unit: "EA" });
const lamp = { scheme: "sku", value: "LAMP" };
const east = { scheme: "code", value: "EAST" };
const at = (hour: number) => `2026-03-02T0${hour}:00:00Z`;

async function tell(house: House, accountId: string, statements: readonly object[]): Promise<void> {
  const response = await fetch(`${house.url}/system/v1/inventory/facts`, {
    method: "POST",
    headers: { authorization: `Bearer ${house.key}`, "content-type": "application/json" },
    body: JSON.stringify({ accountId, statements }),
  });
  assert.equal(response.status, 200, await response.clone().text());
  await house.product.drain();
}

const received = (id: string, hour: number, value: object, papers: object = {}) => ({
  ...{ type: "StockReceived", id, effectiveAt: at(hour) },
  data: { item: lamp, location: east, quantity: value, ...papers },
});
const adjusted = (id: string, hour: number, delta: number) => ({
  ...{ type: "StockAdjusted", id, effectiveAt: at(hour) },
  data: { item: lamp, location: east, delta: each(delta), reason: "broken" },
});

test("another system's number is led to ours: by what moved since, what is held, what cannot be read, and a rest", async (t) => {
  const house = await openSilentHouse(t, new Date("2026-03-02T08:00:00Z"));
  const papers = { receiptNumber: "GR-1", receiptLine: "1" };
  await tell(house, "wms-east", [
    received("r-1", 1, each(50), papers),
    received("r-2", 2, each(50), papers),
    received("r-3", 2, { value: 1, unit: "XPX" }),
    adjusted("a-1", 6, -4),
  ]);
  const counted = { item: lamp, location: east, counted: each(47) };
  await tell(house, "wms-west", [{ type: "StockCounted", id: "c-1", effectiveAt: at(5), data: counted }]);
  const path = "/system/v1/disagreements/explanation?item=lamp&location=east&source=/accounts/";

  const theirs = await house.get(`${path}wms-west`, DifferenceView);
  assert.deepEqual([theirs.ours, theirs.oursThen, theirs.theirs.said, theirs.difference], [46, 50, 47, -1]);
  assert.deepEqual(
    theirs.parts.map(({ name, reason, units }) => [name, reason, units]),
    [
      ["moved-since", "scrap", -4],
      ["unexplained", undefined, 3],
    ],
  );
  assert.deepEqual(
    theirs.parts[0]?.facts.map(({ source, type, because }) => [source, type, because]),
    [["/accounts/wms-east", "StockAdjusted", "broken"]],
  );
  assert.deepEqual(
    theirs.unmeasured.map(({ source, record, reason }) => [source, record, reason]),
    [["/accounts/wms-east", 2, "unknown-unit"]],
  );
  assert.equal(theirs.owner, "/accounts/wms-east");
  const causes = theirs.open.flatMap(({ source, causes: all }) => all.map(({ cause }) => [source, cause]));
  assert.ok(causes.some(([source, cause]) => source === "/accounts/wms-east" && cause === "duplicates-held"));

  await tell(house, "wms-west", [
    { type: "StockCounted", id: "c-2", effectiveAt: at(5), data: { ...counted, counted: each(100) } },
  ]);
  const twice = await house.get(`${path}wms-west`, DifferenceView);
  const [hint] = twice.hints;
  assert.equal(twice.parts.at(-1)?.units, -50);
  assert.ok(
    hint?.is === "statement" && hint.state === "suspect-duplicate",
    "who counted it twice is hinted at",
  );
  assert.match(hint.statement.messageLink ?? "", /^\/system\/v1\/messages\//);
  await verifyHouse(house);
});
