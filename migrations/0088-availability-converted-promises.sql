-- What promises were of before their item became another. Written with a merge, read when it is undone: the promises stay, and are told.
create table availability.converted_promise (
  reservation_id text not null references availability.reservation,
  item_id text not null,
  into_item_id text not null,
  converted_at timestamptz not null,
  primary key (reservation_id, item_id)
);
create index converted_promise_of on availability.converted_promise (item_id, into_item_id);

insert into availability.converted_promise (reservation_id, item_id, into_item_id, converted_at)
select e.data ->> 'reservationId', e.data ->> 'itemId', e.data #>> '{into,itemId}', max(e.recorded_at)
from backbone.event e
join availability.reservation r on r.reservation_id = e.data ->> 'reservationId'
where e.type = 'ReservationConverted'
group by 1, 2, 3
on conflict do nothing;
