import type { FactType } from "@crossdock/canonical";
import type { Clock, Database, Log, Transaction, Wakeup } from "../platform/index.ts";
import { isRetryable, Terminal } from "../platform/index.ts";
import { type DeadLetterRetry, retryDeadLetter, retryDeadLetters } from "./dead-letter-service.ts";
import { upsertDeadLetter } from "./dead-letter-store.ts";
import { backboneErrors } from "./errors.ts";
import { LOG_TOPIC, type LoggedFact, type PageRequest, type ReadPage } from "./log.ts";
import { isBefore, LOG_START, type LogPosition, parsePosition } from "./position.ts";
import {
  commitLater,
  existsEventAfter,
  insertSubscriber,
  lockCursor,
  selectCursor,
  updateCursor,
  waitForCursor,
} from "./store.ts";

/** Facts read at once unless the subscription says otherwise. */
export const BATCH_FACTS_DEFAULT = 1_000;
/** How often a fact is tried before it goes to the dead letters. */
export const ATTEMPTS_MAX = 3;
/** Waiting time after a failure, and while a settled fact may be held back by a transaction that signals nothing. */
const RETRY_DELAY_MS = 100;
const PENDING_POLL_MS = 25;
/**
 * Who is held back again and again looks less often, up to this. A commit that readers wait for signals them; what ends without a signal
 * wrote no facts, and looking after it every few milliseconds cost a rush a twentieth of its time.
 */
const PENDING_POLL_MS_MAX = 200;
/** Pages without a wanted fact that are passed by in one transaction. */
const IDLE_PAGES_MAX = 20;
/** Waking is quick when signals arrive; this is how late a reader can be when every signal is lost. */
const IDLE_POLL_MS = 1_000;

/** A named reader of the log. */
export type Subscription = {
  readonly name: string;
  readonly types: readonly FactType[];
  readonly batchFacts?: number;
  /**
   * Facts of its types to take in one transaction at most. For readers of rare facts that are large: what they do not want is still
   * passed by in full batches, where short ones would cost them a transaction for every few facts of anybody's.
   */
  readonly wantedFacts?: number;
  /**
   * How many of the facts that were read to take in one transaction, at least one; the others are read again with the next. For
   * readers to whom few facts are dear and most are nothing: short pages would cost them a transaction for every few of the latter.
   */
  readonly batchOf?: (facts: readonly LoggedFact[]) => number;
  /** Whether reading facts a second time is harmless, so that `rewind` is allowed. */
  readonly rewindable: boolean;
  /**
   * Takes facts in log order, at least one. Its writes commit together with the cursor, so it need not expect to see a fact
   * twice unless it was rewound. A `Retryable` is tried again for ever; any other error isolates the fact that causes it.
   */
  handle(tx: Transaction, facts: readonly LoggedFact[]): Promise<void>;
};

export type Subscriber = {
  readonly name: string;
  /** Reads until stopped. */
  start(): void;
  /** Finishes the batch at hand, then stops. */
  stop(): Promise<void>;
  /**
   * Reads until everything that stands in the log has been taken, by this process or by another that reads under the same name; for
   * tests, commands and start-up. Gives the facts it took itself.
   */
  drain(): Promise<number>;
  /** Facts of its types that are settled and that it has not read yet, oldest first; among so many facts of any type. It takes none. */
  unread(limit: number): Promise<readonly LoggedFact[]>;
  /** Waits for the batch at hand, in whatever process; none begins until the transaction has ended. Retries of dead letters go on. */
  hold(tx: Transaction): Promise<void>;
  /** Puts the cursor back. Refused for subscribers whose effects cannot be repeated. */
  rewind(to: LogPosition): Promise<void>;
  /** Hands open dead letters to the handler again, oldest first. Gives how many it took this time. */
  retryDeadLetters(limit: number): Promise<{ readonly taken: number; readonly failed: number }>;
  /** Hands one open or dismissed dead letter to the handler again. `settled`: it was taken before, or there is none. */
  retryDeadLetter(number: number): Promise<DeadLetterRetry>;
};

