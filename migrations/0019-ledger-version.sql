-- A position's version is the number of transfers that have touched it, so that it follows from the ledger like its balances do. It only
-- rises here: so far one was added for each batch, and a batch had at least one transfer.
set local statement_timeout = 0;
update ledger.position p set version = touching.transfers
from (
  select position_id, count(*) as transfers
  from (
    select to_position_id as position_id from ledger.transfer
    union all
    select from_position_id from ledger.transfer where from_position_id <> to_position_id
  ) as side
  group by position_id
) as touching
where touching.position_id = p.position_id and touching.transfers <> p.version;
