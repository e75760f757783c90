import { type AccountId, accountId } from "@crossdock/canonical";
import type { Backfill, BackfillAnswer, Connector } from "@crossdock/connector-kit";
import type { Database, Lease, Leases } from "../platform/index.ts";
import type { ConnectedAccount } from "./account-service.ts";
import { type GapToAsk, noteAnswer, noteAsked, selectGapsToAsk } from "./backfill-store.ts";
import { cut } from "./document.ts";
import { BACKFILL_NUMBERS_MAX, GRACE_MS, nextAsk } from "./gap.ts";
import { PARTS_MAX } from "./inbox.ts";
import { type InboxDeps, keepParts } from "./inbox-service.ts";
import type { HttpIo } from "./io.ts";
import { voidNumbers } from "./stream-service.ts";

/** Gaps that one step asks for, and how long one answer may take. */
const GAPS_AT_ONCE_MAX = 20;
const ASK_MS_MAX = 30_000;
const LEASE = "integration/backfill";

export type BackfillDeps = InboxDeps & {
  readonly database: Database;
  readonly leases: Leases;
  readonly connectors: readonly Connector[];
  readonly io: HttpIo;
};

/**
 * Asks sources for what is missing from their streams, as far as they can be asked, while this process has that work to itself. What
 * they give is stored like a delivery and mapped by the mapper, which closes the gap; what they say never was is closed with their
 * reason. Gives how many gaps were asked for.
 */
export async function backfillGaps(deps: BackfillDeps): Promise<number> {
  const { database, clock, leases } = deps;
  const connectors = deps.connectors
    .filter(({ intake }) => intake?.backfill !== undefined)
    .map(({ manifest }) => manifest.name);
  if (connectors.length === 0) return 0;
  const now = clock.now();
  const seenBefore = new Date(now.getTime() - GRACE_MS);
  const due = await selectGapsToAsk(database, { connectors, seenBefore, now, limit: GAPS_AT_ONCE_MAX });
  if (due.length === 0) return 0;
  const [lease] = await leases.take([LEASE]);
  if (lease === undefined) return 0;
  let asked = 0;
  try {
    for (const gap of due) {
      if (!lease.isHeld()) break;
      await askFor(deps, lease, gap);
      asked += 1;
    }
  } finally {
    await lease.giveBack();
  }
  return asked;
}

async function askFor(deps: BackfillDeps, lease: Lease, gap: GapToAsk): Promise<void> {
  const at = deps.clock.now();
  // Noted before it is asked: a source that kills whoever asks is asked less and less often, too.
  if ((await noteAsked(deps.database, { ...gap, at, nextAskAt: nextAsk(at, gap.asks) })) === 0) return;
  const account = accountId(gap.account_id);
  const fields = { accountId: account, stream: gap.stream, first: gap.first, last: gap.last };
  const answer = await answerFor(deps, lease, { gap, account });
  switch (answer.is) {
    case "answered": {
      const told = await take(deps, { gap, account }, answer);
      await noteAnswer(deps.database, { ...gap, answer: told, nextAskAt: null });
      deps.log.info({ event: "backfill.answered", ...fields, told });
      break;
    }
    case "retry":
    case "cannot": {
      const waits = answer.is === "retry" && answer.afterMs !== undefined ? { afterMs: answer.afterMs } : {};
      const nextAskAt = nextAsk(at, gap.asks, waits);
      await noteAnswer(deps.database, { ...gap, answer: cut(answer.reason), nextAskAt });
      deps.log.warn({ event: "backfill.failed", ...fields, reason: answer.reason });
      break;
    }
    default:
      answer satisfies never;
  }
  deps.meters.backfills.add({ connector: gap.connector, answer: answer.is });
}

type Asking = { readonly gap: GapToAsk; readonly account: AccountId };

/** Never longer than its time, and never throws: whatever a connector does wrong is an answer to be tried again. */
async function answerFor(
  deps: BackfillDeps,
  lease: Lease,
  { gap, account }: Asking,
): Promise<BackfillAnswer> {
  const end = new AbortController();
  const late = Promise.withResolvers<BackfillAnswer>();
  const timer = setTimeout(() => {
    end.abort();
    late.resolve({ is: "retry", reason: `not answered within ${ASK_MS_MAX} ms` });
  }, ASK_MS_MAX);
  try {
    const connected = await deps.accounts.connect(account);
    const backfill = connected?.connector.intake?.backfill;
    if (connected === undefined || backfill === undefined) {
      return { is: "cannot", reason: "The account's connector cannot ask for missing numbers." };
    }
    const io = deps.io.until(end.signal, lease);
    return await Promise.race([ask(backfill, connected, { gap, io }), late.promise]);
  } catch (error) {
    deps.log.error({ event: "backfill.connector-failed", accountId: account, err: error });
    return { is: "retry", reason: `the connector failed: ${String(error)}` };
  } finally {
    clearTimeout(timer);
  }
}

function ask(
  backfill: Backfill,
  { account }: ConnectedAccount,
  { gap, io }: { readonly gap: GapToAsk; readonly io: ReturnType<HttpIo["until"]> },
): Promise<BackfillAnswer> {
  const last = Math.min(gap.last, gap.first + BACKFILL_NUMBERS_MAX - 1);
  return backfill({ stream: gap.stream, first: gap.first, last }, io, account);
}

/** Keeps what was given, the way of every delivery, and closes what never was. Says in words what was told. */
async function take(
  deps: BackfillDeps,
  { gap, account }: Asking,
  { parts, never }: Extract<BackfillAnswer, { readonly is: "answered" }>,
): Promise<string> {
  const { stream, connector } = gap;
  const given = parts.slice(0, PARTS_MAX);
  if (given.length > 0) {
    await keepParts(deps, {
      delivery: { accountId: account, headers: {}, body: new Uint8Array() },
      connector,
      parts: given,
    });
  }
  // Only what was asked for: a source may not close gaps that nobody has asked it about.
  const ranges = never
    .map((range) => ({
      first: Math.max(range.first, gap.first),
      last: Math.min(range.last, gap.last),
      because: range.because.trim() === "" ? "the source gave no reason" : cut(range.because),
    }))
    .filter(({ first, last }) => first <= last);
  if (ranges.length > 0) {
    const now = deps.clock.now();
    await deps.database.transaction((tx) => voidNumbers(tx, { accountId: account, stream, ranges }, now));
  }
  if (given.length === 0 && ranges.length === 0) return "The source has nothing of it, and does not say why.";
  return `The source gave ${given.length} message(s), and ${ranges.length} range(s) that it never used.`;
}
