-- What people decide about the intake of an account, with who and when.

-- Every change of what is done with what looks like a duplicate. Null: the default. Nothing here is ever changed.
create table integration.duplicate_rule_change (
  change_number bigint generated always as identity primary key,
  account_id text not null references integration.account,
  kind text not null,
  before jsonb,
  after jsonb,
  changed_by text not null,
  changed_at timestamptz not null,
  correlation_id text not null
);
create index duplicate_rule_change_of on integration.duplicate_rule_change (account_id, change_number);

create function integration.refuse_change() returns trigger language plpgsql as $$
begin
  raise restrict_violation using
    message = format('%s of %I.%I is refused: %s', tg_op, tg_table_schema, tg_table_name, tg_argv[0]),
    schema = tg_table_schema, table = tg_table_name, constraint = tg_name;
end
$$;
create trigger duplicate_rule_changes_are_kept before update or delete or truncate on integration.duplicate_rule_change
  for each statement execute function integration.refuse_change('what was decided stays decided');

-- Rules that an account has already were set by nobody whom we know.
insert into integration.duplicate_rule_change (account_id, kind, after, changed_by, changed_at, correlation_id)
select account_id, rule.key, rule.value, 'migration', changed_at, 'migration'
from integration.account, jsonb_each(duplicates) as rule order by account_id, rule.key;

-- A person may say that numbers were never used; of others their source said so. One that comes after all counts as any other, and is
-- written down beside what was said.
alter table integration.void_number
  add column told_by text,
  add column correlation_id text,
  add constraint told_by_a_person_on_a_journey check ((told_by is null) = (correlation_id is null));
create table integration.void_number_arrived (
  account_id text not null,
  stream text not null,
  number bigint not null,
  arrived_at timestamptz not null,
  primary key (account_id, stream, number),
  foreign key (account_id, stream) references integration.stream
);

-- What a person refused is looked through when somebody asks what a number lacks.
create index parked_dropped on integration.parked (settled_at) where state = 'dropped';
