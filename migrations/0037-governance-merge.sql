-- Since when an item is another one, and how many base units of that one each base unit of it is. All three are said, or none.
alter table governance.item
  add column merged_since timestamptz,
  add column merged_units bigint check (merged_units > 0),
  add constraint merged_is_said_whole check (num_nulls(merged_into, merged_since, merged_units) in (0, 3));

-- The ledger's units are moved on from here: there are few of them.
create index merged_item on governance.item (item_id) where merged_into is not null;
