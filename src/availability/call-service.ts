import {
  type AccountId,
  channelId,
  type Fact,
  type ItemId,
  itemId,
  type Quantity,
  quantity,
} from "@crossdock/canonical";
import type { FactLog } from "../backbone/index.ts";
import type { Clock, Database, Lease, Transaction } from "../platform/index.ts";
import { type AtpDeps, availabilityOf } from "./atp-service.ts";
import { toldOf } from "./channel.ts";
import {
  beginTelling,
  type DirtyRow,
  type ListingResult,
  recordResults,
  selectDirty,
  tellAgain,
} from "./publication-store.ts";
import {
  afterPublished,
  afterStale,
  believedOf,
  type Candidate,
  chooseRows,
  IN_FLIGHT_MS,
  isUnchanged,
  targetOf,
} from "./publish.ts";
import type { BookMemory } from "./rules/memory-service.ts";

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
  /** Tells the account's channel. Once the lease has ended nothing more may be sent; rows that were not are to be retried. */
  publish(
    account: AccountId,
    rows: readonly SinkRow[],
    lease: Pick<Lease, "isHeld" | "ended">,
  ): Promise<{ readonly outcomes: readonly SinkOutcome[]; readonly nextCallAfterMs?: number }>;
};

/** Listings valued for one call; more are looked at in the next. */
const CANDIDATES_MAX = 1_000;
/** A row that the channel refused is not worth another call for a while; a change of its value does not make it acceptable. */
const REFUSED_PAUSE_MS = 300_000;
export const RETRY_PAUSE_MS = 1_000;
const NO_ANSWER = "the channel gave no answer for this row";

export type CallDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly factLog: FactLog;
  readonly sink: PublicationSink;
  readonly atp: AtpDeps;
  readonly rules: Pick<BookMemory, "fresh">;
};

/** What one call of an account came to. */
export type Round = { readonly published: number; readonly more: boolean; readonly waitMs: number };

const NOTHING: Round = { published: 0, more: false, waitMs: 0 };

