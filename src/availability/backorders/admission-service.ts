import {
  BACKORDERS_PER_ITEM_MAX,
  type Backorder,
  backorderId,
  type LineRejection,
  quantity,
  type Reservation,
} from "@crossdock/canonical";
import type { OwnFact } from "../../backbone/index.ts";
import type { Ids, Transaction } from "../../platform/index.ts";
import type { AdmissionLine, Decision } from "../admission.ts";
import type { Admitted, RequestToAdmit } from "../request-to-admit.ts";
import type { Waiting } from "./line-up.ts";
import { countWaiting, insertBackorders, leaveQueues, updateServed } from "./store.ts";

/** What becomes a backorder: the rest of a line, and what it was asked for with. */
type ToQueue = {
  readonly backorder: Backorder;
  readonly line: AdmissionLine;
  readonly entry: RequestToAdmit;
};

const NOTHING_TO_QUEUE: readonly ToQueue[] = [];

/** What of a request waits: units of lines that were short, where it may come from wherever there is some. */
function restsOf(
  entry: RequestToAdmit,
  { decision }: Admitted,
): readonly { line: AdmissionLine; shortBy: number }[] {
  const { request } = entry;
  if (request.policy !== "backorder" || request.locationsMax !== undefined) return [];
  const short = new Map(
    decision.rejections.filter(isForWantOfStock).map(({ lineId, shortBy = 0 }) => [lineId, shortBy]),
  );
  return request.lines.flatMap((line) => {
    const shortBy = short.get(line.lineId) ?? 0;
    return shortBy === 0 || line.locationsMax !== undefined ? [] : [{ line, shortBy }];
  });
}

/** Requests, and what was decided of them at a moment. */
type DecidedNow = {
  readonly requests: readonly RequestToAdmit[];
  readonly admitted: readonly Admitted[];
  readonly now: Date;
};

const isForWantOfStock = ({ reason }: LineRejection): boolean => reason === "insufficient-stock";

/**
 * Queues what requests with the policy `backorder` are short by, and tells each of its own. Of an item for which as many wait as can be
 * looked at, nothing more is queued: it stays refused. Nobody but who has something to queue pays for it.
 */
export async function queueRests(
  { ids }: { readonly ids: Ids },
  tx: Transaction,
  { requests, admitted, now }: DecidedNow,
): Promise<{ readonly admitted: readonly Admitted[]; readonly queued: readonly ToQueue[] }> {
  const rests = requests.map((entry, at) => {
    const own = admitted[at];
    return own === undefined ? [] : restsOf(entry, own);
  });
  if (rests.every((own) => own.length === 0)) return { admitted, queued: NOTHING_TO_QUEUE };
  const items = rests.flat().flatMap(({ line }) => line.components.map((part) => part.itemId));
  const count = new Map(await countWaiting(tx, [...new Set(items)]));
  const hasRoom = ({ components }: AdmissionLine): boolean => {
    const hold = components.every((part) => (count.get(part.itemId) ?? 0) < BACKORDERS_PER_ITEM_MAX);
    if (hold) for (const part of components) count.set(part.itemId, (count.get(part.itemId) ?? 0) + 1);
    return hold;
  };
  const queued = requests.map((entry, at) =>
    (rests[at] ?? [])
      .filter(({ line }) => hasRoom(line))
      .map(
        ({ line, shortBy }): ToQueue => ({
          entry,
          line,
          backorder: backorderOf(ids.next(), { entry, line, shortBy, now }),
        }),
      ),
  );
  return {
    admitted: admitted.map((own, at) => {
      const backorders = (queued[at] ?? []).map(({ backorder }) => backorder);
      return backorders.length === 0 ? own : { ...own, backorders };
    }),
    queued: queued.flat(),
  };
}

