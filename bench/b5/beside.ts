/**
 * B5b, reads beside writes: what orders lose while 700 times as many questions are answered.
 *
 * Terms: *orders* are those of B2, promised in this process; *reads* are the questions of B5 after one item, asked of another process
 * over HTTP, which hears of the orders through the database alone; a *pace* is a fixed rate of orders, with 700 reads to each, or as many
 * orders as there can be, beside reads at a fixed rate.
 *
 * Invariants: orders come alone and beside reads in turns, forwards and backwards, at the same pace; the audits of B2 follow every run.
 *
 * It deliberately does not give reads a machine of their own: what they take of the processors is part of what orders lose.
 */
import { createApiKeys } from "../../src/gateway/index.ts";
import { openDatabase, systemClock } from "../../src/platform/index.ts";
import type { Contestant, Placed } from "../b2/contestant.ts";
import { fillProduct } from "../b2/fill.ts";
import { openProduct } from "../b2/product.ts";
import { type OrderSize, ordersOf, SMALL_ORDERS, WHOLE_ORDERS } from "../b2/world.ts";
import { type Cluster, startCluster } from "../cluster.ts";
import { type CallResult, makeCalls } from "../load/calls.ts";
import type { Pace } from "../load/protocol.ts";
import { machineWith } from "../measure/machine.ts";
import { each, type Spent, spentOn } from "../measure/spent.ts";
import { abba, rounded, spreadOf } from "../measure/statistics.ts";
import type { Benchmark, BenchmarkOptions, BenchmarkResult, Reached } from "../result.ts";
import { startServer } from "../server-process.ts";
import { type Lane, openLane } from "./lane.ts";
import { itemsOf, pathOf, SHAPES } from "./question.ts";

/** Fluent Commerce's upper figure for reads of availability to each write. */
const READS_TO_AN_ORDER = 700;
/** Of what reads come to alone: so much is asked for beside orders at a fixed rate, and beside as many as there can be. */
const SHARE_PACED = 0.4;
const SHARE_BESIDE_ALL = 0.25;
const READ_LANES = 32;
const ROUNDS = 4;
const ROUNDS_QUICK = 2;
const SECONDS = 10;
const SECONDS_QUICK = 3;

type Reads = {
  readonly pid: number;
  readonly lanes: readonly Lane[];
};

/** What one run came to. */
type BesideSample = {
  readonly pace: "700 reads to an order" | "as many orders as can be";
  readonly isBeside: boolean;
  readonly round: number;
  readonly orders: number;
  readonly ordersPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly reads: number;
  readonly readsPerSecond: number;
  readonly readP50Ms: number;
  readonly readP99Ms: number;
  readonly spent: Spent;
  readonly faults: readonly string[];
};

/** Orders beside reads. */
export const readsBesideOrders: Benchmark = {
  id: "B5b",
  about: "orders of B2 beside 700 questions of B5 to each, answered by another process",
  async run(options) {
    const { stopper, say } = options;
    const size = sizeOf(options);
    const cluster = await startCluster();
    stopper.add("cluster", cluster.stop);
    const url = await fillProduct(cluster, size, say);
    const reads = await openReads(cluster, url, { size, options });
    const product = await openProduct(url);
    stopper.add(product.name, product.close);
    const samples = await measure(cluster, { size, options, reads, product });
    say("asking the oracle");
    return outcomeOf(samples, await product.verify(), cluster.version);
  },
};

function sizeOf({ quick, positions }: BenchmarkOptions): OrderSize {
  const size = quick ? SMALL_ORDERS : WHOLE_ORDERS;
  return positions === undefined
    ? size
    : { ...size, items: Math.max(500, Math.round(positions / size.locations)) };
}

type Course = { readonly size: OrderSize; readonly options: BenchmarkOptions };

