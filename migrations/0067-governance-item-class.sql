-- What kind of goods an item is to whoever makes rules for many of them at once: a code that the company chooses.
alter table governance.item
  add column item_class text,
  add constraint item_class_is_a_code check (length(item_class) between 1 and 40);

-- Lists of a class go by SKU.
create index item_of_class on governance.item (item_class, sku) where item_class is not null;
