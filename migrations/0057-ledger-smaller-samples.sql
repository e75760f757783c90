-- As for the log, of which these tables are the other half: a fifth of the usual sample says as much.
alter table ledger.transfer
  alter column transfer_id set statistics 20, alter column from_position_id set statistics 20, alter column from_status set statistics 20,
  alter column to_position_id set statistics 20, alter column to_status set statistics 20, alter column quantity set statistics 0,
  alter column reason set statistics 20, alter column effective_at set statistics 20, alter column recorded_at set statistics 20,
  alter column event_number set statistics 20, alter column reservation_id set statistics 20;
alter table ledger.fact_outcome
  alter column event_number set statistics 20, alter column outcome set statistics 20, alter column recorded_at set statistics 20;
