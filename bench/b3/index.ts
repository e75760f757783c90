/**
 * B3, the WMS firehose: how many events a second become posted stock when twelve warehouses tell all that happens in them.
 *
 * Terms: a *shift* is one run: a stretch of the warehouses' working day (receipts, picks, packs, shipments, counts, adjustments,
 * transfers) in signed deliveries of 500 events, of which 2 % come again, 5 % late by up to 30 s and 0.1 % as nonsense; the *books*
 * are the warehouses' own, and what every contestant's figures are held against.
 *
 * Invariants: an event counts as done when it is on the log, posted in the ledger, told to the readers and taken by all of them;
 * all contestants use one PostgreSQL server with the same durable settings and are measured in turns, forwards and backwards; an
 * audit after every run holds the product's books against the warehouses', and a run that fails it has no rate. Peers are handed
 * events that are parsed, and each of them once.
 *
 * It deliberately measures neither orders (picks name none) nor publishing (the shop is switched off; its listings are marked).
 */
import { seededRandom } from "../../src/platform/index.ts";
import { type Cluster, startCluster } from "../cluster.ts";
import { flushesPerSecond, machineWith } from "../measure/machine.ts";
import { abba } from "../measure/statistics.ts";
import type { Benchmark, BenchmarkOptions } from "../result.ts";
import { type Books, openBooks } from "./books.ts";
import { measureCeilings, type TableCeilings } from "./ceilings.ts";
import type { Contestant } from "./contestant.ts";
import { type FirehoseSample, runShift } from "./firehose-run.ts";
import { openFloor } from "./floor.ts";
import { outcomeOf, peakOf } from "./outcome.ts";
import { startPeers } from "./peers/index.ts";
import type { Pace } from "./posting.ts";
import { startProduct } from "./product.ts";
import { setUpProduct } from "./product-data.ts";
import { type Numbering, type Shift, shiftMs, workShift } from "./shift.ts";
import { type FirehoseSize, SMALL_FIREHOSE, WHOLE_FIREHOSE, withPositions } from "./world.ts";

const ROUNDS = 5;
const ROUNDS_QUICK = 2;
/** Shifts that nobody counts: the compiler settles, plans are made, connections are open. */
const WARM_UPS = 2;
/** Shares of the peak at which events come at a fixed rate. */
const OPEN_SHARES = [0.5, 0.8];
/** The warehouses tell of the last hour: after the opening stock, and long enough ago that no shift is in the future. */
const DAY_BEGAN_MS_AGO = 45 * 60 * 1_000;
const FLUSH_TEST_MS = 1_000;
const CEILING_MS = 2_000;
const CEILING_MS_QUICK = 300;

/** The WMS firehose. */
export const firehose: Benchmark = {
  id: "B3",
  about:
    "the WMS firehose: 12 warehouses, 1.2 M positions, mixed events; 2 % duplicates, 5 % late, 0.1 % poison",
  async run(options) {
    const size = sizeOf(options);
    const positions = size.warehouses * size.items;
    const cluster = await startCluster();
    options.stopper.add("cluster", cluster.stop);
    const flushes = flushesPerSecond(cluster.folder, FLUSH_TEST_MS);
    const books = openBooks(size.warehouses, size.items);
    const { contestants, ceilings } = await startContestants(cluster, { size, books, options });
    const samples = await measure(cluster, contestants, { nextShift: shiftsOf(size, books), options });
    options.say("asking the oracle");
    const faults = (await Promise.all(contestants.map((contestant) => contestant.verify()))).flat();
    const machine = machineWith(cluster.version);
    return outcomeOf(samples, { id: firehose.id, positions, flushes, machine, ceilings, faults });
  },
};

function sizeOf({ quick, positions }: BenchmarkOptions): FirehoseSize {
  const size = quick ? SMALL_FIREHOSE : WHOLE_FIREHOSE;
  return positions === undefined ? size : withPositions(size, positions);
}

type Setting = {
  readonly size: FirehoseSize;
  readonly books: Books;
  readonly options: BenchmarkOptions;
};

