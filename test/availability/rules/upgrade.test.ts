import assert from "node:assert/strict";
import { test } from "node:test";
import { itemId } from "@crossdock/canonical";
import { termsOf } from "../../../src/availability/rules/book.ts";
import { createBookMemory } from "../../../src/availability/rules/memory-service.ts";
import { createReading } from "../../../src/availability/rules/reading-service.ts";
import { createGovernance } from "../../../src/governance/index.ts";
import { localWakeup, migrate, readMigrations, script } from "../../../src/platform/index.ts";
import { manualClock } from "../../support/clock.ts";
import { emptyDatabase } from "../../support/database.ts";

/** The last one before rules had versions. */
const BEFORE = 58;

test("rules that were there before they had versions are the first version, and say the same", async (t) => {
  const { database } = await emptyDatabase(t);
  const all = await readMigrations();
  await migrate(
    database,
    all.filter(({ number }) => number <= BEFORE),
  );
  await database.execute(
    script(`
      insert into availability.channel values ('web', 'Web shop', now()), ('edi', 'EDI', now());
      insert into availability.channel_location values ('web', 'wh-2', 0), ('web', 'wh-1', 1);
      insert into availability.channel_rule values ('web', '', 2, 500, 0), ('web', 'nut', 0, null, 7);`),
  );
  await migrate(database, all);

  const book = await createBookMemory({
    database,
    clock: manualClock(),
    wakeup: localWakeup(),
    governance: createGovernance({ database, clock: manualClock() }),
  }).fresh();
  assert.equal(book.version, 1);
  const [web, edi] = [book.channels.get("web"), book.channels.get("edi")];
  assert.deepEqual([web?.name, web?.locations, edi?.locations], ["Web shop", ["wh-2", "wh-1"], []]);
  assert.deepEqual(
    [...book.rules.keys()].toSorted(),
    ["buffer", "cap", "protection"]
      .flatMap((kind) => [`${kind}/channel:web`, `${kind}/channel:web/item:nut`])
      .concat("channel/channel:edi", "channel/channel:web")
      .toSorted(),
  );
  assert.ok(web);
  const { rules: _, ...terms } = termsOf(book, web, itemId("nut"));
  const nothing = { ratioPermille: undefined, cap: undefined, shelfLifeDays: 0 };
  assert.deepEqual(terms, { buffer: 0, protectedForOthers: 0, ...nothing });
  assert.equal(termsOf(book, web, itemId("bolt")).cap, 500);
  const [first] = await createReading({ database }).versions({ before: 9, limit: 1 });
  assert.equal(first?.how, "loaded");
});
