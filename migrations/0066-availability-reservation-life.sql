-- A reservation may be split, or moved to another location: then the new one says which it came from.
alter table availability.reservation add column came_from text;
alter table availability.reservation add constraint came_from_another check (came_from <> reservation_id);
-- Few reservations come from another, so nothing is paid for the others.
create index reservation_came_from on availability.reservation (came_from) where came_from is not null;

-- Facts about reservations that no transfer leads to: a hold that lasts longer moves nothing.
create table availability.reservation_fact (
  reservation_id text not null,
  number bigint not null,
  primary key (reservation_id, number)
);

-- Units that reservations gave back while they kept others, by the item that they were of then.
create view verify.reduced_reservation as
select e.data ->> 'reservationId' as reservation_id, e.data ->> 'itemId' as item_id, sum((e.data ->> 'quantity')::bigint)::bigint as units
from backbone.event e where e.type = 'ReservationReduced' and e.source = '/crossdock' group by 1, 2;
