/**
 * B5, availability: how many questions a second are answered over HTTP, for one item, for a page of a list and for as many as one call
 * may name, each over twelve warehouses.
 *
 * Terms: a *cell* is an item at a location; a *question* names items, and its answer has what may be promised of each and what lies
 * where.
 *
 * Invariants: all contestants answer the same questions over the same framework with answers of the same kind; before anything is
 * measured, each answer is held against what was counted. Peers look at nothing but units: they know no rules, no holds that have run
 * out and nothing set aside.
 *
 * It deliberately measures no cache in front of the product: every answer is of one snapshot, at most a tenth of a second ago, and says of
 * when.
 */
import { createApiKeys } from "../../src/gateway/index.ts";
import { openDatabase, systemClock } from "../../src/platform/index.ts";
import { fillProduct } from "../b2/fill.ts";
import { itemName, type Size } from "../b4/workload.ts";
import { type Cluster, startCluster } from "../cluster.ts";
import { makeCalls } from "../load/calls.ts";
import type { Pace } from "../load/protocol.ts";
import { machineWith } from "../measure/machine.ts";
import { each, type Spent, spentOn } from "../measure/spent.ts";
import { abba, rounded, spreadOf } from "../measure/statistics.ts";
import { IN_MEMORY, openRedis, startRedis } from "../redis.ts";
import type { Benchmark, BenchmarkOptions, BenchmarkResult, Reached } from "../result.ts";
import { type ServerProcess, startServer } from "../server-process.ts";
import { openLane } from "./lane.ts";
import {
  cellsOf,
  cellUnits,
  itemsOf,
  locationName,
  pathOf,
  SHAPES,
  type Shape,
  unitsOf,
} from "./question.ts";

const WHOLE: Size = { locations: 12, items: 100_000 };
const SMALL: Size = { locations: 12, items: 2_000 };
const CONNECTIONS = 32;
const ROUNDS = 5;
const ROUNDS_QUICK = 2;
const SECONDS = 5;
const SECONDS_QUICK = 1.5;
const OPEN_SHARES = [0.5, 0.8, 0.95];
/** Pairs that are written to Redis at once. */
const REDIS_PAGE = 5_000;

type Contestant = {
  readonly name: string;
  readonly role: "product" | "peer" | "ceiling";
  readonly server: ServerProcess;
  readonly headers: Readonly<Record<string, string>>;
};

/** What one run came to. */
type ReadSample = {
  readonly contestant: string;
  readonly shape: string;
  readonly pace: string;
  readonly round: number;
  readonly reads: number;
  readonly rate: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly spent: Spent;
};

/** Questions of availability. */
export const availabilityReads: Benchmark = {
  id: "B5",
  about: "availability over HTTP: one item, 100 items and 500 items, each over 12 warehouses",
  async run(options) {
    const size = sizeOf(options);
    const cluster = await startCluster();
    options.stopper.add("cluster", cluster.stop);
    const contestants = await startContestants(cluster, size, options);
    const faults: string[] = [];
    for (const contestant of contestants) faults.push(...(await wrongAnswers(contestant, size)));
    const samples = await measure(cluster, contestants, { size, options });
    return outcomeOf(contestants, samples, { faults, postgres: cluster.version });
  },
};

const sizeOf = ({ quick, positions }: BenchmarkOptions): Size => {
  const size = quick ? SMALL : WHOLE;
  return positions === undefined
    ? size
    : { ...size, items: Math.max(500, Math.round(positions / size.locations)) };
};

