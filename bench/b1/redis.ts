import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import type { Cluster } from "../cluster.ts";
import { ACCEPTED, keyOf } from "../load/protocol.ts";
import { openRedis, startRedis } from "../redis.ts";
import { startServer } from "../server-process.ts";
import { faultsOfPeer } from "./audit.ts";
import type { Contestant } from "./contestant.ts";
import { RESERVATIONS_PATH, reservationBody } from "./request.ts";

/** Keys that are read back at once. */
const PAGE = 5_000;

/**
 * Redis as people use it for flash sales. Flushed `always`, a promise is answered when it is durable; flushed every second, the promises of
 * the last one are lost with the machine. Undefined where no Redis is installed.
 */
export async function startRedisPeer(
  cluster: Cluster,
  flushed: "always" | "everysec",
): Promise<Contestant | undefined> {
  const folder = await mkdtemp(join(cluster.folder, "redis-"));
  const redis = await startRedis(folder, ["--appendonly", "yes", "--appendfsync", flushed]);
  if (redis === undefined) return undefined;
  const client = await openRedis(redis.port);
  const server = await startServer({
    name: "redis-lua",
    args: ["bench/b1/redis-server.ts"],
    env: { PEER_REDIS_PORT: String(redis.port) },
  });
  return {
    name: `redis-lua-aof-${flushed}`,
    role: "peer",
    server,
    async prepare({ itemId, units }) {
      await client.ask(["SET", `stock:${itemId}`, String(units)]);
      return { port: server.port, path: RESERVATIONS_PATH, headers: {}, body: reservationBody(itemId) };
    },
    async audit(sale, seen) {
      const [left] = await client.ask(["MGET", `stock:${sale.itemId}`]);
      const told = [...seen.statuses.entries()].filter(([, status]) => status === ACCEPTED);
      const keys = new Set<string>();
      for (let start = 0; start < told.length; start += PAGE) {
        const names = told.slice(start, start + PAGE).map(([buyer]) => keyOf(sale.keyPrefix, buyer));
        const kept = await client.ask(["MGET", ...names.map((name) => `key:${name}`)]);
        for (const [at, text] of kept.entries()) if (text !== "") keys.add(names[at] ?? "");
      }
      return faultsOfPeer({ left: Number(left), promised: keys.size, keys }, sale, seen);
    },
    verify: async () => [],
    batches: async () => undefined,
    async stop() {
      await server.stop();
      client.close();
      await redis.stop();
    },
  };
}
