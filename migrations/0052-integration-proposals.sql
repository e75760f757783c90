-- What a source that does not own master data says about it: a newer word about the same takes the place of an open one.
create index parked_proposal on integration.parked (waits_for) where state = 'parked' and reason = 'not-the-owner';