async function startContestants(
  cluster: Cluster,
  size: Size,
  { stopper, say, profileFolder }: BenchmarkOptions,
): Promise<readonly Contestant[]> {
  const url = await fillProduct(cluster, size, say);
  const database = await openDatabase(url, { applicationName: "bench", poolMax: 2 });
  const keys = createApiKeys({ database, clock: systemClock });
  const { text } = await keys.issue({ clientId: "bench", name: "bench", scopes: ["availability:read"] });
  await database.close();
  const profile = profileFolder === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profileFolder}`];
  const product = await startServer({
    name: "crossdock",
    args: [...profile, "src/main.ts", "serve"],
    env: { DATABASE_URL: url, CROSSDOCK_DATA_DIR: cluster.folder, LOG_LEVEL: "error" },
  });
  stopper.add("crossdock", product.stop);
  const peer = async (name: string, role: Contestant["role"], env: Readonly<Record<string, string>>) => {
    const all = { PEER: name, PEER_LOCATIONS: String(size.locations), ...env };
    const server = await startServer({ name, args: ["bench/b5/peer-server.ts"], env: all });
    stopper.add(name, server.stop);
    return { name, role, server, headers: {} };
  };
  const contestants: Contestant[] = [
    { name: "crossdock", role: "product", server: product, headers: { authorization: `Bearer ${text}` } },
    await peer("sql-sum", "peer", { PEER_DATABASE_URL: url }),
  ];
  const redis = await startRedis(cluster.folder, IN_MEMORY);
  if (redis === undefined) say("no redis-server is installed: that peer is left out");
  else {
    stopper.add("redis", redis.stop);
    await fillRedis(redis.port, size);
    contestants.push(await peer("redis-mget", "peer", { PEER_REDIS_PORT: String(redis.port) }));
  }
  return [...contestants, await peer("bare", "ceiling", {})];
}

async function fillRedis(port: number, size: Size): Promise<void> {
  const client = await openRedis(port);
  for (const location of cellsOf(size.locations)) {
    for (let start = 0; start < size.items; start += REDIS_PAGE) {
      const items = Array.from({ length: Math.min(REDIS_PAGE, size.items - start) }, (_, at) =>
        itemName(start + at),
      );
      const pairs = items.map(
        (item) => [`${item}@${locationName(location)}`, String(cellUnits(item, location))] as const,
      );
      await client.ask(["MSET", ...pairs.flat()]);
    }
  }
  client.close();
}

type Figure = { readonly itemId: string; readonly availableToPromise: number };

/** Holds what a contestant says against what was counted. */
async function wrongAnswers({ name, server, headers }: Contestant, size: Size): Promise<readonly string[]> {
  const items = itemsOf(size, SHAPES[2], 1);
  const answer = await fetch(`http://127.0.0.1:${server.port}${pathOf(items)}`, { headers });
  const body = (await answer.json()) as { readonly availability?: readonly Figure[] };
  const figures = new Map(body.availability?.map((figure) => [figure.itemId, figure.availableToPromise]));
  const wrong = items.filter((item) => figures.get(item) !== unitsOf(size, item));
  return wrong.length === 0
    ? []
    : [`${name} was wrong about ${wrong.length} of ${items.length} items (${answer.status})`];
}

type Course = { readonly size: Size; readonly options: BenchmarkOptions };

async function measure(
  cluster: Cluster,
  contestants: readonly Contestant[],
  { size, options }: Course,
): Promise<readonly ReadSample[]> {
  const { quick, say } = options;
  const samples: ReadSample[] = [];
  const seconds = quick ? SECONDS_QUICK : SECONDS;
  const one = async (
    contestant: Contestant,
    shape: Shape,
    { round, pace }: { round: number; pace: Pace },
  ) => {
    const sample = await read(cluster, contestant, { size, shape, round, pace, seconds });
    say(told(sample));
    return sample;
  };
  const closed: Pace = { is: "closed" };
  for (const contestant of contestants)
    for (const shape of SHAPES) await one(contestant, shape, { round: 0, pace: closed });
  const rounds = quick ? ROUNDS_QUICK : ROUNDS;
  for (const order of abba(contestants, rounds)) {
    for (const contestant of order) {
      for (const shape of SHAPES)
        samples.push(await one(contestant, shape, { round: samples.length, pace: closed }));
    }
  }
  const [product] = contestants;
  if (product === undefined) return samples;
  for (const shape of SHAPES.slice(0, 2)) {
    const peak = spreadOf(closedOf(samples, product.name, shape).map(({ rate }) => rate)).median;
    for (const share of OPEN_SHARES) {
      samples.push(await one(product, shape, { round: 0, pace: { is: "open", perSecond: peak * share } }));
    }
  }
  return samples;
}

type Run = {
  readonly size: Size;
  readonly shape: Shape;
  readonly round: number;
  readonly pace: Pace;
  readonly seconds: number;
};

