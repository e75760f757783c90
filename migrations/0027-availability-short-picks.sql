-- breaking: the previous version passes over units that were not found, put back, lost or converted, and would never post them.
-- Units of an order line that were put back after their pick, and those that were not where they should be (docs/decisions/0031).
alter table availability.reservation
  add column put_back bigint not null default 0 check (put_back >= 0),
  add column not_found bigint not null default 0 check (not_found >= 0),
  drop constraint only_what_is_outstanding_is_replaced,
  drop constraint open_states_match_fulfilment,
  add constraint only_what_is_outstanding_is_replaced check (
    replaced >= 0 and (replaced = 0 or replaced + not_found + greatest(picked - put_back, shipped) <= quantity)
  ),
  -- Due is what was promised less what was replaced, and less what was not found and not picked after all.
  add constraint open_states_match_fulfilment check (
    case state
      when 'held' then picked = 0 and shipped = 0 and replaced = 0 and put_back = 0 and not_found = 0
      when 'picked' then shipped < quantity - replaced - least(not_found, greatest(0, quantity - greatest(picked - put_back, shipped)))
        and greatest(picked - put_back, shipped) + not_found >= quantity - replaced
      when 'shipped' then greatest(picked - put_back, shipped) > 0 and shipped + not_found >= quantity - replaced
      when 'released' then replaced in (0, quantity)
      when 'short' then not_found > 0 and replaced + not_found >= quantity and greatest(picked - put_back, shipped) = 0
      else true
    end
  );

alter table availability.early_fulfilment
  add column put_back bigint not null default 0 check (put_back >= 0),
  add column not_found bigint not null default 0 check (not_found >= 0);

-- Units of the line that its warehouses could not find after they were promised. They are promised no longer.
alter table orchestration.order_line
  add column not_found bigint not null default 0,
  add constraint only_what_was_promised_is_not_found check (not_found between 0 and promised);
