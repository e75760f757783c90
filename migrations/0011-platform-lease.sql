-- breaking: processes of the version before look for the two tables that this one replaces; stop them first.
--
-- Who has something to himself: a channel's account while it is told, a partner's while documents are sent. `until` is on the
-- server's clock, and its holder moves it on every second or so; who has stopped doing that has lost it.
create table platform.lease (
  name text primary key,
  holder text not null,
  until timestamptz not null
);

drop table availability.publisher_lease;
drop table integration.sending;
