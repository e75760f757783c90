/**
 * B1b, the flash sale by calls of a thousand: how many durable decisions a second on one item, in the product's own process.
 *
 * Terms: a *call* is a thousand requests for one unit each, under keys of their own; a *run* sells a new item out with calls that are
 * two at a time under way, and asks once more as often when nothing is left.
 *
 * Invariants: all contestants use one PostgreSQL server with the same durable settings and are measured in turns, forwards and
 * backwards; a decision counts after its commit; an audit after every run compares the books with what callers were told.
 *
 * It deliberately leaves HTTP out, which B1 measures, and does not look for the largest batch: what is asked is the product as it is
 * wired.
 */
import { measureCeilings, type TableCeilings } from "../b3/ceilings.ts";
import { type Cluster, startCluster } from "../cluster.ts";
import { type CallResult, makeCalls } from "../load/calls.ts";
import { keyOf } from "../load/protocol.ts";
import { machineWith } from "../measure/machine.ts";
import { each, type Spent, spentOn } from "../measure/spent.ts";
import { abba, rounded, spreadOf } from "../measure/statistics.ts";
import type { Benchmark, BenchmarkOptions, BenchmarkResult, Reached } from "../result.ts";
import type { Contestant } from "./contestant.ts";
import { openPeers } from "./peers.ts";
import { openProduct } from "./product.ts";

const CALL_REQUESTS = 1_000;
const CALLS = 100;
const CALLS_QUICK = 20;
/** One is decided while the next is made. */
const CALLS_UNDER_WAY = 2;
const ROUNDS = 5;
const ROUNDS_QUICK = 2;
const CEILING_MS = 2_000;
const CEILING_MS_QUICK = 500;

/** What one run came to. */
type RunSample = {
  readonly contestant: string;
  readonly round: number;
  readonly decisions: number;
  readonly rate: number;
  readonly refusedRate: number;
  readonly callP50Ms: number;
  readonly callP99Ms: number;
  readonly spent: Spent;
  readonly faults: readonly string[];
};

/** The flash sale by calls of a thousand. */
export const batchedSale: Benchmark = {
  id: "B1b",
  about: "durable decisions a second on one item, in process, a thousand a call",
  async run(options) {
    const { stopper, quick, say } = options;
    const cluster = await startCluster();
    stopper.add("cluster", cluster.stop);
    const calls = quick ? CALLS_QUICK : CALLS;
    const product = await openProduct(cluster, calls);
    const contestants: readonly Contestant[] = [product, ...(await openPeers(cluster, calls))];
    const samples = await measure(cluster, contestants, options);
    say("asking the oracle");
    const faults = (await Promise.all(contestants.map((one) => one.verify()))).flat();
    for (const contestant of contestants) await contestant.close();
    say("measuring the ceilings");
    const ceilings = await measureCeilings({
      url: product.url,
      postgresPid: cluster.pid,
      ms: quick ? CEILING_MS_QUICK : CEILING_MS,
    });
    return outcomeOf(contestants, samples, { faults, ceilings, postgres: cluster.version });
  },
};

async function measure(
  cluster: Cluster,
  contestants: readonly Contestant[],
  options: BenchmarkOptions,
): Promise<readonly RunSample[]> {
  for (const contestant of contestants) await sell(cluster, contestant, 0);
  const samples: RunSample[] = [];
  const until = performance.now() + (options.seconds ?? 0) * 1_000;
  const roundsMin = options.quick || options.seconds !== undefined ? ROUNDS_QUICK : ROUNDS;
  for (let round = 1; round <= roundsMin || performance.now() < until; round += 1) {
    const [order = []] = abba(contestants, round).slice(-1);
    for (const contestant of order) {
      const sample = await sell(cluster, contestant, round);
      options.say(told(sample));
      samples.push(sample);
    }
  }
  return samples;
}