async function openReads(cluster: Cluster, url: string, { size, options }: Course): Promise<Reads> {
  const database = await openDatabase(url, { applicationName: "bench", poolMax: 2 });
  const keys = createApiKeys({ database, clock: systemClock });
  const { text } = await keys.issue({ clientId: "bench", name: "bench", scopes: ["availability:read"] });
  await database.close();
  const { profileFolder } = options;
  const profile = profileFolder === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profileFolder}`];
  const server = await startServer({
    name: "crossdock",
    args: [...profile, "src/main.ts", "serve"],
    env: { DATABASE_URL: url, CROSSDOCK_DATA_DIR: cluster.folder, LOG_LEVEL: "error" },
  });
  options.stopper.add("crossdock serve", server.stop);
  const target = {
    method: "GET" as const,
    port: server.port,
    headers: { authorization: `Bearer ${text}` },
    body: "",
  };
  const lanes = await Promise.all(
    Array.from({ length: READ_LANES }, (_, lane) =>
      openLane({ ...target, path: pathOf(itemsOf(size, SHAPES[0], lane)) }),
    ),
  );
  options.stopper.add("lanes", async () => {
    for (const lane of lanes) lane.close();
  });
  return { pid: server.pid, lanes };
}

const ask = ({ lanes }: Reads, pace: Pace, secondsMax: number): Promise<CallResult> =>
  makeCalls({
    ...{ calls: Number.MAX_SAFE_INTEGER, lanes: READ_LANES, pace, secondsMax },
    call: async (_turn, lane) => lanes[lane]?.ask(),
  });

type Room = Course & { readonly reads: Reads; readonly product: Contestant };

async function measure(cluster: Cluster, room: Room): Promise<readonly BesideSample[]> {
  const { quick, say } = room.options;
  const seconds = quick ? SECONDS_QUICK : SECONDS;
  await ask(room.reads, { is: "closed" }, seconds);
  const alone = await ask(room.reads, { is: "closed" }, seconds);
  const peak = (alone.made * 1_000) / alone.elapsedMs;
  say(`reads alone: ${rounded(peak)}/s, p99 ${rounded(alone.latency.quantile(0.99) / 1_000)} ms`);
  const paced = peak * SHARE_PACED;
  const courses = [
    {
      name: "700 reads to an order" as const,
      reads: paced,
      orders: { is: "open", perSecond: paced / READS_TO_AN_ORDER } as const,
    },
    {
      name: "as many orders as can be" as const,
      reads: peak * SHARE_BESIDE_ALL,
      orders: { is: "closed" } as const,
    },
  ];
  const samples: BesideSample[] = [];
  for (const course of courses) {
    await runOrders(cluster, room, { ...course, isBeside: true, round: 0, seconds });
    for (const order of abba([false, true], quick ? ROUNDS_QUICK : ROUNDS)) {
      for (const isBeside of order) {
        const sample = await runOrders(cluster, room, {
          ...course,
          isBeside,
          round: samples.length + 1,
          seconds,
        });
        samples.push(sample);
        say(told(sample));
      }
    }
  }
  return samples;
}

type Run = {
  readonly name: BesideSample["pace"];
  readonly reads: number;
  readonly orders: Pace;
  readonly isBeside: boolean;
  readonly round: number;
  readonly seconds: number;
};

async function runOrders(
  cluster: Cluster,
  { size, product, reads }: Room,
  { name, reads: perSecond, orders: pace, isBeside, round, seconds }: Run,
): Promise<BesideSample> {
  const wanted = ordersOf(size, `${name}.${isBeside}.${round}`);
  const placed: Placed[] = [];
  const sweeping = product.beside();
  const takeOrders = () =>
    makeCalls({
      // At a fixed rate a lane would wait for a turn beyond the end.
      calls: pace.is === "open" ? Math.ceil(pace.perSecond * seconds) : wanted.length,
      ...{ lanes: size.lanes, pace, secondsMax: seconds },
      async call(turn) {
        const order = wanted[turn];
        const got = order === undefined ? undefined : await product.place(order);
        if (got !== undefined) placed.push(got);
      },
    });
  const { value, spent } = await spentOn(
    cluster,
    () => Promise.all([takeOrders(), isBeside ? ask(reads, { is: "open", perSecond }, seconds) : undefined]),
    reads.pid,
  );
  await sweeping.stop();
  const [orders, read] = value;
  const ms = (result: CallResult | undefined, quantile: number) =>
    rounded((result?.latency.quantile(quantile) ?? 0) / 1_000);
  return {
    ...{ pace: name, isBeside, round, spent },
    orders: orders.made,
    ordersPerSecond: rounded((orders.made * 1_000) / orders.elapsedMs),
    ...{ p50Ms: ms(orders, 0.5), p99Ms: ms(orders, 0.99) },
    reads: read?.made ?? 0,
    readsPerSecond: read === undefined ? 0 : rounded((read.made * 1_000) / read.elapsedMs),
    ...{ readP50Ms: ms(read, 0.5), readP99Ms: ms(read, 0.99) },
    faults: await product.audit({ placed, cancelled: [] }),
  };
}

function told(sample: BesideSample): string {
  const { pace, isBeside, ordersPerSecond, p50Ms, p99Ms, readsPerSecond, readP99Ms, spent, faults } = sample;
  const reads = isBeside ? `beside ${readsPerSecond} reads/s (p99 ${readP99Ms} ms)` : "alone";
  const { "log bytes": _, ...used } = each(spent, sample.orders);
  const micros = Object.entries(used).map(([what, value]) => `${rounded(value, 3)} ${what}`);
  const busy =
    (spent.otherCores ?? 0) > 0.1 ? `, ${rounded(spent.otherCores ?? 0, 2)} cores busy elsewhere` : "";
  const audit = faults.length === 0 ? "" : ` AUDIT FAILED: ${faults.join("; ")}`;
  return `${pace}, ${reads}: ${ordersPerSecond} orders/s, p50 ${p50Ms} ms, p99 ${p99Ms} ms, an order ${micros.join(", ")}${busy}${audit}`;
}

function reachedBy(samples: readonly BesideSample[]): Reached {
  const rates = spreadOf(samples.map(({ ordersPerSecond }) => ordersPerSecond));
  const median = (pick: (sample: BesideSample) => number) => rounded(spreadOf(samples.map(pick)).median);
  return {
    rate: rounded(rates.median),
    unit: "orders/s",
    p50Ms: median(({ p50Ms }) => p50Ms),
    p99Ms: median(({ p99Ms }) => p99Ms),
    range: [rates.min, rates.max],
    more: {
      "reads/s": median(({ readsPerSecond }) => readsPerSecond),
      "read p50 ms": median(({ readP50Ms }) => readP50Ms),
      "read p99 ms": median(({ readP99Ms }) => readP99Ms),
    },
  };
}

function outcomeOf(
  samples: readonly BesideSample[],
  offences: readonly string[],
  postgres: string,
): BenchmarkResult {
  const of = (pace: BesideSample["pace"], isBeside: boolean) =>
    reachedBy(samples.filter((one) => one.pace === pace && one.isBeside === isBeside));
  const [pacedAlone, paced, allAlone, all] = [
    of("700 reads to an order", false),
    of("700 reads to an order", true),
    of("as many orders as can be", false),
    of("as many orders as can be", true),
  ];
  const lost = (beside: Reached, alone: Reached) =>
    rounded(1 - (beside.rate ?? Number.NaN) / (alone.rate ?? Number.NaN), 3);
  const faults = [...samples.flatMap((one) => one.faults), ...offences];
  return {
    id: readsBesideOrders.id,
    product: paced,
    peers: {
      "the same orders alone": pacedAlone,
      "as many orders as can be, alone": allAlone,
      "as many orders as can be, beside reads": all,
    },
    ceilings: {},
    ratios: {
      "orders lost to 700 reads each": lost(paced, pacedAlone),
      "orders lost where there are as many as can be": lost(all, allAlone),
    },
    audit: faults.length === 0 ? "passed" : `failed: ${faults.join("; ")}`,
    samples,
    machine: machineWith(postgres),
  };
}
