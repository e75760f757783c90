import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { sql } from "../../../src/platform/index.ts";
import { testDatabase } from "../../support/database.ts";
import { openShop, protection, type Shop, type Wanted } from "./past.ts";

const { database } = await testDatabase();
const shop = await openShop(database);
const acting = { by: "someone", correlationId: "test" };

/** A draft of rules to be tried; nobody approves it. */
async function draftOf(...rules: readonly ReturnType<typeof protection>[]): Promise<string> {
  const edit = { set: rules, remove: [], undo: [] };
  const made = await shop.core.availability.ruleDrafts.create("tried", edit, acting);
  assert.equal(made.is, "done");
  return made.is === "done" ? made.draft.draft_id : "";
}

const asItWas = { is: "as-it-was" } as const;
const one = (channel: string, item: string, units: number): Wanted => ({ channel, lines: [{ item, units }] });

test("without a protection, units that were refused to one channel and wanted by no other would have been sold", async () => {
  await shop.core.availability.saveRules([
    { channelId: "retail", itemId: "cog", buffer: 0, cap: null, protected: 6 },
  ]);
  shop.pass(10);
  const from = shop.begin();
  await shop.receive("cog", 10, "wh-1");
  await shop.hold(one("web", "cog", 3));
  const refused = await shop.hold(one("web", "cog", 5));
  assert.equal(refused.refused.length, 1, "the protection keeps six of the ten");
  await shop.hold(one("retail", "cog", 2));
  const { result, differing } = await shop.playAgain(from, {
    is: "draft",
    draftId: await draftOf(protection("retail", "cog", 0)),
  });
  assert.deepEqual(result.reproduced, { exactly: 3, not: 0, whys: {}, samples: [] });
  assert.equal(result.differing, 1);
  assert.deepEqual(differing, [
    {
      ask: 2,
      at: differing.length === 1 ? (differing[0] as { at: string }).at : "",
      channelId: "web",
      correlationId: "hold-3",
      lines: [{ lineId: "1", itemId: "cog", asked: 5, promised: 5, beside: 0 }],
    },
  ]);
  const [before, after] = [result.beside, result.tried].map(({ channels }) =>
    channels.find(({ channelId }) => channelId === "web"),
  );
  assert.deepEqual(
    { units: before?.unitsPromised, keptBack: before?.unitsKeptBack, stranded: before?.unitsStranded },
    { units: 3, keptBack: 4, stranded: 4 },
    "one of the five could have been had; four were kept for retail, which did not come for them",
  );
  assert.equal(after?.unitsPromised, 8);
  assert.equal(after?.unitsKeptBack, 0);
});

test("a hold that ran out, was released or became firm under the rules of the time does the same again", async () => {
  const from = shop.begin();
  await shop.receive("nut", 5, "wh-1");
  await shop.hold(one("web", "nut", 5), 60);
  await shop.hold(one("web", "nut", 1));
  shop.pass(120);
  const { ids } = await shop.hold(one("web", "nut", 4), 60);
  await shop.release(ids);
  const kept = await shop.hold(one("web", "nut", 5), 60);
  await shop.allocate(kept.ids);
  shop.pass(600);
  await shop.hold(one("web", "nut", 1));
  const { result } = await shop.playAgain(from, asItWas);
  assert.deepEqual(result.reproduced, { exactly: 5, not: 0, whys: {}, samples: [] });
  assert.equal(result.tried.all.refused, 2);
});

test("the rules of the time are those that held at each moment", async () => {
  const from = shop.begin();
  await shop.receive("bolt", 4, "wh-2");
  await shop.hold(one("web", "bolt", 1));
  await shop.core.availability.saveRules([
    { channelId: "retail", itemId: "bolt", buffer: 0, cap: null, protected: 3 },
  ]);
  shop.pass(5);
  await shop.hold(one("web", "bolt", 1));
  const { result } = await shop.playAgain(from, asItWas);
  assert.deepEqual(result.reproduced, { exactly: 2, not: 0, whys: {}, samples: [] });
  assert.equal(result.tried.all.refused, 1);
  const earlier = await shop.playAgain(from, { is: "version", version: 1 });
  assert.equal(earlier.result.tried.all.refused, 0);
});

test("rules that there are not are refused", async () => {
  await assert.rejects(
    () => shop.playAgain(shop.begin(), { is: "version", version: 4_000 }),
    /no version 4000/,
  );
  await assert.rejects(() => shop.playAgain(shop.begin(), { is: "draft", draftId: "none" }), /no draft none/);
});

