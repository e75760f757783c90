-- What a position held at an instant of its past, one row for every hundred or so of its transfers, so that a question about any past
-- instant reads few of them (docs/decisions/0032). `units` are in the order of ledger.status.
create table ledger.checkpoint (
  position_id bigint not null references ledger.position,
  -- Everything that took effect up to this instant is in it, and was recorded up to the other.
  taken_at timestamptz not null,
  made_at timestamptz not null,
  units bigint[] not null,
  transfers bigint not null check (transfers > 0),
  primary key (position_id, taken_at)
);

-- What was learned later of the time before a checkpoint. A checkpoint itself never changes, so that what was believed stays known.
create table ledger.checkpoint_change (
  position_id bigint not null,
  taken_at timestamptz not null,
  recorded_at timestamptz not null,
  status ledger.status not null,
  units bigint not null,
  transfers bigint not null,
  foreign key (position_id, taken_at) references ledger.checkpoint
);
create index checkpoint_change_of on ledger.checkpoint_change (position_id, taken_at);
