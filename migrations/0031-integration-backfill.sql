-- What was done about a gap: how often its source was asked for it, when it is asked next, and what it answered last.
alter table integration.gap
  add column asks integer not null default 0 check (asks >= 0),
  add column asked_at timestamptz,
  add column next_ask_at timestamptz,
  add column answer text,
  add constraint gap_asked_at_a_time check ((asks = 0) = (asked_at is null));
create index gap_to_ask on integration.gap (coalesce(next_ask_at, seen_at));

-- Numbers of which their source says that it never used them. They are in no gap any more, and not seen either.
create table integration.void_number (
  account_id text not null,
  stream text not null,
  first bigint not null,
  last bigint not null check (last >= first),
  because text not null check (btrim(because) <> ''),
  told_at timestamptz not null,
  primary key (account_id, stream, first),
  foreign key (account_id, stream) references integration.stream
);
