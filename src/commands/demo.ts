import { createWriteStream } from "node:fs";
import { chmod, mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { checker } from "@crossdock/canonical";
import { Type } from "typebox";
import {
  createFigures,
  createTraffic,
  DEMO,
  demoErrors,
  type Example,
  type Simulation,
  showFigures,
  startSimulation,
  trialText,
} from "../demo/index.ts";
import { ALL_SCOPES, type ApiKeys } from "../gateway/index.ts";
import { createLog, createStopper, type Stopper, Terminal } from "../platform/index.ts";
import type { Product } from "../product.ts";
import { knowsKey, reachable } from "./address.ts";
import { openServedProduct } from "./serve.ts";
import { openSession, readSettings, type Session } from "./session.ts";

export type DemoOptions = {
  readonly seed: string;
  readonly ordersPerMinute: number;
  readonly traffic: boolean;
};

/** A log that has grown beyond this is put aside at the next start, in place of the one before it. */
const LOG_BYTES_MAX = 20 * 1024 * 1024;
/** How long the line that says why we end may take to be written. */
const LAST_WORD_MS = 500;
const MODE_PRIVATE = 0o600;

/** What the demonstration keeps in the data folder beside the database. */
const Memory = Type.Object({ seed: Type.String(), key: Type.String(), url: Type.Optional(Type.String()) });
const readMemory = checker(Memory);

/**
 * `crossdock demo`: everything with the demo company and its traffic, until Ctrl-C. Resolves with the exit code once all of it
 * has ended.
 */
export async function demo(options: DemoOptions): Promise<number> {
  const { dataDir, logLevel, shutdownGraceMs } = readSettings();
  await prepareFolder(dataDir);
  // Unless somebody asks for more, the file holds what somebody has to know.
  const level = process.env.LOG_LEVEL === undefined ? "warn" : logLevel;
  const log = createLog({ level, destination: await openLogFile(dataDir) });
  const stopper = createStopper({ graceMs: shutdownGraceMs, log, process });
  announceEnd(stopper, dataDir);
  const session = openSession({ applicationName: "crossdock demo", pending: "as-set", log });
  // Added before it is open: whoever stops us while it opens must not leave a database running.
  stopper.add("database", async () => (await session.catch(() => undefined))?.close());
  try {
    await run({ options, session: await session, stopper });
  } catch (error) {
    // Whoever stops us at the start takes away what the start was using; that is no error.
    const isStopped = stopper.stopping.aborted;
    const failed = await stopper.stop("start failed");
    // What could not be closed (a database on a full disk) would keep the program alive after its last word.
    if (failed.length > 0) setTimeout(() => process.exit(1), LAST_WORD_MS).unref();
    if (!isStopped) throw error;
  }
  await stopped(stopper.stopping);
  const failed = await stopper.stop("stopped");
  return failed.length === 0 ? 0 : 1;
}

/** Says when stopping begins and when it has ended; nothing is said when the start fails, because that has its own line. */
function announceEnd(stopper: Stopper, dataDir: string): void {
  let isAsked = false;
  stopper.add("farewell", async () => {
    if (isAsked) console.log(`Stopped. The data stays in ${dataDir}.`);
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      isAsked = true;
      console.log("\nStopping: what was begun is finished first.");
    });
  }
}

type Running = {
  readonly options: DemoOptions;
  readonly session: Session;
  readonly stopper: Stopper;
};

/** Opens one thing after the other, says how long each took, and adds each to what has to be stopped. */
async function run({ options, session, stopper }: Running): Promise<void> {
  const { config, embedded } = session;
  say("database", embedded ? `an embedded PostgreSQL in ${config.dataDir}` : "the one of DATABASE_URL");
  const memory = await recall(config.dataDir, options.seed);
  await refuseSecond(config.dataDir, memory);
  const product = await openServedProduct(session);
  stopper.add("product", () => product.close());
  product.startWork();
  const listening = await product.gateway.listen({ host: config.host, port: config.port });
  const url = reachable(listening.url);
  const key = await demoKey(product.apiKeys, memory?.key);
  await remember(config.dataDir, { seed: options.seed, key, url });
  say("server", url);
  const simulation = await openSimulation(product, { url, key, options });
  stopper.add("simulated systems", () => simulation.close());
  say("company", companyText(simulation));
  const receipts = await simulation.open();
  if (receipts > 0) say("stock", `${receipts.toLocaleString("en-US")} receipts reported by the warehouses`);
  if (options.traffic) startTraffic(simulation, options, stopper);
  console.log(`\n${trialText({ url, key }, await exampleOf(product, simulation))}\n`);
  console.log(`The log is in ${join(config.dataDir, "crossdock.log")}. Ctrl-C stops everything.\n`);
  const shown = showFigures(createFigures(simulation), process.stdout, stopper.stopping);
  stopper.add("summary", () => shown);
}

