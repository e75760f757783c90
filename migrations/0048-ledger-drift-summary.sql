-- What counts found that the books had otherwise, of every source: counts of their own and rows of snapshots alike.

-- Few transfers are differences of counts, and the question is always about a period.
create index transfer_counted on ledger.transfer (effective_at) where reason = 'count';

-- A difference of a position by what said so. What only changed its condition is none.
create view ledger.count_difference as
select t.effective_at, t.event_number, e.source, p.position_id, p.item_id, p.location_id, p.lot, sum(side.units)::bigint as units
from ledger.transfer t
cross join lateral (values (t.to_position_id, t.quantity), (t.from_position_id, -t.quantity)) as side (position_id, units)
join ledger.position p on p.position_id = side.position_id and p.location_id <> 'count-variance'
join backbone.event e on e.number = t.event_number
where t.reason = 'count'
group by t.effective_at, t.event_number, e.source, p.position_id, p.item_id, p.location_id, p.lot
having sum(side.units) <> 0;
