-- The newest version of each thing that a source has told of, where it numbers states instead of messages. Locked while statements about
-- it are taken, so that of two processes the older version changes nothing whichever comes first (docs/decisions/0033).
create table integration.version (
  account_id text not null,
  entity text not null,
  -- How versions of it are compared, and the newest as a text that orders byte by byte as they do; null until one has counted.
  compared_by text not null check (compared_by in ('number', 'instant', 'text')),
  newest text collate "C",
  fact_id text,
  content_hash text,
  changed_at timestamptz not null,
  primary key (account_id, entity),
  constraint version_is_of_a_fact check ((newest is null) = (fact_id is null) and (newest is null) = (content_hash is null))
);
