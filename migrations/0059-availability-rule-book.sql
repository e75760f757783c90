-- The rules of what channels may sell, in versions. `channel` stays as the list of every channel that there ever was.
create table availability.rule_book (
  -- One row, whose lock is the turn of whoever makes the next version.
  only_one boolean primary key default true check (only_one),
  version bigint not null check (version >= 0)
);
insert into availability.rule_book (version) values (0);

create table availability.book_version (
  version bigint primary key check (version > 0),
  how text not null check (how in ('loaded', 'activated', 'rolled-back', 'emergency')),
  draft_id text,
  restores bigint check (restores >= 0 and restores < version),
  rules_changed bigint not null check (rules_changed > 0),
  made_by text not null,
  approved_by text,
  because text not null,
  made_at timestamptz not null,
  correlation_id text not null,
  constraint two_people_agree check (how in ('loaded', 'emergency') or approved_by is not null)
);
create trigger history_is_kept before update or delete or truncate on availability.book_version
  for each statement execute function governance.refuse_rewriting_history();

-- A rule as it held from one version up to another, which is not included; null: it holds now. Whoever knows the rules of a version
-- finds those of a later one by what began and what ended since.
create table availability.rule (
  rule_key text not null,
  from_version bigint not null references availability.book_version,
  to_version bigint references availability.book_version,
  rule jsonb not null,
  primary key (rule_key, from_version),
  constraint holds_for_some_version check (to_version > from_version)
);
create unique index rule_in_force on availability.rule (rule_key) where to_version is null;
create index rule_began on availability.rule (from_version);
create index rule_ended on availability.rule (to_version) where to_version is not null;

-- What was there becomes the first version. A rule of an item stood for buffer, limit and protection together.
insert into availability.book_version (version, how, rules_changed, made_by, because, made_at, correlation_id)
select 1, 'loaded', count(*), 'set-up', 'It was there before rules had versions.', now(), 'set-up'
from availability.channel having count(*) > 0;

insert into availability.rule (rule_key, from_version, rule)
select 'channel/channel:' || c.channel_id, 1,
       jsonb_build_object('kind', 'channel', 'channel', c.channel_id, 'name', c.name, 'locations',
         (select coalesce(jsonb_agg(l.location_id order by l.rank, l.location_id), '[]')
          from availability.channel_location l where l.channel_id = c.channel_id))
from availability.channel c;

insert into availability.rule (rule_key, from_version, rule)
select s.kind || '/channel:' || r.channel_id || case when r.item_id = '' then '' else '/item:' || r.item_id end, 1,
       jsonb_build_object('kind', s.kind, 'channel', r.channel_id, 'units', s.units)
         || case when r.item_id = '' then '{}' else jsonb_build_object('item', r.item_id) end
from availability.channel_rule r
cross join lateral (values ('buffer', r.buffer), ('cap', r.cap), ('protection', r.protected)) as s (kind, units);

update availability.rule_book set version = 1 where exists (select from availability.book_version);

drop table availability.channel_location, availability.channel_rule;
