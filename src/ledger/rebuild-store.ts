import { type Queryable, script, sql, type Transaction } from "../platform/index.ts";
import type { MovedUnits, WrongPosition } from "./rebuild.ts";
import type { ClaimToKeep } from "./store.ts";

/** Most wrong positions that one look gives; what is beyond is found by the next. */
export const WRONG_POSITIONS_MAX = 100_000;

/** Lets a transaction read everything: its statements may take long, its sums are kept in memory, and it has one processor, not all. */
export function settleIn(tx: Transaction): void {
  tx.send(
    script(
      "set local statement_timeout = '30min'; set local work_mem = '256MB'; set local max_parallel_workers_per_gather = 0",
    ),
  );
}

/** Names this transaction's snapshot, so that others can look at the same moment while it is open. */
export async function exportSnapshot(tx: Transaction): Promise<string> {
  const [row] = await tx.query<{ snapshot: string }>(sql`select pg_export_snapshot() as snapshot`);
  if (row === undefined) throw new Error("the server gave no snapshot");
  return row.snapshot;
}

/** Looks at the moment of another transaction's snapshot; the first statement of its own. */
export function useSnapshot(tx: Transaction, snapshot: string): void {
  tx.send(script(`set transaction snapshot '${snapshot.replaceAll("'", "")}'`));
}

type WrongRow = {
  readonly position_id: number;
  readonly item_id: string;
  readonly location_id: string;
  readonly lot: string;
  readonly live: number[];
  readonly rebuilt: number[];
};

const toWrong = (row: WrongRow): WrongPosition => ({
  positionId: row.position_id,
  itemId: row.item_id,
  locationId: row.location_id,
  lot: row.lot,
  live: row.live,
  rebuilt: row.rebuilt,
});

/**
 * Has joins made by hash or by merge while all positions are compared. The planner cannot know how many of them a part has, takes it
 * for few, and may then go through all sums for each position.
 */
export function joinWholesale(tx: Transaction, wholesale: boolean): void {
  tx.send(script(`set local enable_nestloop = ${wholesale ? "off" : "on"}`));
}

/** One of `parts` equal parts of all positions, by their ids. */
export type Part = { readonly part: number; readonly parts: number };

/**
 * Positions of a part that are not the sum of their transfers. Summed as floating point, which is exact for every quantity that this
 * program can read and takes half the time of sums of `bigint`, which PostgreSQL makes `numeric`; and by position at once: summing by
 * position and status first, and turning that into columns, took twice as long.
 */
export async function selectWrongPositions(database: Queryable, part: Part): Promise<WrongPosition[]> {
  const rows = await database.query<WrongRow>(sql`
    with side as (
      select to_position_id as position_id, to_status as status, quantity::float8 as units, 1 as touches
      from ledger.transfer where to_position_id % ${part.parts}::bigint = ${part.part}::bigint
      union all
      select from_position_id, from_status, -quantity::float8, case when from_position_id = to_position_id then 0 else 1 end
      from ledger.transfer where from_position_id % ${part.parts}::bigint = ${part.part}::bigint
      union all
      select position_id, status, units::float8, transfers
      from ledger.archived where position_id % ${part.parts}::bigint = ${part.part}::bigint
    ), rebuilt as (
      select position_id, sum(units) filter (where status = 'available') as available,
             sum(units) filter (where status = 'held') as held, sum(units) filter (where status = 'allocated') as allocated,
             sum(units) filter (where status = 'picked') as picked,
             sum(units) filter (where status = 'channel-reserved') as channel_reserved,
             sum(units) filter (where status = 'quarantined') as quarantined, sum(units) filter (where status = 'damaged') as damaged,
             sum(units) filter (where status = 'in-transit') as in_transit, sum(touches) as version
      from side group by position_id
    )
    select p.position_id, p.item_id, p.location_id, p.lot,
           array[p.available, p.held, p.allocated, p.picked, p.channel_reserved, p.quarantined, p.damaged, p.in_transit,
                 p.uncovered, p.version] as live,
           array[coalesce(r.available, 0), coalesce(r.held, 0), coalesce(r.allocated, 0), coalesce(r.picked, 0),
                 coalesce(r.channel_reserved, 0), coalesce(r.quarantined, 0), coalesce(r.damaged, 0), coalesce(r.in_transit, 0),
                 greatest(0, -coalesce(r.available, 0)), coalesce(r.version, 0)]::bigint[] as rebuilt
    from ledger.position p left join rebuilt r using (position_id)
    where p.position_id % ${part.parts}::bigint = ${part.part}::bigint
      and (p.available <> coalesce(r.available, 0) or p.held <> coalesce(r.held, 0) or p.allocated <> coalesce(r.allocated, 0)
           or p.picked <> coalesce(r.picked, 0) or p.channel_reserved <> coalesce(r.channel_reserved, 0)
           or p.quarantined <> coalesce(r.quarantined, 0) or p.damaged <> coalesce(r.damaged, 0)
           or p.in_transit <> coalesce(r.in_transit, 0) or p.uncovered <> greatest(0, -coalesce(r.available, 0))
           or p.version <> coalesce(r.version, 0))
    order by p.position_id limit ${WRONG_POSITIONS_MAX}`);
  return rows.map(toWrong);
}

