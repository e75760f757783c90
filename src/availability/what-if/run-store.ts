import { json, type Queryable, sql } from "../../platform/index.ts";
import type { AskDifference } from "./comparison.ts";
import type { ReplayResult } from "./replay-service.ts";

export type RunState = "waiting" | "playing" | "done" | "failed" | "cancelled";

/** A run as it is kept. */
export type RunRow = {
  readonly run_id: string;
  readonly from_at: Date;
  readonly to_at: Date;
  readonly rules: string;
  readonly beside: string;
  readonly state: RunState;
  readonly transfers: number;
  readonly transfers_total: number | null;
  readonly result: ReplayResult | null;
  readonly problem: string | null;
  readonly asked_by: string;
  readonly asked_at: Date;
  readonly ended_at: Date | null;
  readonly correlation_id: string;
};

/** A run to be kept. */
export type RunToInsert = Pick<
  RunRow,
  "run_id" | "from_at" | "to_at" | "rules" | "beside" | "asked_by" | "asked_at" | "correlation_id"
>;

/** Keeps a run that waits, unless the same waits or plays already, or too many wait; gives the id of the one that there is then. */
export async function insertRun(
  database: Queryable,
  run: RunToInsert,
  waitingMax: number,
): Promise<string | undefined> {
  const [row] = await database.query<{ run_id: string }>(sql`
    with open as (
      select run_id, from_at, to_at, rules, beside from availability.what_if_run where state in ('waiting', 'playing')
    ), same as (
      select run_id from open
      where from_at = ${run.from_at} and to_at = ${run.to_at} and rules = ${run.rules} and beside = ${run.beside} limit 1
    ), made as (
      insert into availability.what_if_run (run_id, from_at, to_at, rules, beside, state, asked_by, asked_at, correlation_id)
      select ${run.run_id}, ${run.from_at}, ${run.to_at}, ${run.rules}, ${run.beside}, 'waiting', ${run.asked_by}, ${run.asked_at},
             ${run.correlation_id}
      where not exists (select from same) and (select count(*) from open) < ${waitingMax}
      returning run_id
    )
    select run_id from same union all select run_id from made`);
  return row?.run_id;
}

export async function selectRun(database: Queryable, runId: string): Promise<RunRow | undefined> {
  const [row] = await database.query<RunRow>(sql`
    select run_id, from_at, to_at, rules, beside, state, transfers, transfers_total, result, problem, asked_by, asked_at, ended_at,
           correlation_id
    from availability.what_if_run where run_id = ${runId}`);
  return row;
}

/** A page of runs, the newest first, without their results. */
export function selectRuns(
  database: Queryable,
  page: { readonly before: string | undefined; readonly limit: number },
): Promise<RunRow[]> {
  return database.query<RunRow>(sql`
    select run_id, from_at, to_at, rules, beside, state, transfers, transfers_total, null as result, problem, asked_by, asked_at,
           ended_at, correlation_id
    from availability.what_if_run where ${page.before ?? null}::text is null or run_id < ${page.before ?? null}
    order by run_id desc limit ${page.limit}`);
}

/** The run that is next: one that plays was left by a process that has ended, and is played from its beginning. */
export async function takeNextRun(database: Queryable): Promise<RunRow | undefined> {
  const [row] = await database.query<RunRow>(sql`
    update availability.what_if_run set state = 'playing', transfers = 0
    where run_id = (select run_id from availability.what_if_run where state in ('waiting', 'playing')
                    order by asked_at, run_id limit 1 for update skip locked)
    returning run_id, from_at, to_at, rules, beside, state, transfers, transfers_total, result, problem, asked_by, asked_at, ended_at,
              correlation_id`);
  return row;
}

/** Notes how far a run is; false where it is not to go on. */
export async function updateProgress(
  database: Queryable,
  runId: string,
  { transfers, total }: { readonly transfers: number; readonly total: number },
): Promise<boolean> {
  const touched = await database.execute(sql`
    update availability.what_if_run set transfers = ${transfers}, transfers_total = ${total}
    where run_id = ${runId} and state = 'playing'`);
  return touched > 0;
}

/** Ends a run with what came of it. */
export function endRun(
  database: Queryable,
  runId: string,
  ended: {
    readonly state: "done" | "failed";
    readonly result?: ReplayResult;
    readonly problem?: string;
    readonly at: Date;
  },
): Promise<number> {
  return database.execute(sql`
    update availability.what_if_run
    set state = ${ended.state}, result = ${ended.result === undefined ? null : json(ended.result)}::jsonb,
        problem = ${ended.problem ?? null}, ended_at = ${ended.at}
    where run_id = ${runId} and state = 'playing'`);
}

/** Ends a run that has not ended; gives whether it had not. */
export async function cancelRun(database: Queryable, runId: string, at: Date): Promise<boolean> {
  const touched = await database.execute(sql`
    update availability.what_if_run set state = 'cancelled', ended_at = ${at}
    where run_id = ${runId} and state in ('waiting', 'playing')`);
  return touched > 0;
}

/** Forgets what a run found before, and keeps what it finds now. */
export async function deleteDifferences(database: Queryable, runId: string): Promise<void> {
  await database.execute(sql`delete from availability.what_if_difference where run_id = ${runId}`);
}

export async function insertDifferences(
  database: Queryable,
  runId: string,
  differences: readonly AskDifference[],
): Promise<void> {
  await database.execute(sql`
    insert into availability.what_if_difference (run_id, ask, channel_id, difference)
    select ${runId}, d.ask, d.channel_id, d.difference
    from unnest(${differences.map(({ ask }) => ask)}::bigint[], ${differences.map(({ channelId }) => channelId)}::text[],
                ${differences.map(json)}::jsonb[]) as d (ask, channel_id, difference)`);
}

/** A page of what differs, in the order in which it was asked. */
export async function selectDifferences(
  database: Queryable,
  runId: string,
  page: { readonly after: number; readonly limit: number; readonly channelId: string | undefined },
): Promise<readonly AskDifference[]> {
  const { channelId = null } = page;
  const rows = await database.query<{ difference: AskDifference }>(sql`
    select difference from availability.what_if_difference
    where run_id = ${runId} and ask > ${page.after} and (${channelId}::text is null or channel_id = ${channelId})
    order by ask limit ${page.limit}`);
  return rows.map((row) => row.difference);
}

/** Forgets runs that were asked for before an instant, with what they found. */
export function deleteOldRuns(database: Queryable, before: Date): Promise<number> {
  return database.execute(
    sql`delete from availability.what_if_run where asked_at < ${before} and ended_at is not null`,
  );
}
