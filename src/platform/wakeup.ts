import pg from "pg";
import { connectionConfig } from "./database.ts";
import { type Log, silentLog } from "./log.ts";

/**
 * Tells readers, in this process and in others, to look now instead of at their next poll. A wake-up carries nothing
 * and may be lost or doubled; whoever relies on one alone is wrong.
 */
export type Wakeup = {
  /** Call it after a commit, never inside a transaction: NOTIFY at commit takes a lock that all sessions share. */
  signal(topic: string): void;
  /** Runs at each wake-up; must neither throw nor wait. Gives the way to stop listening. */
  listen(topic: string, run: () => void): () => void;
  /**
   * Waits for a wake-up, for `msMax` at most, or until aborted. The abort signal stands for the waiter: what was
   * signalled since its previous wait ends this one at once, so that nothing is missed between a look and a wait.
   */
  wait(topic: string, msMax: number, abort?: AbortSignal): Promise<void>;
  close(): Promise<void>;
};

export type WakeupOptions = {
  readonly log?: Log;
  /** One NOTIFY at most in this time; signals in between join the next. */
  readonly intervalMs?: number;
};

const intervalMsDefault = 5;
const reconnectDelayMs = { min: 100, max: 5_000 } as const;

// One channel for all topics: a payload may name several, and a new topic needs no new LISTEN.
const listenText = "listen crossdock_wakeup";
const notifyText = "select pg_notify('crossdock_wakeup', $1)";

// A payload must stay below 8,000 bytes. Topics are named in the code, and are few and short.
const topicLengthMax = 100;

/** Wake-ups within this process only. Enough for one process, and for tests. */
export function localWakeup(): Wakeup {
  const listeners = createListeners();
  return {
    signal: listeners.wake,
    listen: listeners.listen,
    wait: listeners.wait,
    close: async () => undefined,
  };
}

/**
 * Wake-ups across processes, over one connection of its own. It connects in the background, again and again when it
 * must; until it is connected, only this process is woken. After a gap every listener is woken once.
 */
export function openWakeup(url: string, options: WakeupOptions = {}): Wakeup {
  const listeners = createListeners();
  const channel = new Channel(url, {
    log: options.log ?? silentLog,
    intervalMs: options.intervalMs ?? intervalMsDefault,
    received: listeners.wake,
    connected: listeners.wakeAll,
  });
  return {
    signal(topic) {
      listeners.wake(topic);
      channel.announce(topic);
    },
    listen: listeners.listen,
    wait: listeners.wait,
    close: () => channel.close(),
  };
}

type Listeners = Pick<Wakeup, "listen" | "wait"> & { wake(topic: string): void; wakeAll(): void };

function createListeners(): Listeners {
  const listeners = new Map<string, Set<() => void>>();
  /** How often each topic has been woken, and how much of that each waiter has seen. */
  const count = new Map<string, number>();
  const seen = new WeakMap<AbortSignal, Map<string, number>>();

  function wake(topic: string): void {
    count.set(topic, (count.get(topic) ?? 0) + 1);
    for (const run of [...(listeners.get(topic) ?? [])]) run();
  }

  function listen(topic: string, run: () => void): () => void {
    const set = listeners.get(topic) ?? new Set();
    listeners.set(topic, set.add(run));
    return () => set.delete(run);
  }

  function catchUp(topic: string, waiter: AbortSignal): boolean {
    const last = seen.get(waiter) ?? new Map<string, number>();
    const now = count.get(topic) ?? 0;
    const missed = (last.get(topic) ?? 0) < now;
    seen.set(waiter, last.set(topic, now));
    return missed;
  }

  async function wait(topic: string, msMax: number, abort?: AbortSignal): Promise<void> {
    if (abort?.aborted === true || (abort !== undefined && catchUp(topic, abort))) return;
    await new Promise<void>((done) => {
      const finish = () => {
        clearTimeout(timer);
        stopListening();
        abort?.removeEventListener("abort", finish);
        done();
      };
      const timer = setTimeout(finish, msMax);
      const stopListening = listen(topic, finish);
      abort?.addEventListener("abort", finish, { once: true });
    });
    if (abort !== undefined) catchUp(topic, abort);
  }

  return {
    wake,
    listen,
    wait,
    wakeAll() {
      for (const topic of listeners.keys()) wake(topic);
    },
  };
}

