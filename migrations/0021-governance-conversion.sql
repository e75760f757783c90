-- Units become units of another item or lot at a place of their own, so that each item still sums to zero over all places.
-- A location of that name would have been a real one until now; then this fails, and it has to be renamed first.
insert into governance.location (location_id, code, name, type, created_at)
values ('conversion', 'conversion', 'Conversion', 'virtual', now());
