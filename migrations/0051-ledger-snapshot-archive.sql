-- A snapshot that is dated inside what lies in an archive is held, and says which archive has to be put back.

alter table ledger.snapshot_hold
  add column archive text,
  drop constraint snapshot_hold_reasons_check,
  add constraint snapshot_hold_reasons_check
    check (reasons <@ array['units-missing', 'positions-differ', 'fewer-rows', 'many-cases', 'past-archived'] and cardinality(reasons) > 0),
  add constraint archive_is_named check ((archive is not null) = ('past-archived' = any (reasons)));
