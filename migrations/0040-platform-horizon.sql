-- Transaction ids are of the whole server, so a batch that runs for hours in a neighbour's database used to hold back every reader of
-- our log. A transaction cannot change its database: one that is seen to hold the lock on its own id from a session of another database
-- will never write here. One that cannot be placed, say because it has just begun or is prepared, counts as ours.
create function platform.running_elsewhere() returns xid8[]
  language sql volatile
  as $$
    select coalesce(array_agg(running.id), '{}')
    from pg_snapshot_xip(pg_current_snapshot()) as running (id)
    where exists (
      select from pg_locks l
      join pg_stat_activity a on a.pid = l.pid
      where l.locktype = 'transactionid' and l.mode = 'ExclusiveLock' and l.granted
        and l.transactionid = running.id::xid
        and a.datid <> (select oid from pg_database where datname = current_database()))
  $$;

-- Of the running transactions the oldest but for those that were seen elsewhere. To be asked in a later statement than where they are:
-- a transaction that was placed before keeps its place until no snapshot has it, so that what was settled once remains so.
create function platform.oldest_running(elsewhere xid8[]) returns xid8
  language sql stable
  as $$
    select least(
      coalesce(min(running.id), pg_snapshot_xmax(pg_current_snapshot())),
      pg_current_xact_id_if_assigned())
    from pg_snapshot_xip(pg_current_snapshot()) as running (id)
    where running.id <> all (elsewhere)
  $$;

-- As before, everything of a lower log transaction has been committed or rolled back; but readers need not wait for other databases.
create function backbone.horizon(elsewhere xid8[]) returns bigint
  language sql stable
  as $$ select transaction_offset + platform.oldest_running(elsewhere)::text::bigint from backbone.epoch $$;