/**
 * One batch. `look` says when it is worth looking again: at once, because the page was full; soon, because what follows is held back
 * by a transaction that may end without a signal; when woken; or, for whoever needs all of it taken, when the process that has the
 * cursor is done with its batch.
 */
type Tick = {
  readonly taken: number;
  readonly moved: boolean;
  readonly look: "at-once" | "soon" | "when-woken" | "when-free";
};

type Reader = {
  readonly database: Database;
  readonly clock: Clock;
  readonly wakeup: Wakeup;
  readonly log: Log;
  readPage(tx: Transaction, request: PageRequest): Promise<ReadPage>;
};

/** One batch: lock the cursor, read, let the handler work, move the cursor, commit. Nothing while another process reads. */
async function readBatch(
  subscription: Subscription,
  reader: Reader,
  { limit, near }: Pick<PageRequest, "limit" | "near">,
): Promise<Tick> {
  return reader.database.transaction(async (tx) => {
    const cursor = await lockCursor(tx, subscription.name);
    if (cursor === undefined) return { taken: 0, moved: false, look: "when-free" };
    const { types, wantedFacts = limit } = subscription;
    const wantedMax = Math.min(limit, wantedFacts);
    const request = { after: cursor, limit, types, wantedMax, near };
    const page = cut(subscription, await nextWanted(reader, tx, request));
    const moved = isBefore(cursor, page.end);
    if (page.facts.length > 0) await subscription.handle(tx, page.facts);
    else if (moved) commitLater(tx);
    if (moved) updateCursor(tx, subscription.name, page.end);
    return { taken: page.facts.length, moved, look: await nextLook(tx, page) };
  });
}

/** The next page with a wanted fact. What stands before it is passed by, and moving the cursor for each page of it would be dear. */
async function nextWanted(reader: Reader, tx: Transaction, request: PageRequest): Promise<ReadPage> {
  let page = await reader.readPage(tx, request);
  for (let passed = 1; passed < IDLE_PAGES_MAX && page.facts.length === 0 && !page.isLast; passed += 1) {
    page = await reader.readPage(tx, { ...request, after: page.end });
  }
  return page;
}

/** A page without the facts that are too many for one transaction. */
function cut({ batchOf }: Subscription, page: ReadPage): ReadPage {
  if (batchOf === undefined || page.facts.length === 0) return page;
  const facts = page.facts.slice(0, Math.max(1, batchOf(page.facts)));
  const last = facts.at(-1);
  if (last === undefined || facts.length === page.facts.length) return page;
  const end = parsePosition(last.position);
  if (end === undefined) throw new Error(`fact ${last.number} stands nowhere: ${last.position}`);
  return { facts, end, isLast: false };
}

async function nextLook(tx: Transaction, page: ReadPage): Promise<Tick["look"]> {
  if (!page.isLast) return "at-once";
  if (!(await existsEventAfter(tx, page.end))) return "when-woken";
  // What was held back when the page was read may be settled by now.
  return page.isRemembered === true ? "at-once" : "soon";
}

/** Puts the fact under the cursor aside with its reason and goes past it. */
async function setAside(subscription: Subscription, reader: Reader, error: unknown): Promise<void> {
  await reader.database.transaction(async (tx) => {
    const cursor = await waitForCursor(tx, subscription.name);
    if (cursor === undefined) return;
    const page = await reader.readPage(tx, { after: cursor, limit: 1, types: subscription.types });
    const [fact] = page.facts;
    if (fact !== undefined) {
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      await upsertDeadLetter(tx, {
        subscriber: subscription.name,
        number: fact.number,
        reason,
        at: reader.clock.now(),
      });
      reader.log.error({
        event: "backbone.dead-letter",
        subscriber: subscription.name,
        number: fact.number,
        err: error,
      });
    }
    updateCursor(tx, subscription.name, page.end);
  });
}

/**
 * Reads batch by batch. After a failure it goes on one fact at a time until the fact that causes it has been tried
 * `ATTEMPTS_MAX` times and set aside; then it takes full batches again.
 */
