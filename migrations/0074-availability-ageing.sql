-- The day up to which lots at a place have been looked at: whoever finds that another has begun there says which lots it made too old.
create table availability.place_day (
  location_id text primary key,
  day date not null
);

-- The last change of lots that was looked at for other last days. Such changes are made one after the other.
create table availability.shelf_life_change_seen (
  is_only boolean primary key default true check (is_only),
  change_id bigint not null
);
insert into availability.shelf_life_change_seen (change_id) select coalesce(max(change_id), 0) from governance.change;

create index change_of_lot on governance.change (change_id) where what = 'lot';
