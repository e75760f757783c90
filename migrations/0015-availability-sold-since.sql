-- Units of orders that have arrived and that the channel has not been seen to sell: the next look at it will show them as sold, or
-- never. An order is either sold and not heard of, or heard of and not seen to be sold.
alter table availability.publication
  add column sold_since bigint not null default 0 check (sold_since >= 0),
  add constraint sold_is_heard_or_seen check (sold_since = 0 or in_flight = 0);
