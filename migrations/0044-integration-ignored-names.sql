-- Names that an account uses and that a person has decided nothing is to be made of. What waits for one is dropped, and what comes later
-- counts as ignored, with this reason.
create table integration.ignored_name (
  account_id text not null references integration.account,
  kind text not null check (kind in ('item', 'location', 'unit')),
  -- As in integration.parked.
  waits_for text not null,
  because text not null check (because <> ''),
  ignored_by text not null,
  ignored_at timestamptz not null,
  primary key (account_id, kind, waits_for)
);
