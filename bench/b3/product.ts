import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { type Database, openDatabase } from "../../src/platform/index.ts";
import type { Cluster } from "../cluster.ts";
import { startChild } from "../load/child-process.ts";
import { createHistogram, type Histogram } from "../measure/histogram.ts";
import { rounded } from "../measure/statistics.ts";
import { ROOT, startServer } from "../server-process.ts";
import { faultsOfMessages, faultsOfPositions } from "./audit.ts";
import type { Books } from "./books.ts";
import type { Contestant, Lags, Run } from "./contestant.ts";
import type { Pace, PostOrder, PostResult } from "./posting.ts";
import {
  type CursorRow,
  isSettled,
  readLedgerCursor,
  readMessageBooks,
  readMovedPositions,
  readShiftFacts,
} from "./product-books.ts";
import type { Shift } from "./shift.ts";
import { warehouseAccount } from "./world.ts";

/** How often it is looked whether everything is done, or how far the ledger is: what a figure of these runs is good to. */
const SETTLED_POLL_MS = 20;
const CURSOR_POLL_MS = 4;
/** A shift that is not done by then will not be. */
const SETTLE_MS_MAX = 300_000;
/** The end of what the oracle says is enough to see what it found. */
const ORACLE_WORDS_MAX = 500;

export type ProductToStart = {
  readonly url: string;
  /** What each warehouse signs with. */
  readonly secrets: readonly string[];
  readonly books: Books;
  readonly profileFolder: string | undefined;
};

/** Starts the product's server over its prepared database. */
export async function startProduct(
  cluster: Cluster,
  { url, secrets, books, profileFolder }: ProductToStart,
): Promise<Contestant> {
  const profile = profileFolder === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profileFolder}`];
  const environment = { DATABASE_URL: url, CROSSDOCK_DATA_DIR: cluster.folder, LOG_LEVEL: "error" };
  const args = [...profile, "src/main.ts", "serve"];
  const server = await startServer({ name: "crossdock", args, env: environment });
  const database = await openDatabase(url, { applicationName: "bench", poolMax: 4 });
  const poster = startChild<PostOrder, PostResult>(new URL("poster.ts", import.meta.url));
  return {
    name: "crossdock",
    role: "product",
    pid: server.pid,
    async run(shift, pace) {
      const watch = pace.is === "open" ? watchLedger(database) : undefined;
      const result = await poster.run(orderOf(shift, { port: server.port, secrets, pace }));
      if (result.refusal !== undefined) throw new Error(`a delivery was refused: ${result.refusal}`);
      const settledAt = await untilSettled(database);
      const seen = await watch?.stop();
      return runOf(shift, result, { settledAt, lags: await lagsOf(database, { shift, result, seen }) });
    },
    async audit(shift) {
      const messages = faultsOfMessages(await readMessageBooks(database, shift.name), shift);
      return [...messages, ...faultsOfPositions(await readMovedPositions(database), books)];
    },
    verify: () => askOracle(environment),
    async stop() {
      await poster.stop();
      await server.stop();
      await database.close();
    },
  };
}

function orderOf(
  shift: Shift,
  {
    port,
    secrets,
    pace,
  }: { readonly port: number; readonly secrets: readonly string[]; readonly pace: Pace },
): PostOrder {
  const deliveries = shift.deliveries.map(({ warehouse, ...delivery }) => ({
    ...delivery,
    lane: warehouse,
    path: `/system/v1/connectors/${warehouseAccount(warehouse)}/messages`,
    secret: secrets[warehouse] ?? "",
  }));
  return { port, deliveries, pace };
}

type Outcome = { readonly settledAt: number; readonly lags: Lags | undefined };

function runOf(shift: Shift, { startedAt, posted, micros }: PostResult, { settledAt, lags }: Outcome): Run {
  const answers = createHistogram();
  for (const { dueAt, answeredAt } of posted) answers.record((answeredAt - dueAt) * 1_000);
  return {
    events: shift.delivered,
    elapsedMs: settledAt - startedAt,
    generatorMicros: micros,
    lags,
    answers: lagsIn(answers),
  };
}

function lagsIn(histogram: Histogram): Lags {
  const ms = (micros: number) => rounded(micros / 1_000);
  return {
    p50Ms: ms(histogram.quantile(0.5)),
    p99Ms: ms(histogram.quantile(0.99)),
    maxMs: ms(histogram.max),
  };
}

const now = () => performance.timeOrigin + performance.now();

function pause(ms: number): Promise<void> {
  return new Promise((done) => {
    setTimeout(done, ms);
  });
}

/** Waits until every message is mapped and every reader of the log has read it; gives when that was seen. */
async function untilSettled(database: Database): Promise<number> {
  const until = now() + SETTLE_MS_MAX;
  while (!(await isSettled(database))) {
    if (now() > until) throw new Error(`the product was not done after ${SETTLE_MS_MAX / 1_000} s`);
    await pause(SETTLED_POLL_MS);
  }
  return now();
}

/** Where the ledger's reader was seen to stand, and when. */
type Seen = readonly (CursorRow & { readonly at: number })[];

/** Looks again and again how far the ledger has read: what it has read is posted and committed. */
function watchLedger(database: Database): { stop(): Promise<Seen> } {
  const seen: (CursorRow & { at: number })[] = [];
  let isStopped = false;
  async function watch(): Promise<void> {
    while (!isStopped) {
      const cursor = await readLedgerCursor(database);
      seen.push({ ...cursor, at: now() });
      await pause(CURSOR_POLL_MS);
    }
  }
  const watching = watch();
  return {
    async stop() {
      isStopped = true;
      await watching;
      return seen;
    },
  };
}

/** How long each fact took from when its delivery was due to when its posting was seen. */
async function lagsOf(
  database: Database,
  {
    shift,
    result,
    seen,
  }: { readonly shift: Shift; readonly result: PostResult; readonly seen: Seen | undefined },
): Promise<Lags | undefined> {
  if (seen === undefined) return undefined;
  const dueAt = new Map<string, number>();
  for (const posted of result.posted) {
    dueAt.set(posted.deliveryId, Math.min(posted.dueAt, dueAt.get(posted.deliveryId) ?? posted.dueAt));
  }
  const lags = createHistogram();
  let place = 0;
  for (const fact of await readShiftFacts(database, shift.name)) {
    while (place < seen.length - 1 && isBehind(seen[place], fact)) place += 1;
    const due = dueAt.get(fact.delivery);
    if (due !== undefined) lags.record(((seen[place]?.at ?? 0) - due) * 1_000);
  }
  return lagsIn(lags);
}

function isBehind(cursor: CursorRow | undefined, fact: CursorRow): boolean {
  if (cursor === undefined || cursor.transaction < fact.transaction) return true;
  return cursor.transaction === fact.transaction && cursor.number < fact.number;
}

/** Has the product's own oracle read the raw tables. */
async function askOracle(environment: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const env = { ...process.env, ...environment };
  const child = spawn(process.execPath, ["src/main.ts", "verify"], {
    cwd: ROOT,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await once(child, "exit");
  const words = (await said).join("").trim();
  return code === 0 ? [] : [`the oracle: ${words.slice(-ORACLE_WORDS_MAX)}`];
}
