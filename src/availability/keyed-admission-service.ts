import { createHash } from "node:crypto";
import type { ReservationAnswer } from "@crossdock/canonical";
import {
  type Database,
  isOutcomeUnknown,
  isRetryableDatabaseError,
  isUniqueViolation,
  type Log,
  type Metrics,
} from "../platform/index.ts";
import type { AdmissionRequest } from "./admission.ts";
import { type AdmissionDeps, type Admitted, admit } from "./admission-service.ts";
import type { ChannelBook } from "./channel.ts";
import type { ReserveAnswer, ReserveContext } from "./service.ts";
import { type AdmissionRow, insertAdmissions, selectAdmissions } from "./store.ts";

export type KeyedAdmissionDeps = AdmissionDeps & {
  readonly database: Database;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly book: () => Promise<ChannelBook>;
};

/** A request on its way to admission. */
export type KeyedRequest = {
  readonly resolved: AdmissionRequest;
  readonly ttlMs: number;
  readonly context: ReserveContext;
};

/** A batch is tried again this often when the database gave it up for reasons of its own. */
const ATTEMPTS_MAX = 3;

/** Says whether two requests ask for the same: everything that decides, in a fixed order. */
function payloadHash({ resolved, ttlMs }: KeyedRequest): string {
  const lines = resolved.lines.map((line) => [
    line.lineId,
    line.itemId,
    line.quantity,
    line.locationId,
    line.lot,
  ]);
  const refused = resolved.refused.map((line) => [line.lineId, line.reason, line.message]);
  const payload = [resolved.channelId, resolved.policy, resolved.orderId, ttlMs, lines, refused];
  return createHash("sha256").update(JSON.stringify(payload)).digest("base64");
}

const keyText = (clientId: string, key: string): string => `${clientId} ${key}`;

function keyReused(key: string): ReserveAnswer {
  return {
    refused: "key-reused",
    message: `The key ${JSON.stringify(key)} was used for another request; use a new key.`,
  };
}

/** The place of each request whose key stands earlier in the same batch. */
function firstWithKey(requests: readonly KeyedRequest[]): ReadonlyMap<number, number> {
  const seen = new Map<string, number>();
  const repeats = new Map<number, number>();
  requests.forEach(({ context }, index) => {
    if (context.key === undefined) return;
    const text = keyText(context.clientId, context.key);
    const first = seen.get(text);
    if (first === undefined) seen.set(text, index);
    else repeats.set(index, first);
  });
  return repeats;
}

/** The stored first answer, or the refusal where it belongs to another request. */
function replay(row: AdmissionRow, hash: string): ReserveAnswer {
  if (row.payload_hash !== hash) return keyReused(row.key);
  return { answer: row.answer as ReservationAnswer, replayed: true };
}

function toAnswer({ decision, reservations }: Admitted, decidedAt: Date): ReservationAnswer {
  const outcome =
    reservations.length === 0 ? "rejected" : decision.rejections.length > 0 ? "partly-reserved" : "reserved";
  return {
    outcome,
    reservations: [...reservations],
    rejections: [...decision.rejections],
    decidedAt: decidedAt.toISOString(),
  };
}

/**
 * Makes the batch function of admission: answers keyed requests that were decided before from what was stored, decides the others
 * together, and commits decisions and answers at once. Requests of one key within a batch are decided once.
 */
