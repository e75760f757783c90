-- Old stretches leave for an archive of files (docs/decisions/0037): a stretch is open, then closed, so that nothing lands in it any
-- more, then archived, when its partitions are gone and what they came to stays.

alter table backbone.stretch
  add column state text not null default 'open' check (state in ('open', 'closed', 'archived')),
  add column state_since timestamptz not null default now(),
  -- The folder in which it was put, by its own name; where that lies, an operator knows.
  add column archive text,
  -- When the last of its facts was recorded, and which was the last of its transfers.
  add column recorded_to timestamptz,
  add column last_transfer bigint,
  add constraint an_archived_stretch_lies_somewhere check (state <> 'archived' or num_nulls(archive, recorded_to, last_transfer) = 0);

-- What of an archived stretch is asked for by name: reservations and orders of which facts have left, so that nobody takes the facts
-- that are still here for all of them.
create table backbone.archived_subject (
  kind text not null check (kind in ('reservation', 'order')),
  id text not null,
  first_number bigint not null references backbone.stretch,
  primary key (kind, id, first_number)
);

-- Which of a source's own numbers were on facts that have left.
create table backbone.archived_sequence (
  first_number bigint not null references backbone.stretch,
  source text not null,
  stream text not null,
  numbers int8multirange not null,
  primary key (first_number, source, stream)
);

-- A closed stretch refuses what is written into it, by a check on its own partitions that nothing passes: the others pay nothing.
create function backbone.close_stretch(first bigint) returns void language plpgsql as $$
declare
  kept record;
begin
  for kept in select schema_name, table_name from backbone.stretched_table order by schema_name, table_name loop
    execute format('alter table %I.%I add constraint stretch_is_closed check (false) not valid',
                   kept.schema_name, kept.table_name || '_from_' || first);
  end loop;
end
$$;

create function backbone.drop_stretch(first bigint) returns void language plpgsql as $$
declare
  kept record;
begin
  for kept in select schema_name, table_name from backbone.stretched_table order by schema_name, table_name loop
    execute format('alter table %I.%I detach partition %I.%I', kept.schema_name, kept.table_name, kept.schema_name,
                   kept.table_name || '_from_' || first);
    execute format('drop table %I.%I', kept.schema_name, kept.table_name || '_from_' || first);
  end loop;
end
$$;

-- Empty tables for a stretch that comes back, beside the log; what an earlier attempt left goes.
create function backbone.make_parts(first bigint) returns void language plpgsql as $$
declare
  kept record;
  part text;
begin
  for kept in select schema_name, table_name from backbone.stretched_table order by schema_name, table_name loop
    part := kept.table_name || '_from_' || first;
    execute format('drop table if exists %I.%I', kept.schema_name, part);
    execute format('create table %I.%I (like %I.%I including defaults including constraints including storage)',
                   kept.schema_name, part, kept.schema_name, kept.table_name);
  end loop;
end
$$;

-- Puts rows, each as JSON, into such a table.
create function backbone.load_part(kept_schema text, kept_table text, first bigint, lines text[]) returns bigint language plpgsql as $$
declare
  loaded bigint;
begin
  execute format('insert into %1$I.%2$I select r.* from unnest($1) as line, jsonb_populate_record(null::%1$I.%3$I, line::jsonb) as r',
                 kept_schema, kept_table || '_from_' || first, kept_table) using lines;
  get diagnostics loaded = row_count;
  return loaded;
end
$$;

create function backbone.attach_parts(first bigint, size bigint) returns void language plpgsql as $$
declare
  kept record;
begin
  for kept in select schema_name, table_name from backbone.stretched_table order by schema_name, table_name loop
    execute format('alter table %1$I.%2$I attach partition %1$I.%3$I for values from (%4$s) to (%5$s)',
                   kept.schema_name, kept.table_name, kept.table_name || '_from_' || first, first, first + size);
  end loop;
  perform backbone.close_stretch(first);
end
$$;

-- What the transfers of a stretch come to, position by position: by status and reason, what came in and went out, and how many there
-- were (each counted once, with the side that it came in on where both are of the position).
create table ledger.archived_total (
  position_id bigint not null references ledger.position,
  first_number bigint not null,
  reason text not null,
  status ledger.status not null,
  units_in bigint not null check (units_in >= 0),
  units_out bigint not null check (units_out >= 0),
  transfers bigint not null check (transfers >= 0),
  effective_to timestamptz not null,
  recorded_to timestamptz not null,
  primary key (position_id, first_number, reason, status)
);

-- Those of stretches that have left: what the transfers that are still here do not say.
create view ledger.archived as
select t.*, t.units_in - t.units_out as units, s.archive
from ledger.archived_total t join backbone.stretch s using (first_number) where s.state = 'archived';

-- How far the archive reaches into the past of each position.
create view verify.archived_position as
select position_id, max(effective_to) as effective_to from ledger.archived group by position_id;
create view verify.archived_order as
select distinct id as order_id from backbone.archived_subject a join backbone.stretch s using (first_number)
where a.kind = 'order' and s.state = 'archived';
create view verify.archived_reservation as
select distinct id as reservation_id from backbone.archived_subject a join backbone.stretch s using (first_number)
where a.kind = 'reservation' and s.state = 'archived';
create function verify.is_archived(event_number bigint) returns boolean language sql stable as $$
  select exists (select from backbone.stretch s
                 where s.state = 'archived' and s.first_number <= event_number and s.end_number > event_number)
$$;

-- A fact as the log's row, out of the line of an audit export: the other way round of what the seal hashes.
create function backbone.row_of_line(line text, type_prefix text) returns jsonb language sql immutable as $$
  select jsonb_build_object(
           'number', split_part(e ->> 'position', '.', 2)::bigint, 'transaction', split_part(e ->> 'position', '.', 1)::bigint,
           'source', e -> 'source', 'id', e -> 'id', 'type', substr(e ->> 'type', length(type_prefix) + 1),
           'effective_at', e -> 'time', 'recorded_at', e -> 'recordedat', 'correlation_id', e -> 'correlationid',
           'causation_id', e -> 'causationid', 'stream', regexp_replace(e ->> 'sequence', '/\d+$', ''),
           'sequence_number', substring(e ->> 'sequence' from '/(\d+)$')::bigint, 'data', e -> 'data')
  from (select line::jsonb as e) as parsed
$$;

-- What has left, as `verify.live_stock` says what there is; it counts as of the instant at which the last of it took effect.
create view verify.archived_stock as
select p.item_id, p.location_id, p.lot, case a.status when 'in-transit' then 'in-transit' else 'on-hand' end as kind,
       max(date_trunc('milliseconds', a.effective_to)) as effective_to, sum(a.units) as units
from ledger.archived a join ledger.position p using (position_id)
group by 1, 2, 3, 4;

-- Whether too much has left of a place for the facts that are here to say what is there: a count of it may have left, or the last count
-- that is here is of a time that has left.
create function verify.is_partly_archived(item text, location text, of_lot text, of_kind text, counted_at timestamptz)
returns boolean language sql stable as $$
  select exists (
    select from verify.archived_stock a
    where (a.item_id, a.location_id, a.lot, a.kind) = (item, location, of_lot, of_kind)
      and case when counted_at is not null then counted_at < a.effective_to
               else exists (select from ledger.count c join ledger.position p using (position_id)
                            where (p.item_id, p.location_id, p.lot) = (item, location, of_lot))
                    or exists (select from ledger.coverage f where f.location_id = location) end)
$$;
