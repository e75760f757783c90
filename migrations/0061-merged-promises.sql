-- Whether anything was told late of order lines of an item that was merged into another. Written once for a line of an order that we have
-- not promised, and not when its totals change.
create index early_fulfilment_item on availability.early_fulfilment (item_id);

-- A part of a line whose item was merged into another is fulfilled with units of that one. What was ordered, and the names that units of
-- it had before, stay known: of each of these names, how many base units of the item one base unit was.
alter table orchestration.order_line_part
  add column ordered_item_id text,
  add column ordered_per_unit bigint,
  add column was_item_ids text[] not null default '{}',
  add column was_units bigint[] not null default '{}',
  add constraint names_have_units check (cardinality(was_item_ids) = cardinality(was_units));

-- Reservations whose item was merged: what they were of at first, and what they are of now.
create view verify.converted_reservation as
select reservation_id, (array_agg(item_id order by transaction, number))[1] as first_item_id,
       (array_agg(quantity order by transaction, number))[1] as first_quantity,
       (array_agg(into_item_id order by transaction desc, number desc))[1] as item_id,
       (array_agg(into_quantity order by transaction desc, number desc))[1] as quantity
from (
  select e.transaction, e.number, e.data ->> 'reservationId' as reservation_id, e.data ->> 'itemId' as item_id,
         (e.data ->> 'quantity')::bigint as quantity, e.data #>> '{into,itemId}' as into_item_id,
         (e.data #>> '{into,quantity}')::bigint as into_quantity
  from backbone.event e where e.type = 'ReservationConverted' and e.source = '/crossdock'
) as told
group by reservation_id;

-- Lines of which something was said to be of another item since.
create view verify.converted_line as
select distinct e.data ->> 'orderId' as order_id, e.data ->> 'lineId' as line_id
from backbone.event e
where e.type in ('ReservationConverted', 'LineTotalsConverted') and e.source = '/crossdock' and e.data ? 'orderId';

-- What happened for lines and is of another item since: taken from the position of the one, and added to that of the other.
create view verify.converted_totals as
select e.number, e.data ->> 'orderId' as order_id, e.data ->> 'lineId' as line_id, p.position_id, side.sign,
       (side.totals ->> 'picked')::bigint as picked, (side.totals ->> 'putBack')::bigint as put_back,
       (side.totals ->> 'shipped')::bigint as shipped, (side.totals ->> 'notFound')::bigint as not_found
from backbone.event e
cross join lateral (values (-1, e.data), (1, e.data -> 'into')) as side (sign, totals)
join ledger.position p on p.item_id = side.totals ->> 'itemId' and p.location_id = e.data ->> 'locationId' and p.lot = e.data ->> 'lot'
where e.type = 'LineTotalsConverted' and e.source = '/crossdock';
