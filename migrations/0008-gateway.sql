-- How the outside gets in: API keys and the answers to keyed requests.
create schema gateway;

create table gateway.api_key (
  key_id text primary key,
  -- SHA-256 of a 256-bit random key needs no slow hash.
  key_hash text not null unique,
  client_id text not null,
  name text not null,
  scopes text[] not null,
  created_at timestamptz not null,
  expires_at timestamptz,
  revoked_at timestamptz
);

create table gateway.keyed_answer (
  client_id text not null,
  key text not null,
  request_hash text not null,
  status integer,
  body jsonb,
  created_at timestamptz not null,
  primary key (client_id, key),
  constraint answered_whole check ((status is null) = (body is null))
);
create index keyed_answer_age on gateway.keyed_answer (created_at);