export function createKeyedAdmission(
  deps: KeyedAdmissionDeps,
): (requests: readonly KeyedRequest[]) => Promise<readonly ReserveAnswer[]> {
  const { database, clock, log } = deps;
  const batchSize = deps.metrics.histogram(
    { name: "availability_admission_batch_requests", help: "Reservation requests decided together." },
    [1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
  );
  const seconds = deps.metrics.histogram({
    name: "availability_admission_seconds",
    help: "Time to decide and commit a batch.",
  });

  /** Decides distinct requests in one transaction. */
  async function decideOnce(
    requests: readonly KeyedRequest[],
    hashes: readonly string[],
  ): Promise<readonly ReserveAnswer[]> {
    const book = await deps.book();
    return database.transaction(async (tx) => {
      const keyed = requests.filter(({ context }) => context.key !== undefined);
      const now = clock.now();
      const expiresAt = ({ ttlMs }: KeyedRequest) => new Date(now.getTime() + ttlMs);
      const known =
        keyed.length === 0
          ? []
          : await selectAdmissions(
              tx,
              keyed.map(({ context }) => context.clientId),
              keyed.map(({ context }) => context.key ?? ""),
            );
      const stored = new Map(known.map((row) => [keyText(row.client_id, row.key), row]));
      const storedFor = ({ context }: KeyedRequest) =>
        stored.get(keyText(context.clientId, context.key ?? ""));
      const fresh = requests.filter((request) => storedFor(request) === undefined);
      const admitted = await admit(
        deps,
        tx,
        book,
        fresh.map((request) => ({
          request: request.resolved,
          expiresAt: expiresAt(request),
          correlationId: request.context.correlationId,
        })),
      );
      const answers = new Map(fresh.map((request, index) => [request, answerOf(admitted[index], now)]));
      const toStore = fresh.flatMap((request) => {
        const { clientId, key } = request.context;
        const hash = hashes[requests.indexOf(request)] ?? "";
        return key === undefined
          ? []
          : [{ clientId, key, payloadHash: hash, answer: JSON.stringify(answers.get(request)) }];
      });
      if (toStore.length > 0) await insertAdmissions(tx, toStore, now);
      return requests.map((request, index): ReserveAnswer => {
        const row = storedFor(request);
        if (row !== undefined) return replay(row, hashes[index] ?? "");
        const answer = answers.get(request);
        if (answer === undefined) throw new Error(`request ${index} of ${requests.length} was not decided`);
        return { answer, replayed: false };
      });
    });
  }

  function answerOf(admitted: Admitted | undefined, now: Date): ReservationAnswer {
    if (admitted === undefined) throw new Error("admission gave fewer decisions than it was asked for");
    return toAnswer(admitted, now);
  }

  /** Whether the whole batch may be decided again: nothing of it was kept, or every request in it has a key to be found by. */
  function mayRepeat(error: unknown, requests: readonly KeyedRequest[]): boolean {
    if (isOutcomeUnknown(error)) return requests.every(({ context }) => context.key !== undefined);
    return isRetryableDatabaseError(error) || isUniqueViolation(error, "admission_pkey");
  }

  async function decideDistinct(
    requests: readonly KeyedRequest[],
    hashes: readonly string[],
  ): Promise<readonly ReserveAnswer[]> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await decideOnce(requests, hashes);
      } catch (error) {
        if (attempt >= ATTEMPTS_MAX || !mayRepeat(error, requests)) throw error;
        log.warn({
          event: "availability.admission-repeated",
          attempt,
          requests: requests.length,
          err: error,
        });
      }
    }
  }

  return async (requests) => {
    batchSize.observe(requests.length);
    const stop = seconds.time();
    const hashes = requests.map((request) => (request.context.key === undefined ? "" : payloadHash(request)));
    const repeats = firstWithKey(requests);
    const places = requests.map((_, index) => index).filter((index) => !repeats.has(index));
    const answers = await decideDistinct(
      requests.filter((_, index) => !repeats.has(index)),
      places.map((index) => hashes[index] ?? ""),
    );
    stop();
    const byPlace = new Map(places.map((place, at) => [place, answers[at]]));
    return requests.map(({ context }, index) => {
      const first = repeats.get(index) ?? index;
      if (hashes[first] !== hashes[index]) return keyReused(context.key ?? "");
      const answer = byPlace.get(first);
      if (answer === undefined) throw new Error(`request ${index} of ${requests.length} has no answer`);
      return first === index || !("answer" in answer) ? answer : { ...answer, replayed: true };
    });
  };
}
