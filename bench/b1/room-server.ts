/**
 * A shop system's stock module behind HTTP, called as its own checkout calls it: in one process, or in several that share a port.
 * Refusals are those that it gives for want of stock; everything else that goes wrong is a fault.
 */
import workers from "node:cluster";
import { openMedusa } from "../compare/medusa.ts";
import type { Stockroom } from "../compare/stockroom.ts";
import { openVendure } from "../compare/vendure.ts";
import { servePeer } from "./peer-server.ts";

const {
  DATABASE_URL: url = "",
  PEER_ROOM: name,
  PEER_FOLDER: folder = "",
  PEER_PROCESSES: processes = "1",
} = process.env;

const HELD_MS = 900_000;
const isRefusal = (words: string): boolean => /not enough|not saleable|insufficient/i.test(words);

async function serve(room: Stockroom): Promise<void> {
  await servePeer(async ({ itemId, locationId, quantity }) => {
    const [told] = await room.ask([{ channel: "everywhere", lines: [{ item: itemId, units: quantity }] }]);
    if (told === undefined) throw new Error("a question had no answer");
    if (!("id" in told)) {
      if (isRefusal(told.refused)) return undefined;
      throw new Error(told.refused);
    }
    return {
      reservation_id: told.id,
      item_id: itemId,
      location_id: locationId,
      quantity: String(quantity),
      expires_at: new Date(Date.now() + HELD_MS),
    };
  });
}

if (workers.isPrimary && Number(processes) > 1) {
  for (let at = 0; at < Number(processes); at += 1) workers.fork();
  process.once("SIGTERM", () => {
    for (const worker of Object.values(workers.workers ?? {})) worker?.process.kill("SIGTERM");
  });
} else {
  await serve(
    name === "medusa"
      ? await openMedusa(url, folder, { isFirst: false, hasLocks: true })
      : await openVendure(url, folder, false),
  );
}
