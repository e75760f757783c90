import {
  type AccountId,
  accountId,
  channelId,
  type Fact,
  type ItemId,
  itemId,
  type Quantity,
  quantity,
} from "@crossdock/canonical";
import type { FactLog, LoggedFact, Subscriber } from "../backbone/index.ts";
import type { Governance } from "../governance/index.ts";
import type { Clock, Database, Ids, Log, Wakeup } from "../platform/index.ts";
import { type AtpDeps, availabilityOf } from "./atp-service.ts";
import type { ChannelBook } from "./channel.ts";
import {
  type DirtyRow,
  type ListingResult,
  markDirty,
  recordResults,
  selectDirty,
  selectDirtyAccounts,
  settleInFlight,
  takeLease,
} from "./publication-store.ts";
import { afterStale, type Candidate, chooseRows, IN_FLIGHT_MS, isUnchanged, targetOf } from "./publish.ts";

/** What became of one row that a channel was told; the same words as the connectors'. */
export type SinkOutcome =
  | { readonly itemId: ItemId; readonly result: "published"; readonly quantity: Quantity }
  | { readonly itemId: ItemId; readonly result: "stale"; readonly shows: number }
  | { readonly itemId: ItemId; readonly result: "refused"; readonly reason: string }
  | { readonly itemId: ItemId; readonly result: "retry"; readonly reason: string };

export type SinkRow = {
  readonly itemId: ItemId;
  readonly quantity: Quantity;
  readonly believed: Quantity | undefined;
};

/** Where publications go. Availability decides what to say, the sink knows how; the composition root joins them. */
export type PublicationSink = {
  /** Rows that one call of the account carries; undefined for an account that cannot be told. */
  rowsPerCall(account: AccountId): Promise<number | undefined>;
  publish(
    account: AccountId,
    rows: readonly SinkRow[],
  ): Promise<{ readonly outcomes: readonly SinkOutcome[]; readonly nextCallAfterMs?: number }>;
};

/** Topic on which publishers are woken. */
const PUBLICATION_TOPIC = "publication";
/** Listings valued for one call; more are looked at in the next. */
const CANDIDATES_MAX = 1_000;
/** How long one call may take before another process may take the account over. */
const LEASE_MS = 30_000;
/** A row that the channel refused is not worth another call for a while; a change of its value does not make it acceptable. */
const REFUSED_PAUSE_MS = 300_000;
const RETRY_PAUSE_MS = 1_000;
const IDLE_POLL_MS = 1_000;

/** Marks listings whose value may have changed, as facts come in. Reading facts twice only costs a look. */
export function createDirtyMarker(options: {
  readonly factLog: FactLog;
  readonly clock: Clock;
  readonly wakeup: Wakeup;
  readonly governance: Pick<Governance, "kitsWith">;
}): Subscriber {
  const { factLog, clock, wakeup, governance } = options;
  return factLog.subscribe({
    name: "availability-dirty",
    types: [
      "PositionsChanged",
      "StockReserved",
      "ReservationReleased",
      "ReservationReplaced",
      "ReservationExpired",
    ],
    rewindable: true,
    async handle(tx, facts) {
      const items = [...new Set(facts.flatMap(itemsOf))].toSorted();
      const kits = await governance.kitsWith(tx, items);
      await markDirty(tx, [...items, ...kits], clock.now());
      tx.afterCommit(() => wakeup.signal(PUBLICATION_TOPIC));
    },
  });
}

function itemsOf(fact: LoggedFact): readonly string[] {
  switch (fact.type) {
    case "PositionsChanged":
      return fact.data.positions.map((position) => position.itemId);
    case "StockReserved":
    case "ReservationReleased":
    case "ReservationReplaced":
    case "ReservationExpired":
      return [fact.data.itemId];
    default:
      return [];
  }
}

export type PublisherDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly wakeup: Wakeup;
  readonly factLog: FactLog;
  readonly sink: PublicationSink;
  readonly atp: AtpDeps;
  readonly book: () => Promise<ChannelBook>;
};

export type Publisher = {
  start(): void;
  stop(): Promise<void>;
  /** Publishes until no listing can be told anything now; gives the rows that channels took. */
  drain(): Promise<number>;
};

type Round = { readonly published: number; readonly more: boolean; readonly waitMs: number };

const NOTHING: Round = { published: 0, more: false, waitMs: 0 };

