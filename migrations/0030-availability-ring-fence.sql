-- Ring-fences: stock that is set aside for one channel. The ledger says how much of a position is `channel-reserved`; this says for whom.
create table availability.ring_fence (
  position_id bigint not null,
  channel_id text not null references availability.channel,
  item_id text not null,
  location_id text not null,
  lot text not null,
  quantity bigint not null check (quantity >= 0),
  primary key (position_id, channel_id)
);
create index ring_fence_item on availability.ring_fence (item_id);

-- Looked at when a transaction ends, and only by those that touch a ring-fence.
create function availability.check_ring_fences() returns trigger language plpgsql as $$
declare
  fenced bigint := (select coalesce(sum(quantity), 0) from availability.ring_fence where position_id = new.position_id);
  reserved bigint := (select coalesce(sum(channel_reserved), 0) from ledger.position where position_id = new.position_id);
begin
  if fenced <> reserved then
    raise check_violation using
      message = format('position %s has %s channel-reserved, and its ring-fences sum to %s', new.position_id, reserved, fenced),
      constraint = 'ring_fences_are_reserved', schema = 'availability', table = 'ring_fence';
  end if;
  return null;
end
$$;
create constraint trigger ring_fences_are_reserved after insert or update on availability.ring_fence
  deferrable initially deferred for each row execute function availability.check_ring_fences();

alter table ledger.position add constraint ring_fences_are_not_negative check (channel_reserved >= 0);

-- Units of a reservation that came out of its channel's ring-fence, and go back there when it ends without them.
alter table availability.reservation add column fenced bigint not null default 0;
alter table availability.reservation add constraint fenced_units_are_its_own check (fenced between 0 and quantity);
