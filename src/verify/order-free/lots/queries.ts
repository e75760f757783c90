import { type Queryable, sql } from "../../../platform/index.ts";
import { type Found, OFFENCES_MAX } from "../../check.ts";

export type UnheardRow = {
  readonly event_number: number;
  readonly item_id: string;
  readonly lot: string;
  readonly said: string | null;
};

/**
 * Receipts with a lot that the reader of lots has passed without keeping what they say, or an earlier receipt of the source that says the
 * same. What was said of an item that has become another is kept of that one.
 */
export function receiptsUnheard(snapshot: Queryable): Promise<Found<UnheardRow>[]> {
  return snapshot.query<Found<UnheardRow>>(sql`
    with recursive cursor as (
      select transaction, number from backbone.subscriber where name = 'lots'
    ), led as (
      select item_id as named, item_id, merged_into from governance.item where merged_into is not null
      union
      select l.named, i.item_id, i.merged_into from led l join governance.item i on i.item_id = l.merged_into
    ), told as (
      select e.number, e.source, e.id, e.effective_at, e.data ->> 'item' as item_id, e.data ->> 'lot' as lot,
             left(e.data ->> 'expiresAt', 10)::date as said
      from backbone.event e
      where e.type = 'StockReceived' and e.data ->> 'lot' <> ''
        and (e.transaction, e.number) <= (select transaction, number from cursor)
        and not exists (select from backbone.dead_letter d
                        where d.subscriber = 'lots' and d.number = e.number and d.resolved_at is null)
    ), meant as (
      select number, item_id from told
      union all
      select t.number, l.item_id from told t join led l on l.named = t.item_id and l.item_id <> t.item_id
    ), heard as (
      select distinct m.number
      from meant m join told t using (number) join governance.lot_statement s on (s.item_id, s.lot, s.source) = (m.item_id, t.lot, t.source)
      where s.expires_on is not distinct from t.said
        and (s.effective_at, s.fact_id collate "C") <= (t.effective_at, t.id collate "C")
    )
    select number as event_number, item_id, lot, said::text as said, count(*) over () as total
    from told where number not in (select number from heard)
    order by number limit ${OFFENCES_MAX}`);
}

export type StrayLotRow = {
  readonly item_id: string;
  readonly lot: string;
  readonly event_number: number;
  readonly said: string | null;
  readonly kept: string | null;
  readonly problem: string;
};

/** What receipts say of lots that master data has not, without anybody being told that it differs; and lots that have another day than they should. */
export function lotsBesideReceipts(snapshot: Queryable): Promise<Found<StrayLotRow>[]> {
  return snapshot.query<Found<StrayLotRow>>(sql`
    with said as (
      select s.*, l.item_id is not null as is_lot, l.expires_on as kept, l.made_on,
             l.expires_on is null or l.expiry_from_receipts as is_open,
             s.expires_on is not null and s.expires_on is distinct from l.expires_on as differs
      from governance.lot_statement s
      join governance.item i on i.item_id = s.item_id and i.tracking <> 'none' and i.merged_into is null
      left join governance.lot l on (l.item_id, l.lot) = (s.item_id, s.lot)
    ), first as (
      select distinct on (item_id, lot) statement_number
      from said where expires_on is not null and (made_on is null or expires_on >= made_on)
      order by item_id, lot, by_owner desc, effective_at, source collate "C", fact_id collate "C"
    ), judged as (
      select s.*, case when not is_lot then 'there is no such lot'
                       when is_open and differs and f.statement_number is not null then 'it is the first day that was said'
                       when differs and differs_since is null then 'nobody is told that it differs'
                       when not differs and differs_since is not null then 'it is told to differ' end as problem
      from said s left join first f using (statement_number)
    )
    select item_id, lot, event_number, expires_on::text as said, kept::text as kept, problem, count(*) over () as total
    from judged where problem is not null order by item_id, lot, event_number limit ${OFFENCES_MAX}`);
}
