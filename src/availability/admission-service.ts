import { itemId, lineId, locationId, quantity, type Reservation, reservationId } from "@crossdock/canonical";
import type { FactLog } from "../backbone/index.ts";
import type { Ledger } from "../ledger/index.ts";
import type { Clock, Ids, Transaction } from "../platform/index.ts";
import { type AdmissionRequest, decide, type Promised } from "./admission.ts";
import { askedToKeep } from "./asked.ts";
import { writeAsked } from "./asked-service.ts";
import { CHOICE_LOCATIONS_MIN, decideThenLock } from "./chosen-places-service.ts";
import { totalsOf } from "./fulfilment.ts";
import { decideWithin } from "./limits/admission.ts";
import type { Usage } from "./limits/limit.ts";
import { insertCountedHolds, lockLimits, selectUsage } from "./limits/store.ts";
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
import type { RuleBook } from "./rules/book.ts";
import type { Shelf } from "./shelf.ts";
import { layOut } from "./shelf-service.ts";
import type { LoadMemory } from "./sourcing/load-service.ts";
import { insertExplanations } from "./sourcing/store.ts";
import {
  deleteEarlyFulfilment,
  type EarlyRow,
  insertReservations,
  lockOrders,
  type ReservationRow,
  selectEarlyFulfilment,
  selectExpiredHolds,
  updateReservationState,
} from "./store.ts";

/** Expired holds that one decision sweeps in one statement; it repeats until none is left. */
export const SWEEP_MAX = 5_000;

export type { Admitted, RequestToAdmit } from "./request-to-admit.ts";

export type AdmissionDeps = {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly factLog: FactLog;
  readonly ledger: Pick<Ledger, "lockPositionsOf" | "post">;
  /** Units that wait to be picked at locations; asked for where a rule ranks by them. */
  readonly load: LoadMemory;
};

/** What is decided of a request that was answered before: nothing, again. */
const NO_RESERVATIONS: readonly Reservation[] = [];
const NOTHING_NEW: Admitted = { decision: { promised: [], rejections: [] }, reservations: [] };

/** How a batch is decided. */
export type Admitting = {
  readonly book: RuleBook;
  /** Which of the requests were decided before; asked for in the flight of the locks, because while positions are locked every round trip costs. */
  readonly answered?: () => Promise<ReadonlySet<RequestToAdmit>>;
  /** What is promised was given back before in this transaction: what another place is short by is no reason against it. */
  readonly isMove?: boolean;
  /** Only what is chosen may be locked; throws `SeenOtherwise` where that does not do, and the caller tries again without. */
  readonly locksChosen?: boolean;
};

/**
 * Decides requests together in the caller's transaction: locks the positions that they may touch, sweeps the holds that have run
 * out there, decides in pure code, and sends the writes. The caller must answer nobody before its commit.
 */
export async function admit(
  deps: AdmissionDeps,
  tx: Transaction,
  requests: readonly RequestToAdmit[],
  admitting: Admitting,
): Promise<readonly Admitted[]> {
  const { book, answered, isMove, locksChosen } = admitting;
  const { itemIds, locationIds, orderIds } = touchedBy(requests, book);
  const now = deps.clock.now();
  // Before anything is locked: it is counted, and need not be of this moment.
  const load = book.sourcing.looksAtLoad ? await deps.load() : undefined;
  // Before the positions, as everywhere: whoever settles uses of these orders must have ended, or will find what is promised here.
  if (orderIds.length > 0) lockOrders(tx, orderIds);
  const limited = [...new Set(requests.flatMap(({ limits = [] }) => limits.map(({ subject }) => subject)))];
  if (limited.length > 0) lockLimits(tx, limited);
  const decideOn = (shelf: Shelf, looked: Looked) =>
    decideEach(deps, requests, {
      shelf: load === undefined ? shelf : { ...shelf, load },
      book,
      now,
      ...looked,
    });
  const expiredOf = (some: readonly string[]) =>
    selectExpiredHolds(tx, { itemIds: some, locationIds, now, limit: SWEEP_MAX });
  const sweepRestOf = (some: readonly string[], already: readonly ReservationRow[]) =>
    sweepRest(tx, { itemIds: some, locationIds, now, already });

  async function decideUnderLocks() {
    const [positions, expired, before, early, usage] = await Promise.all([
      deps.ledger.lockPositionsOf(tx, itemIds, locationIds),
      expiredOf(itemIds),
      answered?.(),
      orderIds.length === 0 ? [] : selectEarlyFulfilment(tx, orderIds),
      limited.length === 0 ? NO_USAGE : selectUsage(tx, limited, now),
    ]);
    const swept = [...expired, ...(await sweepRestOf(itemIds, expired))];
    const shelf = await layOut(tx, { requests, book, positions, swept, now, isMove });
    return { admitted: decideOn(shelf, { before, early, usage }), swept };
  }

  const mayChoose =
    orderIds.length === 0 && limited.length === 0 && locationIds.length >= CHOICE_LOCATIONS_MIN;
  const { admitted, swept } =
    locksChosen === true && mayChoose
      ? await decideThenLock(tx, {
          ...{ requests, book, itemIds, locationIds, now, answered, expiredOf, sweepRest: sweepRestOf },
          decide: (shelf, before) => decideOn(shelf, { before, early: [], usage: NO_USAGE }),
        })
      : await decideUnderLocks();
  await write(deps, tx, { requests, admitted, expired: swept, bookVersion: book.version, now });
  return admitted;
}

