import type { Status } from "@crossdock/canonical";
import { type Queryable, sql } from "../../platform/index.ts";

/** A number that a system said of a lot of an item at a location, last by its own time. */
export type WordRow = {
  readonly lot: string;
  /** Null where a full snapshot of the owner counted it: what it said is then what the books came to by it. */
  readonly said: number | null;
  readonly said_at: Date;
  readonly event_number: number | null;
  readonly said_as: "claim" | "claim-not-listed" | "count" | "case" | "count-of-all";
  readonly watermark_stream: string | null;
  readonly watermark_number: number | null;
};

/** Whose word about what. */
export type WordsAsked = {
  readonly itemId: string;
  readonly locationId: string;
  readonly lot: string | undefined;
  readonly source: string;
};

/**
 * What a system says of the lots of an item at a location: the later of what it said of each and of its last full snapshot, whether it
 * was taken for a claim, for a count, or for a case that nobody has accepted: of the last a full snapshot says nothing, though it counted
 * all. Who said a count stands at the end of its `in_order`.
 */
export function selectWords(database: Queryable, asked: WordsAsked): Promise<WordRow[]> {
  const { itemId, locationId, lot, source } = asked;
  return database.query<WordRow>(sql`
    with position as (
      select position_id, lot from ledger.position where item_id = ${itemId} and location_id = ${locationId}
    ), word as (
      select q.lot, q.on_hand as said, q.said_at, q.in_order, q.event_number, 'claim' as said_as, null as watermark_stream,
             null::bigint as watermark_number
      from ledger.claimed_quantity q
      where q.location_id = ${locationId} and q.item_id = ${itemId} and q.source = ${source}
      union all
      select coalesce(p.lot, ''), 0, c.said_at, c.in_order, c.event_number, 'claim-not-listed', null, null
      from ledger.claimed_location c left join position p on true
      where c.location_id = ${locationId} and c.source = ${source}
      union all
      select p.lot, c.counted, c.counted_at, c.in_order, c.event_number, 'count', c.watermark_stream, c.watermark_number
      from position p join ledger.count c using (position_id)
      where c.shelf = 'on-hand' and right(c.in_order, length(${source}) + 1) = ' ' || ${source}
      union all
      select p.lot, c.counted, c.counted_at, c.in_order, c.event_number, 'case', c.watermark_stream, c.watermark_number
      from position p join ledger.count_case c using (position_id)
      where c.source = ${source} and c.state <> 'accepted'
      union all
      (select p.lot, null, c.counted_at, c.in_order, null, 'count-of-all', c.watermark_stream, c.watermark_number
       from position p cross join lateral (
         select * from ledger.coverage f
         where f.location_id = ${locationId} and f.shelf = 'on-hand' and right(f.in_order, length(${source}) + 1) = ' ' || ${source}
         order by f.counted_at desc, f.in_order collate "C" desc limit 1
       ) as c)
    )
    select distinct on (lot) lot, said, said_at, event_number, said_as, watermark_stream, watermark_number
    from word where ${lot ?? null}::text is null or lot = ${lot ?? null}
    order by lot, said_at desc, in_order collate "C" desc, said nulls last`);
}

/** A snapshot that was not accepted, and that may say a later number than what was. */
export type HeldRow = {
  readonly snapshot_number: number;
  readonly snapshot_id: string;
  readonly taken_at: Date;
  readonly state: "held" | "dismissed";
  readonly scope: "full" | "partial";
  readonly pages_come: number;
  readonly watermark_stream: string | null;
  readonly watermark_number: number | null;
};

/** The last snapshot of a source's that is held, or was dismissed, taken after an instant. */
export async function selectUnaccepted(
  database: Queryable,
  asked: { readonly locationId: string; readonly source: string; readonly after: Date | undefined },
): Promise<HeldRow | undefined> {
  const [row] = await database.query<HeldRow>(sql`
    select snapshot_number, snapshot_id, taken_at, state, scope, pages_come, watermark_stream, watermark_number
    from ledger.snapshot
    where location_id = ${asked.locationId} and source = ${asked.source} and state in ('held', 'dismissed')
      and taken_at > ${asked.after?.toISOString() ?? "-infinity"}::timestamptz
    order by taken_at desc, snapshot_number desc limit 1`);
  return row;
}

/** Since when each position is asked about, and which facts count otherwise than their time says. */
export type SinceAsked = {
  readonly positions: readonly { readonly positionId: number; readonly at: Date }[];
  /** Had been seen by then, whenever they took effect; and had not. */
  readonly seen: readonly number[];
  readonly unseen: readonly number[];
};

const columns = ({ positions }: SinceAsked) => ({
  ids: positions.map(({ positionId }) => positionId),
  ats: positions.map(({ at }) => at),
});

