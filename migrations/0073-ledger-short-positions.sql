-- Positions below zero were found by an index that hung on `uncovered`. Of the accounts that stock comes from, and those that counts differ
-- to, that number changes with every posting, and where a column that an index hangs on changes, each index of the table gets an entry more.
-- Whether units are promised that are not there changes seldom, and at no account.
drop index ledger.position_uncovered;
alter table ledger.position
  add column is_short boolean not null generated always as (uncovered > 0 and held + allocated > 0) stored;
create index position_short on ledger.position (position_id) where is_short;
