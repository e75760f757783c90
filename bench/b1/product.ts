import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import type { Cluster } from "../cluster.ts";
import { ROOT, startServer } from "../server-process.ts";
import { faultsOfProduct } from "./audit.ts";
import type { Batches, Contestant } from "./contestant.ts";
import { readProductBooks } from "./product-books.ts";
import { openProductData } from "./product-data.ts";
import { RESERVATIONS_PATH, reservationBody } from "./request.ts";

/** Starts the product's server on a database of its own, and gives itself a key. */
export async function startProduct(cluster: Cluster, profileFolder: string | undefined): Promise<Contestant> {
  const url = await cluster.createDatabase("product");
  const data = await openProductData(url);
  const authorization = `Bearer ${await data.issueKey()}`;
  const profile = profileFolder === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profileFolder}`];
  const environment = { DATABASE_URL: url, CROSSDOCK_DATA_DIR: cluster.folder, LOG_LEVEL: "error" };
  const server = await startServer({
    name: "crossdock",
    args: [...profile, "src/main.ts", "serve"],
    env: environment,
  });
  return {
    name: "crossdock",
    role: "product",
    server,
    async prepare({ itemId, units }) {
      await data.receive(itemId, units);
      return {
        port: server.port,
        path: RESERVATIONS_PATH,
        headers: { authorization },
        body: reservationBody(itemId),
      };
    },
    audit: async (sale, seen) => faultsOfProduct(await readProductBooks(data.database, sale), sale, seen),
    verify: () => askOracle(environment),
    batches: () => readBatches(server.port),
    async stop() {
      await server.stop();
      await data.close();
    },
  };
}

/** Has the product's own oracle read the raw tables. Its last line says how many checks failed. */
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

/** The end of what the oracle says is enough to see what it found. */
const ORACLE_WORDS_MAX = 500;

const BATCHES = "crossdock_availability_admission_batch_requests";

/** How many batches were decided, and of how many requests together. */
async function readBatches(port: number): Promise<Batches> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
  const text = await answer.text();
  const value = (name: string) =>
    Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "m").exec(text)?.[1] ?? 0);
  return { count: value(`${BATCHES}_count`), requests: value(`${BATCHES}_sum`) };
}
