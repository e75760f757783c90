-- The numbers of a batch's facts are written once and hardly ever read. Squeezing a few kilobytes of them took the server longer than
-- writing them out: 1 µs of processor a fact in batches of 1,000, for 11 bytes of write-ahead log.
alter table ledger.numbering alter numbers set storage external, alter event_numbers set storage external;
