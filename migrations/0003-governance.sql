-- Who may say what: master data, the names that systems have for it, and the authority for each measure.
create schema governance;

create table governance.item (
  item_id text primary key,
  sku text not null unique,
  description text not null default '',
  base_unit text not null default 'EA',
  tracking text not null default 'none' check (tracking in ('none', 'lot', 'serial')),
  created_at timestamptz not null
);

-- Base units per unit, as an exact fraction.
create table governance.item_unit (
  item_id text not null references governance.item,
  unit text not null,
  numerator bigint not null check (numerator > 0),
  denominator bigint not null check (denominator > 0),
  primary key (item_id, unit)
);

create table governance.kit_component (
  kit_item_id text not null references governance.item,
  component_item_id text not null references governance.item,
  quantity bigint not null check (quantity > 0),
  primary key (kit_item_id, component_item_id),
  constraint kit_is_not_its_own_part check (kit_item_id <> component_item_id)
);
create index kit_component_of on governance.kit_component (component_item_id);

create table governance.location (
  location_id text primary key,
  code text not null unique,
  name text not null,
  type text not null check (type in ('warehouse', 'store', '3pl', 'vendor', 'virtual')),
  time_zone text not null default 'UTC',
  created_at timestamptz not null
);
insert into governance.location (location_id, code, name, type, created_at) values
  ('supplier', 'supplier', 'Suppliers', 'virtual', now()),
  ('customer', 'customer', 'Customers', 'virtual', now()),
  ('count-variance', 'count-variance', 'Count variance', 'virtual', now()),
  ('scrap', 'scrap', 'Scrap', 'virtual', now());

-- The names that systems have for our items and locations. A customer's part number is scoped to the customer's account.
create table governance.alias (
  kind text not null check (kind in ('item', 'location')),
  scheme text not null,
  scope text not null default '',
  value text not null,
  target text not null,
  created_at timestamptz not null,
  primary key (kind, scheme, scope, value)
);
create index alias_target on governance.alias (kind, target);

-- Which source is the authority for a measure at a location. No row: whoever speaks is believed.
create table governance.ownership (
  measure text not null check (measure in ('physical-stock')),
  location_id text not null references governance.location,
  source text not null,
  primary key (measure, location_id)
);
