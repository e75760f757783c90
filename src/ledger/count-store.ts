import { type Queryable, sql, type Transaction } from "../platform/index.ts";
import type { CountTaken, Numbered } from "./count.ts";
import type { PlannedCount } from "./plan.ts";
import type { Shelf } from "./shelf.ts";

/** Of what positions counts are asked, and from when on. Both lists are in one order. */
export type CountsWanted = {
  readonly positionIds: readonly number[];
  /** The locations of those positions, each once: their full snapshots are counts of every position. */
  readonly locationIds: readonly string[];
  readonly from: Date;
};

type MadeRow = {
  readonly position_id: number | null;
  readonly location_id: string | null;
  readonly shelf: Shelf;
  readonly counted_at: Date;
  readonly in_order: string;
  readonly watermark_source: string | null;
  readonly watermark_stream: string | null;
  readonly watermark_number: number | null;
  readonly left_out: number[] | null;
};

/** A count of one position, or of every position of a location but those that it left out. */
export type CountMade = CountTaken & {
  readonly shelf: Shelf;
  readonly positionId: number | undefined;
  readonly locationId: string | undefined;
  readonly leftOut: ReadonlySet<number>;
};

const toCountMade = (row: MadeRow): CountMade => ({
  positionId: row.position_id ?? undefined,
  locationId: row.location_id ?? undefined,
  shelf: row.shelf,
  at: row.counted_at.getTime(),
  inOrder: row.in_order,
  watermark: toNumbered(row),
  leftOut: new Set(row.left_out),
});

function toNumbered(row: MadeRow): Numbered | undefined {
  const { watermark_source: source, watermark_stream: stream, watermark_number: number } = row;
  return source === null || stream === null || number === null ? undefined : { source, stream, number };
}

/** Counts made at or after an instant. Only where there is a full snapshot among them, it is asked which of the positions it left out. */
export async function selectCounts(database: Queryable, wanted: CountsWanted): Promise<CountMade[]> {
  const { positionIds, locationIds, from } = wanted;
  const rows = await database.query<MadeRow>(sql`
    select position_id, null as location_id, shelf, counted_at, in_order, watermark_source, watermark_stream, watermark_number,
           null::bigint[] as left_out
    from ledger.count where position_id = any (${positionIds}::bigint[]) and counted_at >= ${from}
    union all
    select null, location_id, shelf, counted_at, in_order, watermark_source, watermark_stream, watermark_number,
           array(select k.position_id from ledger.count_case k
                 where (k.location_id, k.counted_at, k.in_order) = (f.location_id, f.counted_at, f.in_order)
                   and k.state <> 'accepted' and k.position_id = any (${positionIds}::bigint[]))
    from ledger.coverage f where location_id = any (${locationIds}::text[]) and counted_at >= ${from}`);
  return rows.map(toCountMade);
}

/**
 * The earliest count that had seen a movement numbered `lowest` or more by its watermark, whatever its time; undefined without one.
 * Few counts have a watermark, so this asks a partial index that is nearly empty.
 */
export async function selectEarliestWatermark(
  database: Queryable,
  wanted: Omit<CountsWanted, "from">,
  lowest: readonly Numbered[],
): Promise<Date | undefined> {
  const [found] = await database.query<{ earliest: Date | null }>(sql`
    with lowest as (
      select * from unnest(${lowest.map((l) => l.source)}::text[], ${lowest.map((l) => l.stream)}::text[],
                           ${lowest.map((l) => l.number)}::bigint[]) as l (source, stream, number)
    ), made as (
      select counted_at, watermark_source, watermark_stream, watermark_number
      from ledger.count
      where position_id = any (${wanted.positionIds}::bigint[]) and watermark_number is not null
      union all
      select counted_at, watermark_source, watermark_stream, watermark_number
      from ledger.coverage
      where location_id = any (${wanted.locationIds}::text[]) and watermark_number is not null
    )
    select min(m.counted_at) as earliest from made m join lowest l
      on m.watermark_source = l.source and m.watermark_stream = l.stream and m.watermark_number >= l.number`);
  return found?.earliest ?? undefined;
}

/** A change of a position that was posted, by shelf. */
export type PostedChange = {
  readonly position_id: number;
  readonly effective_at: Date;
  readonly event_number: number;
  /** Whether it is a correction, and not what its fact moved. */
  readonly is_variance: boolean;
  readonly on_hand: number;
  readonly quarantined: number;
  readonly damaged: number;
};

