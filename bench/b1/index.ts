/**
 * B1, the flash sale: how many buyers a second get a durable, audited answer when all of them want the same item.
 *
 * Terms: a *sale* is one run of one contestant: a new item with 10,000 units, 50,000 buyers, 256 requests in flight, every
 * twentieth buyer asking twice; the *selling* phase ends with the last promise, and the *sold-out* phase is the rest.
 *
 * Invariants: all contestants use one PostgreSQL server with the same durable settings, take the same requests in the same order,
 * and are measured in turns, forwards and backwards; an audit after every sale compares the books with what the buyers were
 * told, and a sale that fails it has no rate.
 *
 * It deliberately does not look for the largest batch or the best number of connections: what is measured is the product as it
 * is started, from outside, over HTTP.
 */
import { type Cluster, startCluster } from "../cluster.ts";
import { startGenerator } from "../load/generator-process.ts";
import { flushesPerSecond, machineWith } from "../measure/machine.ts";
import { abba } from "../measure/statistics.ts";
import type { Benchmark, BenchmarkOptions } from "../result.ts";
import type { Contestant } from "./contestant.ts";
import { startCeiling, startPeer } from "./contestants.ts";
import { curvePace, outcomeOf, peakOf } from "./outcome.ts";
import { startProduct } from "./product.ts";
import { startRedisPeer } from "./redis.ts";
import { startRooms } from "./room.ts";
import { holdSale, type SaleSample, SMALL_SALE, type Stage, WHOLE_SALE } from "./sale-run.ts";
import { unitRows } from "./unit-rows.ts";

/** Rounds in which everybody takes part. */
const ROUNDS = 5;
const ROUNDS_QUICK = 2;
/** How long each server is warmed up: by then the compiler has settled and every connection is open. */
const WARM_UP_MS = 15_000;
const WARM_UP_MS_QUICK = 5_000;
/** Shares of the peak at which buyers come at a fixed rate. */
const OPEN_SHARES = [0.5, 0.8, 0.95];
const FLUSH_TEST_MS = 1_000;
/** Requests in flight at the points of the saturation curve. */
const CURVE = [1, 4, 16, 64, 256, 1_024];

/** The flash sale. */
export const flashSale: Benchmark = {
  id: "B1",
  about: "a flash sale over HTTP: 10,000 units of one item, 50,000 buyers, 256 in flight, 5 % retries",
  async run(options) {
    const { stopper } = options;
    const cluster = await startCluster();
    stopper.add("cluster", cluster.stop);
    const generator = startGenerator();
    stopper.add("generator", generator.stop);
    const flushes = flushesPerSecond(cluster.folder, FLUSH_TEST_MS);
    options.say("starting the contestants");
    const contestants = await startContestants(cluster, options);
    const stage: Stage = { cluster, generator, size: options.quick ? SMALL_SALE : WHOLE_SALE };
    const samples = await measure(stage, contestants, options);
    options.say("asking the oracle");
    const faults = (await Promise.all(contestants.map((contestant) => contestant.verify()))).flat();
    const machine = machineWith(cluster.version);
    return outcomeOf(contestants, samples, { id: flashSale.id, flushes, machine, faults });
  },
};

async function startContestants(
  cluster: Cluster,
  { stopper, profileFolder, hasShops, say }: BenchmarkOptions,
): Promise<readonly Contestant[]> {
  const starting = [
    () => startProduct(cluster, profileFolder),
    () => startPeer(cluster, "naive", "bench/b1/naive-server.ts"),
    () => startPeer(cluster, "one-statement", "bench/b1/one-statement-server.ts"),
    () => startPeer(cluster, "unit-rows-skip-locked", "bench/b1/unit-rows-server.ts", unitRows),
    () => startRedisPeer(cluster, "always"),
    () => startRedisPeer(cluster, "everysec"),
    () => startCeiling("bare-fastify", "bench/b1/bare-server.ts"),
  ];
  const contestants: Contestant[] = [];
  for (const start of starting) {
    const contestant = await start();
    if (contestant === undefined) {
      say("no redis-server is installed: that peer is left out");
      continue;
    }
    contestants.push(contestant);
  }
  if (hasShops) contestants.push(...(await startRooms(cluster, say)));
  for (const contestant of contestants) stopper.add(contestant.name, contestant.stop);
  return contestants;
}

async function measure(
  stage: Stage,
  contestants: readonly Contestant[],
  options: BenchmarkOptions,
): Promise<readonly SaleSample[]> {
  for (const contestant of contestants) await warmUp(stage, contestant, options);
  const samples: SaleSample[] = [];
  const until = performance.now() + (options.seconds ?? 0) * 1_000;
  const roundsMin = options.quick || options.seconds !== undefined ? ROUNDS_QUICK : ROUNDS;
  for (let round = 1; round <= roundsMin || performance.now() < until; round += 1) {
    const [order = []] = abba(contestants, round).slice(-1);
    for (const contestant of order) {
      const label = `r${round}`;
      const sample = await holdSale(stage, { contestant, label, round, pace: { is: "closed" } });
      options.say(told(sample));
      samples.push(sample);
    }
  }
  const [product] = contestants;
  if (product === undefined) return samples;
  for (const inFlight of CURVE) samples.push(await holdCurveSale(stage, product, inFlight, options));
  const peak = peakOf(samples, product.name);
  for (const share of OPEN_SHARES) {
    const label = `open${Math.round(share * 100)}`;
    const pace = { is: "open", perSecond: peak * share } as const;
    const sample = await holdSale(stage, { contestant: product, label, round: 0, pace });
    options.say(told(sample));
    samples.push(sample);
  }
  return samples;
}

/** A small sale with another number of requests in flight: a point of the saturation curve. */
async function holdCurveSale(
  stage: Stage,
  contestant: Contestant,
  inFlight: number,
  { say }: BenchmarkOptions,
): Promise<SaleSample> {
  const size = { ...SMALL_SALE, inFlight };
  const label = `curve${inFlight}`;
  const sample = await holdSale({ ...stage, size }, { contestant, label, round: 0, pace: { is: "closed" } });
  const point = { ...sample, pace: curvePace(inFlight) };
  say(told(point));
  return point;
}

/** Small sales until the time is up, so that both phases have been met. */
async function warmUp(stage: Stage, contestant: Contestant, { quick, say }: BenchmarkOptions): Promise<void> {
  say(`warming up ${contestant.name}`);
  const until = performance.now() + (quick ? WARM_UP_MS_QUICK : WARM_UP_MS);
  for (let turn = 1; performance.now() < until; turn += 1) {
    const warm = { ...stage, size: SMALL_SALE };
    await holdSale(warm, { contestant, label: `w${turn}`, round: 0, pace: { is: "closed" } });
  }
}

function told({
  contestant,
  pace,
  rate,
  acceptedPerSecond,
  p99Ms,
  otherCores = 0,
  faults,
}: SaleSample): string {
  const audit = faults.length === 0 ? "" : ` AUDIT FAILED: ${faults.join("; ")}`;
  const disturbed = otherCores > 0.1 ? `, ${otherCores} cores busy elsewhere` : "";
  return `${contestant} ${pace}: ${rate}/s, ${acceptedPerSecond} accepted/s, p99 ${p99Ms} ms${disturbed}${audit}`;
}
