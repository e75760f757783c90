import { hash } from "node:crypto";
import type { ReservationAnswer } from "@crossdock/canonical";
import {
  type Database,
  isOutcomeUnknown,
  isRetryable,
  isRetryableDatabaseError,
  isUniqueViolation,
  type Log,
  type Metrics,
  type Transaction,
} from "../platform/index.ts";
import type { AdmissionRefusal, AdmissionRequest } from "./admission.ts";
import type { AdmissionDeps } from "./admission-entry.ts";
import { type Admitted, admit, type RequestToAdmit } from "./admission-service.ts";
import { SeenOtherwise } from "./chosen-places-service.ts";
import type { HoldLimit } from "./limits/limit.ts";
import type { HoldLimits } from "./limits/service.ts";
import type { RuleBook } from "./rules/book.ts";
import { type AdmissionRow, type AnswerToInsert, insertAdmissions, selectAdmissions } from "./store.ts";

export type KeyedAdmissionDeps = AdmissionDeps & {
  readonly database: Database;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly book: () => Promise<RuleBook>;
  readonly holdLimits: Pick<HoldLimits, "all">;
};

/** Who asks, under which key. Without a key a repeated request is a new request. */
export type ReserveContext = {
  readonly clientId: string;
  readonly key?: string | undefined;
  readonly correlationId: string;
};

/** A request on its way to admission. */
export type KeyedRequest = {
  readonly resolved: AdmissionRequest;
  readonly ttlMs: number;
  readonly context: ReserveContext;
};

/** The answer to a request, and whether it is an earlier one given again; or why its key cannot be used for it. */
export type ReserveAnswer =
  | { readonly answer: ReservationAnswer; readonly replayed: boolean }
  | AdmissionRefusal;

/** A batch is tried again this often when the database gave it up for reasons of its own. */
const ATTEMPTS_MAX = 3;

/** A request as the batch handles it. Two of one slot ask under one key; those without a key have a slot of their own. */
type Entry = {
  readonly request: KeyedRequest;
  readonly slot: string | symbol;
  /** Says whether two requests of one slot ask for the same. */
  readonly hash: string;
};

const keyText = (clientId: string, key: string): string => `${clientId} ${key}`;

function toEntry(request: KeyedRequest): Entry {
  const { clientId, key } = request.context;
  if (key === undefined) return { request, slot: Symbol("no key"), hash: "" };
  return { request, slot: keyText(clientId, key), hash: payloadHash(request) };
}

/** Everything that decides, in a fixed order. */
function payloadHash({ resolved, ttlMs }: KeyedRequest): string {
  const lines = resolved.lines.map((line) => [
    line.lineId,
    line.itemId,
    line.quantity,
    line.orderedUnit,
    line.locationId,
    line.lot,
    // Left out where it is not asked for, so that keys of before it could be asked for are still recognised.
    ...(line.locationsMax === undefined ? [] : [line.locationsMax]),
    ...(line.needBy === undefined && line.waitUntil === undefined ? [] : [[line.needBy, line.waitUntil]]),
  ]);
  const refused = resolved.refused.map((line) => [line.lineId, line.reason, line.message]);
  const { channelId, policy, orderId, locationsMax, destination } = resolved;
  const payload: unknown[] = [channelId, policy, orderId, ttlMs, lines, refused];
  if (locationsMax !== undefined) payload.push(locationsMax);
  if (destination !== undefined)
    payload.push(["to", destination.zone, destination.latitude, destination.longitude]);
  return hash("sha256", JSON.stringify(payload), "base64");
}

/** What is known under a slot: the answer, and the request that it belongs to. */
type Slot = { readonly hash: string; readonly answer: ReservationAnswer; readonly replayed: boolean };

function keyReused(key: string | undefined): AdmissionRefusal {
  return {
    refused: "key-reused",
    message: `The key ${JSON.stringify(key)} was used for another request; use a new key.`,
  };
}

function toStoredSlot(row: AdmissionRow): Slot {
  return { hash: row.payload_hash, answer: row.answer as ReservationAnswer, replayed: true };
}

