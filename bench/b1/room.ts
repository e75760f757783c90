import type { Cluster } from "../cluster.ts";
import { installCompared } from "../compare/peers.ts";
import { openRoom } from "../compare/room.ts";
import { ACCEPTED } from "../load/protocol.ts";
import { startServer } from "../server-process.ts";
import { faultsOfAnswers } from "./audit.ts";
import type { Contestant, SaleSize } from "./contestant.ts";
import { RESERVATIONS_PATH, reservationBody } from "./request.ts";

/** What a shop system gets through in some seconds. It knows no keys, so nobody asks twice. */
const SIZE: SaleSize = { units: 200, buyers: 1_000, inFlight: 256, retryShare: 0 };

type RoomPeer = {
  readonly name: string;
  readonly room: "medusa" | "vendure";
  readonly processes: number;
};

const ROOMS: readonly RoomPeer[] = [
  { name: "medusa", room: "medusa", processes: 1 },
  { name: "medusa-2-processes", room: "medusa", processes: 2 },
  { name: "vendure", room: "vendure", processes: 1 },
];

/** Starts shop systems of npm, which are installed on demand; none of them where they cannot be had. */
export async function startRooms(
  cluster: Cluster,
  say: (line: string) => void,
): Promise<readonly Contestant[]> {
  const folder = await installCompared(say);
  const started: Contestant[] = [];
  for (const peer of folder === undefined ? [] : ROOMS) {
    try {
      started.push(await startRoom(cluster, folder ?? "", peer));
    } catch (error) {
      say(`${peer.name} is left out: ${String(error).slice(0, 500)}`);
    }
  }
  return started;
}

async function startRoom(
  cluster: Cluster,
  folder: string,
  { name, room, processes }: RoomPeer,
): Promise<Contestant> {
  const url = await cluster.createDatabase(name.replaceAll("-", "_"));
  const clerk = await openRoom({ name: room, url, folder, isFirst: true });
  const server = await startServer({
    name,
    args: ["bench/b1/room-server.ts"],
    env: {
      DATABASE_URL: url,
      PEER_ROOM: room,
      PEER_FOLDER: folder,
      PEER_PROCESSES: String(processes),
    },
  }).catch(async (error: unknown) => {
    await clerk.stop();
    throw error;
  });
  return {
    name,
    role: "peer",
    server,
    size: SIZE,
    async prepare({ itemId, units }) {
      await clerk.receive(itemId, "wh-1", units);
      return { port: server.port, path: RESERVATIONS_PATH, headers: {}, body: reservationBody(itemId) };
    },
    async audit(sale, seen) {
      const { promised, held } = await clerk.books(sale.itemId);
      const accepted = seen.statuses.filter((status) => status === ACCEPTED).length;
      return [
        ...faultsOfAnswers(sale, seen),
        ...(promised === accepted ? [] : [`the counter says ${promised} of ${accepted} promises`]),
        ...(held === accepted ? [] : [`${held} of ${accepted} promises are in the database`]),
      ];
    },
    verify: async () => [],
    batches: async () => undefined,
    async stop() {
      await server.stop();
      await clerk.stop();
    },
  };
}
