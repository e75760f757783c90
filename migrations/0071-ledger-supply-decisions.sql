-- What a person decided about a line of supply that is overdue. It is about the line as its source dates it: with another date it is void.
create table ledger.supply_decision (
  source text not null,
  kind text not null,
  document text not null,
  line text not null,
  -- The date that it was about.
  expected_at timestamptz not null,
  decision text not null check (decision in ('keep', 'cancel', 'ignore')),
  -- The new date of what is kept, and until when nobody is asked again about what is ignored.
  until timestamptz,
  decided_by text not null,
  because text not null,
  decided_at timestamptz not null,
  event_number bigint not null,
  primary key (source, kind, document, line),
  constraint only_a_cancellation_has_no_end check ((until is null) = (decision = 'cancel'))
);
create index supply_line_due on ledger.supply_line (expected_at, item_id) where quantity > 0 and not cancelled;
