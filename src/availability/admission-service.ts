import { itemId, lineId, locationId, quantity, type Reservation, reservationId } from "@crossdock/canonical";
import type { Transaction } from "../platform/index.ts";
import { type AdmissionRequest, decide, type Promised } from "./admission.ts";
import type { AdmissionDeps, Admitting } from "./admission-entry.ts";
import {
  isWaitedFor,
  lookBehindLocks,
  mayBeChosen,
  sweeping,
  touchedBy,
  turnOf,
} from "./admission-locks-service.ts";
import { askedToKeep } from "./asked.ts";
import { writeAsked } from "./asked-service.ts";
import { type QueueWork, queueRests, queueWork, unitsServed } from "./backorders/admission-service.ts";
import { type LineUp, openLineUp } from "./backorders/line-up.ts";
import { decideThenLock } from "./chosen-places-service.ts";
import { totalsOf } from "./fulfilment.ts";
import { decideWithin } from "./limits/admission.ts";
import type { Usage } from "./limits/limit.ts";
import { insertCountedHolds, lockLimits } from "./limits/store.ts";
import {
  expiryFact,
  giveBack,
  hold,
  type Made,
  numberOf,
  replaceAtOnce,
  replacedAtOnceFact,
  reservedFact,
  settle,
  settledFact,
  settledUnits,
  shortAtOnceFact,
  toEarlyKey,
  toRow,
} from "./promise-record.ts";
import type { Admitted, RequestToAdmit } from "./request-to-admit.ts";
import { throughFence } from "./ring-fence.ts";
import { changeRingFences, type RingFenceChange, updateFenced } from "./ring-fence-store.ts";
import { bookAt, type RuleBook } from "./rules/book.ts";
import type { Shelf } from "./shelf.ts";
import { layOut } from "./shelf-service.ts";
import { insertExplanations } from "./sourcing/store.ts";
import {
  deleteEarlyFulfilment,
  type EarlyRow,
  insertReservations,
  lockOrders,
  type ReservationRow,
} from "./store.ts";

export type { AdmissionDeps } from "./admission-entry.ts";
export type { Admitted, RequestToAdmit } from "./request-to-admit.ts";

/** What is decided of a request that was answered before: nothing, again. */
const NO_RESERVATIONS: readonly Reservation[] = [];
const NOTHING_NEW: Admitted = { decision: { promised: [], rejections: [] }, reservations: [] };

/**
 * Decides requests together in the caller's transaction: locks the positions that they may touch, sweeps the holds that have run
 * out there, lets those go first who wait for what lies there, decides in pure code, and sends the writes. The caller must answer nobody
 * before its commit.
 */
export async function admit(
  deps: AdmissionDeps,
  tx: Transaction,
  asked: readonly RequestToAdmit[],
  admitting: Admitting,
): Promise<readonly Admitted[]> {
  const { answered, locksChosen } = admitting;
  const now = deps.clock.now();
  const book = bookAt(admitting.book, now.getTime());
  const touched = touchedBy(asked, book, { serve: admitting.serve, seen: deps.seenQueues });
  const { itemIds, locationIds, orderIds } = touched;
  // Before anything is locked: it is counted, and need not be of this moment.
  const load = book.sourcing.looksAtLoad ? await deps.load() : undefined;
  // Before the positions, as everywhere: whoever settles uses of these orders must have ended, or will find what is promised here.
  if (orderIds.length > 0) lockOrders(tx, orderIds);
  const limited = [...new Set(asked.flatMap(({ limits = [] }) => limits.map(({ subject }) => subject)))];
  if (limited.length > 0) lockLimits(tx, limited);
  const decideOn = (requests: readonly RequestToAdmit[], shelf: Shelf, looked: Looked) =>
    decideEach(deps, requests, {
      shelf: load === undefined ? shelf : { ...shelf, load },
      book,
      now,
      ...looked,
    });

  async function decideUnderLocks() {
    const looked = await lookBehindLocks(deps, tx, { ...admitting, ...touched, book, asked, limited, now });
    const { positions, swept, waiting } = looked;
    const requests = admitting.serve === undefined ? asked : waiting.flatMap(turnOf(admitting.serve));
    const channels = [...requests, ...waiting.map((one) => ({ request: one }))];
    const { isMove } = admitting;
    const shelf = await layOut(tx, { requests: channels, book, positions, swept, now, isMove });
    const lineUp = waiting.length === 0 ? undefined : openLineUp(shelf, book, waiting);
    return { requests, admitted: decideOn(requests, shelf, { ...looked, lineUp }), swept };
  }

  const mayChoose =
    locksChosen === true && limited.length === 0 && mayBeChosen(asked, touched, deps.seenQueues);
  const decided = mayChoose
    ? await decideThenLock(tx, {
        ...{ requests: asked, book, itemIds, locationIds, now, answered },
        ...{ ...sweeping(tx, { locationIds, now }), isWaitedFor: () => isWaitedFor(deps, tx, itemIds) },
        decide: (shelf, before) => decideOn(asked, shelf, { before, early: [], usage: NO_USAGE }),
      })
    : await decideUnderLocks();
  const { requests = asked, swept } = decided;
  const { admitted, queued } = await queueRests(deps, tx, { requests, admitted: decided.admitted, now });
  const work = queueWork({ requests, admitted, now }, queued);
  await write(deps, tx, { requests, admitted, expired: swept, work, bookVersion: book.version, now });
  return admitted;
}

