import assert from "node:assert/strict";
import { test } from "node:test";
import {
  availableToPromise,
  channelId,
  formulaId,
  itemId,
  lineId,
  locationId,
  quantity,
  type Rule,
} from "@crossdock/canonical";
import fc from "fast-check";
import { shareOf } from "../../../src/availability/rules/formula.ts";
import { loadRules } from "../../../src/availability/rules/version-service.ts";
import { openCore, stock, tell } from "../../support/core.ts";
import { testDatabase } from "../../support/database.ts";
import { plainItem } from "../../support/seed.ts";

const { database } = await testDatabase();
const core = openCore(database);
const web = channelId("web");
const desk = channelId("desk");
const places = ["wh-1", "wh-2"].map(locationId);

await core.availability.saveChannels([
  { channelId: "web", name: "Web", locationIds: places },
  { channelId: "desk", name: "Desk", locationIds: places },
]);

let made = 0;

/** A fresh item with so much at each place. */
async function stocked(...units: readonly number[]) {
  made += 1;
  const item = itemId(`item-${made}`);
  await core.governance.saveItems([plainItem(item)]);
  const told = units.map((each, place) => ({
    id: `${item}-${place}`,
    minute: made,
    fact: stock.received(each, item, places[place]),
  }));
  await tell(core, told);
  await core.ledger.subscriber.drain();
  return item;
}

async function figure(item: string, channel = web) {
  const [found] = (await core.availability.availability(channel, [item])) ?? [];
  assert.ok(found?.formula);
  assert.equal(found.availableToPromise, availableToPromise(found.formula));
  return { ...found, formula: found.formula };
}

/** What a channel is promised of an item when it asks for so many, at each place. */
async function take(item: string, units: number, channel = web) {
  const line = {
    lineId: lineId("1"),
    item: { scheme: "id", value: item },
    quantity: { value: units, unit: "EA" },
  };
  const answer = await core.availability.reserve(
    { channelId: channel, policy: "partial", lines: [line] },
    { clientId: "test", correlationId: "test" },
  );
  assert.ok("answer" in answer);
  return answer.answer.reservations.map((each) => [each.locationId, each.quantity]).toSorted();
}

test("safety stock stays at each place, whoever asks, and never takes from another place", async () => {
  const item = await stocked(10, 3);
  await loadRules(core, [
    { kind: "safety-stock", item, units: quantity(2) },
    { kind: "safety-stock", item, location: locationId("wh-2"), units: quantity(5) },
  ]);
  const shown = await figure(item);
  assert.deepEqual([shown.availableToPromise, shown.formula.safetyStock], [8, 5]);
  assert.deepEqual(
    shown.formula.rules?.map(({ rule }) => rule),
    [`safety-stock/item:${item}`, `safety-stock/item:${item}/location:wh-2`],
  );
  assert.deepEqual(
    shown.locations?.map(({ available }) => available),
    [8, 0],
  );
  assert.deepEqual(await take(item, 3), [["wh-1", 3]]);
  assert.deepEqual(await take(item, 100, desk), [["wh-1", 5]]);
  assert.deepEqual(await take(item, 1), []);
  assert.equal((await figure(item)).availableToPromise, 0);
});

test("what is set aside for a channel leaves safety stock where it is", async () => {
  const item = await stocked(6);
  await loadRules(core, [{ kind: "safety-stock", item, units: quantity(4) }]);
  const command = { itemId: item, locationId: locationId("wh-1"), lot: "", reason: "x", correlationId: "x" };
  const setAside = (units: number) =>
    core.availability.ringFences.setAside({ ...command, channelId: desk, quantity: quantity(units) });
  assert.ok("refused" in (await setAside(3)));
  assert.ok("done" in (await setAside(2)));
  assert.equal((await figure(item, desk)).availableToPromise, 2);
  assert.equal((await figure(item)).availableToPromise, 0);
});

test("a channel has its share of what is open, rounded down, and up to its limit", async () => {
  const item = await stocked(9, 8);
  await loadRules(core, [
    { kind: "ratio", channel: web, item, permille: 500 },
    { kind: "cap", channel: web, item, units: quantity(7) },
    { kind: "buffer", item, units: quantity(2) },
  ]);
  const shown = await figure(item);
  assert.deepEqual([shown.availableToPromise, shown.formula.ratioPermille], [7, 500]);
  await take(item, 4);
  assert.equal((await figure(item)).availableToPromise, 5);
  assert.equal((await figure(item, desk)).availableToPromise, 11);
});

test("a share is exact for the largest quantities, and never more than the whole", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.nat(1_000), (units, permille) => {
      assert.equal(BigInt(shareOf(units, permille)), (BigInt(units) * BigInt(permille)) / 1_000n);
    }),
  );
});

test("a channel with a formula of its own shows what each part came to, and is promised that", async () => {
  const item = await stocked(20);
  const all: readonly Rule[] = [
    { kind: "formula", formula: formulaId("shelf"), name: "Shelf", terms: ["open", "-buffer"] },
    {
      ...{ kind: "formula", formula: formulaId("timid"), name: "Timid", takesRatio: true },
      terms: ["formula:shelf", "-protected-for-others"],
    },
    { kind: "channel", channel: desk, name: "Desk", locations: places, formula: formulaId("timid") },
    { kind: "buffer", channel: desk, item, units: quantity(3) },
    { kind: "protection", channel: web, item, units: quantity(5) },
    { kind: "ratio", channel: desk, item, permille: 250 },
  ];
  await loadRules(core, all);
  const shown = await figure(item, desk);
  assert.deepEqual(shown.formula.worked, {
    formulas: [
      { formula: "shelf", value: 17 },
      { formula: "timid", value: 3 },
    ],
    atMost: 20,
  });
  assert.deepEqual(await take(item, 20, desk), [["wh-1", 3]]);
});

test("no formula promises more than lies there", async () => {
  const item = await stocked(4);
  await loadRules(core, [
    { kind: "formula", formula: formulaId("rash"), name: "Rash", terms: ["open", "formula:shelf"] },
    { kind: "channel", channel: desk, name: "Desk", locations: places, formula: formulaId("rash") },
  ]);
  assert.equal((await figure(item, desk)).availableToPromise, 4);
  assert.deepEqual(await take(item, 9, desk), [["wh-1", 4]]);
});