/** Sells an item out, and asks as often again. */
async function sell(cluster: Cluster, contestant: Contestant, round: number): Promise<RunSample> {
  const item = `${contestant.name}-${round}`;
  const units = contestant.calls * CALL_REQUESTS;
  await contestant.prepare(item, units);
  const promised: string[] = [];
  const ask = (from: number) =>
    makeCalls({
      calls: contestant.calls,
      lanes: CALLS_UNDER_WAY,
      pace: { is: "closed" },
      async call(turn) {
        const first = from + turn * CALL_REQUESTS;
        const keys = Array.from({ length: CALL_REQUESTS }, (_, at) => keyOf(`${item}.`, first + at));
        promised.push(...(await contestant.decide(item, keys)));
      },
    });
  const { value: selling, spent } = await spentOn(cluster, () => ask(0));
  const soldOut = await ask(units);
  const perSecond = ({ elapsedMs }: CallResult) => rounded((units * 1_000) / elapsedMs);
  return {
    contestant: contestant.name,
    round,
    decisions: units,
    rate: perSecond(selling),
    refusedRate: perSecond(soldOut),
    callP50Ms: rounded(selling.latency.quantile(0.5) / 1_000),
    callP99Ms: rounded(selling.latency.quantile(0.99) / 1_000),
    spent,
    faults: await contestant.audit(item, { units, promised }),
  };
}

function told({ contestant, rate, refusedRate, callP99Ms, spent, decisions, faults }: RunSample): string {
  const micros = Object.entries(each(spent, decisions)).map(
    ([what, value]) => `${rounded(value, 3)} ${what}`,
  );
  const audit = faults.length === 0 ? "" : ` AUDIT FAILED: ${faults.join("; ")}`;
  const busy =
    (spent.otherCores ?? 0) > 0.1 ? `, ${rounded(spent.otherCores ?? 0, 2)} cores busy elsewhere` : "";
  return `${contestant}: ${rate}/s, refused ${refusedRate}/s, a call p99 ${callP99Ms} ms, ${micros.join(", ")}${busy}${audit}`;
}

function reachedBy(samples: readonly RunSample[], name: string): Reached {
  const own = samples.filter(({ contestant }) => contestant === name);
  const median = (pick: (sample: RunSample) => number) => rounded(spreadOf(own.map(pick)).median);
  const rates = spreadOf(own.map(({ rate }) => rate));
  const perDecision = own.map(({ spent, decisions }) => each(spent, decisions));
  const names = Object.keys(perDecision[0] ?? {});
  const spent = names.map((what) => [
    `${what}/decision`,
    rounded(
      spreadOf(perDecision.map((one) => Object.entries(one).find(([key]) => key === what)?.[1] ?? 0)).median,
      3,
    ),
  ]);
  return {
    rate: rounded(rates.median),
    unit: "decisions/s",
    p50Ms: median(({ callP50Ms }) => callP50Ms),
    p99Ms: median(({ callP99Ms }) => callP99Ms),
    range: [rates.min, rates.max],
    more: {
      "refused/s when sold out": median(({ refusedRate }) => refusedRate),
      ...Object.fromEntries(spent),
    },
  };
}

type Surroundings = {
  readonly faults: readonly string[];
  readonly ceilings: TableCeilings;
  readonly postgres: string;
};

function outcomeOf(
  contestants: readonly Contestant[],
  samples: readonly RunSample[],
  { faults, ceilings, postgres }: Surroundings,
): BenchmarkResult {
  const all = [
    ...samples.flatMap((one) => one.faults.map((fault) => `${one.contestant}: ${fault}`)),
    ...faults,
  ];
  const [product, ...peers] = contestants.map(({ name }) => [name, reachedBy(samples, name)] as const);
  if (product === undefined) throw new Error("the product did not take part");
  const rate = product[1].rate ?? 0;
  const unnest = ceilings.unnest.map(({ batch, rate: events }) => [
    `unnest by ${batch}: fact, id and transfer`,
    { rate: rounded(events), unit: "events/s" },
  ]);
  return {
    id: batchedSale.id,
    product: product[1],
    peers: Object.fromEntries(peers),
    ceilings: {
      ...Object.fromEntries(unnest),
      copy: { rate: rounded(ceilings.copy.rate), unit: "rows/s" },
    },
    ratios: {
      ...Object.fromEntries(
        peers.map(([name, peer]) => [`times ${name}`, rounded(rate / (peer.rate ?? Number.NaN), 3)]),
      ),
      "of unnest by 1000": rounded(rate / (ceilings.unnest[1]?.rate ?? Number.NaN), 3),
      "of 31,000 that AliSQL publishes": rounded(rate / 31_000, 3),
    },
    audit: all.length === 0 ? "passed" : `failed: ${all.join("; ")}`,
    samples,
    machine: machineWith(postgres),
  };
}
