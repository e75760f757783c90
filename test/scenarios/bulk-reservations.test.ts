import assert from "node:assert/strict";
import { test } from "node:test";
import { checker } from "@crossdock/canonical";
import { BulkAnswer } from "../../src/gateway/bulk-views.ts";
import { systemClock } from "../../src/platform/index.ts";
import { runVerify } from "../../src/verify/index.ts";
import { openCore } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";
import { seedItem, seedKey, seedShop } from "../support/seed.ts";
import { startServer } from "../support/server.ts";

const REQUESTS = 1_000;
const UNITS = 1_500;

const { database, url: databaseUrl } = await testDatabase();
const core = openCore(database);
await seedShop(core);
await seedItem(core, "rush", UNITS);
const key = await seedKey(core);
const read = checker(BulkAnswer);

async function call(server: string, requests: readonly unknown[]): Promise<BulkAnswer> {
  const response = await fetch(`${server}/process/v1/reservations/bulk`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ requests }),
  });
  const checked = read(await response.json());
  assert.ok(checked.ok, `answered ${response.status}`);
  return checked.value;
}

const wanting = (prefix: string) =>
  Array.from({ length: REQUESTS }, (_, at) => ({
    do: "reserve",
    idempotencyKey: `${prefix}-${at}`,
    request: {
      channelId: "web",
      lines: [{ lineId: "1", item: { scheme: "id", value: "rush" }, quantity: { value: 1, unit: "EA" } }],
    },
  }));

test("two calls of a thousand over two processes promise exactly what there is; sent again, they are told the same; half is given back in one", async (t) => {
  const servers = await Promise.all([startServer({ databaseUrl }), startServer({ databaseUrl })]);
  t.after(() => Promise.all(servers.map((server) => server.stop())));
  const [east = "", west = ""] = servers.map(({ url }) => url);
  const first = await Promise.all([call(east, wanting("a")), call(west, wanting("b"))]);
  assert.equal(
    first.reduce((sum, { done }) => sum + done, 0),
    UNITS,
  );
  assert.ok(first.every(({ results }) => results.every((result, place) => result.index === place)));
  // Each by the other process: what was decided there is known here.
  const again = await Promise.all([call(west, wanting("a")), call(east, wanting("b"))]);
  for (const [place, { results }] of again.entries()) {
    assert.ok(results.every(({ replayed }) => replayed === true));
    assert.deepEqual(
      results.map(({ status, answer }) => ({ status, answer })),
      first[place]?.results.map(({ status, answer }) => ({ status, answer })),
    );
  }
  const made = first.flatMap(({ results }) =>
    results.flatMap(({ answer }) => answer?.reservations.map((each) => each.reservationId) ?? []),
  );
  const back = made.slice(0, 500).map((reservationId) => ({ do: "release", reservationId }));
  const kept = made.slice(500, 1_000).map((reservationId) => ({ do: "allocate", reservationId }));
  const steps = await call(west, [...back, ...kept]);
  assert.deepEqual([steps.done, steps.refused], [1_000, 0]);
  assert.ok(steps.results.slice(0, 500).every(({ reservation }) => reservation?.state === "released"));
  assert.equal((await call(east, wanting("c").slice(0, 500))).done, 500, "what was given back can be had");
  const { report, text } = await runVerify({ database, now: systemClock.now() });
  assert.equal(report.failed, 0, text);
});
