-- How systems stay in step: accounts, raw messages, what is parked, and the documents that go out.
create schema integration;

create table integration.account (
  account_id text primary key,
  connector text not null,
  channel_id text,
  settings jsonb not null,
  -- Sealed; see src/platform/secrets.ts. The names stand beside it, so that a list need not open it.
  secrets text not null,
  secret_names text[] not null,
  enabled boolean not null default true,
  -- Raised by every change: a process knows by it that what it remembers is old.
  version integer not null default 1 check (version > 0),
  created_at timestamptz not null,
  changed_at timestamptz not null
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
  -- A person has said that this one counts although its key was used before, or although it died.
  released_at timestamptz,
  attempts integer not null default 0 check (attempts >= 0),
  not_before timestamptz not null,
  mapped_at timestamptz,
  problem text,
  -- Law 6, per message: every record is applied, a duplicate, ignored (or dropped by a person), or open in `parked`.
  records integer not null default 0,
  applied integer not null default 0 check (applied >= 0),
  duplicates integer not null default 0 check (duplicates >= 0),
  ignored integer not null default 0 check (ignored >= 0),
  parked integer not null default 0 check (parked >= 0),
  constraint every_record_is_accounted_for check (records = applied + duplicates + ignored + parked),
  constraint nothing_counts_before_it_is_mapped check (state = 'mapped' or records = 0),
  constraint mapped_at_a_time check ((state = 'mapped') = (mapped_at is not null)),
  constraint trouble_is_explained check (state not in ('suspect', 'dead') or problem is not null),
  constraint message_is_stored_once unique (account_id, key, body_hash)
);
create index message_waiting on integration.message (not_before, message_id) where state = 'stored';
create index message_troubled on integration.message (message_id) where state in ('suspect', 'dead');
create unique index message_key_is_trusted_once on integration.message (account_id, key)
  where state <> 'suspect' and released_at is null;

-- A record that could not become a fact, with what it is waiting for. Its neighbours went on.
create table integration.parked (
  message_id text not null references integration.message,
  record integer not null check (record >= 0),
  at text not null,
  reason text not null,
  detail text not null,
  -- What has to appear: `waits_for` is the text that people read and that rows are found by, the reference is what is resolved.
  waits_for_kind text check (waits_for_kind in ('item', 'location', 'unit')),
  waits_for text,
  waits_for_reference jsonb,
  waits_for_unit text,
  -- Absent where the connector could not make one: a retry maps the message again.
  statement jsonb,
  state text not null check (state in ('waiting', 'parked', 'applied', 'duplicate', 'dropped')),
  parked_at timestamptz not null,
  settled_at timestamptz,
  -- Why a person dropped it.
  settled_because text,
  attempts integer not null default 1,
  primary key (message_id, record),
  constraint settled_when_ended check ((state in ('waiting', 'parked')) = (settled_at is null)),
  constraint dropped_for_a_reason check (state <> 'dropped' or settled_because is not null),
  constraint waiting_for_something check (
    state <> 'waiting'
    or (waits_for_kind is not null and waits_for is not null and waits_for_reference is not null and statement is not null)
  )
);
create index parked_waiting on integration.parked (waits_for_kind, waits_for, message_id, record) where state = 'waiting';
create index parked_open on integration.parked (parked_at, message_id, record) where state in ('waiting', 'parked');

-- Where each numbered stream stands, and what is missing from it.
create table integration.stream (
  account_id text not null references integration.account,
  stream text not null,
  lowest bigint not null,
  highest bigint not null check (highest >= lowest),
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
create index gap_age on integration.gap (seen_at, account_id, stream, first);

-- Raised in the transaction that keeps the document rendered with it, so that no number is skipped or used twice.
create table integration.control_number (
  account_id text primary key references integration.account,
  last bigint not null check (last >= 0)
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
  -- Every attempt to deliver; it also tells an outcome that comes too late from the present one.
  attempts integer not null default 0 check (attempts >= 0),
  -- Failures in a row, by which the wait before the next attempt grows.
  failures integer not null default 0 check (failures >= 0),
  deliveries integer not null default 0 check (deliveries >= 0),
  next_attempt_at timestamptz not null,
  problem text,
  -- What the partner called it when it took it.
  reference text,
  created_at timestamptz not null,
  delivered_at timestamptz,
  acknowledged text check (acknowledged in ('accepted', 'accepted-with-errors', 'rejected')),
  acknowledged_at timestamptz,
  constraint document_is_written_once unique (account_id, kind, key),
  constraint rendered_when_it_left check (state in ('queued', 'refused') or (body is not null and name is not null)),
  constraint delivered_at_a_time check (state <> 'delivered' or delivered_at is not null),
  constraint refused_for_a_reason check (state <> 'refused' or problem is not null),
  constraint acknowledged_at_a_time check ((acknowledged is null) = (acknowledged_at is null)),
  unique (account_id, control_number)
);
-- Documents of an account leave in the order of their ids, which is the order in which they were queued.
create index document_open on integration.document (account_id, document_id) where state in ('queued', 'rendered');
create index document_to_fetch on integration.document (account_id, document_id) where state = 'waiting';
create index document_name on integration.document (account_id, name) where name is not null;

-- Which process sends the documents of an account, and until when nobody else may.
create table integration.sending (
  account_id text primary key references integration.account,
  holder text not null,
  until timestamptz not null
);
