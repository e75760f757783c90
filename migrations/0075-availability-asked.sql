-- Where the ledger stands: the number of the last transfer that anybody has posted, or is posting. Of positions that are locked it
-- tells what was posted to them before from what will be after.
create function ledger.last_transfer() returns bigint language sql volatile
  as $$ select case when is_called then last_value else 0 end from ledger.transfer_id $$;

-- What was asked of availability and cannot be told from the promises on the log: requests that were refused, wholly or in part, and
-- those that asked for more than so many of some items. With the promises it is the demand, which other rules can be tried on.
create table availability.asked (
  decided_at timestamptz not null,
  asked_number bigint generated always as identity,
  -- It was decided after this transfer and before the next to any position that it looked at.
  transfer_after bigint not null,
  -- The last promise that was made before it in its batch; null: none was.
  after_event bigint,
  -- The facts of its own promises.
  event_numbers bigint[] not null default '{}',
  -- So many asked for the same, one right after the other, and were refused alike.
  times bigint not null default 1 check (times > 0),
  channel_id text not null,
  order_id text,
  correlation_id text not null,
  policy text not null,
  locations_max bigint check (locations_max > 0),
  -- How long a hold was to last; null: it was to be firm.
  hold_ms bigint check (hold_ms > 0),
  -- A limit of holds applied, which no rule of the book says.
  limited boolean not null,
  book_version bigint not null,
  lines jsonb not null,
  primary key (decided_at, asked_number)
);
