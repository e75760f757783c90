-- A person decides that rows which will never be known are left out of a full snapshot, so that what it does not name is not there.
alter table ledger.snapshot
  add column concluded_at timestamptz,
  add column concluded_by text,
  add column concluded_because text,
  add constraint conclusion_is_whole check (num_nulls(concluded_at, concluded_by, concluded_because) in (0, 3)),
  add constraint only_full_snapshots_are_concluded check (concluded_at is null or scope = 'full');

create or replace view verify.snapshot as
select key, said, location_id, at, conditions, watermark_stream, watermark,
       key ->> 4 = 'full'
         and (coalesce(sum((data ->> 'unresolved')::bigint), 0) = count(*) filter (where data ? 'row')
              or bool_or(c.event_number is not null)) as is_full
from verify.snapshot_page
left join (select g.event_number from ledger.snapshot_page g join ledger.snapshot s using (snapshot_number)
           where s.concluded_at is not null) as c on c.event_number = number
group by key, said, location_id, at, conditions, watermark_stream, watermark
having count(*) filter (where not data ? 'row') >= max((data ->> 'pages')::bigint);