function startTraffic(simulation: Simulation, { ordersPerMinute }: DemoOptions, stopper: Stopper): void {
  const traffic = createTraffic(simulation);
  stopper.add("traffic", () => traffic.stop());
  traffic.start(ordersPerMinute);
}

function openSimulation(
  product: Product,
  { url, key, options }: { readonly url: string; readonly key: string; readonly options: DemoOptions },
): Promise<Simulation> {
  const now = () => product.clock.now();
  // Rises with every start, so that no run uses the ids of another.
  const number = Math.floor(now().getTime() / 1_000);
  return startSimulation({
    parts: product,
    url,
    key,
    run: { seed: options.seed, number, now },
    isLively: options.traffic,
  });
}

/** Says a milestone, with the time since the process began. */
function say(name: string, text: string): void {
  const seconds = (performance.now() / 1_000).toFixed(1);
  console.log(`${seconds.padStart(6)} s  ${name.padEnd(10)}${text}`);
}

function companyText({ company, isNew }: Simulation): string {
  const { items, warehouses, retailers } = company;
  const size = `${items.length.toLocaleString("en-US")} items, ${warehouses.length} warehouses, a shop, ${retailers.length} retailers`;
  return isNew ? size : `${size}, as they were left`;
}

/** The most wanted item, and a position of it that has a history. */
async function exampleOf(product: Product, { company }: Simulation): Promise<Example> {
  const [item] = company.items;
  const itemId = item?.itemId ?? "";
  const page = { itemId, locationId: item?.openingStock[0]?.warehouse, after: 0, limit: 1 };
  const [position] = await product.ledger.positionPage(page);
  return { sku: item?.sku ?? "", itemId, positionId: String(position?.position_id ?? 1) };
}

/** The demo's key: the one of the last start where it still opens the door, else a new one that may do everything. */
async function demoKey(apiKeys: ApiKeys, known: string | undefined): Promise<string> {
  const keys = await apiKeys.list();
  const isValid = keys.some(({ keyId, revokedAt }) => revokedAt === undefined && known?.includes(keyId));
  if (known !== undefined && isValid) return known;
  const issued = await apiKeys.issue({ clientId: DEMO.client, name: "demo", scopes: ALL_SCOPES });
  return issued.text;
}

const memoryPath = (dataDir: string): string => join(dataDir, "demo.json");

/** What the last start kept. Refuses another seed: the data would be of two companies. */
async function recall(dataDir: string, seed: string): Promise<Type.Static<typeof Memory> | undefined> {
  const text = await readFile(memoryPath(dataDir), "utf8").catch(() => undefined);
  const read = text === undefined ? undefined : readMemory(parse(text));
  if (read === undefined || !read.ok) return undefined;
  if (read.value.seed === seed) return read.value;
  throw new Terminal(
    demoErrors.seedDiffers,
    `${dataDir} holds the company of seed "${read.value.seed}", not of "${seed}"`,
  );
}

/**
 * Refuses to run twice on one company: each run gives the accounts the addresses and secrets of its own simulated systems, so the
 * first one's messages would no longer be believed.
 */
async function refuseSecond(dataDir: string, memory: Type.Static<typeof Memory> | undefined): Promise<void> {
  if (memory?.url === undefined || !(await knowsKey(memory.url, memory.key))) return;
  throw new Terminal(
    demoErrors.alreadyRunning,
    `the company in ${dataDir} is being run already, at ${memory.url}`,
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // A file that was cut off holds nothing that is needed: another key is made.
  }
}

async function remember(dataDir: string, memory: Type.Static<typeof Memory>): Promise<void> {
  try {
    await writeFile(memoryPath(dataDir), `${JSON.stringify(memory)}\n`, { mode: MODE_PRIVATE });
    await chmod(memoryPath(dataDir), MODE_PRIVATE);
  } catch (error) {
    throw folderError(error);
  }
}

async function prepareFolder(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true });
  } catch (error) {
    throw folderError(error);
  }
}

function folderError(cause: unknown): Terminal {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new Terminal(demoErrors.dataFolderRefused, why, { cause });
}

/** Where the log's lines go: they would tear the live line apart. */
async function openLogFile(dataDir: string): Promise<{ write(line: string): void }> {
  const path = join(dataDir, "crossdock.log");
  const { size } = await stat(path).catch(() => ({ size: 0 }));
  if (size > LOG_BYTES_MAX) await rename(path, `${path}.1`);
  const stream = createWriteStream(path, { flags: "a" });
  stream.once("error", (error) => console.error(`the log cannot be written any more: ${error.message}`));
  return stream;
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
