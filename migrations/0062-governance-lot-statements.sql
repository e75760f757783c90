-- What receipts say of the lots that they bring, so that the master data of lots follows from all of them in whatever order they come.

-- Whether the day is only what receipts say: master data that states a day has the last word (docs/decisions/0056).
alter table governance.lot
  add column expiry_from_receipts boolean not null default false,
  add constraint receipts_say_a_day check (not expiry_from_receipts or expires_on is not null);

-- The earliest receipt of each source that says so. Kept for what master data does not know, or not yet as a thing with lots, as well:
-- it has no say in what is on the log.
create table governance.lot_statement (
  statement_number bigint generated always as identity primary key,
  item_id text not null,
  lot text not null check (lot <> ''),
  source text not null,
  -- Whether the source owned the master data of items at the time that the receipt speaks of.
  by_owner boolean not null,
  -- Null: it brought the lot and said no day.
  expires_on date,
  effective_at timestamptz not null,
  fact_id text not null,
  event_number bigint not null,
  recorded_at timestamptz not null,
  -- Since when the day is another one than the lot has. Null: it agrees, or says none, or there is no such lot in master data.
  differs_since timestamptz,
  concluded_at timestamptz,
  concluded_by text,
  because text,
  taken boolean,
  constraint lot_statement_is_one unique nulls not distinct (item_id, lot, source, by_owner, expires_on),
  constraint no_day_never_differs check (differs_since is null or expires_on is not null),
  constraint conclusion_is_whole check (num_nulls(concluded_at, concluded_by, because, taken) in (0, 4))
);
create index lot_statement_open on governance.lot_statement (statement_number)
  where differs_since is not null and concluded_at is null;
create index lot_statement_concluded on governance.lot_statement (statement_number) where concluded_at is not null;

-- Days that receipts say of lots and the lots have not, with the receipt that the kept day is from where no master data states it.
create view governance.lot_disagreement as
select s.statement_number, s.item_id, i.sku, s.lot, s.source, s.expires_on as stated_on, s.fact_id, s.event_number,
       s.effective_at, s.recorded_at, l.expires_on as kept_on, k.source as kept_source, k.event_number as kept_number,
       s.differs_since, s.concluded_at, s.concluded_by, s.because, s.taken
from governance.lot_statement s
join governance.lot l using (item_id, lot)
join governance.item i using (item_id)
left join lateral (
  select k.source, k.event_number from governance.lot_statement k
  where l.expiry_from_receipts and k.item_id = l.item_id and k.lot = l.lot and k.expires_on = l.expires_on
  order by k.by_owner desc, k.effective_at, k.source collate "C", k.fact_id collate "C" limit 1) k on true
where s.differs_since is not null or s.concluded_at is not null;
