-- Rules may have an end, and be about a class of items. Up to which end, and up to which change of classes, those who sell have heard.
create table availability.rule_clock (
  only_one boolean primary key default true check (only_one),
  told_until timestamptz not null,
  classes_seen bigint check (classes_seen >= 0)
);
insert into availability.rule_clock (told_until) values ('1970-01-01');