/** What is known of requests beside the shelf. */
type Looked = {
  readonly before: ReadonlySet<RequestToAdmit> | undefined;
  readonly early: readonly EarlyRow[];
  readonly usage: Usage;
};

type Deciding = Looked & { readonly shelf: Shelf; readonly book: RuleBook; readonly now: Date };

/** Decides requests one after the other. */
function decideEach(
  deps: Pick<AdmissionDeps, "ids">,
  requests: readonly RequestToAdmit[],
  { shelf, book, before, early, usage, now }: Deciding,
): readonly Admitted[] {
  // What was refused since the shelf last changed. Once something sought after is sold out, nearly every request is of one likeness.
  const refused = new Map<string, Admitted>();
  return requests.map((entry): Admitted => {
    if (before?.has(entry) === true) return NOTHING_NEW;
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

/** What requests may touch, each once. Loops, because this runs over every request of every batch. */
function touchedBy(requests: readonly RequestToAdmit[], book: RuleBook) {
  const itemIds = new Set<string>();
  const channelIds = new Set<string>();
  const orderIds = new Set<string>();
  for (const { request } of requests) {
    channelIds.add(request.channelId);
    if (request.orderId !== undefined) orderIds.add(request.orderId);
    for (const line of request.lines) for (const part of line.components) itemIds.add(part.itemId);
  }
  const locationIds = new Set([...channelIds].flatMap((id) => book.channels.get(id)?.locations ?? []));
  return { itemIds: [...itemIds], locationIds: [...locationIds], orderIds: [...orderIds] };
}

type Sweep = {
  readonly itemIds: readonly string[];
  readonly locationIds: readonly string[];
  readonly now: Date;
  readonly already: readonly ReservationRow[];
};

/** The holds that did not fit into the first sweep. They are marked as they are read, so each round sees the next. */
async function sweepRest(tx: Transaction, sweep: Sweep): Promise<readonly ReservationRow[]> {
  const rest: ReservationRow[] = [];
  let last = sweep.already;
  while (last.length > 0) {
    await updateReservationState(tx, {
      ids: last.map((row) => row.reservation_id),
      from: ["held"],
      to: "expired",
      at: sweep.now,
    });
    if (last.length < SWEEP_MAX) return rest;
    last = await selectExpiredHolds(tx, { ...sweep, limit: SWEEP_MAX });
    rest.push(...last);
  }
  return rest;
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
  readonly bookVersion: number;
  readonly now: Date;
};

function madePromises({ requests, admitted }: ToWrite): readonly Made[] {
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

async function write(deps: AdmissionDeps, tx: Transaction, work: ToWrite): Promise<void> {
  const { expired, now } = work;
  const made = madePromises(work);
  const asked = askedToKeep(work.requests, work.admitted);
  if (made.length === 0 && expired.length === 0) {
    writeAsked(tx, asked, { ...work, numbers: [] });
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
  ]);
  const numberAfter = (before: number, index: number) => numberOf(facts, before + index);
  // Before the transfers, so that it knows which were posted before it.
  writeAsked(tx, asked, { ...work, numbers: made.map((_, index) => numberAfter(expired.length, index)) });
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
  deps.ledger.post(tx, transfers);
  if (made.length > 0) insertReservations(tx, made.map(toRow), now);
  const explained = explainedOf(work);
  if (explained.length > 0) insertExplanations(tx, explained);
  const counted = countedOf(work);
  if (counted.length > 0) insertCountedHolds(tx, counted);
  writeFences(tx, made, expired);
  if (begun.length > 0) deleteEarlyFulfilment(tx, begun.map(toEarlyKey));
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
