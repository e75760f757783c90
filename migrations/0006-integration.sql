-- How systems stay in step: accounts, raw messages, what is parked, and the documents that go out.
create schema integration;

create table integration.account (
  account_id text primary key,
  connector text not null,
  channel_id text,
  settings jsonb not null,
  -- Encrypted; see src/platform/secrets.ts.
  secrets text not null,
  enabled boolean not null default true,
  created_at timestamptz not null
);

create table integration.message (
  message_id text primary key,
  account_id text not null references integration.account,
  key text not null,
  kind text not null,
  headers jsonb not null,
  body bytea not null,
  body_hash text not null,
  correlation_id text not null,
  received_at timestamptz not null,
  delivery_count integer not null default 1 check (delivery_count > 0),
  -- suspect: the key was seen with other bytes; a person decides.
  state text not null check (state in ('stored', 'mapped', 'suspect', 'dead')),
  attempts integer not null default 0,
  mapped_at timestamptz,
  problem text,
  -- Law 6, per message: every record is applied, a duplicate, ignored, or has a row in `parked`.
  records integer not null default 0,
  applied integer not null default 0,
  duplicates integer not null default 0,
  ignored integer not null default 0,
  parked integer not null default 0,
  constraint every_record_is_accounted_for check (records = applied + duplicates + ignored + parked),
  constraint message_is_stored_once unique (account_id, key, body_hash)
);
create index message_waiting on integration.message (received_at) where state = 'stored';
create unique index message_key_is_trusted_once on integration.message (account_id, key) where state <> 'suspect';

-- A record that could not become a fact, with what it is waiting for. Its neighbours went on.
create table integration.parked (
  message_id text not null references integration.message,
  record integer not null check (record >= 0),
  at text not null,
  reason text not null,
  detail text not null,
  -- What has to appear: the kind of reference (`item`, `location`, `unit`) and its text.
  waits_for_kind text,
  waits_for text,
  statement jsonb,
  state text not null check (state in ('waiting', 'parked', 'applied', 'duplicate', 'dropped')),
  parked_at timestamptz not null,
  settled_at timestamptz,
  attempts integer not null default 1,
  primary key (message_id, record),
  constraint settled_when_ended check ((state in ('waiting', 'parked')) = (settled_at is null))
);
create index parked_waiting on integration.parked (waits_for_kind, waits_for) where state = 'waiting';
create index parked_open on integration.parked (parked_at) where state in ('waiting', 'parked');

-- Where each numbered stream stands, and what is missing from it.
create table integration.stream (
  account_id text not null references integration.account,
  stream text not null,
  highest bigint not null,
  primary key (account_id, stream)
);
create table integration.gap (
  account_id text not null,
  stream text not null,
  -- First and last missing number.
  first bigint not null,
  last bigint not null check (last >= first),
  seen_at timestamptz not null,
  primary key (account_id, stream, first),
  foreign key (account_id, stream) references integration.stream
);

create table integration.control_number (
  account_id text primary key references integration.account,
  last bigint not null check (last > 0)
);

create table integration.document (
  document_id text primary key,
  account_id text not null references integration.account,
  kind text not null,
  -- The document's own identity in its account: the same order is acknowledged once.
  key text not null,
  content jsonb not null,
  correlation_id text not null,
  causation_id text,
  state text not null check (state in ('queued', 'rendered', 'delivered', 'waiting', 'refused')),
  control_number bigint,
  name text,
  content_type text,
  body bytea,
  attempts integer not null default 0,
  next_attempt_at timestamptz not null,
  problem text,
  created_at timestamptz not null,
  delivered_at timestamptz,
  acknowledged text check (acknowledged in ('accepted', 'accepted-with-errors', 'rejected')),
  acknowledged_at timestamptz,
  constraint document_is_written_once unique (account_id, kind, key),
  constraint rendered_when_it_left check (state in ('queued', 'refused') or body is not null),
  unique (account_id, control_number)
);
create index document_due on integration.document (next_attempt_at) where state in ('queued', 'rendered');
