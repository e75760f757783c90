import { type Queryable, sql } from "../../../platform/index.ts";
import { type Found, OFFENCES_MAX } from "../../check.ts";

export type SpanRow = {
  readonly account_id: string;
  readonly stream: string;
  readonly lowest: number | null;
  readonly highest: number | null;
  readonly first_on_log: number;
  readonly last_on_log: number;
};

/** Streams that do not reach over every number that their account's facts carry, or that are not kept at all. */
export function streamsBehindTheLog(snapshot: Queryable): Promise<Found<SpanRow>[]> {
  return snapshot.query<Found<SpanRow>>(sql`
    with told as (
      select substr(source, length('/accounts/') + 1) as account_id, stream, min(sequence_number) as first_on_log,
             max(sequence_number) as last_on_log
      from backbone.event where stream is not null and source like '/accounts/%' group by source, stream
    )
    select t.account_id, t.stream, s.lowest, s.highest, t.first_on_log, t.last_on_log, count(*) over () as total
    from told t left join integration.stream s using (account_id, stream)
    where s.stream is null or s.lowest > t.first_on_log or s.highest < t.last_on_log
    order by t.account_id, t.stream limit ${OFFENCES_MAX}`);
}

export type HoleRow = {
  readonly account_id: string;
  readonly stream: string;
  readonly missing: number;
  readonly numbers: string;
};

/**
 * Streams with holes that nobody reported: numbers between the lowest and the highest that are on no fact, in no parked statement, in no
 * gap, not void, and that did not come with what is carried nowhere, such as a duplicate or what is said of master data.
 */
export function unreportedHoles(snapshot: Queryable): Promise<Found<HoleRow>[]> {
  return snapshot.query<Found<HoleRow>>(sql`
    with known as (
      select substr(source, length('/accounts/') + 1) as account_id, stream, sequence_number as number
      from backbone.event where stream is not null and source like '/accounts/%'
      union all
      select m.account_id, p.statement #>> '{sequence,stream}', (p.statement #>> '{sequence,number}')::bigint
      from integration.parked p join integration.message m using (message_id) where p.statement ? 'sequence'
    ), covered as (
      select account_id, stream, int8range(number, number, '[]') as numbers from known
      union all
      select account_id, stream, int8range(first, last, '[]') from integration.gap
      union all
      select account_id, stream, int8range(first, last, '[]') from integration.void_number
      union all
      select account_id, stream, int8range(first, last, '[]') from integration.spent_number
      union all
      select substr(a.source, length('/accounts/') + 1), a.stream, numbers.range
      from backbone.archived_sequence a join backbone.stretch s using (first_number), unnest(a.numbers) as numbers (range)
      where s.state = 'archived'
    ), hole as (
      select s.account_id, s.stream,
             int8multirange(int8range(s.lowest, s.highest, '[]')) - coalesce(range_agg(c.numbers), '{}') as numbers
      from integration.stream s left join covered c on c.account_id = s.account_id and c.stream = s.stream
      group by s.account_id, s.stream, s.lowest, s.highest
    )
    select account_id, stream, left(numbers::text, 400) as numbers,
           (select sum(upper(r) - lower(r)) from unnest(h.numbers) as r)::bigint as missing, count(*) over () as total
    from hole h where not isempty(h.numbers)
    order by account_id, stream limit ${OFFENCES_MAX}`);
}

export type FalseGapRow = {
  readonly account_id: string;
  readonly stream: string;
  readonly first: number;
  readonly last: number;
  readonly problem: string;
};

/** Gaps that are none: a number in them is on the log or is spent, they lie outside of their stream, or they overlap another. */
export function falseGaps(snapshot: Queryable): Promise<Found<FalseGapRow>[]> {
  return snapshot.query<Found<FalseGapRow>>(sql`
    with told as (
      select '/accounts/' || s.account_id as source, s.stream from integration.stream s
    ), on_log as (
      select substr(source, length('/accounts/') + 1) as account_id, stream,
             range_agg(int8range(sequence_number, sequence_number, '[]')) as numbers
      from backbone.event join told using (source, stream) group by source, stream
    ), judged as (
      select g.account_id, g.stream, g.first, g.last,
             case when s.stream is null or g.first <= s.lowest or g.last >= s.highest then 'lies outside of its stream'
                  when exists (select from integration.gap o
                               where o.account_id = g.account_id and o.stream = g.stream and o.first <> g.first
                                 and o.first <= g.last and o.last >= g.first) then 'overlaps another gap'
                  when int8range(g.first, g.last, '[]') && t.numbers
                    then 'is not missing: the log has ' || left((t.numbers * int8multirange(int8range(g.first, g.last, '[]')))::text, 200)
                  when exists (select from integration.spent_number n
                               where n.account_id = g.account_id and n.stream = g.stream and n.first <= g.last and n.last >= g.first)
                    then 'is not missing: a number of it came, with what is carried nowhere'
                  end as problem
      from integration.gap g
      left join integration.stream s using (account_id, stream)
      left join on_log t using (account_id, stream)
    )
    select account_id, stream, first, last, problem, count(*) over () as total
    from judged where problem is not null order by account_id, stream, first limit ${OFFENCES_MAX}`);
}
