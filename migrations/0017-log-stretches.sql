-- The log in stretches: the log, the transfers and the outcomes of its facts lie in partitions with the same bounds, so that an old
-- stretch can leave with all that belongs to it (docs/decisions/0025). breaking: the previous version writes facts from outside with a
-- conflict target that is gone.
set local statement_timeout = 0;

-- A stretch is a range of fact numbers: from the first, up to and without the end.
create table backbone.stretch (
  first_number bigint primary key check (first_number > 0),
  end_number bigint not null unique check (end_number > first_number),
  opened_at timestamptz not null default now()
);

-- Tables that are kept in the log's stretches. A part registers its own, by the column that carries the number of the fact.
create table backbone.stretched_table (
  schema_name text not null,
  table_name text not null,
  primary key (schema_name, table_name)
);

-- Opens the stretch that begins where the last one ends. Of several callers one opens it and the others wait for that. The partition is
-- made apart and then attached, which blocks neither readers nor writers, as `create table ... partition of` would.
create function backbone.open_stretch(first bigint, size bigint) returns void language plpgsql as $$
declare
  kept record;
  part text;
  target record;
begin
  insert into backbone.stretch (first_number, end_number) values (first, first + size) on conflict (first_number) do nothing;
  if not found then
    return;
  end if;
  for kept in select schema_name, table_name from backbone.stretched_table order by schema_name, table_name loop
    part := kept.table_name || '_from_' || first;
    execute format('create table %I.%I (like %I.%I including defaults including constraints including storage)',
                   kept.schema_name, part, kept.schema_name, kept.table_name);
    for target in
      select attname, attstattarget from pg_attribute
      where attrelid = format('%I.%I', kept.schema_name, kept.table_name)::regclass and attnum > 0 and attstattarget >= 0
    loop
      execute format('alter table %I.%I alter column %I set statistics %s',
                     kept.schema_name, part, target.attname, target.attstattarget);
    end loop;
    execute format('alter table %I.%I attach partition %I.%I for values from (%s) to (%s)',
                   kept.schema_name, kept.table_name, kept.schema_name, part, first, first + size);
  end loop;
end
$$;

-- What has been written so far becomes the first stretch, as it lies: up to a bound beyond every number that was handed out.
insert into backbone.stretch (first_number, end_number)
select 1, 1 + 10000000 * greatest(1, ceil(case when is_called then last_value else 0 end * 10000 / 10000000.0)::bigint)
from backbone.event_number_block;

-- A fact from outside counts once, however often it is told and however old it is: this stays when its stretch leaves.
create table backbone.told (
  source text not null check (source <> '/crossdock'),
  id text not null,
  number bigint not null,
  primary key (source, id)
);
insert into backbone.told (source, id, number)
select source, id, number from backbone.event where source <> '/crossdock' order by source, id;

-- A reference to a partitioned table would make each new stretch wait for those who write the referring one. `crossdock verify` looks
-- at both.
alter table backbone.dead_letter drop constraint dead_letter_number_fkey;
alter table ledger.claim drop constraint claim_event_number_fkey;

drop index backbone.event_once_per_source;
alter table backbone.event rename to event_from_1;
alter table backbone.event_from_1 rename constraint event_pkey to event_from_1_pkey;
alter index backbone.event_log_order rename to event_from_1_transaction_number_idx;
alter index backbone.event_correlation rename to event_from_1_correlation_id_idx;
alter index backbone.event_recorded_at rename to event_from_1_recorded_at_idx;
create table backbone.event (like backbone.event_from_1 including defaults including constraints including storage)
  partition by range (number);
alter table backbone.event alter column data set statistics 0;
alter table backbone.event add constraint event_pkey primary key (number);
create unique index event_log_order on backbone.event (transaction, number);
create index event_correlation on backbone.event (correlation_id);
create index event_recorded_at on backbone.event using brin (recorded_at);

-- Transfers of one fact lie together: their key begins with its number, which saves an index of its own for that.
create sequence ledger.transfer_id as bigint;
select setval('ledger.transfer_id', coalesce(max(transfer_id), 1), max(transfer_id) is not null) from ledger.transfer;
drop trigger transfer_positions_exist on ledger.transfer;
drop trigger transfer_places_are_final on ledger.transfer;
drop index ledger.transfer_event;
alter table ledger.transfer drop constraint transfer_pkey;
alter table ledger.transfer alter column transfer_id drop identity;
alter table ledger.transfer alter column transfer_id set default nextval('ledger.transfer_id');
alter table ledger.transfer rename to transfer_from_1;
alter table ledger.transfer_from_1 add constraint transfer_from_1_pkey primary key (event_number, transfer_id);
alter index ledger.transfer_from rename to transfer_from_1_from_position_id_effective_at_idx;
alter index ledger.transfer_to rename to transfer_from_1_to_position_id_effective_at_idx;
create table ledger.transfer (like ledger.transfer_from_1 including defaults including constraints including storage)
  partition by range (event_number);
alter table ledger.transfer add constraint transfer_pkey primary key (event_number, transfer_id);
create index transfer_from on ledger.transfer (from_position_id, effective_at);
create index transfer_to on ledger.transfer (to_position_id, effective_at);
alter sequence ledger.transfer_id owned by ledger.transfer.transfer_id;
create trigger transfer_positions_exist after insert on ledger.transfer
  referencing new table as new_transfer for each statement execute function ledger.check_transfer_positions();

alter table ledger.fact_outcome rename to fact_outcome_from_1;
alter table ledger.fact_outcome_from_1 rename constraint fact_outcome_pkey to fact_outcome_from_1_pkey;
create table ledger.fact_outcome (like ledger.fact_outcome_from_1 including defaults including constraints including storage)
  partition by range (event_number);
alter table ledger.fact_outcome add constraint fact_outcome_pkey primary key (event_number);

insert into backbone.stretched_table values ('backbone', 'event'), ('ledger', 'transfer'), ('ledger', 'fact_outcome');

do $$
declare
  kept record;
  bound bigint := (select end_number from backbone.stretch);
begin
  for kept in select schema_name, table_name from backbone.stretched_table loop
    execute format('alter table %1$I.%2$I attach partition %1$I.%3$I for values from (1) to (%4$s)',
                   kept.schema_name, kept.table_name, kept.table_name || '_from_1', bound);
  end loop;
end
$$;

create trigger transfer_places_are_final before update of from_position_id, to_position_id on ledger.transfer
  for each row when (old.from_position_id <> new.from_position_id or old.to_position_id <> new.to_position_id)
  execute function ledger.refuse_change('a correction is a transfer of its own');