test("what is playing stops when it is told to", async () => {
  const stopping = new AbortController();
  stopping.abort(new Error("enough"));
  const { replay } = await import("../../../src/availability/index.ts");
  const window = { from: new Date(0), to: shop.begin() };
  const playing = replay(
    shop.core,
    { window, rules: asItWas, beside: asItWas },
    {
      restMs: 0,
      signal: stopping.signal,
      progress: () => stopping.signal.throwIfAborted(),
      differs: () => undefined,
    },
  );
  await assert.rejects(playing, /enough/);
});

const item = fc.constantFrom("nut", "bolt", "set");
const line = fc.record(
  {
    item,
    units: fc.integer({ min: 1, max: 6 }),
    location: fc.constantFrom("wh-1", "wh-2"),
    unit: fc.constantFrom("EA" as const, "XCS" as const),
  },
  { requiredKeys: ["item", "units"] },
);
const wanted = fc.record(
  {
    channel: fc.constantFrom("web", "retail"),
    policy: fc.constantFrom("all-or-nothing" as const, "partial" as const, "ship-complete" as const),
    maxSplits: fc.constantFrom(0, 1),
    lines: fc.array(line, { minLength: 1, maxLength: 3 }),
  },
  { requiredKeys: ["channel", "lines"] },
);
const act = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("receive" as const),
      item: fc.constantFrom("nut", "bolt"),
      units: fc.integer({ min: 1, max: 12 }),
      location: fc.constantFrom("wh-1", "wh-2"),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant("hold" as const), wanted, seconds: fc.constantFrom(5, 60, 900) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("order" as const), wanted }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("together" as const),
      wanted: fc.array(wanted, { minLength: 2, maxLength: 5 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom("release" as const, "allocate" as const), which: fc.nat() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("pass" as const), seconds: fc.constantFrom(10, 100, 1_000) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("rules" as const),
      item: fc.constantFrom("nut", "bolt"),
      units: fc.integer({ min: 0, max: 4 }),
    }),
  },
);
type Act = typeof act extends fc.Arbitrary<infer Value> ? Value : never;

async function perform(to: Shop, each: Act, made: string[][]): Promise<void> {
  switch (each.do) {
    case "receive":
      return to.receive(each.item, each.units, each.location);
    case "hold":
      made.push([...(await to.hold(each.wanted, each.seconds)).ids]);
      return;
    case "order":
      made.push([...(await to.order(each.wanted)).ids]);
      return;
    case "together":
      await Promise.all(each.wanted.map((own) => to.hold(own)));
      return;
    case "pass":
      return to.pass(each.seconds);
    case "rules":
      await to.core.availability.saveRules([
        { channelId: "retail", itemId: each.item, buffer: each.units, cap: null, protected: each.units },
      ]);
      // So long another process may decide by the rules of before.
      return to.pass(5);
    default: {
      const ids = made[each.which % Math.max(1, made.length)] ?? [];
      return each.do === "release" ? to.release(ids) : to.allocate(ids);
    }
  }
}

test("whatever was asked comes to the same to the unit and the place when it is played under the rules of the time, and always to the same under others", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 5, maxLength: 25 }), async (acts) => {
      shop.pass(5);
      const from = shop.begin();
      const made: string[][] = [];
      for (const each of acts) await perform(shop, each, made);
      const { result } = await shop.playAgain(from, asItWas);
      assert.deepEqual(result.reproduced?.samples, []);
      const other = { is: "version", version: 1 } as const;
      const [first, second] = [await shop.playAgain(from, other), await shop.playAgain(from, other)];
      assert.deepEqual(first, second);
    }),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 30) },
  );
});

test("plain promises leave no trace beside the log, and requests that were refused alike leave one", async () => {
  const count = async () =>
    (
      await database.query<{ rows: number; times: number }>(sql`
    select count(*)::bigint as rows, coalesce(sum(times), 0)::bigint as times from availability.asked`)
    )[0];
  await shop.receive("cog", 50, "wh-1");
  const before = await count();
  await shop.hold(one("web", "cog", 1));
  await shop.order(one("web", "cog", 2));
  assert.deepEqual(await count(), before);
  await Promise.all(Array.from({ length: 20 }, () => shop.hold(one("web", "cog", 5_000))));
  const after = await count();
  assert.equal((after?.times ?? 0) - (before?.times ?? 0), 20);
  assert.ok((after?.rows ?? 0) - (before?.rows ?? 0) <= 2, "those of one batch are one row");
});
