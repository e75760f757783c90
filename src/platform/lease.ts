import type { Database } from "./database.ts";
import type { Queryable } from "./database-transaction.ts";
import type { Ids } from "./ids.ts";
import { deleteLease, holdsLease, renewLeases, takeLeases } from "./lease-store.ts";
import type { Log } from "./log.ts";

/**
 * How long a lease outlives its holder: what a killed process had to itself is another's after this time. Long enough for a few
 * attempts to renew; a process that cannot reach the database for so long should not be the one that goes on.
 */
export const LEASE_MS = 3_000;
const RENEW_EVERY_MS = 700;
/** We believe to have lost a lease this much before others may take it: what is asked of us at the last moment still leaves in time. */
const MARGIN_MS = 500;

/** Something that this process has to itself, for as long as it shows every second or so that it lives. */
export type Lease = {
  readonly name: string;
  /** Aborted when the lease has ended: it was given back, or could not be renewed in time. Ends what is under way. */
  readonly ended: AbortSignal;
  /**
   * Whether it is ours by our own reckoning. Asks nobody and takes no time, so it is asked right before anything leaves: a process
   * that was paused finds out here that it is late, before its timers have told it.
   */
  isHeld(): boolean;
  /** Whether it is ours by the database's reckoning. In a transaction, it then stays so until the transaction's end. */
  confirm(database: Queryable): Promise<boolean>;
  /** Lets others have it at once. May be called twice. Never throws: what cannot be given back ends by itself. */
  giveBack(): Promise<void>;
};

/** Where leases are had. One for a process. */
export type Leases = {
  /**
   * Takes those of the named leases that nobody holds, in the order given, `max` at most; a lease that this process holds counts as
   * held. Each is renewed until it is given back.
   */
  take(names: readonly string[], max?: number): Promise<readonly Lease[]>;
  /** Gives everything back. */
  close(): Promise<void>;
};

export type LeasesOptions = {
  readonly database: Database;
  readonly ids: Ids;
  readonly log: Log;
  /** Milliseconds on a clock that nobody sets. Default: this process's own. */
  readonly monotonicMs?: () => number;
};

/** Opens the leases of a process. Nothing is renewed, and no timer runs, while none is held. */
export function openLeases(options: LeasesOptions): Leases {
  const keeper = new Keeper(options);
  return { take: (names, max = names.length) => keeper.take(names, max), close: () => keeper.close() };
}

/** What a process holds, and the timer that renews it. */
class Keeper {
  readonly #database: Database;
  readonly #log: Log;
  readonly #monotonicMs: () => number;
  readonly #holder: string;
  readonly #held = new Map<string, Held>();
  #timer: NodeJS.Timeout | undefined;
  #renewing: Promise<void> | undefined;

  constructor({ database, ids, log, monotonicMs = () => performance.now() }: LeasesOptions) {
    this.#database = database;
    this.#log = log;
    this.#monotonicMs = monotonicMs;
    this.#holder = ids.next();
  }

  async take(names: readonly string[], max: number): Promise<readonly Lease[]> {
    const wanted = names.filter((name) => !this.#held.has(name));
    if (wanted.length === 0 || max <= 0) return [];
    const until = this.#untilFromNow();
    const terms = { holder: this.#holder, names: wanted, forMs: LEASE_MS, max };
    const leases = (await takeLeases(this.#database, terms)).map(({ name }) => this.#hold(name, until));
    if (leases.length > 0) this.#keepRenewing();
    return leases;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#held.values()].map((lease) => lease.giveBack()));
    await this.#renewing;
  }

  /** Reckoned from before the database is asked, so that we never believe in a lease for longer than it does. */
  #untilFromNow(): number {
    return this.#monotonicMs() + LEASE_MS - MARGIN_MS;
  }

  #hold(name: string, until: number): Lease {
    const lease: Held = createHeld(name, {
      until,
      monotonicMs: this.#monotonicMs,
      confirm: (database) => holdsLease(database, name, this.#holder),
      giveBack: () => this.#giveBack(lease),
    });
    this.#held.set(name, lease);
    return lease;
  }

  #keepRenewing(): void {
    this.#timer ??= setInterval(() => {
      this.#renewing ??= this.#renew().finally(() => {
        this.#renewing = undefined;
      });
    }, RENEW_EVERY_MS).unref();
  }

  async #renew(): Promise<void> {
    const open = [...this.#held.values()].filter((lease) => lease.isHeld());
    if (open.length === 0) return;
    const names = open.map((lease) => lease.name);
    const until = this.#untilFromNow();
    try {
      const terms = { holder: this.#holder, names, forMs: LEASE_MS };
      const kept = new Set((await renewLeases(this.#database, terms)).map((row) => row.name));
      for (const lease of open) {
        if (kept.has(lease.name)) lease.extend(until);
        else lease.end();
      }
    } catch (error) {
      // Tried again in a moment; a lease that cannot be renewed in time ends by itself, here as well as there.
      this.#log.warn({ event: "lease.not-renewed", leases: names, err: error });
    }
  }

  async #giveBack(lease: Held): Promise<void> {
    lease.end();
    try {
      await deleteLease(this.#database, lease.name, this.#holder);
    } catch (error) {
      this.#log.warn({ event: "lease.not-given-back", lease: lease.name, err: error });
    }
    // Only now: taken again before, it would be deleted under its new holder, who is ourselves.
    this.#held.delete(lease.name);
    if (this.#held.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** A lease as its keeper sees it. */
type Held = Lease & {
  extend(until: number): void;
  end(): void;
};

function createHeld(
  name: string,
  of: {
    readonly until: number;
    readonly monotonicMs: () => number;
    readonly confirm: (database: Queryable) => Promise<boolean>;
    readonly giveBack: () => Promise<void>;
  },
): Held {
  const ended = new AbortController();
  let until = of.until;
  let givingBack: Promise<void> | undefined;
  const end = () => {
    clearTimeout(timer);
    ended.abort();
  };
  const isHeld = () => {
    if (!ended.signal.aborted && of.monotonicMs() >= until) end();
    return !ended.signal.aborted;
  };
  // Tells those who are waiting for an answer; those who are about to ask look at the time themselves.
  let timer = setTimeout(look, until - of.monotonicMs()).unref();
  function look(): void {
    if (isHeld()) timer = setTimeout(look, Math.max(1, until - of.monotonicMs())).unref();
  }
  return {
    name,
    ended: ended.signal,
    isHeld,
    end,
    async confirm(database) {
      if (isHeld() && !(await of.confirm(database))) end();
      return isHeld();
    },
    giveBack() {
      givingBack ??= of.giveBack();
      return givingBack;
    },
    extend(later) {
      if (isHeld()) until = later;
    },
  };
}