function toAnswer(
  { decision, reservations, backorders = [] }: Admitted,
  decidedAt: string,
): ReservationAnswer {
  const { sourcing } = decision;
  const wait = new Set(backorders.map(({ lineId }) => lineId));
  const rejections = decision.rejections.filter(({ lineId }) => !wait.has(lineId));
  const explained = sourcing === undefined ? {} : { sourcing };
  const some = { reservations: [...reservations], rejections, decidedAt, ...explained };
  if (wait.size > 0) {
    const outcome = rejections.length > 0 ? "partly-reserved" : "backordered";
    return { outcome, ...some, backorders: [...backorders] };
  }
  const outcome =
    reservations.length === 0 ? "rejected" : rejections.length > 0 ? "partly-reserved" : "reserved";
  return { outcome, ...some };
}

const NO_LIMITS: readonly HoldLimit[] = [];

/** What the holds of each request's client, and of its channel, may come to. */
async function limitsOf(
  { holdLimits }: Pick<KeyedAdmissionDeps, "holdLimits">,
  entries: readonly Entry[],
): Promise<readonly (readonly HoldLimit[])[]> {
  const all = await holdLimits.all();
  if (all.size === 0) return [];
  return entries.map(({ request: { resolved, context } }) =>
    [`client:${context.clientId}`, `channel:${resolved.channelId}`].flatMap(
      (subject) => all.get(subject) ?? [],
    ),
  );
}

function toAdmit({ request, hash }: Entry, now: Date, limits: readonly HoldLimit[]): RequestToAdmit {
  const { resolved, ttlMs, context } = request;
  const { explain, policy } = resolved;
  const isUnlike = hash === "" || limits.length > 0 || explain === true || policy === "backorder";
  return {
    request: resolved,
    expiresAt: new Date(now.getTime() + ttlMs),
    correlationId: context.correlationId,
    // What is refused for a limit is refused to this client alone, and everybody waits by himself.
    likeness: isUnlike ? undefined : hash,
    ...(limits.length === 0 ? {} : { limits }),
  };
}

async function findStored(
  tx: Transaction,
  entries: readonly Entry[],
): Promise<ReadonlyMap<string | symbol, Slot>> {
  const contexts = entries.map(({ request }) => request.context).filter(({ key }) => key !== undefined);
  if (contexts.length === 0) return new Map();
  const rows = await selectAdmissions(
    tx,
    contexts.map(({ clientId }) => clientId),
    contexts.map(({ key }) => key ?? ""),
  );
  return new Map(rows.map((row) => [keyText(row.client_id, row.key), toStoredSlot(row)]));
}

/** Words the answers of one decision run. Requests that were refused alike share one answer, and its text is made once. */
function answerWriter(decidedAt: string) {
  const written = new Map<Admitted, { readonly answer: ReservationAnswer; readonly text: string }>();
  return (decided: Admitted) => {
    const known = written.get(decided);
    if (known !== undefined) return known;
    const answer = toAnswer(decided, decidedAt);
    const made = { answer, text: JSON.stringify(answer) };
    written.set(decided, made);
    return made;
  };
}

/**
 * Decides entries of distinct slots in one transaction; gives what each slot knows once it is committed. With `locksChosen` it locks only
 * what is chosen, and throws `SeenOtherwise` where that does not do.
 */
async function decideOnce(
  deps: KeyedAdmissionDeps,
  entries: readonly Entry[],
  locksChosen: boolean,
): Promise<ReadonlyMap<string | symbol, Slot>> {
  const [book, limits] = await Promise.all([deps.book(), limitsOf(deps, entries)]);
  return deps.database.transaction(async (tx) => {
    const now = deps.clock.now();
    const requests = entries.map((entry, at) => toAdmit(entry, now, limits[at] ?? NO_LIMITS));
    let stored: ReadonlyMap<string | symbol, Slot> = new Map();
    // Asked for behind the lock: by then a batch that was decided meanwhile has left its answers.
    const answered = async () => {
      stored = await findStored(tx, entries);
      return new Set(requests.filter((_, at) => stored.has(entries[at]?.slot ?? "")));
    };
    const admitted = await admit(deps, tx, requests, { book, answered, locksChosen });
    const slots = new Map(stored);
    const answerFor = answerWriter(now.toISOString());
    const toKeep: AnswerToInsert[] = [];
    entries.forEach(({ request, slot, hash }, at) => {
      const decided = admitted[at];
      if (stored.has(slot) || decided === undefined) return;
      const { answer, text } = answerFor(decided);
      slots.set(slot, { hash, answer, replayed: false });
      const { clientId, key } = request.context;
      if (key !== undefined) toKeep.push({ clientId, key, payloadHash: hash, answer: text });
    });
    if (toKeep.length > 0) insertAdmissions(tx, toKeep, now);
    return slots;
  });
}

