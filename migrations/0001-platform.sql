-- The record of what has been applied. The runner in src/platform/migrations.ts writes it, one row a migration,
-- in the transaction of that migration.
create schema platform;

create table platform.migration (
  number integer primary key check (number > 0),
  name text not null check (name <> ''),
  -- SHA-256 of the file's text; an applied migration that was edited afterwards is refused.
  checksum text not null check (checksum ~ '^[0-9a-f]{64}$'),
  applied_at timestamptz not null default now()
);
