/**
 * B2, orders: how many orders of three lines a second are promised, all or nothing, over a whole assortment.
 *
 * Terms: an *order* wants one unit of each of three items, wherever they lie; a *run* places so many, of which a fifth is cancelled as
 * soon as it is promised and a twentieth runs out after a second.
 *
 * Invariants: all contestants use one PostgreSQL server with the same durable settings, take the same orders, and are measured in turns,
 * forwards and backwards; an order counts after its commit; an audit after every run compares the books with what buyers were told.
 *
 * It deliberately leaves HTTP out, which B1 measures: what three lines, many items and a choice of places cost is the question here.
 */
import { type Cluster, startCluster } from "../cluster.ts";
import { makeCalls } from "../load/calls.ts";
import type { Pace } from "../load/protocol.ts";
import { flushesPerSecond, machineWith } from "../measure/machine.ts";
import { each, type Spent, spentOn } from "../measure/spent.ts";
import { abba, rounded, spreadOf } from "../measure/statistics.ts";
import type { Benchmark, BenchmarkOptions, BenchmarkResult, Reached } from "../result.ts";
import type { Contestant, Placed } from "./contestant.ts";
import { fillProduct } from "./fill.ts";
import { openPeers } from "./peers.ts";
import { openProduct } from "./product.ts";
import { LINES, type OrderSize, ordersOf, SMALL_ORDERS, WHOLE_ORDERS } from "./world.ts";

const ROUNDS = 5;
const ROUNDS_QUICK = 2;
/** Shares of the peak at which orders come at a fixed rate. */
const OPEN_SHARES = [0.5, 0.8, 0.95];
/** Those who cancel, beside those who order: as many as a fifth of them, so that what is promised faster can be cancelled faster. */
const cancellersOf = ({ lanes }: OrderSize) => Math.ceil(lanes / 5);
const FLUSH_TEST_MS = 1_000;

/** What one run came to. */
type OrderSample = {
  readonly contestant: string;
  readonly round: number;
  readonly pace: string;
  readonly orders: number;
  readonly rate: number;
  readonly promisedShare: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly spent: Spent;
  readonly faults: readonly string[];
};

/** Orders of three lines. */
export const orders: Benchmark = {
  id: "B2",
  about:
    "orders of 3 lines, all or nothing, over 100,000 items in 12 warehouses; 20 % cancelled, 5 % run out",
  async run(options) {
    const { stopper, say } = options;
    const size = sizeOf(options);
    const cluster = await startCluster();
    stopper.add("cluster", cluster.stop);
    const flushes = flushesPerSecond(cluster.folder, FLUSH_TEST_MS);
    const url = await fillProduct(cluster, size, say);
    const contestants = [await openProduct(url), ...(await openPeers(cluster, size))];
    for (const { name, close } of contestants) stopper.add(name, close);
    const samples = await measure(cluster, contestants, { size, options });
    say("asking the oracle");
    const faults = (await Promise.all(contestants.map((one) => one.verify()))).flat();
    return outcomeOf(contestants, samples, { faults, flushes, postgres: cluster.version });
  },
};

function sizeOf({ quick, positions }: BenchmarkOptions): OrderSize {
  const size = quick ? SMALL_ORDERS : WHOLE_ORDERS;
  return positions === undefined
    ? size
    : { ...size, items: Math.max(LINES, Math.round(positions / size.locations)) };
}

type Course = { readonly size: OrderSize; readonly options: BenchmarkOptions };

async function measure(
  cluster: Cluster,
  contestants: readonly Contestant[],
  { size, options }: Course,
): Promise<readonly OrderSample[]> {
  const { quick, say, seconds } = options;
  const samples: OrderSample[] = [];
  const one = async (contestant: Contestant, round: number, pace: Pace) => {
    const name = `${contestant.name}.${pace.is === "open" ? Math.round(pace.perSecond) : ""}${round}`;
    const sample = await runOrders(cluster, contestant, { size, name, round, pace });
    say(told(sample));
    return sample;
  };
  const closed: Pace = { is: "closed" };
  for (const contestant of contestants) await one(contestant, 0, closed);
  const until = performance.now() + (seconds ?? 0) * 1_000;
  const roundsMin = quick || seconds !== undefined ? ROUNDS_QUICK : ROUNDS;
  for (let round = 1; round <= roundsMin || performance.now() < until; round += 1) {
    const [order = []] = abba(contestants, round).slice(-1);
    for (const contestant of order) samples.push(await one(contestant, round, closed));
  }
  const [product] = contestants;
  if (product === undefined) return samples;
  const peak = spreadOf(closedOf(samples, product.name).map(({ rate }) => rate)).median;
  for (const share of OPEN_SHARES) {
    samples.push(await one(product, 0, { is: "open", perSecond: peak * share }));
  }
  return samples;
}

type Run = { readonly size: OrderSize; readonly name: string; readonly round: number; readonly pace: Pace };

