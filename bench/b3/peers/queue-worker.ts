import pg from "pg";
import type { PostedHappening } from "../books.ts";
import type { Peer } from "./peer.ts";
import { loadPeer } from "./scratch.ts";

const CONCURRENCY = 16;
/** Jobs added in one call. */
const ADD_JOBS = 500;

const tables = `
  create table event (warehouse int not null, event_id text not null, primary key (warehouse, event_id));
  create table position (
    warehouse int not null, item int not null, available bigint not null default 0, picked bigint not null default 0,
    primary key (warehouse, item)
  ) with (fillfactor = 70)`;

/** One statement for each job: the event counts once, and the position follows. */
const takeOne = {
  name: "take",
  text: `
    with new as (
      insert into event (warehouse, event_id) values ($1, $2) on conflict do nothing returning 1
    )
    insert into position as p (warehouse, item, available, picked)
    select $1, $3, $4, $5 from new
    on conflict (warehouse, item) do update
      set available = case when $6 then excluded.available - p.picked else p.available + excluded.available end,
          picked = p.picked + excluded.picked`,
};

/** What a task is given beside its payload. */
type RunningJob = {
  query(statement: { name: string; text: string; values: unknown[] }): Promise<unknown>;
};

type Worker = {
  run(options: {
    connectionString: string;
    concurrency: number;
    maxPoolSize: number;
    noHandleSignals: boolean;
    logger: unknown;
    preset: object;
    taskList: Record<string, (payload: PostedHappening, job: RunningJob) => Promise<void>>;
  }): Promise<{ stop(): Promise<void> }>;
  makeWorkerUtils(options: { connectionString: string }): Promise<{
    addJobs(specs: { identifier: string; payload: unknown }[]): Promise<unknown>;
    release(): Promise<void>;
  }>;
  Logger: new (factory: () => () => void) => unknown;
};

/** A queue with a worker that upserts: graphile-worker with its local queue and batched completion, as its makers recommend. */
export async function openQueueWorker(url: string, scratch: string): Promise<Peer> {
  const { run, makeWorkerUtils, Logger } = loadPeer<Worker>(scratch, "graphile-worker");
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  await pool.query(tables);
  let taken = 0;
  let done = 0;
  let finished: () => void = () => undefined;
  const runner = await run({
    connectionString: url,
    concurrency: CONCURRENCY,
    maxPoolSize: CONCURRENCY + 4,
    noHandleSignals: true,
    logger: new Logger(() => () => undefined),
    preset: { worker: { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
    taskList: {
      async take(happening, job) {
        await job.query({ ...takeOne, values: valuesOf(happening) });
        done += 1;
        if (done === taken) finished();
      },
    },
  });
  const utils = await makeWorkerUtils({ connectionString: url });
  return {
    async take(happenings) {
      taken += happenings.length;
      const { promise, resolve } = Promise.withResolvers<void>();
      finished = resolve;
      for (let start = 0; start < happenings.length; start += ADD_JOBS) {
        const page = happenings.slice(start, start + ADD_JOBS);
        await utils.addJobs(page.map((payload) => ({ identifier: "take", payload })));
      }
      await promise;
    },
    async audit() {
      const { rows } = await pool.query<{ kept: string }>("select count(*) as kept from event");
      return Number(rows[0]?.kept) === taken ? [] : [`${rows[0]?.kept} events are kept of ${taken}`];
    },
    async close() {
      await runner.stop();
      await utils.release();
      await pool.end();
    },
  };
}

function valuesOf({ warehouse, eventId, item, kind, units }: PostedHappening): unknown[] {
  const signs: Readonly<Record<PostedHappening["kind"], readonly [available: number, picked: number]>> = {
    receipt: [1, 0],
    adjustment: [1, 0],
    "transfer-in": [1, 0],
    count: [1, 0],
    pick: [-1, 1],
    pack: [0, 0],
    ship: [0, -1],
    "transfer-out": [-1, 0],
  };
  const [available, picked] = signs[kind];
  return [warehouse, eventId, item, available * units, picked * units, kind === "count"];
}
