import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { sql, systemClock } from "../../src/platform/index.ts";
import { runVerify } from "../../src/verify/index.ts";
import { openCore } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";
import { plainItem, seedAccount, seedKey, seedShop } from "../support/seed.ts";
import { startServer } from "../support/server.ts";

const LINES = 20_000;
const PAGES = LINES / 1_000;

const { database, url: databaseUrl } = await testDatabase();
const core = openCore(database);
await seedShop(core);
await seedAccount(core, "wms");
const key = await seedKey(core);
const items = Array.from({ length: 200 }, (_, at) => plainItem(`filed-${at}`));
await core.governance.saveItems(items);
const lines = Array.from({ length: LINES }, (_, at) => `${items[at % items.length]?.sku},1`);
const file = gzipSync(["sku,quantity", ...lines].join("\n"));

async function upload(url: string): Promise<{ readonly status: number; readonly body: string } | undefined> {
  const query = new URLSearchParams({
    ...{ accountId: "wms", snapshotId: "night", takenAt: "2026-11-01T02:00:00Z" },
    ...{ scope: "full", location: "WH1" },
  });
  try {
    const request = { method: "POST", headers: { authorization: `Bearer ${key}` }, body: file };
    const answer = await fetch(`${url}/system/v1/inventory/snapshots/files?${query}`, request);
    return { status: answer.status, body: await answer.text() };
  } catch {
    return undefined;
  }
}

async function numberOf(what: "pages" | "units" | "applied"): Promise<number> {
  const statements = {
    pages: sql`select count(*)::int as count from backbone.event where type = 'StockSnapshotPage'`,
    units: sql`select coalesce(sum(available), 0)::int as count from ledger.position where location_id = 'wh-1'`,
    applied: sql`select count(*)::int as count from ledger.snapshot where state = 'applied'`,
  };
  const [row] = await database.query<{ count: number }>(statements[what]);
  return row?.count ?? 0;
}

test("kill -9 in the middle of a file: nothing of it is taken, and sent again it is taken once", async () => {
  const first = await startServer({ databaseUrl });
  const asked = upload(first.url);
  while ((await numberOf("pages")) === 0) await turn();
  await first.kill();
  assert.equal(await asked, undefined, "nobody was told that it is taken");
  const kept = await numberOf("pages");
  assert.ok(kept < PAGES, `the kill came in the middle, after ${kept} pages`);

  const second = await startServer({ databaseUrl });
  assert.equal(await numberOf("units"), 0, "what came is not held against the books");
  const again = await upload(second.url);
  assert.equal(again?.status, 200, again?.body);
  const [taken] = JSON.parse(again?.body ?? "{}").snapshots;
  assert.deepEqual([taken.taken.pages, taken.taken.duplicates, taken.taken.parked], [PAGES, kept, 0]);
  while ((await numberOf("applied")) === 0) await turn();
  assert.equal(await numberOf("units"), LINES);
  assert.equal((await upload(second.url))?.status, 200);
  assert.equal(await second.stop(), 0);
  assert.equal(await numberOf("pages"), PAGES);
  assert.equal(await numberOf("units"), LINES);
  const { report, text } = await runVerify({ database, now: systemClock.now() });
  assert.equal(report.failed, 0, text);
});
