import type { Cluster } from "../../cluster.ts";
import { startChild } from "../../load/child-process.ts";
import type { Contestant } from "../contestant.ts";
import type { PeerAnswer, PeerOrder } from "./peer.ts";
import { installPeers } from "./scratch.ts";

/** Who is compared with, how many events of a shift are enough to tell how fast it is, and whether it is a package. */
const PEERS = [
  { name: "naive", eventsMax: 6_000, isPackage: false },
  { name: "emmett", eventsMax: 24_000, isPackage: true },
  { name: "message-db", eventsMax: 2_000, isPackage: true },
  { name: "graphile-worker", eventsMax: 6_000, isPackage: true },
];

/** Starts all peers that can be had. */
export async function startPeers(
  cluster: Cluster,
  say: (line: string) => void,
): Promise<readonly Contestant[]> {
  const scratch = await installPeers(cluster.folder, say);
  const peers: Contestant[] = [];
  for (const peer of PEERS) {
    if (peer.isPackage && scratch === undefined) continue;
    peers.push(await startPeer(cluster, { ...peer, scratch: scratch ?? "" }));
  }
  return peers;
}

/** A peer in its process, over a database of its own. */
async function startPeer(
  cluster: Cluster,
  {
    name,
    eventsMax,
    scratch,
  }: { readonly name: string; readonly eventsMax: number; readonly scratch: string },
): Promise<Contestant> {
  const url = await cluster.createDatabase(name);
  const child = startChild<PeerOrder, PeerAnswer>(new URL("process.ts", import.meta.url));
  await child.run({ is: "open", name, url, scratch });
  return {
    name,
    role: "peer",
    pid: child.pid,
    async run({ happenings }) {
      const some = happenings.slice(0, eventsMax);
      const { elapsedMs } = await child.run({ is: "take", happenings: some });
      return { events: some.length, elapsedMs, generatorMicros: 0 };
    },
    audit: async () => (await child.run({ is: "audit" })).faults,
    verify: async () => [],
    async stop() {
      await child.run({ is: "close" });
      await child.stop();
    },
  };
}
