-- How the outside gets in: API keys and the answers to keyed requests.
create schema gateway;

create table gateway.api_key (
  key_id text primary key,
  -- SHA-256 of a 256-bit random key needs no slow hash.
  key_hash bytea not null unique check (octet_length(key_hash) = 32),
  client_id text not null check (client_id <> ''),
  name text not null,
  -- Nothing is allowed by default.
  scopes text[] not null,
  -- The accounts that the key may act for; null: all of them.
  account_ids text[],
  created_at timestamptz not null,
  expires_at timestamptz,
  revoked_at timestamptz
);

-- The first answer to a keyed request, to be given again byte for byte. Without an answer the row is a claim: somebody is
-- working on the request. A claim that grew old was lost with its process and may be taken over.
create table gateway.keyed_answer (
  client_id text not null,
  key text not null,
  -- Method, path and body.
  fingerprint text not null,
  claim text not null,
  claimed_at timestamptz not null,
  status integer check (status between 200 and 499),
  content_type text,
  location text,
  body text,
  primary key (client_id, key),
  constraint answered_whole check (
    (status is null) = (body is null) and (status is null) = (content_type is null)
    and (status is not null or location is null)
  )
);
create index keyed_answer_age on gateway.keyed_answer (claimed_at);