async function candidatesOf(deps: PublisherDeps, rows: readonly DirtyRow[]): Promise<readonly Candidate[]> {
  const book = await deps.book();
  const candidates: Candidate[] = [];
  for (const [channel, listings] of Map.groupBy(rows, (row) => row.channel_id)) {
    const ids = listings.map((row) => row.item_id);
    const known = await availabilityOf(deps.atp, book, channelId(channel), ids);
    const available = new Map((known ?? []).map((entry) => [String(entry.itemId), entry.availableToPromise]));
    for (const row of listings) {
      candidates.push({
        itemId: row.item_id,
        dirtyVersion: row.dirty_version,
        dirtySince: row.dirty_since,
        published: row.published ?? undefined,
        inFlight: row.in_flight,
        available: available.get(row.item_id) ?? 0,
      });
    }
  }
  return candidates;
}

/** What is recorded of a listing that the channel believes the right thing of. */
function unchanged(candidate: Candidate, now: Date): ListingResult {
  return {
    itemId: candidate.itemId,
    dirtyVersion: candidate.dirtyVersion,
    clean: true,
    published: null,
    inFlight: candidate.inFlight,
    inFlightUntil: candidate.inFlight > 0 ? after(now, IN_FLIGHT_MS) : null,
    notBefore: null,
    problem: null,
  };
}

const after = (now: Date, ms: number): string => new Date(now.getTime() + ms).toISOString();

function resultOf(
  candidate: Candidate,
  outcome: SinkOutcome | undefined,
  pauseMs: number,
  now: Date,
): ListingResult {
  const base = { ...unchanged(candidate, now), clean: false };
  switch (outcome?.result) {
    case "published":
      return { ...base, clean: true, published: outcome.quantity };
    case "stale": {
      const { published, inFlight } = afterStale(candidate, outcome.shows);
      const inFlightUntil = inFlight > 0 ? after(now, IN_FLIGHT_MS) : null;
      return { ...base, published, inFlight, inFlightUntil, problem: `the channel showed ${outcome.shows}` };
    }
    case "refused":
      return { ...base, notBefore: after(now, REFUSED_PAUSE_MS), problem: outcome.reason };
    case "retry":
      return { ...base, notBefore: after(now, pauseMs), problem: outcome.reason };
    case undefined:
      return { ...base, notBefore: after(now, pauseMs), problem: "the channel gave no answer for this row" };
    default:
      return outcome satisfies never;
  }
}

function publishedFact(account: AccountId, channel: string, candidate: Candidate, told: Quantity): Fact {
  return {
    type: "AvailabilityPublished",
    data: {
      accountId: account,
      channelId: channelId(channel),
      itemId: itemId(candidate.itemId),
      quantity: told,
      ...(candidate.published === undefined ? {} : { previous: quantity(candidate.published) }),
    },
  };
}

/** Records a call's outcomes, and tells the log what the channel believes from now on. */
async function record(
  deps: PublisherDeps,
  account: AccountId,
  sent: readonly { candidate: Candidate; channel: string; outcome: SinkOutcome | undefined }[],
  pauseMs: number,
): Promise<number> {
  const now = deps.clock.now();
  const told = sent.flatMap(({ candidate, channel, outcome }) =>
    outcome?.result === "published" ? [publishedFact(account, channel, candidate, outcome.quantity)] : [],
  );
  const facts = await deps.factLog.number(
    told.map((fact) => ({ fact, at: now, correlationId: `publication-${account}` })),
  );
  await deps.database.transaction(async (tx) => {
    const results = sent.map(({ candidate, outcome }) => resultOf(candidate, outcome, pauseMs, now));
    deps.factLog.append(tx, facts);
    await recordResults(tx, account, results, now);
  });
  return told.length;
}

