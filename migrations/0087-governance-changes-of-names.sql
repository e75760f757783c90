-- The last change on which what names mean can depend. Lots and costs change with every receipt and every price list, and no name does with them.
create index change_of_names on governance.change (change_id) where what not in ('lot', 'item_cost');