function backorderOf(
  id: string,
  of: {
    readonly entry: RequestToAdmit;
    readonly line: AdmissionLine;
    readonly shortBy: number;
    readonly now: Date;
  },
): Backorder {
  const { entry, line, shortBy, now } = of;
  const { channelId, orderId } = entry.request;
  const { lineId, itemId, orderedUnit, locationId, lot, needBy, waitUntil } = line;
  return {
    ...{ backorderId: backorderId(id), channelId, lineId, itemId, orderedUnit },
    ...(orderId === undefined ? {} : { orderId }),
    ...(locationId === undefined ? {} : { locationId }),
    ...(lot === undefined ? {} : { lot }),
    ...(needBy === undefined ? {} : { needBy }),
    ...(waitUntil === undefined ? {} : { until: waitUntil }),
    ...{ quantity: quantity(shortBy), served: quantity(0), state: "waiting", queuedAt: now.toISOString() },
  };
}

/** Units that a backorder was given, and what they became. */
type Served = {
  readonly waiting: Waiting;
  readonly units: number;
  readonly reservations: readonly Reservation[];
};

function servedOf(requests: readonly RequestToAdmit[], admitted: readonly Admitted[]): readonly Served[] {
  return requests.flatMap(({ waits }, at) => {
    const own = admitted[at];
    if (waits === undefined || own === undefined || own.reservations.length === 0) return [];
    return [{ waiting: waits, units: unitsServed(waits, own.decision), reservations: own.reservations }];
  });
}

/** Units of the line that were promised: all that waited, less what its refusal says is missing. */
export function unitsServed(waiting: Waiting, decision: Decision): number {
  if (decision.promised.length === 0) return 0;
  return waiting.units - (decision.rejections[0]?.shortBy ?? 0);
}

/** What is written of queues beside the promises themselves. */
export type QueueWork = {
  readonly facts: readonly OwnFact[];
  send(tx: Transaction): void;
};

const NOTHING_TO_WRITE: QueueWork = { facts: [], send: () => undefined };

/** The facts about who begins to wait and who was served, and the rows that go with them. */
export function queueWork({ requests, admitted, now }: DecidedNow, queued: readonly ToQueue[]): QueueWork {
  const served = servedOf(requests, admitted);
  if (queued.length === 0 && served.length === 0) return NOTHING_TO_WRITE;
  return {
    facts: [...queued.map((one) => queuedFact(one, now)), ...served.map((one) => servedFact(one, now))],
    send(tx) {
      if (queued.length > 0) insertBackorders(tx, queued.map(toInsert), now);
      if (served.length > 0) sendServed(tx, served, now);
    },
  };
}

const toInsert = ({ backorder, line, entry }: ToQueue) => ({
  backorder,
  parts: line.components,
  correlationId: entry.correlationId,
});

function queuedFact({ backorder, entry }: ToQueue, at: Date): OwnFact {
  const { served: _served, state: _state, queuedAt: _queuedAt, promisedAt: _promisedAt, ...data } = backorder;
  const { correlationId, causationId } = entry;
  return { fact: { type: "BackorderQueued", data }, at, correlationId, causationId };
}

function servedFact({ waiting, units, reservations }: Served, at: Date): OwnFact {
  const { backorderId: id, itemId, orderId, lineId, correlationId } = waiting;
  const data = {
    ...{ backorderId: id, itemId, lineId },
    ...(orderId === undefined ? {} : { orderId }),
    ...{ quantity: quantity(units), waiting: quantity(waiting.units - units) },
    reservationIds: reservations.map(({ reservationId }) => reservationId),
  };
  return { fact: { type: "BackorderServed", data }, at, correlationId };
}

function sendServed(tx: Transaction, served: readonly Served[], at: Date): void {
  updateServed(
    tx,
    served.map(({ waiting, units }) => ({ backorderId: waiting.backorderId, units })),
    at,
  );
  const done = served.filter(({ waiting, units }) => units === waiting.units);
  if (done.length === 0) return;
  const items = done.flatMap(({ waiting }) => waiting.parts.map((part) => part.itemId));
  leaveQueues(
    tx,
    done.map(({ waiting }) => waiting.backorderId),
    [...new Set(items)],
  );
}
