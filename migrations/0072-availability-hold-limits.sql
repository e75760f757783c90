-- How much stock a client, or all that sells through a channel, may keep from the others with holds. Null: not limited.
create table availability.hold_limit (
  subject text primary key check (subject ~ '^(client|channel):.'),
  open_holds_max bigint check (open_holds_max >= 0),
  units_per_item_max bigint check (units_per_item_max >= 0),
  share_max_permille bigint check (share_max_permille between 0 and 1000),
  hold_seconds_max bigint check (hold_seconds_max > 0)
);

-- Every change with who made it and why.
create table availability.hold_limit_change (
  change_number bigint generated always as identity primary key,
  subject text not null,
  before jsonb,
  after jsonb,
  changed_by text not null,
  because text not null,
  changed_at timestamptz not null,
  correlation_id text not null
);
create index hold_limit_change_subject on availability.hold_limit_change (subject, change_number);
create trigger history_is_kept before update or delete or truncate on availability.hold_limit_change
  for each statement execute function governance.refuse_rewriting_history();

-- The holds that count for a limit. Only those that were taken under one are here, so nobody else pays for it.
create table availability.counted_hold (
  reservation_id text not null,
  subject text not null,
  primary key (reservation_id, subject)
);
create index counted_hold_subject on availability.counted_hold (subject);
