-- The past played again under other rules: what was asked, how far it is, and what came of it.
create table availability.what_if_run (
  run_id text primary key,
  from_at timestamptz not null,
  to_at timestamptz not null check (to_at > from_at),
  rules text not null,
  beside text not null,
  state text not null check (state in ('waiting', 'playing', 'done', 'failed', 'cancelled')),
  transfers bigint not null default 0 check (transfers >= 0),
  transfers_total bigint check (transfers_total >= 0),
  result jsonb,
  problem text,
  asked_by text not null,
  asked_at timestamptz not null,
  ended_at timestamptz,
  correlation_id text not null,
  constraint what_has_ended_says_so check ((state in ('done', 'failed', 'cancelled')) = (ended_at is not null)),
  constraint only_what_is_done_has_a_result check ((state = 'done') = (result is not null))
);
create index what_if_run_open on availability.what_if_run (asked_at) where state in ('waiting', 'playing');

-- The requests of which one side of a run promises more, up to a number.
create table availability.what_if_difference (
  run_id text not null references availability.what_if_run on delete cascade,
  ask bigint not null,
  channel_id text not null,
  difference jsonb not null,
  primary key (run_id, ask)
);

-- Where what was asked for was to go: rules may rank locations by it.
alter table availability.asked add column destination jsonb;
