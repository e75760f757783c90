import assert from "node:assert/strict";
import { test } from "node:test";
import { OWN_SOURCE } from "@crossdock/canonical";
import fc from "fast-check";
import { createHandedFacts } from "../../src/backbone/handed-facts.ts";
import { leafText } from "../../src/backbone/seal/leaf.ts";
import { createFactLog } from "../../src/backbone/service.ts";
import { selectSettledOf } from "../../src/backbone/settled-store.ts";
import { type EventToInsert, insertEventsFromOutside, sendOwnEvents } from "../../src/backbone/store.ts";
import { localWakeup, silentLog, systemIds } from "../../src/platform/index.ts";
import { manualClock } from "../support/clock.ts";
import { testDatabase } from "../support/database.ts";

const { database } = await testDatabase();
const clock = manualClock();
const log = createFactLog({ database, clock, ids: systemIds(), wakeup: localWakeup(), log: silentLog });

const storable = fc.string({ unit: "binary", maxLength: 12 }).filter((text) => !text.includes("\0"));
const moment = fc.oneof(
  fc
    .date({ min: new Date("1990-01-01"), max: new Date("2090-01-01"), noInvalidDate: true })
    .map((at) => at.toISOString()),
  fc.constantFrom("2026-11-26T07:00:00.123456Z", "2026-11-26T08:00:00.000+01:00", "2026-11-26T07:00:00Z"),
);
const anyNumber = fc.oneof(
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0.1, 1e21, 5e-7),
);
const { data } = fc.letrec((tie) => ({
  data: fc.dictionary(storable, tie("value"), { maxKeys: 5 }),
  value: fc.oneof(
    anyNumber,
    storable,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 3 }),
    tie("data"),
  ),
}));

const event = fc.record({
  source: storable,
  id: storable,
  type: fc.constant("StockReceived"),
  effectiveAt: moment,
  correlationId: storable,
  causationId: fc.option(storable),
  stream: fc.constant("stream"),
  sequenceNumber: fc.nat(),
  data: data.map((value) => JSON.stringify(value)),
});

const decidedHere = { source: OWN_SOURCE, stream: null, sequenceNumber: null };

async function numbered(drawn: readonly Omit<EventToInsert, "number">[]): Promise<readonly EventToInsert[]> {
  const numbers = await log.takeNumbers(drawn.length);
  // What a source has told under an id before is no new fact.
  return drawn.map((one, index) => ({
    ...one,
    id: `${numbers[index]} ${one.id}`,
    number: numbers[index] ?? 0,
  }));
}

test("a fact that is handed over is the one that the table gives, also to whoever seals it", async () => {
  let kept = 0;
  const some = fc.array(event, { minLength: 1, maxLength: 20 });
  const property = fc.asyncProperty(some, fc.boolean(), async (drawn, isOwn) => {
    const facts = await numbered(isOwn ? drawn.map((one) => ({ ...one, ...decidedHere })) : drawn);
    await database.transaction(async (tx) => {
      if (isOwn) sendOwnEvents(tx, facts, clock.now());
      else await insertEventsFromOutside(tx, facts, clock.now());
    });
    const handed = createHandedFacts();
    handed.keep(facts, clock.now());
    const numbers = facts.map(({ number }) => number);
    for (const row of await selectSettledOf(database, { numbers, bytesMax: 1_000_000 })) {
      if (!handed.has(row.number)) continue;
      kept += 1;
      const taken = handed.take(row.number, row.transaction);
      assert.ok(taken !== undefined);
      assert.equal(leafText(taken), leafText(row));
      assert.deepEqual(
        { ...taken, data: JSON.parse(taken.data), bytes: 0 },
        { ...row, data: JSON.parse(row.data), bytes: 0 },
      );
    }
    assert.ok(handed.isEmpty());
  });
  await fc.assert(property, { numRuns: Number(process.env.PROPERTY_RUNS ?? 50) });
  assert.ok(kept > 0);
});

test("of too many facts the oldest are forgotten", () => {
  const handed = createHandedFacts();
  const [example] = fc.sample(event, { numRuns: 1, seed: 1 });
  assert.ok(example !== undefined);
  const plain = { ...example, effectiveAt: "2026-11-26T07:00:00.000Z", data: "{}" };
  for (let number = 1; number <= 20_001; number += 1) handed.keep([{ ...plain, number }], clock.now());
  assert.equal(handed.has(1), false);
  assert.equal(handed.has(2), true);
  handed.keep(
    [{ ...plain, number: 30_000, data: JSON.stringify("x".repeat(16 * 1024 * 1024)) }],
    clock.now(),
  );
  assert.ok(handed.isEmpty());
});
