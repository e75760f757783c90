import pg from "pg";
import type { Cluster } from "../cluster.ts";
import { type ServerToStart, startServer } from "../server-process.ts";
import { faultsOfPeer } from "./audit.ts";
import type { Contestant, Sale } from "./contestant.ts";
import { counterRow, type PeerTables } from "./peer-database.ts";
import { RESERVATIONS_PATH, reservationBody } from "./request.ts";

/** Starts a server that only answers. It has no books, so there is nothing to audit. */
export async function startCeiling(name: string, file: string): Promise<Contestant> {
  const server = await startServer({ name, args: [file], env: {} });
  return {
    name,
    role: "ceiling",
    server,
    prepare: async (sale) => targetOf(server.port, sale),
    audit: async () => [],
    verify: async () => [],
    batches: async () => undefined,
    stop: server.stop,
  };
}

/** Starts a peer on a database of its own. */
export async function startPeer(
  cluster: Cluster,
  name: string,
  file: string,
  tables: PeerTables = counterRow,
): Promise<Contestant> {
  const url = await cluster.createDatabase(name);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await tables.create(client);
  const toStart: ServerToStart = { name, args: [file], env: { DATABASE_URL: url } };
  const server = await startServer(toStart);
  return {
    name,
    role: "peer",
    server,
    async prepare(sale) {
      await tables.insertStock(client, sale.itemId, sale.units);
      return targetOf(server.port, sale);
    },
    audit: async (sale, seen) => faultsOfPeer(await tables.books(client, sale.itemId), sale, seen),
    verify: async () => [],
    batches: async () => undefined,
    async stop() {
      await server.stop();
      await client.end();
    },
  };
}

function targetOf(port: number, { itemId }: Sale) {
  return { port, path: RESERVATIONS_PATH, headers: {}, body: reservationBody(itemId) };
}
