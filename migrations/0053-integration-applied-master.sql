-- Of what a message counts as applied, what said something of master data: that is no fact, so the log has nothing of it.
alter table integration.message
  add column applied_master integer not null default 0,
  add constraint master_is_part_of_what_was_applied check (applied_master between 0 and applied);
