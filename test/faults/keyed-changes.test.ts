import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { itemId, locationId, quantity, snapshotPageId } from "@crossdock/canonical";
import type { DriftPolicy } from "../../src/governance/index.ts";
import { sql, systemClock } from "../../src/platform/index.ts";
import { runVerify } from "../../src/verify/index.ts";
import { openCore, stock, type Told, tell, warehouse } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";
import { seedItem, seedKey, seedShop } from "../support/seed.ts";
import { type ServerProcess, startServer } from "../support/server.ts";
import { type Cut, type Line, openTcpProxy } from "../support/tcp-proxy.ts";

const { database, url } = await testDatabase();
const core = openCore(database);
await seedShop(core);
const key = await seedKey(core);
const proxy = await openTcpProxy(url);
const life: { server: ServerProcess } = { server: await startServer({ databaseUrl: proxy.url }) };
after(async () => {
  await life.server.stop();
  await proxy.close();
});

type Answer = { readonly status: number; readonly replayed: boolean; readonly body: string };

/** Sends a request; undefined when nothing came back. */
async function post(path: string, body: object, idempotencyKey: string): Promise<Answer | undefined> {
  const headers = {
    authorization: `Bearer ${key}`,
    "content-type": "application/json",
    "idempotency-key": idempotencyKey,
  };
  try {
    const request = { method: "POST", headers, body: JSON.stringify(body) };
    const response = await fetch(life.server.url + path, request);
    const replayed = response.headers.get("idempotent-replayed") === "true";
    return { status: response.status, replayed, body: await response.text() };
  } catch {
    return undefined;
  }
}

/** Cuts the line on which a statement had `mark` in it when that transaction is about to be committed, or has been. */
function cutAtCommit(mark: string, how: Exclude<Cut, "no">): Promise<void> {
  const marked = new Set<Line>();
  return new Promise((reached) => {
    proxy.cutWhen((piece, line) => {
      const text = piece.toString("latin1");
      if (text.includes(mark)) marked.add(line);
      if (!marked.has(line) || !/\bcommit\b/.test(text)) return "no";
      reached();
      return how;
    });
  });
}

let made = 0;

/** A fresh item with so many units at the warehouse, of which so many are a channel's. */
async function stocked(units: number, fenced = 0): Promise<string> {
  made += 1;
  const id = `keyed-${made}`;
  await seedItem(core, id, units);
  // The server reads the log, too: which of the two posts it, and when, is theirs.
  while ((await unitsOf(id)).available !== units) await turn();
  if (fenced > 0)
    assert.equal((await post(fences, fence(id, fenced, "before"), `${id}-before`))?.status, 200);
  return id;
}

const fences = "/process/v1/ring-fences";
const fence = (item: string, value: number, reason: string) => ({
  ...{ channelId: "web", item: { scheme: "id", value: item }, locationId: warehouse },
  ...{ quantity: { value, unit: "EA" }, reason },
});

type Units = { readonly available: number; readonly fenced: number };

async function unitsOf(item: string): Promise<Units> {
  const [row] = await database.query<Units>(sql`
    select coalesce(sum(available), 0)::int as available, coalesce(sum(channel_reserved), 0)::int as fenced
    from ledger.position where item_id = ${item} and location_id = ${warehouse}`);
  assert.ok(row);
  return row;
}

async function descriptionOf(item: string): Promise<string | undefined> {
  const [row] = await database.query<{ description: string }>(sql`
    select description from governance.item where item_id = ${item}`);
  return row?.description;
}

/** A location of its own with twenty units, and a snapshot of it that has reached this state. */
async function snapshotIn(state: "held" | "applied"): Promise<number> {
  made += 1;
  const name = `counted-${made}`;
  const location = locationId(name);
  await core.governance.saveLocations([
    { locationId: name, code: name, name, type: "warehouse", timeZone: "UTC" },
  ]);
  const policy = { ...LENIENT, unitsMissingPercentMax: state === "held" ? 10 : 100 };
  await core.governance.setDriftPolicy({ source: undefined, locationId: name, policy, by: "chief" });
  const [a, b] = [itemId(`${name}-a`), itemId(`${name}-b`)];
  const receipts = [a, b].map(
    (item): Told => ({
      id: `${item}-in`,
      minute: 1,
      account: "wms-1",
      fact: stock.received(10, item, location),
    }),
  );
  await tell(core, receipts);
  while ((await unitsAt(name)) !== 20) await turn();
  const whole = { snapshotId: name, location, scope: "full" as const, conditions: false, page: 1, pages: 1 };
  const rows = { items: [a], counted: [quantity(5)], ...(state === "held" ? {} : { unresolved: 1 }) };
  const page = { type: "StockSnapshotPage" as const, data: { ...whole, ...rows } };
  const id = snapshotPageId({ snapshotId: name, page: 1 });
  await tell(core, [{ id, minute: 2, account: "wms-1", fact: page }]);
  for (;;) {
    const [row] = await database.query<{ number: number }>(sql`
      select snapshot_number as number from ledger.snapshot where snapshot_id = ${name} and state = ${state}`);
    if (row !== undefined) return row.number;
    await turn();
  }
}

const LENIENT: DriftPolicy = {
  ...{ positionsDifferingPercentMax: 100, rowsFewerPercentMax: 100, positionsMin: 1 },
  unitsMissingPercentMax: 100,
};

async function unitsAt(location: string): Promise<number> {
  const [row] = await database.query<{ units: number }>(sql`
    select coalesce(sum(available), 0)::int as units from ledger.position where location_id = ${location}`);
  return row?.units ?? 0;
}