/** What is known of requests beside the shelf. */
type Looked = {
  readonly before: ReadonlySet<RequestToAdmit> | undefined;
  readonly early: readonly EarlyRow[];
  readonly usage: Usage;
  /** Those who go first; undefined: nobody waits for what is there. */
  readonly lineUp?: LineUp | undefined;
};

type Deciding = Looked & { readonly shelf: Shelf; readonly book: RuleBook; readonly now: Date };

/** Decides requests one after the other. */
function decideEach(
  deps: Pick<AdmissionDeps, "ids">,
  requests: readonly RequestToAdmit[],
  { shelf, book, lineUp, before, early, usage, now }: Deciding,
): readonly Admitted[] {
  // What was refused since the shelf last changed. Once something sought after is sold out, nearly every request is of one likeness.
  const refused = new Map<string, Admitted>();
  return requests.map((entry): Admitted => {
    if (before?.has(entry) === true) return NOTHING_NEW;
    lineUp?.keepBefore(entry.waits?.backorderId);
    const { likeness } = entry;
    const alike = likeness === undefined ? undefined : refused.get(likeness);
    if (alike !== undefined) return alike;
    // Only a firm promise is kept for units that have left already; a hold is kept for units that are there.
    const isBegun = early.length > 0 && entry.expiresAt === undefined;
    const request = isBegun ? withEarly(entry.request, early) : entry.request;
    const decision =
      entry.limits === undefined
        ? decide(shelf, book, request)
        : decideWithin(entry.limits, { shelf, book, request, usage, holdMs: holdMsOf(entry, now) });
    if (entry.waits !== undefined) lineUp?.keepRest(entry.waits, unitsServed(entry.waits, decision));
    if (decision.promised.length === 0) {
      const refusal = { decision, reservations: NO_RESERVATIONS };
      if (likeness !== undefined) refused.set(likeness, refusal);
      return refusal;
    }
    refused.clear();
    const expiresAt = entry.expiresAt?.toISOString();
    return {
      decision,
      reservations: decision.promised.map((promise) =>
        toReservation(deps.ids.next(), { entry, expiresAt, promise }),
      ),
    };
  });
}

const NO_USAGE: Usage = new Map();

const holdMsOf = ({ expiresAt }: RequestToAdmit, now: Date): number =>
  expiresAt === undefined ? 0 : expiresAt.getTime() - now.getTime();

/** Gives a request what was picked or shipped for its order before it came. */
function withEarly(request: AdmissionRequest, rows: readonly EarlyRow[]): AdmissionRequest {
  const early = rows
    .filter((row) => row.order_id === request.orderId)
    .map((row) => ({
      lineId: lineId(row.line_id),
      itemId: itemId(row.item_id),
      locationId: locationId(row.location_id),
      positionId: row.position_id,
      ...totalsOf(row),
    }));
  return early.length === 0 ? request : { ...request, early };
}

type ToMake = {
  readonly entry: RequestToAdmit;
  readonly expiresAt: string | undefined;
  readonly promise: Promised;
};

function toReservation(
  id: string,
  { entry: { request, cameFrom }, expiresAt, promise }: ToMake,
): Reservation {
  const { position, lineId } = promise;
  return {
    reservationId: reservationId(id),
    channelId: request.channelId,
    ...(request.orderId === undefined ? {} : { orderId: request.orderId }),
    lineId,
    itemId: position.itemId,
    locationId: position.locationId,
    lot: position.lot,
    quantity: promise.quantity,
    ...(promise.fenced === undefined || promise.fenced === 0 ? {} : { ringFenced: quantity(promise.fenced) }),
    state: expiresAt === undefined ? "allocated" : "held",
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(cameFrom === undefined ? {} : { cameFrom }),
  };
}

type ToWrite = {
  readonly requests: readonly RequestToAdmit[];
  readonly admitted: readonly Admitted[];
  readonly expired: readonly ReservationRow[];
  readonly work: QueueWork;
  readonly bookVersion: number;
  readonly now: Date;
};

