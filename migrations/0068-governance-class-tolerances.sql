-- A tolerance may be of a class of items, where nobody wants to say it of each. An item has its class from master data, as it is now.
alter table governance.count_tolerance_change
  add column item_class text check (length(item_class) between 1 and 40),
  add constraint tolerance_is_of_an_item_or_a_class check (num_nonnulls(item_id, item_class) <= 1);

drop index governance.count_tolerance_of;
create index count_tolerance_of
  on governance.count_tolerance_change (source, location_id, item_id, item_class, change_number);