async function runOrders(
  cluster: Cluster,
  contestant: Contestant,
  { size, name, round, pace }: Run,
): Promise<OrderSample> {
  const wanted = ordersOf({ ...size, orders: Math.round(size.orders * contestant.share) }, name);
  const placed: Placed[] = [];
  const cancelling = cancelInTurn(contestant, cancellersOf(size));
  const beside = contestant.beside();
  const { value, spent } = await spentOn(cluster, async () => {
    const result = await makeCalls({
      calls: wanted.length,
      lanes: size.lanes,
      pace,
      async call(turn) {
        const order = wanted[turn];
        const got = order === undefined ? undefined : await contestant.place(order);
        if (got === undefined) return;
        placed.push(got);
        if (order?.isCancelled === true) cancelling.push(got);
      },
    });
    await cancelling.end();
    return result;
  });
  await beside.stop();

  return {
    contestant: contestant.name,
    round,
    pace: pace.is === "closed" ? "closed" : `open ${Math.round(pace.perSecond)}/s`,
    orders: value.made,
    rate: rounded((value.made * 1_000) / value.elapsedMs),
    promisedShare: rounded(placed.length / value.made, 3),
    p50Ms: rounded(value.latency.quantile(0.5) / 1_000),
    p99Ms: rounded(value.latency.quantile(0.99) / 1_000),
    spent,
    faults: await contestant.audit({ placed, cancelled: cancelling.cancelled }),
  };
}

/** Cancels what is pushed, a few at a time, until the end. */
function cancelInTurn(contestant: Contestant, cancellers: number) {
  const cancelled: Placed[] = [];
  let begun = 0;
  const work = async () => {
    while (begun < cancelled.length) {
      const next = cancelled[begun] ?? [];
      begun += 1;
      await contestant.cancel(next);
    }
  };
  const workers = Array.from({ length: cancellers }, () => Promise.resolve());
  return {
    cancelled,
    push(placed: Placed) {
      cancelled.push(placed);
      const at = cancelled.length % cancellers;
      workers[at] = (workers[at] ?? Promise.resolve()).then(work);
    },
    end: () => Promise.all(workers),
  };
}

function told(sample: OrderSample): string {
  const { contestant, pace, rate, promisedShare, p50Ms, p99Ms, spent, orders: count, faults } = sample;
  const micros = Object.entries(each(spent, count)).map(([what, value]) => `${rounded(value, 3)} ${what}`);
  const audit = faults.length === 0 ? "" : ` AUDIT FAILED: ${faults.join("; ")}`;
  const busy =
    (spent.otherCores ?? 0) > 0.1 ? `, ${rounded(spent.otherCores ?? 0, 2)} cores busy elsewhere` : "";
  return `${contestant} ${pace}: ${rate} orders/s, ${promisedShare} promised, p50 ${p50Ms} ms, p99 ${p99Ms} ms, ${micros.join(", ")}${busy}${audit}`;
}

const closedOf = (samples: readonly OrderSample[], name: string) =>
  samples.filter(({ contestant, pace }) => contestant === name && pace === "closed");

function reachedBy(samples: readonly OrderSample[], name: string): Reached {
  const own = closedOf(samples, name);
  const median = (pick: (sample: OrderSample) => number) => rounded(spreadOf(own.map(pick)).median);
  const rates = spreadOf(own.map(({ rate }) => rate));
  const first = own[0];
  const names = first === undefined ? [] : Object.keys(each(first.spent, first.orders));
  const spent = names.map((what) => [
    `${what}/order`,
    median((sample) => new Map(Object.entries(each(sample.spent, sample.orders))).get(what) ?? 0),
  ]);
  return {
    rate: rounded(rates.median),
    unit: "orders/s",
    p50Ms: median(({ p50Ms }) => p50Ms),
    p99Ms: median(({ p99Ms }) => p99Ms),
    range: [rates.min, rates.max],
    more: { "promised share": median(({ promisedShare }) => promisedShare), ...Object.fromEntries(spent) },
  };
}

type Surroundings = {
  readonly faults: readonly string[];
  readonly flushes: number;
  readonly postgres: string;
};

function outcomeOf(
  contestants: readonly Contestant[],
  samples: readonly OrderSample[],
  { faults, flushes, postgres }: Surroundings,
): BenchmarkResult {
  const all = [
    ...samples.flatMap((one) => one.faults.map((fault) => `${one.contestant}: ${fault}`)),
    ...faults,
  ];
  const [product, ...peers] = contestants.map(({ name }) => [name, reachedBy(samples, name)] as const);
  if (product === undefined) throw new Error("the product did not take part");
  const opens = samples
    .filter(({ pace }) => pace !== "closed")
    .map(({ pace, p99Ms }) => [`p99 ms at ${pace}`, p99Ms] as const);
  const rate = product[1].rate ?? 0;
  return {
    id: orders.id,
    product: { ...product[1], more: { ...product[1].more, ...Object.fromEntries(opens) } },
    peers: Object.fromEntries(peers),
    ceilings: { "disk-flushes": { rate: rounded(flushes), unit: "flushes/s" } },
    ratios: Object.fromEntries(
      peers.map(([name, peer]) => [`times ${name}`, rounded(rate / (peer.rate ?? Number.NaN), 3)]),
    ),
    audit: all.length === 0 ? "passed" : `failed: ${all.join("; ")}`,
    samples,
    machine: machineWith(postgres),
  };
}