function madePromises({ requests, admitted }: Pick<ToWrite, "requests" | "admitted">): readonly Made[] {
  return requests.flatMap(({ correlationId, causationId }, index) => {
    const { decision, reservations } = admitted[index] ?? { decision: { promised: [] }, reservations: [] };
    const origin = { correlationId, causationId };
    return decision.promised.flatMap(({ position: { positionId }, early, replaced = 0 }, at) => {
      const reservation = reservations[at];
      return reservation === undefined ? [] : [{ reservation, positionId, early, replaced, origin }];
    });
  });
}

/** The holds that count for somebody's limit. */
function countedOf({ requests, admitted }: ToWrite) {
  return requests.flatMap(({ limits = [] }, index) =>
    limits.flatMap(({ subject }) =>
      (admitted[index]?.reservations ?? []).map(({ reservationId: id }) => ({ subject, reservationId: id })),
    ),
  );
}

/** What is said of from where reservations come, where that was asked for. */
function explainedOf({ admitted }: ToWrite) {
  return admitted.flatMap(({ decision: { sourcing: explanation }, reservations }) =>
    explanation === undefined
      ? []
      : reservations.map(({ reservationId: id }) => ({ reservationId: id, explanation })),
  );
}

async function write(deps: AdmissionDeps, tx: Transaction, all: ToWrite): Promise<void> {
  const { expired, work, now } = all;
  const made = madePromises(all);
  const asked = askedToKeep(all.requests, all.admitted);
  if (made.length === 0 && expired.length === 0 && work.facts.length === 0) {
    writeAsked(tx, asked, { ...all, numbers: [] });
    return;
  }
  const begun = made.filter(({ early }) => early !== undefined);
  const settled = begun.filter((promise) => settledUnits(promise) > 0);
  const short = begun.filter(({ early }) => early !== undefined && early.notFound > 0);
  const replaced = made.filter((promise) => promise.replaced > 0);
  const facts = await deps.factLog.number([
    ...expired.map((row) => expiryFact(row, now)),
    ...made.map((promise) => reservedFact(promise, now)),
    ...settled.map((promise) => settledFact(promise, now)),
    ...replaced.map((promise) => replacedAtOnceFact(promise, now)),
    ...short.map((promise) => shortAtOnceFact(promise, now)),
    ...work.facts,
  ]);
  const numberAfter = (before: number, index: number) => numberOf(facts, before + index);
  // Before the transfers, so that it knows which were posted before it.
  writeAsked(tx, asked, { ...all, numbers: made.map((_, index) => numberAfter(expired.length, index)) });
  const effectiveAt = now.toISOString();
  const firstOfSettled = expired.length + made.length;
  const firstOfReplaced = firstOfSettled + settled.length;
  const transfers = [
    ...expired.flatMap((row, index) => throughFence(giveBack(row, numberOf(facts, index), now), row.fenced)),
    // Before the promises that they belong to, so that no balance is seen to fall below zero in between.
    ...settled.map((promise, at) => settle(promise, numberAfter(firstOfSettled, at), effectiveAt)),
    ...replaced.map((promise, at) => replaceAtOnce(promise, numberAfter(firstOfReplaced, at), effectiveAt)),
    ...made.flatMap((promise, at) =>
      throughFence(hold(promise, numberAfter(expired.length, at), effectiveAt), fencedOf(promise)),
    ),
  ];
  if (transfers.length > 0) deps.ledger.post(tx, transfers);
  if (made.length > 0) insertReservations(tx, made.map(toRow), now);
  const explained = explainedOf(all);
  if (explained.length > 0) insertExplanations(tx, explained);
  const counted = countedOf(all);
  if (counted.length > 0) insertCountedHolds(tx, counted);
  writeFences(tx, made, expired);
  if (begun.length > 0) deleteEarlyFulfilment(tx, begun.map(toEarlyKey));
  work.send(tx);
  deps.factLog.append(tx, facts);
}

const fencedOf = ({ reservation }: Made): number => reservation.ringFenced ?? 0;

/** Notes what came out of ring-fences, and what holds that have run out bring back. */
function writeFences(tx: Transaction, made: readonly Made[], expired: readonly ReservationRow[]): void {
  const fenced = made.filter((promise) => fencedOf(promise) > 0);
  const changes = [
    ...fenced.map(
      ({ reservation, positionId }): RingFenceChange => ({
        position_id: positionId,
        channel_id: reservation.channelId,
        item_id: reservation.itemId,
        location_id: reservation.locationId,
        lot: reservation.lot,
        units: -(reservation.ringFenced ?? 0),
      }),
    ),
    ...expired.filter((row) => row.fenced > 0).map((row) => ({ ...row, units: row.fenced })),
  ];
  if (changes.length === 0) return;
  changeRingFences(tx, changes);
  updateFenced(
    tx,
    fenced.map(({ reservation: { reservationId: id, ringFenced = 0 } }) => ({
      reservationId: id,
      fenced: ringFenced,
    })),
  );
}