async function read(
  cluster: Cluster,
  { name, server, headers }: Contestant,
  { size, shape, round, pace, seconds }: Run,
): Promise<ReadSample> {
  const lanes = await Promise.all(
    Array.from({ length: CONNECTIONS }, (_, lane) =>
      openLane({
        method: "GET",
        port: server.port,
        path: pathOf(itemsOf(size, shape, lane)),
        headers,
        body: "",
      }),
    ),
  );
  const ask = () =>
    makeCalls({
      calls: Number.MAX_SAFE_INTEGER,
      lanes: CONNECTIONS,
      pace,
      secondsMax: seconds,
      call: async (_turn, lane) => lanes[lane]?.ask(),
    });
  const { value, spent } = await spentOn(cluster, ask, server.pid);
  for (const lane of lanes) lane.close();
  return {
    contestant: name,
    shape: shape.name,
    pace: pace.is === "closed" ? "closed" : `open ${Math.round(pace.perSecond)}/s`,
    round,
    reads: value.made,
    rate: rounded((value.made * 1_000) / value.elapsedMs),
    p50Ms: rounded(value.latency.quantile(0.5) / 1_000),
    p99Ms: rounded(value.latency.quantile(0.99) / 1_000),
    spent,
  };
}

function told({ contestant, shape, pace, rate, p50Ms, p99Ms, spent, reads }: ReadSample): string {
  const { "log bytes": _, ...used } = each(spent, reads);
  const micros = Object.entries(used).map(([what, value]) => `${rounded(value, 3)} ${what}`);
  const busy =
    (spent.otherCores ?? 0) > 0.1 ? `, ${rounded(spent.otherCores ?? 0, 2)} cores busy elsewhere` : "";
  return `${contestant}, ${shape}, ${pace}: ${rate} reads/s, p50 ${p50Ms} ms, p99 ${p99Ms} ms, ${micros.join(", ")}${busy}`;
}

const closedOf = (samples: readonly ReadSample[], name: string, shape: Shape) =>
  samples.filter((one) => one.contestant === name && one.shape === shape.name && one.pace === "closed");

function reachedBy(samples: readonly ReadSample[], name: string): Reached {
  const single = closedOf(samples, name, SHAPES[0]);
  const rates = spreadOf(single.map(({ rate }) => rate));
  const more = SHAPES.flatMap((shape) => {
    const own = closedOf(samples, name, shape);
    const median = (pick: (sample: ReadSample) => number) => rounded(spreadOf(own.map(pick)).median);
    return [
      [`${shape.name}: reads/s`, median(({ rate }) => rate)],
      [`${shape.name}: p50 ms`, median(({ p50Ms }) => p50Ms)],
      [`${shape.name}: p99 ms`, median(({ p99Ms }) => p99Ms)],
      [`${shape.name}: server µs`, median(({ spent, reads }) => (spent.serverMicros ?? 0) / reads)],
      [`${shape.name}: PostgreSQL µs`, median(({ spent, reads }) => (spent.postgresMicros ?? 0) / reads)],
    ] as const;
  });
  const opens = samples
    .filter((one) => one.contestant === name && one.pace !== "closed")
    .map(({ shape, pace, p99Ms }) => [`${shape}: p99 ms at ${pace}`, p99Ms] as const);
  return {
    rate: rounded(rates.median),
    unit: "reads/s of 1 item",
    p50Ms: rounded(spreadOf(single.map(({ p50Ms }) => p50Ms)).median),
    p99Ms: rounded(spreadOf(single.map(({ p99Ms }) => p99Ms)).median),
    range: [rates.min, rates.max],
    more: Object.fromEntries([...more, ...opens]),
  };
}

function outcomeOf(
  contestants: readonly Contestant[],
  samples: readonly ReadSample[],
  { faults, postgres }: { readonly faults: readonly string[]; readonly postgres: string },
): BenchmarkResult {
  const reached = contestants.map(({ name, role }) => ({
    name,
    role,
    ...{ reached: reachedBy(samples, name) },
  }));
  const [product] = reached;
  if (product === undefined) throw new Error("the product did not take part");
  const rateOf = ({ reached: { rate } }: { readonly reached: Reached }) => rate ?? Number.NaN;
  return {
    id: availabilityReads.id,
    product: product.reached,
    peers: Object.fromEntries(reached.slice(1).map((one) => [one.name, one.reached])),
    ceilings: {},
    ratios: Object.fromEntries(
      reached.slice(1).map((one) => [`of ${one.name}, 1 item`, rounded(rateOf(product) / rateOf(one), 3)]),
    ),
    audit: faults.length === 0 ? "passed" : `failed: ${faults.join("; ")}`,
    samples,
    machine: machineWith(postgres),
  };
}
