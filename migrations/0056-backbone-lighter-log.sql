-- Nobody has asked for facts by their journey, and every fact paid an index entry of its own for it.
drop index backbone.event_correlation;

-- What grows without end is looked at by the server again and again to keep its statistics, a sample of 300 rows for each unit of the
-- target. Of the log a fifth of that says as much: it is asked by keys, and for all that was told of a time.
alter table backbone.event
  alter column number set statistics 20, alter column transaction set statistics 20, alter column source set statistics 20,
  alter column id set statistics 0, alter column type set statistics 20, alter column effective_at set statistics 20,
  alter column recorded_at set statistics 20, alter column correlation_id set statistics 0,
  alter column causation_id set statistics 20, alter column stream set statistics 20, alter column sequence_number set statistics 0;
alter table backbone.told
  alter column source set statistics 20, alter column id set statistics 20, alter column number set statistics 20;
