-- breaking: the version before looks for SKUs and codes beside the aliases, and writes one meaning a name.
--
-- What a name means is a line of moments: from `valid_from` on it means `target`, or nothing any more where that is null, until the
-- next moment of the same name. Two meanings at one moment cannot be written down, which the primary key alone guarantees
-- (docs/decisions/0027). `-infinity`: always.
alter table governance.alias
  add column valid_from timestamptz not null default '-infinity',
  alter column target drop not null,
  drop constraint alias_pkey,
  add primary key (kind, scheme, scope, value, valid_from);
alter table governance.alias alter column valid_from drop default;

-- SKUs and codes are names like any other, so that an item keeps its id when its SKU changes. Where an alias claimed a name
-- that is some item's SKU, the SKU was what counted.
insert into governance.alias (kind, scheme, scope, value, valid_from, target, created_at)
select 'item', 'sku', '', sku, '-infinity'::timestamptz, item_id, created_at from governance.item
union all
select 'location', 'code', '', code, '-infinity'::timestamptz, location_id, created_at from governance.location
on conflict (kind, scheme, scope, value, valid_from) do update set target = excluded.target;

-- A GTIN of 8, 12, 13 or 14 digits is one number; it is kept as 14.
delete from governance.alias short
where short.kind = 'item' and short.scheme = 'gtin' and short.value ~ '^(\d{8}|\d{12,13})$'
  and exists (
    select from governance.alias other
    where other.kind = 'item' and other.scheme = 'gtin' and other.scope = short.scope
      and other.value ~ '^(\d{8}|\d{12,14})$' and length(other.value) > length(short.value)
      and lpad(other.value, 14, '0') = lpad(short.value, 14, '0'));
update governance.alias set value = lpad(value, 14, '0')
where kind = 'item' and scheme = 'gtin' and value ~ '^(\d{8}|\d{12,13})$';

-- Factors change as well: a case of 12 becomes a case of 10. Null: from then on there is no such unit.
alter table governance.item_unit
  add column valid_from timestamptz not null default '-infinity',
  alter column numerator drop not null,
  alter column denominator drop not null,
  drop constraint item_unit_pkey,
  add primary key (item_id, unit, valid_from),
  add constraint a_factor_is_a_fraction check ((numerator is null) = (denominator is null));
alter table governance.item_unit alter column valid_from drop default;

-- What one base unit of an item costs, as an exact decimal of a currency. Null: from then on it is not known.
create table governance.item_cost (
  item_id text not null references governance.item,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  valid_from timestamptz not null,
  per_unit numeric(20, 8) check (per_unit >= 0),
  primary key (item_id, currency, valid_from)
);

-- Lots and serial numbers, with what is known of them.
create table governance.lot (
  item_id text not null references governance.item,
  lot text not null check (lot <> ''),
  expires_on date,
  made_on date,
  attributes jsonb not null default '{}',
  created_at timestamptz not null,
  primary key (item_id, lot),
  constraint made_before_it_expires check (made_on <= expires_on)
);
create index lot_expiry on governance.lot (expires_on) where expires_on is not null;

-- Whoever changes master data locks this row first: changes come one after the other, so that what was looked at when a change was
-- decided is still so when it is written. Reading waits for nobody.
create table governance.change_turn (
  is_only boolean primary key default true check (is_only)
);
insert into governance.change_turn default values;
