import assert from "node:assert/strict";
import { test } from "node:test";
import { channelId, itemId, lineId, quantity, type Rule } from "@crossdock/canonical";
import fc from "fast-check";
import { createBookMemory } from "../../../src/availability/rules/memory-service.ts";
import { loadRules } from "../../../src/availability/rules/version-service.ts";
import { openCore, stock, tell } from "../../support/core.ts";
import { testDatabase } from "../../support/database.ts";
import { plainItem } from "../../support/seed.ts";

const { database } = await testDatabase();
const core = openCore(database);
const web = channelId("web");
const mara = { by: "mara", correlationId: "test" };

const ids = ["nut", "bolt", "pump"];
await core.governance.saveLocations([
  { locationId: "wh-1", code: "WH1", name: "One", type: "warehouse", timeZone: "UTC" },
]);
await core.governance.saveItems([
  { ...plainItem("nut"), itemClass: "small" },
  { ...plainItem("bolt"), itemClass: "small" },
  plainItem("pump"),
]);
await tell(
  core,
  ids.map((id) => ({ id: `arrival-${id}`, minute: 1, fact: stock.received(10, itemId(id)) })),
);
await core.ledger.subscriber.drain();
await core.availability.saveChannels([{ channelId: "web", name: "Web", locationIds: ["wh-1"] }]);

const buffer = (units: number, itemClass: string): Rule => ({
  ...{ kind: "buffer", channel: web, itemClass, units: quantity(units) },
});

async function figures(of = core) {
  of.clock.advance(3_000);
  const found = (await of.availability.availability(web, ids)) ?? [];
  return Object.fromEntries(found.map((each) => [each.itemId, Number(each.availableToPromise)]));
}

async function faultsOf(rule: Rule) {
  const made = await core.availability.ruleDrafts.create("x", { set: [rule], remove: [], undo: [] }, mara);
  assert.ok(made.is === "done");
  const answer = await core.availability.ruleDrafts.check(made.draft.draft_id, mara);
  return answer.is === "faulty" ? answer.faults.map(({ message }) => message) : answer.is;
}

test("a rule of a class holds for its items, and for one that joins it, in every process", async () => {
  await loadRules(core, [
    buffer(4, "small"),
    { kind: "safety-stock", itemClass: "large", units: quantity(1) },
  ]);
  const other = openCore(database, { clock: core.clock });
  assert.deepEqual(await figures(), { nut: 6, bolt: 6, pump: 10 });
  assert.deepEqual(await figures(other), { nut: 6, bolt: 6, pump: 10 });
  await core.governance.saveItems([
    { ...plainItem("pump"), itemClass: "small" },
    { ...plainItem("nut"), itemClass: "large" },
  ]);
  for (const each of [core, other]) assert.deepEqual(await figures(each), { nut: 9, bolt: 6, pump: 6 });
  const [shown] = (await core.availability.availability(web, ["pump"])) ?? [];
  assert.deepEqual(
    shown?.formula?.rules?.map(({ rule }) => rule),
    ["buffer/channel:web/class:small"],
  );
});

test("what is promised is what is shown", async () => {
  await loadRules(core, [buffer(7, "small")]);
  const item = { scheme: "id", value: "bolt" };
  const line = { lineId: lineId("1"), item, quantity: { value: 9, unit: "EA" } };
  core.clock.advance(3_000);
  const answer = await core.availability.reserve(
    { channelId: web, policy: "partial", lines: [line] },
    { clientId: "test", correlationId: "test" },
  );
  assert.ok("answer" in answer);
  assert.deepEqual(
    answer.answer.reservations.map(({ quantity: units }) => units),
    [3],
  );
});

test("a draft names no class that no item has, and an item and a class not both", async () => {
  assert.deepEqual(await faultsOf(buffer(1, "Small")), [
    "No item has the class Small; give it to items first, or take this rule away.",
  ]);
  const both: Rule = { kind: "cap", item: itemId("nut"), itemClass: "small", units: null };
  assert.deepEqual(await faultsOf(both), [
    "It names an item and a class; name one of them, or neither for every item.",
  ]);
  assert.equal(await faultsOf(buffer(1, "small")), "done");
});

test("a memory that follows the classes knows the same as one that reads them whole", async () => {
  const here = createBookMemory(core);
  const given = fc.constantFrom("small", "large", "odd");
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.constantFrom(...ids), given), { maxLength: 4 }), async (said) => {
      for (const [id, itemClass] of said) await core.governance.saveItems([{ ...plainItem(id), itemClass }]);
      const [followed, whole] = [await here.fresh(), await createBookMemory(core).fresh()];
      assert.deepEqual(new Map([...followed.classes].toSorted()), new Map([...whole.classes].toSorted()));
    }),
    { numRuns: 40 },
  );
});