/** Of these positions, which the caller has locked, those that are not the sum of their transfers. */
export async function selectWrongAmong(
  tx: Transaction,
  positionIds: readonly number[],
): Promise<WrongPosition[]> {
  const rows = await tx.query<WrongRow>(sql`
    with compared as (
      select p.position_id, p.item_id, p.location_id, p.lot,
             array[p.available, p.held, p.allocated, p.picked, p.channel_reserved, p.quarantined, p.damaged, p.in_transit,
                   p.uncovered, p.version] as live,
             array[r.available, r.held, r.allocated, r.picked, r.channel_reserved, r.quarantined, r.damaged, r.in_transit,
                   greatest(0, -r.available), r.version] as rebuilt
      from ledger.position p
      cross join lateral (
        select coalesce(sum(units) filter (where status = 'available'), 0)::bigint as available,
               coalesce(sum(units) filter (where status = 'held'), 0)::bigint as held,
               coalesce(sum(units) filter (where status = 'allocated'), 0)::bigint as allocated,
               coalesce(sum(units) filter (where status = 'picked'), 0)::bigint as picked,
               coalesce(sum(units) filter (where status = 'channel-reserved'), 0)::bigint as channel_reserved,
               coalesce(sum(units) filter (where status = 'quarantined'), 0)::bigint as quarantined,
               coalesce(sum(units) filter (where status = 'damaged'), 0)::bigint as damaged,
               coalesce(sum(units) filter (where status = 'in-transit'), 0)::bigint as in_transit,
               coalesce(sum(touches), 0)::bigint as version
        from (
          select to_status as status, quantity as units, 1 as touches from ledger.transfer where to_position_id = p.position_id
          union all
          select from_status, -quantity, case when from_position_id = to_position_id then 0 else 1 end
          from ledger.transfer where from_position_id = p.position_id
          union all
          select status, units, transfers from ledger.archived where position_id = p.position_id
        ) as side
      ) as r
      where p.position_id = any (${positionIds}::bigint[])
    )
    select * from compared where live <> rebuilt order by position_id`);
  return rows.map(toWrong);
}

/** Sets positions, which the caller has locked, to what their transfers make them. */
export function setPositions(tx: Transaction, positions: readonly WrongPosition[]): void {
  const at = (place: number) => positions.map(({ rebuilt }) => rebuilt[place] ?? 0);
  tx.send(sql`
    update ledger.position p
    set available = r.available, held = r.held, allocated = r.allocated, picked = r.picked,
        channel_reserved = r.channel_reserved, quarantined = r.quarantined, damaged = r.damaged, in_transit = r.in_transit,
        uncovered = r.uncovered, version = r.version
    from unnest(${positions.map((position) => position.positionId)}::bigint[], ${at(0)}::bigint[], ${at(1)}::bigint[],
                ${at(2)}::bigint[], ${at(3)}::bigint[], ${at(4)}::bigint[], ${at(5)}::bigint[], ${at(6)}::bigint[],
                ${at(7)}::bigint[], ${at(8)}::bigint[], ${at(9)}::bigint[])
      as r (position_id, available, held, allocated, picked, channel_reserved, quarantined, damaged, in_transit, uncovered,
            version)
    where p.position_id = r.position_id`);
}

/** What became of a fact, and the claim that was kept of it, if one was. */
export type JudgedRow = {
  readonly event_number: number;
  readonly outcome: "applied" | "claim";
  readonly source: string | null;
  readonly location_id: string | null;
};

/** A page of facts that the ledger has decided about, by number. */
export function selectJudgedFacts(
  database: Queryable,
  page: { readonly after: number; readonly limit: number },
): Promise<JudgedRow[]> {
  return database.query<JudgedRow>(sql`
    select o.event_number, o.outcome, c.source, c.location_id
    from ledger.fact_outcome o left join ledger.claim c using (event_number)
    where o.event_number > ${page.after} order by o.event_number limit ${page.limit}`);
}

/** What facts have moved, by item and direction; corrections that counts demanded are left out. */
export async function selectMovedUnits(
  database: Queryable,
  numbers: readonly number[],
): Promise<(MovedUnits & { readonly eventNumber: number })[]> {
  const rows = await database.query<{
    event_number: number;
    item_id: string;
    lot: string;
    from_location_id: string;
    to_location_id: string;
    units: number;
  }>(sql`
    select t.event_number, f.item_id, f.lot, f.location_id as from_location_id, o.location_id as to_location_id,
           sum(t.quantity)::bigint as units
    from ledger.transfer t
    join ledger.position f on f.position_id = t.from_position_id
    join ledger.position o on o.position_id = t.to_position_id
    where t.event_number = any (${numbers}::bigint[]) and t.event_number between ${Math.min(...numbers)} and ${Math.max(...numbers)}
      and t.reason not in ('count', 'count-correction')
    group by t.event_number, f.item_id, f.lot, f.location_id, o.location_id`);
  return rows.map((row) => ({
    eventNumber: row.event_number,
    itemId: row.item_id,
    lot: row.lot,
    fromLocationId: row.from_location_id,
    toLocationId: row.to_location_id,
    units: row.units,
  }));
}

/** Keeps a claim as its fact says it, in place of whatever was kept. */
export function upsertClaim(tx: Transaction, claim: ClaimToKeep, recordedAt: Date): void {
  tx.send(sql`
    insert into ledger.claim (event_number, source, location_id, owner, effective_at, recorded_at)
    values (${claim.number}, ${claim.source}, ${claim.locationId}, ${claim.owner}, ${claim.effectiveAt}::timestamptz, ${recordedAt})
    on conflict (event_number) do update
      set source = excluded.source, location_id = excluded.location_id, effective_at = excluded.effective_at`);
}
