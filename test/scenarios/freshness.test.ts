import assert from "node:assert/strict";
import { test } from "node:test";
import { accountId, accountSource, channelId, locationId } from "@crossdock/canonical";
import { freshnessPort } from "../../src/ports/freshness.ts";
import { createPartner, deliver, openBench, received, saveMaster, taken } from "../integration/partner.ts";
import { testDatabase } from "../support/database.ts";

const { database } = await testDatabase();
const bench = openBench(database);
const { integration, clock, governance, availability, ledger } = bench;
await saveMaster(bench, ["widget"]);
const [here, there, unowned] = [locationId("wh-1"), locationId("fresh-2"), locationId("fresh-3")];
await governance.saveLocations(
  [there, unowned].map((id) => ({ locationId: id, code: id, name: id, type: "warehouse", timeZone: "UTC" })),
);
const wms = await createPartner(bench, "wms");
await createPartner(bench, "silent");
await governance.saveOwnership([
  { measure: "physical-stock", locationId: here, source: accountSource(wms) },
  { measure: "physical-stock", locationId: there, source: accountSource(accountId("silent")) },
]);
await availability.saveChannels([{ channelId: "fresh", name: "Fresh", locationIds: [here, there, unowned] }]);
const fresh = channelId("fresh");

const port = () => freshnessPort({ database, clock, governance, integration, availability });
const bring = async (key: string) => taken(await deliver(bench, wms, [{ key, records: [received(key)] }]));

test("a source is as old as what it said last, or as the first of it that has not been taken in and posted", async () => {
  await bring("first");
  await integration.drain();
  await ledger.subscriber.drain();
  const heardAt = clock.now().toISOString();
  clock.advance(30_000);
  const { sources } = await port().of(fresh, false);
  assert.deepEqual(sources, [
    { source: accountSource(wms), locationIds: [here], heardAt, lagSeconds: 30 },
    { source: accountSource(accountId("silent")), locationIds: [there] },
    { locationIds: [unowned] },
  ]);
  const lag = async () => (await port().of(fresh, true)).sources[0]?.lagSeconds;
  await bring("second");
  assert.equal(await lag(), 0);
  clock.advance(12_000);
  await bring("third");
  assert.equal(await lag(), 12, "the second waits to be mapped");
  await integration.drain();
  clock.advance(3_000);
  assert.ok(((await lag()) ?? 0) >= 3, "the ledger has not posted it");
  await ledger.subscriber.drain();
  assert.equal(await lag(), 3);
});

test("answers go by a reading of a second ago at most, or of five while it is read anew; who sets a limit waits for the new one", async () => {
  let readings = 0;
  const counted = {
    ...integration,
    heard: () => {
      readings += 1;
      return integration.heard();
    },
  };
  const one = freshnessPort({ database, clock, governance, integration: counted, availability });
  const all = await Promise.all(Array.from({ length: 20 }, () => one.of(fresh, false)));
  assert.deepEqual([readings, new Set(all).size], [1, 1]);
  clock.advance(999);
  assert.equal(await one.of(fresh, true), all[0]);
  clock.advance(1);
  assert.equal(await one.of(fresh, false), all[0], "it does not wait");
  const next = await one.of(fresh, true);
  assert.deepEqual([readings, next === all[0]], [2, false]);
  clock.advance(5_000);
  assert.notEqual(await one.of(fresh, false), next);
  assert.equal(readings, 3);
  assert.deepEqual(await one.of("nobody", true), { sources: [], shipping: [] });
});

test("nothing is remembered of channels that there are not, and a reading that fails is made anew", async () => {
  const asked: string[] = [];
  let isBroken = false;
  const watched = {
    dated: availability.dated,
    network: (channel: string) => {
      asked.push(channel);
      return isBroken ? Promise.reject(new Error("broken")) : availability.network(channel);
    },
  };
  const one = freshnessPort({ database, clock, governance, integration, availability: watched });
  await one.of("nobody", false);
  await one.of("nobody", false);
  assert.deepEqual(asked, ["nobody", "nobody"]);
  isBroken = true;
  await assert.rejects(one.of(fresh, false), /broken/);
  isBroken = false;
  assert.equal((await one.of(fresh, false)).sources.length, 3);
});
