-- breaking: the version before writes one owner a place, and claims without the time that they speak of.
--
-- Who is the authority for what, as a line of moments: from `valid_from` on it is `source`, or nobody in particular where that is null,
-- until the next moment of the same measure and place (docs/decisions/0038). The place '' is everywhere; what is said of a named place
-- goes before it. What was there holds since ever.
alter table governance.ownership
  drop constraint ownership_measure_check,
  drop constraint ownership_location_id_fkey,
  add constraint ownership_measure_is_known check (measure in (
    'physical-stock', 'item-master', 'purchase-orders', 'orders', 'promises', 'listing-content', 'valuation')),
  add column named_location_id text generated always as (nullif(location_id, '')) stored references governance.location,
  add column valid_from timestamptz not null default '-infinity',
  alter column source drop not null,
  drop constraint ownership_pkey,
  add primary key (measure, location_id, valid_from);
alter table governance.ownership alter column valid_from drop default;

-- Every change of it, with the line before and after: points of {"from", "source"}, in order. Nothing here is ever changed.
create table governance.ownership_change (
  change_number bigint generated always as identity primary key,
  measure text not null,
  location_id text not null,
  source text,
  valid_from timestamptz not null,
  valid_to timestamptz not null,
  before jsonb not null,
  after jsonb not null,
  because text not null,
  changed_by text not null,
  changed_at timestamptz not null,
  correlation_id text not null,
  constraint ownership_change_lasts check (valid_from < valid_to)
);

create function governance.refuse_change() returns trigger
  language plpgsql
  as $$
begin
  raise exception using
    errcode = 'restrict_violation',
    message = format('%s of %I.%I is refused: %s', tg_op, tg_table_schema, tg_table_name, tg_argv[0]),
    schema = tg_table_schema, table = tg_table_name, constraint = tg_name;
end
$$;
create trigger ownership_changes_are_kept before update or delete or truncate on governance.ownership_change
  for each statement execute function governance.refuse_change('what was decided stays decided');

insert into governance.ownership_change (measure, location_id, source, valid_from, valid_to, before, after, because, changed_by,
                                         changed_at, correlation_id)
select measure, location_id, source, '-infinity', 'infinity', '[]',
       jsonb_build_array(jsonb_build_object('from', null, 'source', source)), 'It was so before changes were written down.', 'migration',
       now(), 'migration'
from governance.ownership order by measure, location_id;

-- When what a claim says is to have happened: the owner at that time is the one that it is not.
alter table ledger.claim add column effective_at timestamptz;
update ledger.claim c set effective_at = e.effective_at from backbone.event e where e.number = c.event_number;
update ledger.claim set effective_at = recorded_at where effective_at is null;
alter table ledger.claim alter column effective_at set not null;
create index claim_at on ledger.claim (location_id, effective_at);
