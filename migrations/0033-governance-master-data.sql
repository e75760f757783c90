-- An item that turned out to be another one keeps its past, and its names lead to the other from then on.
alter table governance.item
  add column merged_into text references governance.item,
  add constraint not_merged_into_itself check (merged_into <> item_id);

-- Every change of master data: who, when, before and after. Written by the tables themselves, so that no way of changing them forgets it.
create table governance.change (
  change_id bigint generated always as identity primary key,
  changed_at timestamptz not null,
  changed_by text not null,
  correlation_id text,
  what text not null,
  item_id text,
  location_id text,
  before jsonb,
  after jsonb,
  constraint something_changed check (before is distinct from after)
);
create index change_of_item on governance.change (item_id, change_id) where item_id is not null;
create index change_of_location on governance.change (location_id, change_id) where location_id is not null;

-- Who changes is said in the transaction that changes (`crossdock.changed_by`); what nobody says is the database user's.
create function governance.keep_change() returns trigger language plpgsql as $$
declare
  was jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
  now_is jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
  told jsonb := coalesce(now_is, was);
begin
  if was is distinct from now_is then
    insert into governance.change (changed_at, changed_by, correlation_id, what, item_id, location_id, before, after)
    values (
      coalesce(nullif(current_setting('crossdock.changed_at', true), '')::timestamptz, now()),
      coalesce(nullif(current_setting('crossdock.changed_by', true), ''), session_user),
      nullif(current_setting('crossdock.correlation_id', true), ''),
      tg_table_name,
      case tg_table_name
        when 'alias' then case when told ->> 'kind' = 'item' then coalesce(told ->> 'target', was ->> 'target') end
        when 'kit_component' then told ->> 'kit_item_id'
        when 'location' then null
        else told ->> 'item_id'
      end,
      case tg_table_name
        when 'alias' then case when told ->> 'kind' = 'location' then coalesce(told ->> 'target', was ->> 'target') end
        when 'location' then told ->> 'location_id'
      end,
      was, now_is);
  end if;
  return null;
end
$$;

create trigger keep_change after insert or update or delete on governance.item
  for each row execute function governance.keep_change();
create trigger keep_change after insert or update or delete on governance.item_unit
  for each row execute function governance.keep_change();
create trigger keep_change after insert or update or delete on governance.item_cost
  for each row execute function governance.keep_change();
create trigger keep_change after insert or update or delete on governance.kit_component
  for each row execute function governance.keep_change();
create trigger keep_change after insert or update or delete on governance.lot
  for each row execute function governance.keep_change();
create trigger keep_change after insert or update or delete on governance.location
  for each row execute function governance.keep_change();
create trigger keep_change after insert or update or delete on governance.alias
  for each row execute function governance.keep_change();

create function governance.refuse_rewriting_history() returns trigger language plpgsql as $$
begin
  raise check_violation using
    message = 'the history of master data is only added to',
    schema = 'governance', table = 'change', constraint = 'history_is_kept';
end
$$;
create trigger history_is_kept before update or delete or truncate on governance.change
  for each statement execute function governance.refuse_rewriting_history();