/** Sets the company up, measures the ceilings on a copy of it, and starts everybody. */
async function startContestants(
  cluster: Cluster,
  { size, books, options }: Setting,
): Promise<{ readonly contestants: readonly Contestant[]; readonly ceilings: TableCeilings }> {
  const { say, stopper, quick, profileFolder } = options;
  say(`receiving the opening stock of ${size.warehouses * size.items} positions`);
  const url = await cluster.createDatabase("product");
  const secrets = await setUpProduct(url, { size, dataDir: cluster.folder });
  const copy = await cluster.copyDatabase("product", "ceilings");
  say("measuring the ceilings");
  const ceilings = await measureCeilings({
    url: copy,
    postgresPid: cluster.pid,
    ms: quick ? CEILING_MS_QUICK : CEILING_MS,
  });
  say("starting the contestants");
  const product = await startProduct(cluster, { url, secrets, books, profileFolder });
  stopper.add(product.name, product.stop);
  const peers = await startPeers(cluster, say);
  for (const peer of peers) stopper.add(peer.name, peer.stop);
  return { contestants: [product, ...peers], ceilings };
}

/** Gives one shift after the other; the warehouses' books go on from shift to shift. */
function shiftsOf(size: FirehoseSize, books: Books): () => Shift {
  const random = seededRandom("firehose");
  const floor = openFloor(books, size.warehouses);
  const numbering: Numbering = Array.from({ length: size.warehouses }, () => 1);
  const firstAt = Date.now() - DAY_BEGAN_MS_AGO;
  let count = 0;
  return () => {
    const beginsAt = new Date(firstAt + count * shiftMs(size));
    count += 1;
    return workShift({ name: `shift${count}`, size, floor, numbering, random, beginsAt });
  };
}

type Course = { readonly nextShift: () => Shift; readonly options: BenchmarkOptions };

async function measure(
  cluster: Cluster,
  contestants: readonly Contestant[],
  { nextShift, options }: Course,
): Promise<readonly FirehoseSample[]> {
  const samples: FirehoseSample[] = [];
  const one = async (contestant: Contestant, shift: Shift, round: number, pace: Pace) => {
    const sample = await runShift(cluster, { contestant, shift, round, pace });
    options.say(told(sample));
    return sample;
  };
  const closed: Pace = { is: "closed" };
  const [product, ...peers] = contestants;
  if (product === undefined) return samples;
  for (let turn = 0; turn < WARM_UPS; turn += 1) {
    const shift = nextShift();
    await one(product, shift, 0, closed);
    if (turn === 0) for (const peer of peers) await one(peer, shift, 0, closed);
  }
  const until = performance.now() + (options.seconds ?? 0) * 1_000;
  const roundsMin = options.quick || options.seconds !== undefined ? ROUNDS_QUICK : ROUNDS;
  for (let round = 1; round <= roundsMin || performance.now() < until; round += 1) {
    const shift = nextShift();
    const [order = []] = abba(contestants, round).slice(-1);
    for (const contestant of order) samples.push(await one(contestant, shift, round, closed));
  }
  const peak = peakOf(samples, product.name);
  for (const share of OPEN_SHARES) {
    samples.push(await one(product, nextShift(), 0, { is: "open", eventsPerSecond: peak * share }));
  }
  return samples;
}

function told(sample: FirehoseSample): string {
  const { contestant, pace, rate, contestantMicros, postgresMicros, lags, otherCores = 0, faults } = sample;
  const lag = lags === undefined ? "" : `, lag p50 ${lags.p50Ms} ms, p99 ${lags.p99Ms} ms`;
  const audit = faults.length === 0 ? "" : ` AUDIT FAILED: ${faults.join("; ")}`;
  const disturbed = otherCores > 0.1 ? `, ${otherCores} cores busy elsewhere` : "";
  return `${contestant} ${pace}: ${rate}/s, ${contestantMicros} µs own, ${postgresMicros} µs PostgreSQL${lag}${disturbed}${audit}`;
}
