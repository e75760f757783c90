import assert from "node:assert/strict";
import { test } from "node:test";
import { crossdockRoom, setUpChannels } from "../../bench/compare/crossdock.ts";
import { SCENARIOS } from "../../bench/compare/scenarios.ts";
import { openDatabase } from "../../src/platform/index.ts";
import { renderReport, verify } from "../../src/verify/index.ts";
import { openCore } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";

const { database, url } = await testDatabase();
const other = await openDatabase(url, { allowUnsafeDurability: true, applicationName: "crossdock-test" });
test.after(() => other.close());
const first = openCore(database);
const second = openCore(other, { clock: first.clock, wakeup: first.wakeup });
await setUpChannels(first);
const [room, otherRoom] = [crossdockRoom(first), crossdockRoom(second)];

for (const [at, { name, reported, must, run }] of SCENARIOS.entries()) {
  test(`${name}: ${must} (${reported})`, async () => {
    const { holds, saw } = await run([room, otherRoom], `item-${at}`);
    assert.ok(holds, saw);
  });
}

test("the oracle finds nothing after all of them", async () => {
  const report = await verify(database, { now: first.clock.now() });
  assert.equal(report.failed, 0, renderReport(report));
});
