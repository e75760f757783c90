import assert from "node:assert/strict";
import { test } from "node:test";
import type { AccountId, StockStatement, Version } from "@crossdock/canonical";
import fc from "fast-check";
import { testDatabase } from "#test/database.ts";
import type { RecordOutcome } from "../../src/integration/index.ts";
import { compareRanks, ranked } from "../../src/integration/version.ts";
import { sql } from "../../src/platform/index.ts";
import { type Bench, createPartner, factsOf, openBench, saveMaster, sku } from "./partner.ts";

const { database } = await testDatabase();
const bench = openBench(database);
await saveMaster(bench, ["widget"]);

/** What a source shows of one bin: so many, as of its version. */
function shown(id: string, version: Version, units: number): StockStatement {
  const data = {
    item: sku("widget"),
    location: { scheme: "code", value: "WH1" },
    counted: { value: units, unit: "EA" },
  };
  return { type: "StockCounted", id, effectiveAt: "2026-03-02T08:00:00Z", version, data };
}

const bin = (number: number): Version => ({ of: "bin 7", number });

async function say(
  account: AccountId,
  statements: readonly StockStatement[],
  { integration }: Bench = bench,
): Promise<readonly RecordOutcome[]> {
  const answer = await integration.submit({ accountId: account, statements, correlationId: "test" });
  if ("refused" in answer) throw new Error(answer.reason);
  return answer.outcomes;
}

const words = (outcomes: readonly RecordOutcome[]) =>
  outcomes.map((outcome) => (outcome.is === "parked" ? outcome.obstacle.reason : outcome.is));

async function newestOf(account: AccountId): Promise<string | undefined> {
  const [row] = await database.query<{ fact_id: string }>(
    sql`select fact_id from integration.version where account_id = ${account}`,
  );
  return row?.fact_id;
}

test("an older version changes nothing and says which it is and which has counted", async () => {
  const account = await createPartner(bench, "older");
  assert.deepEqual(words(await say(account, [shown("a", bin(10), 5)])), ["applied"]);
  const [outcome] = await say(account, [shown("b", bin(9), 4)]);
  assert.ok(outcome?.is === "ignored" && outcome.code === "older-version");
  assert.match(outcome.reason, /Version 9 of bin 7 changes nothing, because version 10 \(a\) has counted/);
  assert.deepEqual(
    (await factsOf(bench, account)).map(({ id }) => id),
    ["a"],
  );
  assert.match(
    await bench.metricsText(),
    /duplicates_total\{account="older",kind="StockCounted",layer="version",outcome="older"\} 1/,
  );
  assert.deepEqual(words(await say(account, [shown("c", bin(11), 6)])), ["applied"]);
});

test("the same version again is a duplicate, and a contradiction where it says something else", async () => {
  const account = await createPartner(bench, "same");
  await say(account, [shown("a", bin(1), 5)]);
  assert.deepEqual(words(await say(account, [shown("a", bin(1), 5)])), ["duplicate"]);
  assert.deepEqual(words(await say(account, [shown("b", bin(1), 5)])), ["duplicate"]);
  assert.deepEqual(words(await say(account, [shown("c", bin(1), 6)])), ["contradicts-version"]);
  assert.deepEqual(words(await say(account, [shown("a", bin(1), 6)])), ["contradicts-earlier"]);
  const mixed = shown("d", { of: "bin 7", text: "2" }, 7);
  assert.deepEqual(words(await say(account, [mixed])), ["mixed-versions"]);
  assert.equal(await newestOf(account), "a");
});

test("what counted and is told again is a duplicate, however old its version is by now", async () => {
  const account = await createPartner(bench, "again");
  await say(account, [shown("a", bin(1), 5)]);
  await say(account, [shown("b", bin(2), 6)]);
  assert.deepEqual(words(await say(account, [shown("a", bin(1), 5), shown("b", bin(2), 6)])), [
    "duplicate",
    "duplicate",
  ]);
});

test("a version that could not count leaves room for the one before it", async () => {
  const account = await createPartner(bench, "failed");
  const unknown = shown("a", bin(2), 5);
  const waiting = { ...unknown, data: { ...unknown.data, item: sku("nobody") } } as StockStatement;
  assert.deepEqual(words(await say(account, [waiting, shown("b", bin(1), 4)])), ["unknown-item", "applied"]);
  assert.equal(await newestOf(account), "b");
});

test("versions are compared as what they are", () => {
  const order = (a: Version, b: Version) => Math.sign(compareRanks(ranked(a).rank, ranked(b).rank));
  assert.equal(order(bin(9), bin(10)), -1);
  assert.equal(order({ of: "x", text: "9" }, { of: "x", text: "10" }), 1);
  const at = (instant: string): Version => ({ of: "x", instant });
  assert.equal(order(at("2026-03-02T09:00:00+01:00"), at("2026-03-02T08:00:00Z")), 0);
  assert.equal(order(at("2026-03-02T08:00:00.0001Z"), at("2026-03-02T08:00:00.00011Z")), -1);
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (a, b) => order(bin(a), bin(b)) === Math.sign(a - b)),
  );
});

const tellings = fc.array(fc.record({ version: fc.integer({ min: 0, max: 6 }), ends: fc.boolean() }), {
  minLength: 1,
  maxLength: 12,
});

test("however versions are mixed, repeated and split, the newest is what counted last", async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(tellings, async (told) => {
      run += 1;
      const account = await createPartner(bench, `mixed-${run}`);
      let batch: StockStatement[] = [];
      const counted: number[] = [];
      for (const { version, ends } of [...told, { version: 0, ends: true }]) {
        batch.push(shown(`v${version}`, bin(version), 100 + version));
        if (!ends) continue;
        const outcomes = await say(account, batch);
        for (const [index, outcome] of outcomes.entries()) {
          assert.ok(["applied", "duplicate", "ignored"].includes(outcome.is), outcome.is);
          if (outcome.is === "applied") counted.push(Number(batch[index]?.id.slice(1)));
        }
        batch = [];
      }
      const newest = Math.max(...told.map(({ version }) => version));
      assert.deepEqual(
        counted,
        [...new Set(counted)].toSorted((a, b) => a - b),
        "they count in their order",
      );
      assert.equal(counted.at(-1), newest);
      assert.equal(await newestOf(account), `v${newest}`);
    }),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 40) },
  );
});

test("of many processes that tell versions of one thing at once, the newest remains", async () => {
  const account = await createPartner(bench, "processes");
  const processes = Array.from({ length: 4 }, () => openBench(database));
  for (let turn = 0; turn < 8; turn += 1) {
    await Promise.all(
      processes.map((process, place) => {
        const version = turn * 4 + ((place * 3 + turn) % 4);
        return say(account, [shown(`p${version}`, bin(version), version)], process);
      }),
    );
    assert.equal(await newestOf(account), `p${turn * 4 + 3}`);
  }
});
