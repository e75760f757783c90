-- breaking: the previous version neither locks orders nor says which item left early.
-- A promise yields to units that left from elsewhere for the same order line (docs/decisions/0018).
alter table availability.reservation
  -- Units that need not be kept here, because as many left from elsewhere beyond what was promised there.
  add column replaced bigint not null default 0,
  add constraint only_what_is_outstanding_is_replaced
    check (replaced >= 0 and (replaced = 0 or replaced + greatest(picked, shipped) <= quantity)),
  drop constraint open_states_match_fulfilment,
  add constraint open_states_match_fulfilment check (
    case state
      when 'held' then picked = 0 and shipped = 0 and replaced = 0
      when 'picked' then greatest(picked, shipped) >= quantity - replaced and shipped < quantity - replaced
      when 'shipped' then shipped >= quantity - replaced and replaced < quantity
      when 'released' then replaced in (0, quantity)
      else true
    end
  );

-- Whoever promises for an order, and whoever settles picks and shipments of it, locks its row first: an order may be promised in one
-- warehouse while it leaves from another, and then no position is locked by both.
create table availability.order_lock (
  order_id text primary key
);

-- Units that leave from where nothing is promised count for the item's promises elsewhere, so their place is said in full.
alter table availability.early_fulfilment
  add column item_id text,
  add column location_id text;
update availability.early_fulfilment e
set item_id = p.item_id, location_id = p.location_id
from ledger.position p where p.position_id = e.position_id;
alter table availability.early_fulfilment
  alter column item_id set not null,
  alter column location_id set not null;
