-- What has counted, by what it was in the business: the second layer against duplicates (docs/decisions/0028). A row is written
-- with the fact that counted and in its transaction, so what was parked or failed leaves none. It names its account and message
-- without references: this is the hottest table of the part, and both are checked where they are written.
create table integration.fingerprint (
  -- The first 16 bytes of a SHA-256 of account, kind and business key.
  fingerprint bytea primary key check (octet_length(fingerprint) = 16),
  account_id text not null,
  kind text not null,
  -- The id under which it counted, and the message that brought it.
  fact_id text not null,
  message_id text not null,
  counted_at timestamptz not null,
  -- After this the same counts as something new, and the row is deleted.
  expires_at timestamptz not null,
  constraint fingerprint_lives_for_a_time check (expires_at > counted_at)
);
create index fingerprint_expiry on integration.fingerprint (expires_at);

-- What an account wants done with what looks like a duplicate, by kind of statement; absent kinds have the default.
alter table integration.account add column duplicates jsonb not null default '{}';

-- Of the duplicates of a message, those that the second layer recognised; of its applied records, those that were let count
-- although they looked like duplicates, because the account says so.
alter table integration.message
  add column duplicates_by_fingerprint integer not null default 0,
  add column applied_in_doubt integer not null default 0,
  add constraint doubts_are_part_of_their_counts check (
    duplicates_by_fingerprint between 0 and duplicates and applied_in_doubt between 0 and applied
  );
