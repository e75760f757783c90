-- breaking: the version before gathers a row of its own for each row of a page.

-- A page as it came: its columns, in one row, and not a row for each position with an index to find and a dead one to remove. The log has
-- all of it too: what a crash of the server empties is filled from there.
drop table ledger.snapshot_row;
create unlogged table ledger.snapshot_columns (
  snapshot_number bigint not null,
  event_number bigint not null,
  rows bigint not null,
  items jsonb not null,
  counted bigint[] not null,
  -- Null where no row has one.
  lots jsonb,
  statuses jsonb
);
-- They are read twice and thrown away: packing them costs more than it saves.
alter table ledger.snapshot_columns
  alter items set storage external, alter counted set storage external, alter lots set storage external,
  alter statuses set storage external;
create index snapshot_columns_of on ledger.snapshot_columns (snapshot_number);

create view ledger.snapshot_row as
select c.snapshot_number, c.event_number, r.item_id, coalesce(r.lot, '') as lot, coalesce(r.status, 'available') as status, r.counted
from ledger.snapshot_columns c
cross join lateral rows from (
  jsonb_array_elements_text(c.items), unnest(c.counted), jsonb_array_elements_text(c.lots), jsonb_array_elements_text(c.statuses)
) as r (item_id, counted, lot, status);