/** What positions have gained in each status since. */
export function selectGainedSince(
  database: Queryable,
  asked: SinceAsked,
): Promise<{ status: Status; units: number }[]> {
  const { ids, ats } = columns(asked);
  return database.query(sql`
    select status, sum(units)::bigint as units
    from ledger.moved_since(${ids}::bigint[], ${ats}::timestamptz[], ${asked.seen}::bigint[], ${asked.unseen}::bigint[]) group by status`);
}

/** What one fact changed by transfers of one reason. */
export type MovedFactRow = {
  readonly event_number: number;
  readonly reason: string;
  readonly units: number;
  /** All facts of that reason together, and how many there are. */
  readonly of_reason: number;
  readonly facts: number;
};

/** The facts by which positions have changed in some statuses since, the last of each reason first and no more than a few of each. */
export function selectMovedSince(
  database: Queryable,
  asked: SinceAsked & { readonly statuses: readonly Status[]; readonly factsMax: number },
): Promise<MovedFactRow[]> {
  const { ids, ats } = columns(asked);
  return database.query<MovedFactRow>(sql`
    with fact as (
      select event_number, reason, max(effective_at) as at, sum(units) as units
      from ledger.moved_since(${ids}::bigint[], ${ats}::timestamptz[], ${asked.seen}::bigint[], ${asked.unseen}::bigint[])
      where status = any (${asked.statuses}::ledger.status[])
      group by event_number, reason having sum(units) <> 0
    ), placed as (
      select *, sum(units) over (partition by reason) as of_reason, count(*) over (partition by reason) as facts,
             row_number() over (partition by reason order by at desc, event_number desc) as place
      from fact
    )
    select event_number, reason, units::bigint as units, of_reason::bigint as of_reason, facts
    from placed where place <= ${asked.factsMax} order by abs(of_reason) desc, reason, place`);
}

/** What facts changed at positions in a stretch of time, both ends included; the last first. */
export function selectMovedBetween(
  database: Queryable,
  asked: {
    readonly positions: readonly { readonly positionId: number; readonly at: Date }[];
    readonly from: Date;
    readonly statuses: readonly Status[];
    readonly limit: number;
  },
): Promise<{ event_number: number; units: number }[]> {
  const { positions, from, statuses, limit } = asked;
  return database.query(sql`
    with asked as (
      select * from unnest(${positions.map((p) => p.positionId)}::bigint[], ${positions.map((p) => p.at)}::timestamptz[])
        as a (position_id, at)
    ), side as (
      select t.event_number, t.effective_at, t.quantity as units from asked a
      join ledger.transfer t on t.to_position_id = a.position_id and t.effective_at >= ${from} and t.effective_at <= a.at
      where t.to_status = any (${statuses}::ledger.status[])
      union all
      select t.event_number, t.effective_at, -t.quantity from asked a
      join ledger.transfer t on t.from_position_id = a.position_id and t.effective_at >= ${from} and t.effective_at <= a.at
      where t.from_status = any (${statuses}::ledger.status[])
    )
    select event_number, sum(units)::bigint as units from side group by event_number having sum(units) <> 0
    order by max(effective_at) desc, event_number desc limit ${limit}`);
}

/** The facts that a source claimed about a location by an instant, the last first. */
export async function selectClaimsBy(
  database: Queryable,
  asked: { readonly locationId: string; readonly source: string; readonly at: Date; readonly limit: number },
): Promise<readonly number[]> {
  const rows = await database.query<{ event_number: number }>(sql`
    select event_number from ledger.claim
    where location_id = ${asked.locationId} and source = ${asked.source} and effective_at <= ${asked.at}
    order by effective_at desc, event_number desc limit ${asked.limit}`);
  return rows.map((row) => row.event_number);
}

/** Where units of an item come from that are on their way to a location, or were. */
export async function selectOrigins(
  database: Queryable,
  asked: { readonly itemId: string; readonly locationId: string },
): Promise<readonly string[]> {
  const rows = await database.query<{ from_location_id: string }>(sql`
    select distinct from_location_id from ledger.lane_transfer
    where to_location_id = ${asked.locationId} and item_id = ${asked.itemId}`);
  return rows.map((row) => row.from_location_id);
}

/** The systems that have said a number of an item at a location, or of all that is there, as claims. */
export async function selectSources(
  database: Queryable,
  asked: { readonly itemId: string; readonly locationId: string },
): Promise<readonly string[]> {
  const rows = await database.query<{ source: string }>(sql`
    select source from ledger.claimed_quantity where location_id = ${asked.locationId} and item_id = ${asked.itemId}
    union
    select source from ledger.claimed_location where location_id = ${asked.locationId}
    order by source`);
  return rows.map((row) => row.source);
}