type ChannelOptions = {
  readonly log: Log;
  readonly intervalMs: number;
  readonly received: (topic: string) => void;
  readonly connected: () => void;
};

/** The connection that listens and notifies. At most one NOTIFY is in flight; what comes meanwhile joins the next. */
class Channel {
  readonly #url: string;
  readonly #options: ChannelOptions;
  readonly #waiting = new Set<string>();
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  #client: pg.Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #sending = false;
  #sentAt = 0;

  constructor(url: string, options: ChannelOptions) {
    this.#url = url;
    this.#options = options;
    this.#running = this.#run();
  }

  announce(topic: string): void {
    if (topic.length > topicLengthMax)
      throw new RangeError(`the topic ${topic} is longer than ${topicLengthMax}`);
    this.#waiting.add(topic);
    this.#schedule();
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#closing.abort();
    await this.#running;
  }

  #schedule(): void {
    const busy = this.#timer !== undefined || this.#sending;
    const closing = this.#closing.signal.aborted;
    if (busy || closing || this.#client === undefined || this.#waiting.size === 0) return;
    const earliest = this.#sentAt + this.#options.intervalMs;
    this.#timer = setTimeout(() => this.#send(), Math.max(0, earliest - performance.now()));
  }

  #send(): void {
    this.#timer = undefined;
    if (this.#client === undefined) return;
    const topics = [...this.#waiting];
    this.#waiting.clear();
    this.#sending = true;
    this.#sentAt = performance.now();
    const sent = (lost: readonly string[]) => {
      for (const topic of lost) this.#waiting.add(topic);
      this.#sending = false;
      this.#schedule();
    };
    // When the connection breaks, the topics go out with the next one.
    this.#client.query(notifyText, [JSON.stringify(topics)]).then(
      () => sent([]),
      () => sent(topics),
    );
  }

  async #run(): Promise<void> {
    const closing = this.#closing.signal;
    let attempt = 0;
    while (!closing.aborted) {
      try {
        await this.#connected(() => {
          attempt = 0;
        });
      } catch (err) {
        this.#options.log.warn({ event: "wakeup.connect-failed", attempt, err });
      }
      const delayMs = Math.min(reconnectDelayMs.min * 2 ** Math.min(attempt, 10), reconnectDelayMs.max);
      attempt += 1;
      await pauseUnless(closing, delayMs);
    }
  }

  /** Connects, and returns when the connection has ended. */
  async #connected(begun: () => void): Promise<void> {
    const { client, ended } = await connect(this.#url, this.#options.received);
    this.#client = client;
    begun();
    this.#options.connected();
    this.#schedule();
    await Promise.race([ended, aborted(this.#closing.signal)]);
    this.#client = undefined;
    if (!this.#closing.signal.aborted) this.#options.log.warn({ event: "wakeup.disconnected" });
    await client.end();
  }
}

type Connection = { readonly client: pg.Client; readonly ended: Promise<void> };

async function connect(url: string, received: (topic: string) => void): Promise<Connection> {
  const client = new pg.Client(connectionConfig(url, { applicationName: "crossdock-wakeup" }));
  const ended = new Promise<void>((done) => {
    client.once("end", () => done());
  });
  // An error is always followed by the end.
  client.on("error", () => undefined);
  client.on("notification", (notification) => {
    // Our own come back to us as well; this process was woken when it signalled.
    if ("processID" in client && notification.processId === client.processID) return;
    for (const topic of readTopics(notification.payload)) received(topic);
  });
  try {
    await client.connect();
    await client.query(listenText);
  } catch (error) {
    await client.end();
    throw error;
  }
  return { client, ended };
}

/** Anybody who may connect may notify; what is not a list of topics wakes nobody. */
function readTopics(payload: string | undefined): string[] {
  try {
    const value: unknown = JSON.parse(payload ?? "[]");
    return Array.isArray(value) ? value.filter((topic) => typeof topic === "string") : [];
  } catch {
    return [];
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener("abort", () => done(), { once: true });
  });
}

async function pauseUnless(signal: AbortSignal, ms: number): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((done) => {
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      done();
    };
    const timer = setTimeout(finish, ms);
    signal.addEventListener("abort", finish, { once: true });
  });
}
