import type { Fact } from "@crossdock/canonical";
import { sql, type Transaction } from "../platform/index.ts";
import { toFact } from "./recorded.ts";

/**
 * A moment in the life of the log, as a snapshot of the database saw it: what stands on the log of transactions before `next` was
 * committed then, but for those that were `running`.
 */
export type CommitMoment = {
  /** What is added to the server's transaction ids; another one means that the database was restored. */
  readonly epoch: number;
  readonly next: number;
  readonly running: readonly number[];
};

/** Facts that were committed between two moments. `all`: too many to say which, or of another past. */
export type Committed = { readonly moment: CommitMoment; readonly facts: readonly Fact[] | "all" };

/** What to read of what was committed. */
export type CommittedWanted = {
  readonly types: readonly string[];
  /** Facts of any type that are looked at, at most. */
  readonly factsMax: number;
  /** Numbers of facts that are known already. */
  readonly except: readonly number[];
};

/** The moment of a transaction's snapshot. */
export async function selectMoment(tx: Transaction): Promise<CommitMoment> {
  const [row] = await tx.query<{ epoch: number; next: number; running: number[] }>(sql`
    select e.transaction_offset as epoch, e.transaction_offset + pg_snapshot_xmax(s.now)::text::bigint as next,
           array(select e.transaction_offset + x::text::bigint from pg_snapshot_xip(s.now) as x) as running
    from backbone.epoch e, (select pg_current_snapshot() as now) as s`);
  if (row === undefined) throw new Error("the log has no epoch; is the database migrated?");
  return row;
}

type CommittedRow = CommitMoment & {
  readonly scanned: number;
  readonly facts: readonly { readonly type: string; readonly data: unknown }[];
};

/**
 * What a transaction's snapshot sees on the log that an earlier one did not: what began after it, and what was running in it. It waits
 * for nobody, and it skips nothing, because it goes by what was visible and not by a place in the log. The order matters to nobody: without it
 * a plan for any moment would read the log from its beginning.
 */
export async function selectCommittedSince(
  tx: Transaction,
  since: CommitMoment,
  { types, factsMax, except }: CommittedWanted,
): Promise<{
  readonly moment: CommitMoment;
  readonly scanned: number;
  readonly facts: readonly Fact[];
}> {
  const [row] = await tx.query<CommittedRow>(sql`
    with page as materialized (
      (select number, type, data from backbone.event where transaction >= ${since.next}::bigint
       order by transaction, number limit ${factsMax})
      union all
      (select number, type, data from backbone.event where transaction = any (${since.running}::bigint[])
       order by transaction, number limit ${factsMax})
    )
    select e.transaction_offset as epoch, e.transaction_offset + pg_snapshot_xmax(s.now)::text::bigint as next,
           array(select e.transaction_offset + x::text::bigint from pg_snapshot_xip(s.now) as x) as running,
           (select count(*) from page) as scanned,
           (select coalesce(jsonb_agg(jsonb_build_object('type', type, 'data', data)), '[]') from page
            where type = any (${types}::text[]) and number <> all (${except}::bigint[])) as facts
    from backbone.epoch e, (select pg_current_snapshot() as now) as s`);
  if (row === undefined) throw new Error("the log has no epoch; is the database migrated?");
  const { scanned, facts, ...moment } = row;
  return { moment, scanned, facts: facts.map(toFact) };
}