/** Changes of positions that took effect after an instant, and those of `events` whenever they did. */
export function selectChanges(
  database: Queryable,
  wanted: {
    readonly positionIds: readonly number[];
    readonly after: Date;
    readonly events: readonly number[];
  },
): Promise<PostedChange[]> {
  const { positionIds, after, events } = wanted;
  return database.query<PostedChange>(sql`
    with moved as (
      select from_position_id as position_id, effective_at, event_number, reason, from_status as status, -quantity as units
      from ledger.transfer where from_position_id = any (${positionIds}::bigint[]) and effective_at > ${after}
      union all
      select to_position_id, effective_at, event_number, reason, to_status, quantity
      from ledger.transfer where to_position_id = any (${positionIds}::bigint[]) and effective_at > ${after}
      union all
      select side.position_id, t.effective_at, t.event_number, t.reason, side.status, side.units
      from ledger.transfer t
      cross join lateral (values (t.from_position_id, t.from_status, -t.quantity), (t.to_position_id, t.to_status, t.quantity))
        as side (position_id, status, units)
      where t.event_number = any (${events}::bigint[]) and t.effective_at <= ${after}
        and side.position_id = any (${positionIds}::bigint[])
    )
    select position_id, effective_at, event_number, reason in ('count', 'count-correction') as is_variance,
           coalesce(sum(units) filter (where status <> 'in-transit'), 0)::bigint as on_hand,
           coalesce(sum(units) filter (where status = 'quarantined'), 0)::bigint as quarantined,
           coalesce(sum(units) filter (where status = 'damaged'), 0)::bigint as damaged
    from moved group by position_id, effective_at, event_number, is_variance`);
}

/** Facts of a stream whose time and number may disagree about a count: numbered above it, or effective after it. */
export function selectNumbersAround(
  database: Queryable,
  watermark: Numbered,
  at: Date,
): Promise<{ event_number: number; number: number }[]> {
  return database.query(sql`
    select pair.event_number, pair.number
    from ledger.numbering n
    cross join lateral unnest(n.event_numbers, n.numbers) as pair (event_number, number)
    where n.source = ${watermark.source} and n.stream = ${watermark.stream}
      and (n.number_highest > ${watermark.number} or n.effective_at_latest > ${at})`);
}

/** A fact with its number in its source's stream. */
export type NumberedEvent = Numbered & { readonly eventNumber: number; readonly effectiveAt: string };

/** Keeps which facts carried which numbers, a row for each stream. */
export function insertNumbering(tx: Transaction, events: readonly NumberedEvent[]): void {
  // Grouped here: the server took longer over the aggregates than over all counts of the batch.
  const streams = [...Map.groupBy(events, (e) => JSON.stringify([e.source, e.stream])).values()].map((own) =>
    own.toSorted((a, b) => a.number - b.number),
  );
  const latest = (own: readonly NumberedEvent[]) =>
    new Date(own.reduce((at, e) => Math.max(at, Date.parse(e.effectiveAt)), Number.NEGATIVE_INFINITY));
  const list = (numbers: readonly number[]) => `{${numbers.join(",")}}`;
  tx.send(sql`
    insert into ledger.numbering (source, stream, number_highest, effective_at_latest, numbers, event_numbers)
    select s.source, s.stream, s.highest, s.latest, s.numbers::bigint[], s.event_numbers::bigint[]
    from unnest(${streams.map(([first]) => first?.source ?? "")}::text[], ${streams.map(([first]) => first?.stream ?? "")}::text[],
                ${streams.map((own) => own.at(-1)?.number ?? 0)}::bigint[], ${streams.map(latest)}::timestamptz[],
                ${streams.map((own) => list(own.map((e) => e.number)))}::text[],
                ${streams.map((own) => list(own.map((e) => e.eventNumber)))}::text[])
      as s (source, stream, highest, latest, numbers, event_numbers)`);
}

/** Remembers counts; of two at one instant the greater `in_order` stays. */
export function upsertCounts(tx: Transaction, counts: readonly PlannedCount[]): void {
  tx.send(sql`
    insert into ledger.count (position_id, counted_at, shelf, in_order, counted, event_number, watermark_source, watermark_stream,
                              watermark_number)
    select distinct on (c.position_id, c.counted_at, c.shelf) c.*
    from unnest(${counts.map((c) => c.positionId)}::bigint[],
                ${counts.map((c) => new Date(c.count.at).toISOString())}::timestamptz[], ${counts.map((c) => c.shelf)}::text[],
                ${counts.map((c) => c.count.inOrder)}::text[], ${counts.map((c) => c.count.counted)}::bigint[],
                ${counts.map((c) => c.eventNumber)}::bigint[],
                ${counts.map((c) => c.count.watermark?.source ?? null)}::text[],
                ${counts.map((c) => c.count.watermark?.stream ?? null)}::text[],
                ${counts.map((c) => c.count.watermark?.number ?? null)}::bigint[])
      as c (position_id, counted_at, shelf, in_order, counted, event_number, watermark_source, watermark_stream, watermark_number)
    order by c.position_id, c.counted_at, c.shelf, c.in_order collate "C" desc
    on conflict (position_id, counted_at, shelf) do update
      set in_order = excluded.in_order, counted = excluded.counted, event_number = excluded.event_number,
          watermark_source = excluded.watermark_source, watermark_stream = excluded.watermark_stream,
          watermark_number = excluded.watermark_number`);
}
