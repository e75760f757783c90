/** A process that is a peer: opens the one that it is told, and takes what happens. */
import { serveOrders } from "../../load/child-process.ts";
import { openEmmett } from "./emmett.ts";
import { openMessageDb } from "./message-db.ts";
import { openNaive } from "./naive.ts";
import type { Peer, PeerAnswer, PeerOrder } from "./peer.ts";
import { openQueueWorker } from "./queue-worker.ts";

const openers: Readonly<Record<string, (url: string, scratch: string) => Promise<Peer>>> = {
  naive: openNaive,
  emmett: openEmmett,
  "message-db": openMessageDb,
  "graphile-worker": openQueueWorker,
};

let peer: Peer | undefined;

async function carryOut(order: PeerOrder): Promise<PeerAnswer> {
  const startedAt = performance.now();
  const faults = await answer(order);
  return { elapsedMs: performance.now() - startedAt, faults };
}

async function answer(order: PeerOrder): Promise<readonly string[]> {
  if (order.is === "open") {
    const open = openers[order.name];
    if (open === undefined) throw new Error(`there is no peer ${order.name}`);
    peer = await open(order.url, order.scratch);
    return [];
  }
  if (peer === undefined) throw new Error("the peer is not open");
  switch (order.is) {
    case "take":
      await peer.take(order.happenings);
      return [];
    case "audit":
      return peer.audit();
    case "close":
      await peer.close();
      return [];
    default:
      return order satisfies never;
  }
}

serveOrders(carryOut);
