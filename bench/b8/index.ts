/**
 * B8, the rebuild: how many ledger entries a second become balances again, how long a question about the past takes, and what live
 * postings keep beside a rebuild.
 *
 * Terms: an *entry* is a transfer; a *fold* makes all balances from all entries and compares them with the live ones.
 *
 * Invariants: all folds read one ledger on one PostgreSQL server, in turns, forwards and backwards, with the same memory; each must find
 * nothing where nothing differs, and the product must find exactly the positions that were spoilt on purpose, or its rate is void.
 *
 * It deliberately does not measure how the ledger came to be: it is loaded set-based, past triggers and indexes.
 */
import { type Database, migrate, openDatabase, readMigrations, sql } from "../../src/platform/index.ts";
import { startCluster } from "../cluster.ts";
import { machineWith } from "../measure/machine.ts";
import { abba, rounded, spreadOf } from "../measure/statistics.ts";
import { openParts, type ProductParts } from "../product-parts.ts";
import type { Audit, Benchmark, BenchmarkOptions, Reached } from "../result.ts";
import { postBeside } from "./beside.ts";
import { type BookSize, booksOf, fillBooks, SMALL_BOOKS, WHOLE_BOOKS } from "./books.ts";
import { emmettFold } from "./emmett.ts";
import { type Fold, nodeFold, productFold, scanOnce, sqlFold } from "./folds.ts";
import { askThePast, makeCheckpoints, type PastTimes } from "./past.ts";

const ROUNDS = 2;
const QUESTIONS = 4_000;
const ALONE_MS = 5_000;
const SPOILT_POSITIONS = 500;
/** One a processor of the reference machine. */
const CONNECTIONS = 2;

type Sample = { readonly fold: string; readonly seconds: number; readonly entriesPerSecond: number };

/** The rebuild. */
export const rebuildOfBooks: Benchmark = {
  id: "B8",
  about: "a rebuild: 10 M ledger entries to 1.2 M balances, questions about the past, and postings beside it",
  async run(options) {
    const cluster = await startCluster();
    options.stopper.add("cluster", cluster.stop);
    const url = await cluster.createDatabase("books");
    const database = await openDatabase(url, {
      applicationName: "bench",
      poolMax: 8,
      statementTimeoutMs: 600_000,
    });
    options.stopper.add("database", database.close);
    await migrate(database, await readMigrations());
    const size = sizeOf(options);
    const loading = await timed(() => fillBooks(database, size));
    options.say(`loaded ${size.transfers} entries in ${rounded(loading.seconds)} s`);
    await cluster.checkpoint();
    const parts = openParts(database);
    const product = productFold(parts, CONNECTIONS);
    const emmett = await emmettFold(cluster, options.say);
    if (emmett !== undefined) options.stopper.add("emmett", emmett.close);
    const quick = [product, productFold(parts, 1), sqlFold(database)];
    const slow = [nodeFold(database), ...(emmett === undefined ? [] : [emmett])];
    const folds = [...quick, ...slow];
    const quickSamples = await measure(abba(quick, ROUNDS).flat(), size, options);
    const memoryBytes = process.resourceUsage().maxRSS * 1_024;
    const slowSamples = await measure(slow, size, options);
    const samples = {
      taken: [...quickSamples.taken, ...slowSamples.taken],
      wrong: [...quickSamples.wrong, ...slowSamples.wrong],
    };
    const ceiling = await timed(() => scanOnce(database));
    const audit = await auditOf(database, product, samples.wrong);
    const past = await measurePast(database, parts, size, options);
    const beside = await postBeside(parts, productFold(parts, 1), options.quick ? 1_000 : ALONE_MS);
    const rateOf = (name: string) =>
      spreadOf(samples.taken.filter(({ fold }) => fold === name).map((sample) => sample.entriesPerSecond))
        .median;
    return {
      id: rebuildOfBooks.id,
      product: reached(product.name, samples.taken, {
        entries: size.transfers,
        "MB of memory at most": Math.round(memoryBytes / 2 ** 20),
        ...past,
        "postings/s alone": rounded(beside.alonePerSecond),
        "postings/s beside a rebuild": rounded(beside.besidePerSecond),
      }),
      peers: Object.fromEntries(folds.slice(1).map(({ name }) => [name, reached(name, samples.taken, {})])),
      ceilings: { "sequential scan": { rate: rounded(size.transfers / ceiling.seconds), unit: "entries/s" } },
      ratios: {
        "of SQL group by": rounded(rateOf(product.name) / rateOf("SQL group by")),
        "of a fold in Node": rounded(rateOf(product.name) / rateOf("a fold in Node")),
        ...(emmett === undefined ? {} : { "of Emmett": rounded(rateOf(product.name) / rateOf(emmett.name)) }),
        "of the sequential scan": rounded((rateOf(product.name) * ceiling.seconds) / size.transfers),
        "postings kept beside a rebuild": rounded(beside.besidePerSecond / beside.alonePerSecond),
      },
      audit:
        beside.differences > 0 ? `failed: ${beside.differences} differences beside live postings` : audit,
      samples: samples.taken,
      machine: machineWith(cluster.version),
    };
  },
};

