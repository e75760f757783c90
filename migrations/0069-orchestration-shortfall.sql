-- Positions that facts from outside have taken below zero: few, and asked for whenever somebody looks at shortfalls. `uncovered` changes
-- with such facts only, so that a promise writes nothing here.
create index position_uncovered on ledger.position (position_id) where uncovered > 0;

-- Which firm promises stand at a position, for a shortfall of it. A hold is not in it: those are found by their item. An order's promise
-- writes one entry more.
create index reservation_allocated on availability.reservation (position_id) where state = 'allocated';

-- Whose promises a shortfall takes first. Of each channel the latest row holds; what was said before stays.
create table orchestration.shortfall_policy (
  policy_number bigint generated always as identity primary key,
  channel_id text not null,
  rank integer not null check (rank between 0 and 999),
  yields text[] not null check (yields <@ array['held-first', 'latest-ship-date', 'smallest-order', 'whole-orders-last']),
  because text not null,
  said_by text not null,
  said_at timestamptz not null,
  correlation_id text not null
);
create index shortfall_policy_of on orchestration.shortfall_policy (channel_id, policy_number);
create trigger history_is_kept before update or delete or truncate on orchestration.shortfall_policy
  for each statement execute function governance.refuse_rewriting_history();
