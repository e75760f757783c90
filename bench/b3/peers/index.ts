import type { Cluster } from "../../cluster.ts";
import { startChild } from "../../load/child-process.ts";
import type { Contestant } from "../contestant.ts";
import type { PeerAnswer, PeerOrder } from "./peer.ts";

/** A peer in its process, over a database of its own. */
export async function startPeer(
  cluster: Cluster,
  { name, eventsMax }: { readonly name: string; readonly eventsMax: number },
): Promise<Contestant> {
  const url = await cluster.createDatabase(name);
  const child = startChild<PeerOrder, PeerAnswer>(new URL("process.ts", import.meta.url));
  await child.run({ is: "open", name, url, scratch: cluster.folder });
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
