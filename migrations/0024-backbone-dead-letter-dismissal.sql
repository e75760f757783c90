-- A person may decide that what a reader could not take is never to be taken: it stays, with the reason, and can still be retried.
alter table backbone.dead_letter
  add column dismissed_at timestamptz,
  add column dismissed_because text,
  add constraint dead_letter_dismissed_for_a_reason check (
    (dismissed_at is null) = (dismissed_because is null)
    and (dismissed_at is null or btrim(dismissed_because) <> '')
  );
drop index backbone.dead_letter_open;
create index dead_letter_open on backbone.dead_letter (subscriber) where resolved_at is null and dismissed_at is null;