/** One call of one account: value what is dirty, choose, tell, record. */
async function publishOnce(deps: PublisherDeps, holder: string, account: AccountId): Promise<Round> {
  const now = deps.clock.now();
  const rowsMax = await deps.sink.rowsPerCall(account);
  if (rowsMax === undefined) return NOTHING;
  const until = new Date(now.getTime() + LEASE_MS);
  if (!(await takeLease(deps.database, { accountId: account, holder, now, until }))) return NOTHING;
  const dirty = await selectDirty(deps.database, account, now, CANDIDATES_MAX);
  const candidates = await candidatesOf(deps, dirty);
  const settled = candidates.filter(isUnchanged);
  if (settled.length > 0) {
    await recordResults(
      deps.database,
      account,
      settled.map((candidate) => unchanged(candidate, now)),
      now,
    );
  }
  const rows = chooseRows(candidates, rowsMax);
  if (rows.length === 0) return NOTHING;
  const answer = await deps.sink.publish(account, rows.map(toSinkRow));
  const outcomes = new Map(answer.outcomes.map((outcome) => [String(outcome.itemId), outcome]));
  const channels = new Map(dirty.map((row) => [row.item_id, row.channel_id]));
  const pauseMs = answer.nextCallAfterMs ?? RETRY_PAUSE_MS;
  const sent = rows.map((candidate) => ({
    candidate,
    channel: channels.get(candidate.itemId) ?? "",
    outcome: outcomes.get(candidate.itemId),
  }));
  const published = await record(deps, account, sent, pauseMs);
  const stale = answer.outcomes.some((outcome) => outcome.result === "stale");
  return { published, more: published > 0 || stale, waitMs: answer.nextCallAfterMs ?? 0 };
}

function toSinkRow(candidate: Candidate): SinkRow {
  const believed = candidate.published === undefined ? undefined : quantity(candidate.published);
  return { itemId: itemId(candidate.itemId), quantity: quantity(targetOf(candidate)), believed };
}

/** When accounts may be called, and which are being called now. */
type Desk = {
  readonly deps: PublisherDeps;
  readonly holder: string;
  /** When each account's budget opens again, in milliseconds since 1970. */
  readonly openAt: Map<string, number>;
  readonly busy: Map<string, Promise<void>>;
  readonly stopping: AbortSignal;
};

async function call({ deps, holder, openAt }: Desk, account: AccountId): Promise<Round> {
  const round = await publishOnce(deps, holder, account);
  openAt.set(account, deps.clock.now().getTime() + round.waitMs);
  return round;
}

async function callUntilQuiet(desk: Desk, account: AccountId): Promise<void> {
  const { deps, openAt, busy, stopping } = desk;
  try {
    while (!stopping.aborted) {
      const round = await call(desk, account);
      if (!round.more || round.waitMs > 0) return;
    }
  } catch (error) {
    deps.log.warn({ event: "availability.publish-failed", accountId: account, err: error });
    openAt.set(account, deps.clock.now().getTime() + RETRY_PAUSE_MS);
  } finally {
    busy.delete(account);
  }
}

/** Accounts that have something to be told, are not being called, and whose budget is open. */
async function openAccounts({ deps, openAt, busy }: Desk): Promise<readonly AccountId[]> {
  const now = deps.clock.now();
  await settleInFlight(deps.database, now);
  const dirty = await selectDirtyAccounts(deps.database, now);
  return dirty.filter((id) => !busy.has(id) && (openAt.get(id) ?? 0) <= now.getTime()).map(accountId);
}

async function publishUntilStopped(desk: Desk): Promise<void> {
  const { deps, openAt, busy, stopping } = desk;
  while (!stopping.aborted) {
    try {
      for (const account of await openAccounts(desk)) busy.set(account, callUntilQuiet(desk, account));
    } catch (error) {
      deps.log.warn({ event: "availability.publisher-waits", err: error });
    }
    await deps.wakeup.wait(PUBLICATION_TOPIC, nextWaitMs(openAt, deps.clock.now()), stopping);
  }
  await Promise.all(busy.values());
}

/**
 * Makes the publisher: each account is called by one process at a time, one call after the other, at the pace that its
 * budget allows. Accounts do not wait for each other.
 */
export function createPublisher(deps: PublisherDeps): Publisher {
  const stopping = new AbortController();
  const desk: Desk = {
    deps,
    holder: deps.ids.next(),
    openAt: new Map(),
    busy: new Map(),
    stopping: stopping.signal,
  };
  let running: Promise<void> | undefined;
  return {
    start() {
      running ??= publishUntilStopped(desk);
    },
    async stop() {
      stopping.abort();
      await running;
    },
    async drain() {
      let published = 0;
      for (const account of await openAccounts(desk)) {
        for (let round = await call(desk, account); ; round = await call(desk, account)) {
          published += round.published;
          if (!round.more) break;
        }
      }
      return published;
    },
  };
}

/** Until the next account's budget opens, a second at most. */
function nextWaitMs(openAt: ReadonlyMap<string, number>, now: Date): number {
  const waits = [...openAt.values()].map((at) => at - now.getTime()).filter((wait) => wait > 0);
  return Math.min(IDLE_POLL_MS, ...waits);
}