/** Why something was decided about these snapshots; null where nothing was. */
async function reasonsOf(snapshotNumbers: readonly number[]): Promise<readonly (string | null)[]> {
  const rows = await database.query<{ because: string | null }>(sql`
    select coalesce(s.concluded_because, h.decided_because) as because
    from ledger.snapshot s left join ledger.snapshot_hold h using (snapshot_number)
    where s.snapshot_number = any (${snapshotNumbers}::bigint[]) order by s.snapshot_number`);
  return rows.map(({ because }) => because);
}

type Case = {
  readonly name: string;
  /** Makes what the request is about. `mark` has to be in what it writes. */
  prepare(mark: string): Promise<{
    readonly path: string;
    readonly body: object;
    /** What there is now. */
    readonly look: () => Promise<unknown>;
    /** What there is when the change was made once. */
    readonly once: unknown;
  }>;
};

const CASES: readonly Case[] = [
  {
    name: "setting stock aside",
    async prepare(mark) {
      const item = await stocked(20);
      const look = () => unitsOf(item);
      return { path: fences, body: fence(item, 3, mark), look, once: { available: 17, fenced: 3 } };
    },
  },
  {
    name: "giving stock back",
    async prepare(mark) {
      const item = await stocked(20, 10);
      const look = () => unitsOf(item);
      return {
        ...{ path: `${fences}/give-back`, body: fence(item, 3, mark), look },
        once: { available: 13, fenced: 7 },
      };
    },
  },
  {
    name: "splitting an item",
    async prepare(mark) {
      const [item, other] = [await stocked(20), await stocked(1)];
      const units = [{ locationId: warehouse, quantity: 6 }];
      const body = { into: { itemId: other }, names: [], units, reason: mark };
      const look = async () => [(await unitsOf(item)).available, (await unitsOf(other)).available];
      return { path: `/system/v1/items/${item}/split`, body, look, once: [14, 7] };
    },
  },
  {
    name: "merging an item",
    async prepare(mark) {
      const [item, other] = [await stocked(20, 4), await stocked(1)];
      const look = async () => [await unitsOf(item), await unitsOf(other)];
      return {
        ...{ path: `/system/v1/items/${item}/merge`, body: { into: other, reason: mark }, look },
        once: [
          { available: 0, fenced: 0 },
          { available: 17, fenced: 4 },
        ],
      };
    },
  },
  {
    name: "deciding about held snapshots",
    async prepare(mark) {
      const numbers = [await snapshotIn("held"), await snapshotIn("held")];
      const decision = { decision: "dismissed", because: mark };
      const decisions = numbers.toReversed().map((each) => ({ snapshotNumber: String(each), ...decision }));
      return {
        ...{ path: "/system/v1/inventory/snapshots/decisions", body: { decisions } },
        ...{ look: () => reasonsOf(numbers), once: [mark, mark] },
      };
    },
  },
  {
    name: "concluding a snapshot",
    async prepare(mark) {
      const number = await snapshotIn("applied");
      return {
        ...{ path: `/system/v1/inventory/snapshots/${number}/conclude`, body: { because: mark } },
        ...{ look: () => reasonsOf([number]), once: [mark] },
      };
    },
  },
  {
    name: "stating master data",
    async prepare(mark) {
      const item = await stocked(1);
      const body = { records: [{ kind: "item", sku: item.toUpperCase(), description: mark }] };
      return { path: "/system/v1/master-data", body, look: () => descriptionOf(item), once: mark };
    },
  },
];

for (const { name, prepare } of CASES) {
  for (const how of ["before", "after"] as const) {
    test(`${name} counts once when the line breaks ${how} its commit, and a repetition gets the first answer`, async () => {
      const mark = `mark-${name.replaceAll(" ", "-")}-${how}`;
      const { path, body, look, once } = await prepare(mark);
      const untouched = await look();
      const reached = cutAtCommit(mark, how);
      const first = await post(path, body, mark);
      await reached;
      assert.equal(first?.status, 503, "whoever asked is not told that it is done");
      assert.deepEqual(await look(), how === "before" ? untouched : once);
      const again = await post(path, body, mark);
      assert.deepEqual([again?.status, again?.replayed], [200, how === "after"], again?.body);
      assert.deepEqual(await look(), once);
      assert.deepEqual(await post(path, body, mark), { ...again, replayed: true });
      assert.deepEqual(await look(), once);
    });
  }

  test(`${name} counts once when the process is killed between the commit and its answer`, async () => {
    const mark = `kill-${name.replaceAll(" ", "-")}`;
    const { path, body, look, once } = await prepare(mark);
    const killed = cutAtCommit(mark, "after").then(() => life.server.kill());
    assert.notEqual((await post(path, body, mark))?.status, 200);
    await killed;
    life.server = await startServer({ databaseUrl: proxy.url });
    assert.deepEqual(await look(), once);
    const again = await post(path, body, mark);
    assert.deepEqual([again?.status, again?.replayed], [200, true], again?.body);
    assert.deepEqual(await look(), once);
  });
}

test("after all of it the laws hold", async () => {
  await tell(core, [{ id: "last", minute: 2, fact: stock.received(1, itemId("keyed-1"), warehouse) }]);
  assert.equal(await life.server.stop(), 0);
  await core.ledger.subscriber.drain();
  const { report, text } = await runVerify({ database, now: systemClock.now() });
  assert.equal(report.failed, 0, text);
});
