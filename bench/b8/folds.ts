import { createRebuild } from "../../src/ledger/index.ts";
import { type Database, type Queryable, script, sql } from "../../src/platform/index.ts";
import type { ProductParts } from "../product-parts.ts";

/** Somebody who makes all balances from all transfers; gives what was found to differ from the live ones. */
export type Fold = {
  readonly name: string;
  /** How many it folds, where that is not all of them. */
  readonly entries?: number;
  run(): Promise<number>;
};

/** The product: `crossdock rebuild --check`, on so many connections. */
export function productFold(parts: ProductParts, connections: number): Fold {
  const rebuild = createRebuild({ ...parts, connections });
  return {
    name: connections === 1 ? "crossdock on one connection" : `crossdock on ${connections} connections`,
    run: async () => (await rebuild.check(() => undefined)).differences,
  };
}

/** Long statements, with the memory that the product's have. */
export async function atLeisure<Value>(
  database: Database,
  work: (tx: Queryable) => Promise<Value>,
): Promise<Value> {
  return database.transaction(async (tx) => {
    tx.send(
      script(
        "set local statement_timeout = 0; set local work_mem = '256MB'; set local max_parallel_workers_per_gather = 0",
      ),
    );
    return work(tx);
  });
}

/** What one writes first in SQL: both sides of every transfer, a conditional sum for each status, compared afterwards. */
export function sqlFold(database: Database): Fold {
  return {
    name: "SQL group by",
    run: () =>
      atLeisure(database, async (tx) => {
        const [row] = await tx.query<{ wrong: number }>(sql`
          with rebuilt as (
            select position_id, sum(units) filter (where status = 'available') as available,
                   sum(units) filter (where status = 'held') as held, sum(units) filter (where status = 'allocated') as allocated,
                   sum(units) filter (where status = 'picked') as picked,
                   sum(units) filter (where status = 'channel-reserved') as channel_reserved,
                   sum(units) filter (where status = 'quarantined') as quarantined,
                   sum(units) filter (where status = 'damaged') as damaged, sum(units) filter (where status = 'in-transit') as in_transit
            from (
              select to_position_id as position_id, to_status as status, quantity as units from ledger.transfer
              union all select from_position_id, from_status, -quantity from ledger.transfer
            ) as side group by position_id
          )
          select count(*) as wrong from ledger.position p left join rebuilt r using (position_id)
          where (p.available, p.held, p.allocated, p.picked, p.channel_reserved, p.quarantined, p.damaged, p.in_transit)
             <> (coalesce(r.available, 0), coalesce(r.held, 0), coalesce(r.allocated, 0), coalesce(r.picked, 0),
                 coalesce(r.channel_reserved, 0), coalesce(r.quarantined, 0), coalesce(r.damaged, 0), coalesce(r.in_transit, 0))`);
        return row?.wrong ?? 0;
      }),
  };
}

const PAGE_TRANSFERS = 50_000;

type Entry = {
  readonly event_number: number;
  readonly from_position_id: number;
  readonly from_status: string;
  readonly to_position_id: number;
  readonly to_status: string;
  readonly quantity: number;
};

/** What one writes first in Node: all transfers, page by page, into a map. */
export function nodeFold(database: Database): Fold {
  return {
    name: "a fold in Node",
    async run() {
      const balances = new Map<number, Record<string, number>>();
      const add = (position: number, status: string, units: number) => {
        const known = balances.get(position) ?? {};
        known[status] = (known[status] ?? 0) + units;
        balances.set(position, known);
      };
      for (let after = 0; ; ) {
        const page = await database.query<Entry>(sql`
          select event_number, from_position_id, from_status, to_position_id, to_status, quantity
          from ledger.transfer where event_number > ${after} order by event_number limit ${PAGE_TRANSFERS}`);
        for (const entry of page) {
          add(entry.from_position_id, entry.from_status, -entry.quantity);
          add(entry.to_position_id, entry.to_status, entry.quantity);
        }
        const last = page.at(-1);
        if (last === undefined) return compareInNode(database, balances);
        after = last.event_number;
      }
    },
  };
}

async function compareInNode(
  database: Database,
  balances: ReadonlyMap<number, Readonly<Record<string, number>>>,
): Promise<number> {
  let wrong = 0;
  for (let after = 0; ; ) {
    const page = await database.query<{ position_id: number; available: number; damaged: number }>(sql`
      select position_id, available, damaged from ledger.position
      where position_id > ${after} order by position_id limit ${PAGE_TRANSFERS}`);
    for (const row of page) {
      const made = balances.get(row.position_id) ?? {};
      if ((made.available ?? 0) !== row.available || (made.damaged ?? 0) !== row.damaged) wrong += 1;
    }
    const last = page.at(-1);
    if (last === undefined) return wrong;
    after = last.position_id;
  }
}

/** The ceiling: every transfer is read once, and nothing is kept. */
export async function scanOnce(database: Database): Promise<void> {
  await atLeisure(database, (tx) =>
    tx.query(sql`select sum(quantity), max(from_position_id), max(to_position_id) from ledger.transfer`),
  );
}
