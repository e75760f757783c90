-- Numbers of numbered streams that came with something that no fact and no parked record carries: what had been told under another number,
-- what was said of master data, what was older or is ignored. With them every number of a stream is accounted for by itself.
create table integration.spent_number (
  account_id text not null,
  stream text not null,
  first bigint not null,
  last bigint not null,
  primary key (account_id, stream, first),
  foreign key (account_id, stream) references integration.stream,
  check (last >= first)
);

-- Until now they were kept nowhere, and an account might lack as many as it had records of that kind. So much is believed of the past: the
-- holes of such an account become spent numbers, and those of any other stay holes for `verify` to find.
with known as (
  select substr(source, length('/accounts/') + 1) as account_id, stream, sequence_number as number
  from backbone.event where stream is not null and source like '/accounts/%'
  union all
  select m.account_id, p.statement #>> '{sequence,stream}', (p.statement #>> '{sequence,number}')::bigint
  from integration.parked p join integration.message m using (message_id) where p.statement ? 'sequence'
), covered as (
  select account_id, stream, int8range(number, number, '[]') as numbers from known
  union all
  select account_id, stream, int8range(first, last, '[]') from integration.gap
  union all
  select account_id, stream, int8range(first, last, '[]') from integration.void_number
  union all
  select substr(a.source, length('/accounts/') + 1), a.stream, numbers.range
  from backbone.archived_sequence a join backbone.stretch s using (first_number), unnest(a.numbers) as numbers (range)
  where s.state = 'archived'
), hole as (
  select s.account_id, s.stream,
         int8multirange(int8range(s.lowest, s.highest, '[]')) - coalesce(range_agg(c.numbers), '{}') as numbers
  from integration.stream s left join covered c on c.account_id = s.account_id and c.stream = s.stream
  group by s.account_id, s.stream, s.lowest, s.highest
), repeated as (
  select account_id,
         sum(duplicates + applied_master + case when account_id in (select account_id from integration.version) then ignored else 0 end)
           as records
  from integration.message group by account_id
)
insert into integration.spent_number (account_id, stream, first, last)
select h.account_id, h.stream, lower(r.numbers), upper(r.numbers) - 1
from hole h join repeated t using (account_id) cross join lateral unnest(h.numbers) as r (numbers)
where (select sum(upper(each) - lower(each)) from unnest(h.numbers) as each) <= t.records;
