-- A person may decide that a refused document is never sent: it stays, with what was wrong with it and the reason.
alter table integration.document
  add column dismissed_at timestamptz,
  add column dismissed_because text,
  drop constraint document_state_check,
  add constraint document_state_check
    check (state in ('queued', 'rendered', 'delivered', 'waiting', 'refused', 'dismissed')),
  drop constraint refused_for_a_reason,
  add constraint refused_for_a_reason check (state not in ('refused', 'dismissed') or problem is not null),
  drop constraint rendered_when_it_left,
  add constraint rendered_when_it_left
    check (state in ('queued', 'refused', 'dismissed') or (body is not null and name is not null)),
  -- What was dismissed and sent later keeps both: they say what was once decided.
  add constraint document_dismissed_for_a_reason check (
    (dismissed_at is null) = (dismissed_because is null)
    and (state <> 'dismissed' or coalesce(btrim(dismissed_because), '') <> '')
  );

-- Refused documents are few among all that were ever sent, and whoever looks for them looks often.
create index document_refused on integration.document (state, document_id) where state in ('refused', 'dismissed');
