-- What positions have gained and lost since moments of their own: by transfers that took effect later, but for those of facts that were
-- `seen` before, and by those of facts that were not, whenever they took effect. Counts speak of their time, whoever saw them.
create function ledger.moved_since(position_ids bigint[], moments timestamptz[], seen bigint[], unseen bigint[])
  returns table (event_number bigint, reason text, effective_at timestamptz, status ledger.status, units bigint)
  language sql stable
  as $$
    with asked as (
      select * from unnest(position_ids, moments) as a (position_id, at)
    ), moved as (
      select a.position_id, t.* from asked a join ledger.transfer t on t.to_position_id = a.position_id and t.effective_at > a.at
      where t.reason in ('count', 'count-correction') or t.event_number <> all (seen)
      union
      select a.position_id, t.* from asked a join ledger.transfer t on t.from_position_id = a.position_id and t.effective_at > a.at
      where t.reason in ('count', 'count-correction') or t.event_number <> all (seen)
      union
      select a.position_id, t.* from asked a join ledger.transfer t on a.position_id in (t.to_position_id, t.from_position_id)
      where t.event_number = any (unseen) and t.effective_at <= a.at and t.reason not in ('count', 'count-correction')
    )
    select m.event_number, m.reason, m.effective_at, side.status, side.units
    from moved m cross join lateral (values (m.to_position_id, m.to_status, m.quantity), (m.from_position_id, m.from_status, -m.quantity))
      as side (of_position, status, units)
    where side.of_position = m.position_id
  $$;
