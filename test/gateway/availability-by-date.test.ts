import assert from "node:assert/strict";
import { test } from "node:test";
import { by, createWorld } from "./world.ts";

const world = await createWorld();
const headers = by(world.key({ scopes: ["availability:read"] }));
const ask = async (url: string) => (await world.gateway.inject({ url, headers })).json();

test("availability is answered by a moment or a day, beside that of now", async () => {
  const path = "/experience/v1/availability?channel=web&sku=BOLT-M8";
  const day = await ask(`${path}&by=2026-03-06`);
  assert.equal(day.availability.length, 1);
  assert.deepEqual([day.dated[0].by, day.dated[0].availableToPromise], ["2026-03-06", 99]);
  assert.equal(day.dated[0].supply[0].document, "PO-4711");
  const moment = await ask(`${path}&by=2026-03-06T12:00:00Z`);
  assert.equal(moment.dated[0].by, "2026-03-06T12:00:00Z");
  assert.equal((await ask(path)).dated, undefined);
});

test("a day that no calendar has, or what is no moment, is refused", async () => {
  for (const wrong of ["2026-02-30", "2026-02-30T12:00:00Z", "friday", "2026-3-6"]) {
    const answer = await ask(`/experience/v1/availability?channel=web&sku=BOLT-M8&by=${wrong}`);
    assert.deepEqual([answer.code, answer.errors?.[0]?.pointer], ["invalid-request", "/by"], wrong);
  }
});

test("availability over time is asked for hours, days and a zone", async () => {
  const path = "/process/v1/atp?channel=web&sku=BOLT-M8";
  assert.equal((await ask(`${path}&nearHours=3&timeZone=Europe/Berlin`)).series[0].points.length, 3);
  assert.equal((await ask(path)).series[0].points.length, 48);
  const wrong = await ask(`${path}&timeZone=Mars/Olympus`);
  assert.deepEqual([wrong.code, wrong.errors?.[0]?.pointer], ["invalid-request", "/timeZone"]);
  assert.equal((await ask("/process/v1/atp?channel=nobody&sku=x")).code, "unknown-channel");
  assert.equal((await ask("/process/v1/atp?channel=web")).code, "invalid-request");
});

test("a location's calendar is read with what is said of it, and there is none of a place that there is not", async () => {
  const own = by(world.key({ scopes: ["master-data:read"] }));
  const read = async (id: string) =>
    (await world.gateway.inject({ url: `/system/v1/locations/${id}/calendar`, headers: own })).json();
  assert.deepEqual(await read("berlin"), {
    ...{ locationId: "berlin", timeZone: "Europe/Berlin" },
    said: [{ about: "dock-to-stock", said: "4h" }],
  });
  assert.equal((await read("mars")).code, "not-found");
});
