import { type Queryable, sql, type Transaction } from "../../platform/index.ts";

/** A row of supply that is not what the log makes of it. */
export type WrongSupply = {
  readonly about: string;
  readonly kept: string | null;
  readonly rebuilt: string | null;
};

/** Most wrong rows that one look gives; what is beyond is found by the next. */
const WRONG_MAX = 10_000;

/**
 * Lines and arrivals that are not what the log makes of them. Those of facts that lie in an archive are believed. Of what was settled only
 * the sum can be held against the log: lines have no more of it than has gone.
 */
export function selectWrongSupply(database: Queryable): Promise<readonly WrongSupply[]> {
  return database.query<WrongSupply>(sql`
    with line as (
      select format('%s %s, line "%s" of %s', coalesce(k.kind, r.kind), coalesce(k.document, r.document), coalesce(k.line, r.line),
                    coalesce(k.source, r.source)) as about, to_jsonb(k)::text as kept, to_jsonb(r)::text as rebuilt,
             k.event_number as kept_number
      from ledger.supply_line k full join ledger.supply_from_log() r
        on (k.source, k.kind, k.document, k.line) = (r.source, r.kind, r.document, r.line)
      where to_jsonb(k) - 'settled' is distinct from to_jsonb(r) - 'settled'
    ), logged as materialized (select * from ledger.supply_arrival_from_log()),
    arrival as (
      select format('arrival of fact %s', coalesce(k.event_number, r.event_number)), to_jsonb(k)::text, to_jsonb(r)::text, k.event_number
      from ledger.supply_arrival k full join logged r on k.event_number = r.event_number
      left join ledger.supply_settled s on s.item_id = r.item_id and r.arrived_at < s.before
      where k is distinct from r
        and (s.item_id is null or k is not null and (k.quantity > r.quantity
             or to_jsonb(k) - 'quantity' is distinct from to_jsonb(r) - 'quantity'))
    ), settled as (
      select format('what was settled of item %s', l.item_id), l.units::text, coalesce(r.units, 0)::text, null::bigint
      from (select item_id, sum(settled) as units from ledger.supply_line where settled > 0 group by item_id) as l
      left join lateral (
        select sum(r.quantity - coalesce(k.quantity, 0)) as units from logged r left join ledger.supply_arrival k using (event_number)
        where r.item_id = l.item_id
      ) as r on true
      where l.units > coalesce(r.units, 0) and not exists (select from backbone.stretch where state = 'archived')
    )
    select about, kept, rebuilt
    from (select * from line union all select * from arrival union all select * from settled) as wrong
    where kept_number is null or not exists (
      select from backbone.stretch s
      where s.state = 'archived' and s.first_number <= kept_number and s.end_number > kept_number)
    order by about limit ${WRONG_MAX}`);
}

/**
 * Sets lines and arrivals to what the log makes of them, but for those whose facts lie in an archive and what was settled. Gives how many
 * rows changed.
 */
export async function setSupply(tx: Transaction): Promise<number> {
  tx.send(sql`lock table ledger.supply_line, ledger.supply_arrival in share row exclusive mode`);
  const [row] = await tx.query<{ changed: number }>(sql`
    with line as materialized (select * from ledger.supply_from_log()),
    came as materialized (select * from ledger.supply_arrival_from_log()),
    gone as (
      delete from ledger.supply_line k
      where not exists (select from line r where (k.source, k.kind, k.document, k.line) = (r.source, r.kind, r.document, r.line))
        and not exists (select from backbone.stretch s where s.state = 'archived' and s.first_number <= k.event_number
                                                         and s.end_number > k.event_number)
      returning 1
    ), gone_arrival as (
      delete from ledger.supply_arrival k
      where not exists (select from came r where r.event_number = k.event_number)
        and not exists (select from backbone.stretch s where s.state = 'archived' and s.first_number <= k.event_number
                                                         and s.end_number > k.event_number)
      returning 1
    ), said as (
      insert into ledger.supply_line as k select * from line
      on conflict (source, kind, document, line) do update
        set (item_id, location_id, from_location_id, vendor, quantity, basis, expected_at, leaves_at, cancelled, revision, as_of,
             statement_id, first_as_of, event_number)
          = (excluded.item_id, excluded.location_id, excluded.from_location_id, excluded.vendor, excluded.quantity, excluded.basis,
             excluded.expected_at, excluded.leaves_at, excluded.cancelled, excluded.revision, excluded.as_of, excluded.statement_id,
             least(k.first_as_of, excluded.first_as_of), excluded.event_number)
        where to_jsonb(k) - 'settled' is distinct from to_jsonb(excluded) - 'settled'
      returning 1
    ), arrived as (
      insert into ledger.supply_arrival as k select r.* from came r
      where not exists (select from ledger.supply_settled s where s.item_id = r.item_id and r.arrived_at < s.before)
      on conflict (event_number) do update
        set (kind, item_id, location_id, document, line, arrived_at, quantity)
          = (excluded.kind, excluded.item_id, excluded.location_id, excluded.document, excluded.line, excluded.arrived_at, excluded.quantity)
        where k is distinct from excluded
      returning 1
    )
    select (select count(*) from gone) + (select count(*) from gone_arrival) + (select count(*) from said)
         + (select count(*) from arrived) as changed`);
  return row?.changed ?? 0;
}
