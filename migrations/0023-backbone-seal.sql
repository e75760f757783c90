-- The seal: a Merkle tree over the whole log, kept as hash tiles (c2sp.org/tlog-tiles), and signed statements of its size and
-- root. The sealer writes it behind the log; nothing that appends knows of it.

-- How far the log is sealed. The origin names this log to the outside for ever; a copy of the database is a copy of the log.
create table backbone.seal (
  only_row boolean primary key default true check (only_row),
  origin text not null check (origin ~ '^[^\s+]+$'),
  size bigint not null default 0 check (size >= 0),
  -- The position of the last sealed fact.
  transaction bigint not null default 0,
  number bigint not null default 0
);
insert into backbone.seal (origin) values ('crossdock/' || gen_random_uuid());

-- 256 hashes of one level a row, the last row of each level fewer: facts at level 0, above it the roots of whole tiles below.
create table backbone.seal_tile (
  level smallint not null check (level between 0 and 6),
  tile bigint not null check (tile >= 0),
  hashes bytea not null check (octet_length(hashes) % 32 = 0 and octet_length(hashes) between 32 and 8192),
  primary key (level, tile)
);
-- Hashes do not compress.
alter table backbone.seal_tile alter column hashes set storage external;

-- Which facts the hashes of a tile of level 0 are of, in the same order: a fact that is gone can be named, and one that is
-- there is found in the tree without an index on the log.
create table backbone.seal_place (
  tile bigint primary key check (tile >= 0),
  first_transaction bigint not null,
  first_number bigint not null,
  transactions bigint[] not null,
  numbers bigint[] not null,
  constraint a_place_for_every_fact check (
    cardinality(numbers) = cardinality(transactions) and cardinality(numbers) between 1 and 256
    and first_transaction = transactions[1] and first_number = numbers[1]
  )
);
create index seal_place_position on backbone.seal_place (first_transaction, first_number);

-- Keys that sign checkpoints. One is in use; the others are kept so that what they signed can be checked.
create table backbone.seal_key (
  verifier text primary key,
  public_key bytea not null check (octet_length(public_key) = 32),
  -- Sealed with the key that seals all secrets.
  private_key text not null,
  created_at timestamptz not null,
  retired_at timestamptz
);
create unique index seal_key_in_use on backbone.seal_key ((true)) where retired_at is null;

create table backbone.seal_checkpoint (
  size bigint primary key check (size >= 0),
  root bytea not null check (octet_length(root) = 32),
  -- The signed note, as it is given out (c2sp.org/tlog-checkpoint).
  note text not null,
  signed_at timestamptz not null
);
