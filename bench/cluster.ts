import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Database,
  EmbeddedPostgres,
  openDatabase,
  quoteIdentifier,
  script,
  sql,
} from "../src/platform/index.ts";

/** One durable PostgreSQL server in a temporary folder, with a database for each contestant and the same settings for all. */
export type Cluster = {
  readonly folder: string;
  readonly version: string;
  /** Process of the server; everything that it does is done by its children. */
  readonly pid: number;
  /** Makes an empty database and gives its address. */
  createDatabase(name: string): Promise<string>;
  /** Makes a database that is a copy of one that nobody is connected to. */
  copyDatabase(from: string, to: string): Promise<string>;
  /** Writes everything out, so that no contestant pays for pages that another has changed. */
  checkpoint(): Promise<void>;
  /** Bytes of write-ahead log so far. */
  logBytes(): Promise<number>;
  stop(): Promise<void>;
};

/** Starts the server. `openDatabase` refuses one that would lose acknowledged work, so every number here is a durable one. */
export async function startCluster(): Promise<Cluster> {
  const dataDir = await mkdtemp(join(tmpdir(), "crossdock-bench-"));
  // Where we are root the server runs as somebody else, who must get there; else its data would lie outside and stay behind.
  await chmod(dataDir, 0o755);
  const server = await EmbeddedPostgres.start({ dataDir, database: "bench" });
  const database = await openDatabase(server.url, { applicationName: "bench", poolMax: 2 });
  const addressOf = (name: string) => {
    const url = new URL(server.url);
    url.pathname = `/${name}`;
    return url.href;
  };
  return {
    folder: server.folder,
    version: await versionOf(database),
    pid: await pidOf(server.folder),
    async createDatabase(name) {
      await database.execute(script(`create database ${quoteIdentifier(name)}`));
      return addressOf(name);
    },
    async copyDatabase(from, to) {
      await database.execute(
        script(`create database ${quoteIdentifier(to)} template ${quoteIdentifier(from)}`),
      );
      return addressOf(to);
    },
    async checkpoint() {
      await database.execute(script("checkpoint"));
    },
    async logBytes() {
      const [row] = await database.query<{ bytes: number }>(
        sql`select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint as bytes`,
      );
      return row?.bytes ?? 0;
    },
    async stop() {
      await database.close();
      await server.stop();
      for (const folder of [server.folder, dataDir]) await rm(folder, { recursive: true, force: true });
    },
  };
}

async function versionOf(database: Database): Promise<string> {
  const [row] = await database.query<{ version: string }>(
    sql`select current_setting('server_version') as version`,
  );
  return row?.version ?? "";
}

/** The first line of the pid file. */
async function pidOf(folder: string): Promise<number> {
  return Number.parseInt(await readFile(join(folder, "cluster", "postmaster.pid"), "utf8"), 10);
}
