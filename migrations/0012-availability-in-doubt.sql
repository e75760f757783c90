-- A call to a channel leaves in doubt what the channel believes, until it is answered; and after it, when the answer never comes.
-- A listing in doubt is told again, even if it seems to be right.
alter table availability.publication
  add column in_doubt boolean not null default false,
  -- What the call says, for whoever comes after a process that died in it: a channel that shows this has taken it, and has sold nothing.
  add column telling bigint check (telling >= 0),
  add constraint telling_is_in_doubt check (telling is null or in_doubt);