async function timed<Value>(work: () => Promise<Value>): Promise<{ value: Value; seconds: number }> {
  const begun = performance.now();
  const value = await work();
  return { value, seconds: (performance.now() - begun) / 1_000 };
}

const sizeOf = ({ quick, positions }: BenchmarkOptions): BookSize => {
  if (positions !== undefined) return booksOf(positions);
  return quick ? SMALL_BOOKS : WHOLE_BOOKS;
};

/** Runs folds in this order. The slow ones come once: what they need is minutes, not another round. */
async function measure(
  folds: readonly Fold[],
  size: BookSize,
  { say }: BenchmarkOptions,
): Promise<{ readonly taken: readonly Sample[]; readonly wrong: readonly string[] }> {
  const taken: Sample[] = [];
  const wrong: string[] = [];
  for (const fold of folds) {
    const { value, seconds } = await timed(fold.run);
    const { name, entries = size.transfers } = fold;
    if (value > 0) wrong.push(`${name} found ${value} differences where there is none`);
    taken.push({ fold: name, seconds, entriesPerSecond: entries / seconds });
    say(`${name}: ${rounded(entries / seconds)} entries/s`);
  }
  return { taken, wrong };
}

function reached(name: string, samples: readonly Sample[], more: Readonly<Record<string, number>>): Reached {
  const own = samples.filter(({ fold }) => fold === name);
  const rate = spreadOf(own.map((sample) => sample.entriesPerSecond));
  const ms = spreadOf(own.map((sample) => sample.seconds * 1_000));
  return {
    rate: rounded(rate.median),
    unit: "entries/s",
    p50Ms: rounded(ms.median),
    p99Ms: rounded(ms.max),
    range: [rounded(rate.min), rounded(rate.max)],
    more,
  };
}

/** Spoils positions, has the product find them, and puts them back. */
async function auditOf(database: Database, product: Fold, wrong: readonly string[]): Promise<Audit> {
  if (wrong.length > 0) return `failed: ${wrong.join("; ")}`;
  const shift = (by: number) => sql`
    update ledger.position set damaged = damaged + ${by}::bigint where position_id <= ${SPOILT_POSITIONS}`;
  await database.execute(shift(1));
  const found = await product.run();
  await database.execute(shift(-1));
  return found === SPOILT_POSITIONS
    ? "passed"
    : `failed: ${found} of ${SPOILT_POSITIONS} spoilt positions were found`;
}

async function measurePast(
  database: Database,
  parts: ProductParts,
  size: BookSize,
  { quick, say }: BenchmarkOptions,
): Promise<Readonly<Record<string, number>>> {
  const making = await timed(() => makeCheckpoints(database));
  const questions = { questions: quick ? QUESTIONS / 10 : QUESTIONS, positions: size.positions };
  const times: PastTimes = await askThePast(parts, questions);
  say(
    `${making.value} checkpoints in ${rounded(making.seconds)} s; the past at p99 ${rounded(times.p99Ms)} ms`,
  );
  return {
    checkpoints: making.value,
    "s to make them": rounded(making.seconds),
    "ms p50 of a question about the past": rounded(times.p50Ms),
    "ms p99": rounded(times.p99Ms),
    "ms at most": rounded(times.maxMs),
  };
}
