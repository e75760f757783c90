import { accountId, accountSource, itemId, locationId, quantity, snapshotPageId } from "@crossdock/canonical";
import { migrate, openDatabase, readMigrations, script, sql } from "../../src/platform/index.ts";
import type { Cluster } from "../cluster.ts";
import { openParts, type ProductParts } from "../product-parts.ts";
import type { Contestant, Imported } from "./contestant.ts";
import {
  type Chunk,
  chunksOf,
  countedIn,
  itemName,
  locationName,
  PAGE_ROWS,
  type Round,
  rowsOf,
  type Size,
} from "./workload.ts";

/** Pages in one append: as many as an upload over HTTP carries at once. */
const PAGES_PER_APPEND = 20;
const POLL_MS = 10;
const READ_ITEMS = 100;

/** The product: pages on the log, its own reader that gathers them, its own worker that takes them, in this process. */
export async function openProduct(cluster: Cluster, size: Size): Promise<Contestant> {
  const url = await cluster.createDatabase("b4_product");
  const database = await openDatabase(url, { applicationName: "b4", statementTimeoutMs: 300_000 });
  await migrate(database, await readMigrations());
  const parts = openParts(database);
  parts.ledger.snapshotSubscriber.start();
  parts.ledger.snapshotWorker.start();
  return {
    name: "crossdock",
    reads: {
      url,
      text: `select item_id, available, held, allocated, picked from ledger.position
             where item_id = any ($1::text[]) and location_id = any ($2::text[])`,
      values: readings(size),
    },
    prepare: async () => undefined,
    import: (round) => importRound(parts, size, round),
    audit: (round) => audit(parts, size, round),
    async close() {
      await parts.ledger.snapshotWorker.stop();
      await parts.ledger.snapshotSubscriber.stop();
      await parts.leases.close();
      await database.close();
    },
  };
}

/** What readers ask: a hundred items at every location, as a shop's page does. */
export function readings(size: Size): readonly (readonly unknown[])[] {
  const locations = Array.from({ length: size.locations }, (_, at) => locationName(at + 1));
  return Array.from({ length: 50 }, (_, turn) => {
    const items = Array.from({ length: READ_ITEMS }, (_, at) =>
      itemName((turn * 977 + at * 31) % size.items),
    );
    return [items, locations];
  });
}

async function importRound(parts: ProductParts, size: Size, round: Round): Promise<Imported> {
  const startedAt = performance.now();
  const takenAt = new Date().toISOString();
  let pages: Chunk[] = [];
  for (const chunk of chunksOf(size, round, PAGE_ROWS)) {
    pages.push(chunk);
    if (pages.length < PAGES_PER_APPEND) continue;
    await append(parts, { size, round, takenAt }, pages);
    pages = [];
  }
  await append(parts, { size, round, takenAt }, pages);
  const appendedMs = performance.now() - startedAt;
  const gathered = ["ready", "applied"];
  const gatheredMs = await until(
    parts,
    startedAt,
    async () => (await count(parts, round, gathered)) === size.locations,
  );
  await until(parts, startedAt, async () => (await count(parts, round, ["applied"])) === size.locations);
  const doneMs = performance.now() - startedAt;
  return {
    rows: rowsOf(size),
    phasesMs: { "all appended": appendedMs, "all gathered": gatheredMs, "all taken": doneMs },
  };
}

type Telling = { readonly size: Size; readonly round: Round; readonly takenAt: string };

async function append(parts: ProductParts, telling: Telling, chunks: readonly Chunk[]): Promise<void> {
  const { size, round, takenAt } = telling;
  const numbers = await parts.factLog.takeNumbers(chunks.length);
  const facts = chunks.map((chunk, index) => {
    const snapshotId = `round-${round.number}-${chunk.location}`;
    return {
      type: "StockSnapshotPage" as const,
      data: {
        snapshotId,
        location: locationId(locationName(chunk.location)),
        scope: "full" as const,
        conditions: false,
        page: chunk.number,
        pages: Math.ceil(size.items / PAGE_ROWS),
        items: chunk.items.map(itemId),
        counted: chunk.counted.map(quantity),
      },
      number: numbers[index] ?? 0,
      id: snapshotPageId({ snapshotId, page: chunk.number }),
      source: accountSource(accountId("wms")),
      effectiveAt: takenAt,
      correlationId: snapshotId,
    };
  });
  await parts.database.transaction((tx) => parts.factLog.appendFromOutside(tx, facts));
}

async function count({ database }: ProductParts, round: Round, states: readonly string[]): Promise<number> {
  const [row] = await database.query<{ count: number }>(sql`
    select count(*)::int as count from ledger.snapshot where snapshot_id like ${`round-${round.number}-%`} and state = any (${states}::text[])`);
  return row?.count ?? 0;
}

/** Waits until something holds; gives when it did, in milliseconds since the start. */
async function until(
  { wakeup }: ProductParts,
  startedAt: number,
  holds: () => Promise<boolean>,
): Promise<number> {
  while (!(await holds())) await wakeup.wait("b4", POLL_MS, AbortSignal.timeout(POLL_MS * 2));
  return performance.now() - startedAt;
}

/** Every position has what was counted last, is the sum of its transfers, and nothing was made of nothing. */
async function audit({ database }: ProductParts, size: Size, round: Round): Promise<readonly string[]> {
  const faults: string[] = [];
  await database.transaction(async (tx) => {
    tx.send(script("set local statement_timeout = '10min'; set local work_mem = '256MB'"));
    const positions = await tx.query<{ item_id: string; location_id: string; available: number }>(sql`
      select item_id, location_id, available from ledger.position where location_id <> 'count-variance'`);
    if (positions.length !== rowsOf(size)) faults.push(`${positions.length} positions`);
    const wrong = positions.filter((row) => row.available !== expected(round, row));
    if (wrong.length > 0) faults.push(`${wrong.length} positions have another number than was counted`);
    const [unequal] = await tx.query<{ count: number }>(sql`
      with moved as (
        select to_position_id as position_id, quantity from ledger.transfer
        union all select from_position_id, -quantity from ledger.transfer
      ), summed as (select position_id, sum(quantity) as units from moved group by position_id)
      select count(*)::int as count from ledger.position p left join summed s using (position_id)
      where p.available <> coalesce(s.units, 0)`);
    if (unequal?.count !== 0) faults.push(`${unequal?.count} positions are not the sum of their transfers`);
    const [unbalanced] = await tx.query<{ count: number }>(sql`
      select count(*)::int as count from (select from ledger.position group by item_id having sum(available) <> 0) as item`);
    if (unbalanced?.count !== 0) faults.push(`${unbalanced?.count} items do not sum to zero`);
  });
  return faults;
}

function expected(round: Round, row: { readonly item_id: string; readonly location_id: string }): number {
  const item = Number(row.item_id.slice("item-".length));
  return countedIn(round, item, Number(row.location_id.slice("wh-".length)));
}