function createStepper(subscription: Subscription, reader: Reader): () => Promise<Tick> {
  const full = subscription.batchFacts ?? BATCH_FACTS_DEFAULT;
  let careful = 0;
  let failures = 0;
  // Held back twice running, it is worth asking whether what holds it back is another database's.
  let near = true;

  return async () => {
    try {
      const tick = await readBatch(subscription, reader, { limit: careful > 0 ? 1 : full, near });
      near = tick.look !== "soon" || tick.moved;
      failures = 0;
      if (careful > 0 && tick.moved) careful -= 1;
      return tick;
    } catch (error) {
      if (isRetryable(error)) throw error;
      reader.log.warn({
        event: "backbone.subscriber-failed",
        subscriber: subscription.name,
        failures,
        err: error,
      });
      if (careful === 0) {
        careful = full;
        return { taken: 0, moved: false, look: "soon" };
      }
      failures += 1;
      if (failures >= ATTEMPTS_MAX) {
        await setAside(subscription, reader, error);
        failures = 0;
      }
      return { taken: 0, moved: false, look: "soon" };
    }
  };
}

/** Reads until aborted: at once while there is more, at the next wake-up or poll otherwise. */
async function readUntilStopped(
  subscription: Subscription,
  { wakeup, log }: Reader,
  next: () => Promise<Tick>,
  stopping: AbortSignal,
): Promise<void> {
  let pendingMs = PENDING_POLL_MS;
  while (!stopping.aborted) {
    let waitMs = IDLE_POLL_MS;
    try {
      const tick = await next();
      if (tick.moved || tick.look !== "soon") pendingMs = PENDING_POLL_MS;
      if (tick.look === "at-once") continue;
      if (tick.look === "soon") {
        waitMs = pendingMs;
        pendingMs = Math.min(2 * pendingMs, PENDING_POLL_MS_MAX);
      }
    } catch (error) {
      log.warn({ event: "backbone.subscriber-waits", subscriber: subscription.name, err: error });
      waitMs = RETRY_DELAY_MS;
    }
    await wakeup.wait(LOG_TOPIC, waitMs, stopping);
  }
}

async function rewind(
  subscription: Subscription,
  { database, wakeup }: Reader,
  to: LogPosition,
): Promise<void> {
  if (!subscription.rewindable) {
    throw new Terminal(backboneErrors.subscriberNotRewindable, `"${subscription.name}" cannot be rewound`);
  }
  await insertSubscriber(database, subscription.name);
  await database.transaction(async (tx) => {
    await waitForCursor(tx, subscription.name);
    updateCursor(tx, subscription.name, to);
    tx.afterCommit(() => wakeup.signal(LOG_TOPIC));
  });
}

/** Makes the reader; `FactLog.subscribe` is its door. */
export function createSubscriber(subscription: Subscription, reader: Reader): Subscriber {
  const { database, wakeup } = reader;
  const step = createStepper(subscription, reader);
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  let known = false;

  async function next(): Promise<Tick> {
    if (!known) await insertSubscriber(database, subscription.name);
    known = true;
    return step();
  }

  return {
    name: subscription.name,
    start() {
      running ??= readUntilStopped(subscription, reader, next, stopping.signal);
    },
    async stop() {
      stopping.abort();
      await running;
    },
    async drain() {
      let taken = 0;
      while (true) {
        const tick = await next();
        taken += tick.taken;
        // What another transaction has appended meanwhile is settled too, so it looks until it finds nothing.
        if (!tick.moved && tick.look === "when-woken") return taken;
        if (tick.look === "soon" || tick.look === "when-free")
          await wakeup.wait(LOG_TOPIC, PENDING_POLL_MS, stopping.signal);
      }
    },
    unread: (limit) =>
      database.transaction(
        async (tx) => {
          const after = (await selectCursor(tx, subscription.name)) ?? LOG_START;
          return (await reader.readPage(tx, { after, limit, types: subscription.types })).facts;
        },
        { readOnly: true },
      ),
    async hold(tx) {
      await insertSubscriber(tx, subscription.name);
      await waitForCursor(tx, subscription.name);
    },
    rewind: (to) => rewind(subscription, reader, to),
    retryDeadLetters: (limit) => retryDeadLetters(subscription, reader, limit),
    retryDeadLetter: (number) => retryDeadLetter(subscription, reader, number),
  };
}
