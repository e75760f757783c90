-- A person may decide that a suspect or dead message is never to count: it stays, with its bytes and the reason.
alter table integration.message
  add column dismissed_at timestamptz,
  add column dismissed_because text,
  drop constraint message_state_check,
  add constraint message_state_check check (state in ('stored', 'mapped', 'suspect', 'dead', 'dismissed')),
  drop constraint trouble_is_explained,
  add constraint trouble_is_explained check (state not in ('suspect', 'dead', 'dismissed') or problem is not null),
  -- What was dismissed and released later keeps both: they say what was once decided.
  add constraint dismissed_for_a_reason check (
    (dismissed_at is null) = (dismissed_because is null)
    and (state <> 'dismissed' or coalesce(btrim(dismissed_because), '') <> '')
  );

-- A dismissed message gives up its key, so that the source may send the right one under it.
drop index integration.message_key_is_trusted_once;
create unique index message_key_is_trusted_once on integration.message (account_id, key)
  where state not in ('suspect', 'dismissed') and released_at is null;
