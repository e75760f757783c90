-- How right the books were, day by day: what each snapshot was held against, so that what it found is a share of something.
alter table ledger.snapshot add column positions_compared bigint;
create index snapshot_taken_of on ledger.snapshot (location_id, taken_at);