async function candidatesOf(deps: CallDeps, rows: readonly DirtyRow[]): Promise<readonly Candidate[]> {
  // What was marked for other rules is valued by those, and not by what was remembered of before.
  const book = await deps.rules.fresh();
  const candidates: Candidate[] = [];
  for (const [channel, listings] of Map.groupBy(rows, (row) => row.channel_id)) {
    const ids = listings.map((row) => row.item_id);
    const found = book.channels.get(channel);
    const told = (figure: number) => (found === undefined ? 0 : toldOf(found, figure));
    const known = await availabilityOf(deps.atp, book, channelId(channel), ids);
    const available = new Map((known ?? []).map((entry) => [String(entry.itemId), entry.availableToPromise]));
    for (const row of listings) {
      candidates.push({
        itemId: row.item_id,
        dirtyVersion: row.dirty_version,
        dirtySince: row.dirty_since,
        published: row.published ?? undefined,
        inDoubt: row.in_doubt,
        telling: row.telling ?? undefined,
        inFlight: row.in_flight,
        soldSince: row.sold_since,
        available: told(available.get(row.item_id) ?? 0),
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
    inDoubt: false,
    sold: 0,
    inFlightUntil: after(now, IN_FLIGHT_MS),
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
      return { ...base, clean: true, ...afterPublished(candidate, outcome.quantity) };
    case "stale":
      return {
        ...base,
        ...afterStale(candidate, outcome.shows),
        problem: `the channel showed ${outcome.shows}`,
      };
    case "refused":
      return { ...base, notBefore: after(now, REFUSED_PAUSE_MS), problem: outcome.reason };
    case "retry":
      return { ...base, inDoubt: true, notBefore: after(now, pauseMs), problem: outcome.reason };
    case undefined:
      return { ...base, inDoubt: true, notBefore: after(now, pauseMs), problem: NO_ANSWER };
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

/** One account's turn to be called, and whose it is. */
export type Calling = { readonly account: AccountId; readonly lease: Lease };

/**
 * Works on an account's listings while it is ours, and leaves them alone when it is not: what we know of them may be older than
 * what its new holder has told the channel. Says whether it was ours.
 */
function whileOurs(
  { database }: CallDeps,
  { lease }: Calling,
  work: (tx: Transaction) => Promise<unknown>,
): Promise<boolean> {
  return database.transaction(async (tx) => {
    if (!(await lease.confirm(tx))) return false;
    await work(tx);
    return true;
  });
}

type Sent = {
  readonly candidate: Candidate;
  readonly channel: string;
  readonly outcome: SinkOutcome | undefined;
};

/** Records a call's outcomes, and tells the log what the channel believes from now on. */
async function record(
  deps: CallDeps,
  calling: Calling,
  { sent, pauseMs }: { readonly sent: readonly Sent[]; readonly pauseMs: number },
): Promise<number> {
  const { account } = calling;
  const now = deps.clock.now();
  const told = sent.flatMap(({ candidate, channel, outcome }) =>
    outcome?.result === "published" ? [publishedFact(account, channel, candidate, outcome.quantity)] : [],
  );
  const facts = await deps.factLog.number(
    told.map((fact) => ({ fact, at: now, correlationId: `publication-${account}` })),
  );
  const results = sent.map(({ candidate, outcome }) => resultOf(candidate, outcome, pauseMs, now));
  const isRecorded = await whileOurs(deps, calling, (tx) => {
    deps.factLog.append(tx, facts);
    return recordResults(tx, account, results, now);
  });
  if (isRecorded) return told.length;
  // Our call and one of the account's new holder may have crossed: it must tell these listings again.
  const itemIds = results.map((result) => result.itemId);
  await deps.database.transaction((tx) => tellAgain(tx, account, itemIds, now));
  return 0;
}

/** One call of one account: value what is dirty, choose, tell, record. */
export async function callOnce(deps: CallDeps, calling: Calling): Promise<Round> {
  const { account, lease } = calling;
  const now = deps.clock.now();
  const rowsMax = await deps.sink.rowsPerCall(account);
  if (rowsMax === undefined) return NOTHING;
  const dirty = await selectDirty(deps.database, account, now, CANDIDATES_MAX);
  const candidates = await candidatesOf(deps, dirty);
  const settled = candidates.filter(isUnchanged).map((candidate) => unchanged(candidate, now));
  const rows = chooseRows(candidates, rowsMax);
  if (settled.length + rows.length === 0) return NOTHING;
  const telling = rows.map((row) => ({ itemId: row.itemId, quantity: targetOf(row) }));
  // The last look before we send. Whoever takes the account over later finds what we may have told.
  const isOurs = await whileOurs(deps, calling, async (tx) => {
    if (settled.length > 0) await recordResults(tx, account, settled, now);
    if (rows.length > 0) await beginTelling(tx, account, telling);
  });
  if (!isOurs || rows.length === 0 || !lease.isHeld()) return NOTHING;
  const answer = await deps.sink.publish(account, rows.map(toSinkRow), lease);
  const outcomes = new Map(answer.outcomes.map((outcome) => [String(outcome.itemId), outcome]));
  const channels = new Map(dirty.map((row) => [row.item_id, row.channel_id]));
  const sent = rows.map((candidate) => ({
    candidate,
    channel: channels.get(candidate.itemId) ?? "",
    outcome: outcomes.get(candidate.itemId),
  }));
  const pauseMs = answer.nextCallAfterMs ?? RETRY_PAUSE_MS;
  const published = await record(deps, calling, { sent, pauseMs });
  const isStale = answer.outcomes.some((outcome) => outcome.result === "stale");
  return { published, more: published > 0 || isStale, waitMs: answer.nextCallAfterMs ?? 0 };
}

function toSinkRow(candidate: Candidate): SinkRow {
  const expected = believedOf(candidate);
  const believed = expected === undefined ? undefined : quantity(expected);
  return { itemId: itemId(candidate.itemId), quantity: quantity(targetOf(candidate)), believed };
}