/** Whether a batch may be decided again: nothing of it was kept, or every request in it has a key to be found by. */
function mayRepeat(error: unknown, entries: readonly Entry[]): boolean {
  if (isOutcomeUnknown(error)) return entries.every(({ request }) => request.context.key !== undefined);
  return isRetryableDatabaseError(error) || isUniqueViolation(error, "admission_pkey");
}

async function decideDistinct(
  deps: KeyedAdmissionDeps,
  entries: readonly Entry[],
): Promise<ReadonlyMap<string | symbol, Slot>> {
  let locksChosen = true;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await decideOnce(deps, entries, locksChosen);
    } catch (error) {
      if (error instanceof SeenOtherwise) {
        locksChosen = false;
        continue;
      }
      if (attempt >= ATTEMPTS_MAX || !mayRepeat(error, entries)) throw error;
      deps.log.warn({
        event: "availability.admission-repeated",
        attempt,
        requests: entries.length,
        err: error,
      });
    }
  }
}

/** What became of a slot: an answer, or the error that it alone caused. */
type Outcome = Slot | { readonly failed: unknown };

/**
 * Decides entries together, and where that fails because of one of them, in halves, until the one that cannot be decided is alone
 * with its error. The others are answered as if it had never asked.
 */
async function decideIsolating(
  deps: KeyedAdmissionDeps,
  entries: readonly Entry[],
): Promise<ReadonlyMap<string | symbol, Outcome>> {
  try {
    return await decideDistinct(deps, entries);
  } catch (error) {
    // What passes by itself is the database's state and nobody's doing, and an unknown outcome must be looked at first.
    if (isRetryable(error)) throw error;
    const [first] = entries;
    if (first !== undefined && entries.length === 1) return new Map([[first.slot, { failed: error }]]);
    deps.log.warn({ event: "availability.admission-divided", requests: entries.length, err: error });
    const middle = Math.ceil(entries.length / 2);
    const before = await decideIsolating(deps, entries.slice(0, middle));
    const after = await decideIsolating(deps, entries.slice(middle));
    return new Map([...before, ...after]);
  }
}

/** Gives each entry its slot's answer. Of several entries of one slot in a batch the first was decided; the others replay it. */
function answersOf(
  entries: readonly Entry[],
  outcomes: ReadonlyMap<string | symbol, Outcome>,
): readonly PromiseSettledResult<ReserveAnswer>[] {
  const given = new Set<string | symbol>();
  return entries.map(({ request, slot, hash }) => {
    const known = outcomes.get(slot);
    if (known === undefined)
      throw new Error(`a request of client ${request.context.clientId} was not decided`);
    if ("failed" in known) return { status: "rejected", reason: known.failed };
    if (known.hash !== hash) return { status: "fulfilled", value: keyReused(request.context.key) };
    const replayed = known.replayed || given.has(slot);
    given.add(slot);
    return { status: "fulfilled", value: { answer: known.answer, replayed } };
  });
}

/**
 * Makes the batch function of admission: answers keyed requests that were decided before from what was stored, decides the others
 * together, and commits decisions and answers at once. Requests of one key within a batch are decided once. A request that cannot be
 * decided is the only one that fails.
 */
export function createKeyedAdmission(
  deps: KeyedAdmissionDeps,
): (requests: readonly KeyedRequest[]) => Promise<readonly PromiseSettledResult<ReserveAnswer>[]> {
  const batchSize = deps.metrics.histogram(
    { name: "availability_admission_batch_requests", help: "Reservation requests decided together." },
    [1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
  );
  const seconds = deps.metrics.histogram({
    name: "availability_admission_seconds",
    help: "Time to decide and commit a batch of reservation requests.",
  });
  return async (requests) => {
    batchSize.observe(requests.length);
    const stop = seconds.time();
    const entries = requests.map(toEntry);
    const distinct = [
      ...new Map(entries.toReversed().map((entry) => [entry.slot, entry])).values(),
    ].toReversed();
    const outcomes = await decideIsolating(deps, distinct);
    stop();
    return answersOf(entries, outcomes);
  };
}
