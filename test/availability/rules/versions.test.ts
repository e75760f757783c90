import assert from "node:assert/strict";
import { test } from "node:test";
import { channelId, itemId, quantity, type Rule, ruleKey } from "@crossdock/canonical";
import fc from "fast-check";
import { createBookMemory } from "../../../src/availability/rules/memory-service.ts";
import { loadRules } from "../../../src/availability/rules/version-service.ts";
import { openCore } from "../../support/core.ts";
import { testDatabase } from "../../support/database.ts";

const { database } = await testDatabase();
const core = openCore(database);
const here = createBookMemory(core);

const web = channelId("web");
const buffer = (item: string, units: number): Rule => ({
  kind: "buffer",
  channel: web,
  item: itemId(item),
  units: quantity(units),
});

test("a process that follows the book knows what one knows that reads it whole", async () => {
  const step = fc.array(fc.tuple(fc.constantFrom("a", "b", "c", "d"), fc.nat(3)), {
    minLength: 1,
    maxLength: 4,
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 4 }), async (steps) => {
      for (const said of steps)
        await loadRules(
          core,
          said.map(([item, units]) => buffer(item, units)),
        );
      const [followed, whole] = await Promise.all([here.fresh(), createBookMemory(core).fresh()]);
      assert.equal(followed.version, whole.version);
      const sorted = (rules: typeof whole.rules) =>
        [...rules.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1));
      assert.deepEqual(sorted(followed.rules), sorted(whole.rules));
    }),
    { numRuns: 25 },
  );
});

test("rules that hold already make no version, and those that do are told once", async () => {
  const before = await loadRules(core, [buffer("e", 1)]);
  assert.equal(await loadRules(core, [buffer("e", 1)]), before);
  assert.equal(await loadRules(core, [buffer("e", 1), buffer("f", 2)]), before + 1);
  const { facts } = await core.factLog.read({
    after: { transaction: 0, number: 0 },
    limit: 1_000,
    types: ["RuleBookActivated"],
  });
  const last = facts.at(-1);
  assert.ok(last?.type === "RuleBookActivated");
  assert.deepEqual(last.data, {
    version: before + 1,
    how: "loaded",
    rulesChanged: 1,
    by: "set-up",
    because: "It was loaded at set-up.",
  });
  const book = await here.fresh();
  assert.equal(book.rules.get(ruleKey(buffer("e", 1)))?.since, before);
});

test("what is remembered is told to hold no longer than the wake-up takes", async () => {
  const first = await here.book();
  assert.equal(here.recall(), first);
  await loadRules(core, [buffer("g", 1)]);
  assert.equal(here.recall(), undefined);
  assert.equal((await here.book()).version, first.version + 1);
});
