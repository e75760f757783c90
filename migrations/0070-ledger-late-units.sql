-- What all rows of a snapshot that have come sum to, at most the largest number that is counted exactly: so a late row that would be too many
-- is known before it is gathered. Of snapshots that began before this nobody knows it.
alter table ledger.snapshot add column units_come bigint check (units_come between 0 and 9007199254740991);
alter table ledger.snapshot alter column units_come set default 0;
