-- A snapshot whose rows sum to more than is counted exactly is held with the number and where it stands, until it is dismissed.

alter table ledger.snapshot_hold
  add column too_many jsonb,
  drop constraint snapshot_hold_reasons_check,
  add constraint snapshot_hold_reasons_check
    check (reasons <@ array['units-missing', 'positions-differ', 'fewer-rows', 'many-cases', 'past-archived', 'too-many-units']
           and cardinality(reasons) > 0),
  add constraint too_many_is_named check ((too_many is not null) = ('too-many-units' = any (reasons)));
