-- Why what was promised comes from where it comes from, for those who asked. It is kept as long as the reservation is.
create table availability.sourcing_explanation (
  reservation_id text primary key,
  explanation json not null
);
