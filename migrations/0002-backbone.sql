-- The log of facts and its readers. See docs/decisions/0002 for why order is (transaction, number).
create schema backbone;

-- Transaction ids start again when the data is restored into another cluster; the offset keeps the log's order rising.
create table backbone.epoch (
  only_row boolean primary key default true check (only_row),
  transaction_offset bigint not null default 0 check (transaction_offset >= 0)
);
insert into backbone.epoch default values;

create function backbone.current_log_transaction() returns bigint
  language sql volatile
  as $$ select transaction_offset + pg_current_xact_id()::text::bigint from backbone.epoch $$;

-- Everything of a lower log transaction has been committed or rolled back, so a reader that stays below skips nothing.
-- Stable, so that it is taken from the reading statement's own snapshot; a newer one would skip what that cannot see yet.
create function backbone.horizon() returns bigint
  language sql stable
  as $$ select transaction_offset + pg_snapshot_xmin(pg_current_snapshot())::text::bigint from backbone.epoch $$;

-- Numbers are handed to processes in blocks, so that a writer knows a fact's number before it writes.
create sequence backbone.event_number_block;

create table backbone.event (
  number bigint primary key check (number > 0),
  transaction bigint not null check (transaction > 0),
  source text not null,
  id text not null,
  type text not null,
  effective_at timestamptz not null,
  recorded_at timestamptz not null,
  correlation_id text not null,
  causation_id text,
  stream text,
  sequence_number bigint,
  data jsonb not null,
  constraint sequence_has_its_stream check ((stream is null) = (sequence_number is null))
);
-- Nobody searches the data, and sampling it is most of what analysing this table costs.
alter table backbone.event alter column data set statistics 0;
create unique index event_log_order on backbone.event (transaction, number);
-- A fact from outside counts once, however often it is told. Facts decided here are never told twice.
create unique index event_once_per_source on backbone.event (source, id) where source <> '/crossdock';
create index event_correlation on backbone.event (correlation_id);
create index event_recorded_at on backbone.event using brin (recorded_at);

create table backbone.subscriber (
  name text primary key,
  transaction bigint not null default 0,
  number bigint not null default 0,
  moved_at timestamptz not null default now()
);

-- An event that a subscriber could not take. The subscriber went on; a retry hands it the event again.
create table backbone.dead_letter (
  subscriber text not null references backbone.subscriber (name),
  number bigint not null references backbone.event (number),
  reason text not null,
  attempts integer not null default 1 check (attempts > 0),
  first_failed_at timestamptz not null,
  resolved_at timestamptz,
  primary key (subscriber, number)
);
create index dead_letter_open on backbone.dead_letter (subscriber) where resolved_at is null;
