import { type AccountId, accountId } from "@crossdock/canonical";
import type { FactLog, LoggedFact, Subscriber } from "../backbone/index.ts";
import type { Governance } from "../governance/index.ts";
import type { Clock, Lease, Leases, Log, Transaction, Wakeup } from "../platform/index.ts";
import { type CallDeps, callOnce, RETRY_PAUSE_MS, type Round } from "./call-service.ts";
import { markDirty, markDirtyListings, selectDirtyAccounts, settleInFlight } from "./publication-store.ts";
import { type Concerned, concernedByAll, itemsByClass } from "./rules/affected.ts";
import { classesIn } from "./rules/book.ts";
import type { BookMemory } from "./rules/memory-service.ts";
import { selectRulesOfVersion } from "./rules/store.ts";
import { TOUCHING_TYPES, touchedItems } from "./touched.ts";

/** Topic on which publishers are woken. */
const PUBLICATION_TOPIC = "publication";
const IDLE_POLL_MS = 1_000;
/** How long running calls may take to end when we are stopped; after that their outcome is unknown. */
const STOP_GRACE_MS = 3_000;

/** Marks listings whose value may have changed, as facts come in. Reading facts twice only costs a look. */
export function createDirtyMarker(options: {
  readonly factLog: FactLog;
  readonly clock: Clock;
  readonly wakeup: Wakeup;
  readonly governance: Pick<Governance, "kitsWith" | "itemsOfClasses">;
  readonly rules: Pick<BookMemory, "fresh">;
}): Subscriber {
  const { factLog, clock, wakeup, governance } = options;
  return factLog.subscribe({
    name: "availability-dirty",
    types: TOUCHING_TYPES,
    rewindable: true,
    async handle(tx, facts) {
      const items = [...new Set(facts.flatMap(touchedItems))].toSorted();
      const kits = await governance.kitsWith(tx, items);
      await markDirty(tx, [...items, ...kits], clock.now());
      const concerned = await concernedByRules(options, tx, facts);
      if (concerned.length > 0) await markConcerned(options, tx, concerned);
      tx.afterCommit(() => wakeup.signal(PUBLICATION_TOPIC));
    },
  });
}

/** What other rules may let be told otherwise. */
async function concernedByRules(
  {
    rules,
    governance,
  }: {
    readonly rules: Pick<BookMemory, "fresh">;
    readonly governance: Pick<Governance, "itemsOfClasses">;
  },
  tx: Transaction,
  facts: readonly LoggedFact[],
): Promise<readonly Concerned[]> {
  const versions = facts.flatMap((fact) => (fact.type === "RuleBookActivated" ? [fact.data.version] : []));
  const ended = facts.flatMap((fact) => (fact.type === "RuleTermsChanged" ? (fact.data.rule ?? []) : []));
  if (versions.length + ended.length === 0) return [];
  const book = await rules.fresh();
  const rows = await Promise.all(versions.map((version) => selectRulesOfVersion(tx, version)));
  const changed = [
    ...rows.flat().map(({ rule }) => rule),
    ...ended.flatMap((key) => book.rules.get(key)?.rule ?? []),
  ];
  // Of classes that no rule is about any more the book knows nothing.
  const { of } = await governance.itemsOfClasses(tx, classesIn(changed));
  return concernedByAll(book, changed, itemsByClass(of));
}

/** Marks what rules concern, and the kits of it: a kit may be sold as often as its components allow. */
async function markConcerned(
  { governance, clock }: { readonly governance: Pick<Governance, "kitsWith">; readonly clock: Clock },
  tx: Transaction,
  concerned: readonly Concerned[],
): Promise<void> {
  const items = concerned.flatMap(({ itemId }) => (itemId === "" ? [] : [itemId]));
  const kits = await governance.kitsWith(tx, items);
  const wider = kits.map((itemId): Concerned => ({ channelId: "", itemId }));
  await markDirtyListings(tx, [...concerned, ...wider], clock.now());
}

export type PublisherDeps = CallDeps & {
  readonly log: Log;
  readonly wakeup: Wakeup;
  readonly leases: Leases;
};

export type Publisher = {
  start(): void;
  /** Finishes the calls at hand, and lets other processes have the accounts. */
  stop(): Promise<void>;
  /** Publishes until no listing can be told anything now; gives the rows that channels took. */
  drain(): Promise<number>;
};

/** When accounts may be called, and which are being called now. */
type Desk = {
  readonly deps: PublisherDeps;
  /** The accounts that are ours. They stay so until we stop, because their budgets are known only here. */
  readonly leases: Map<string, Lease>;
  /** When each account's budget opens again, in milliseconds since 1970. */
  readonly openAt: Map<string, number>;
  readonly busy: Map<string, Promise<void>>;
  readonly stopping: AbortSignal;
};

const leaseName = (account: string) => `publication/${account}`;

/** Takes the accounts that are nobody's; gives those that are ours then. */
async function ourAccounts({ deps, leases }: Desk, accounts: readonly string[]): Promise<readonly string[]> {
  const others = new Map(
    accounts.filter((account) => !leases.has(account)).map((account) => [leaseName(account), account]),
  );
  for (const lease of await deps.leases.take([...others.keys()])) {
    leases.set(others.get(lease.name) ?? "", lease);
  }
  return accounts.filter((account) => leases.has(account));
}

async function letGo({ leases }: Desk, account: string): Promise<void> {
  const lease = leases.get(account);
  leases.delete(account);
  await lease?.giveBack();
}

async function call({ deps, leases, openAt }: Desk, account: AccountId): Promise<Round | undefined> {
  const lease = leases.get(account);
  if (lease?.isHeld() !== true) return undefined;
  const round = await callOnce(deps, { account, lease });
  openAt.set(account, deps.clock.now().getTime() + round.waitMs);
  return round;
}

async function callUntilQuiet(desk: Desk, account: AccountId): Promise<void> {
  const { deps, leases, openAt, busy, stopping } = desk;
  try {
    while (!stopping.aborted) {
      const round = await call(desk, account);
      if (round?.more !== true || round.waitMs > 0) break;
    }
    // Given back as well when it was lost: only then may we take it again.
    if (leases.get(account)?.isHeld() === false) await letGo(desk, account);
  } catch (error) {
    deps.log.warn({ event: "availability.publish-failed", accountId: account, err: error });
    openAt.set(account, deps.clock.now().getTime() + RETRY_PAUSE_MS);
    // Perhaps another process can do what we could not.
    await letGo(desk, account);
  } finally {
    busy.delete(account);
  }
}

/** Accounts of ours that have something to be told, are not being called, and whose budget is open. */
async function openAccounts(desk: Desk): Promise<readonly AccountId[]> {
  const { deps, openAt, busy } = desk;
  const now = deps.clock.now();
  await settleInFlight(deps.database, now);
  const dirty = await selectDirtyAccounts(deps.database, now);
  const open = dirty.filter((id) => !busy.has(id) && (openAt.get(id) ?? 0) <= now.getTime());
  return (await ourAccounts(desk, open)).map(accountId);
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
}

async function letAllGo(desk: Desk): Promise<void> {
  await Promise.all([...desk.leases.keys()].map((account) => letGo(desk, account)));
}

/** Ends what runs, by force when it takes too long: a lease that has ended lets no call go on. */
async function endCalls(desk: Desk): Promise<void> {
  const timer = setTimeout(() => letAllGo(desk), STOP_GRACE_MS);
  await Promise.all(desk.busy.values());
  clearTimeout(timer);
  await letAllGo(desk);
  // Other processes need not wait for their next look.
  desk.deps.wakeup.signal(PUBLICATION_TOPIC);
}

/**
 * Makes the publisher: each account is called by one process at a time, one call after the other, at the pace that its
 * budget allows. Accounts do not wait for each other.
 */
export function createPublisher(deps: PublisherDeps): Publisher {
  const stopping = new AbortController();
  const desk: Desk = {
    deps,
    leases: new Map(),
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
      await endCalls(desk);
    },
    async drain() {
      let published = 0;
      for (const account of await openAccounts(desk)) {
        for (let round = await call(desk, account); round !== undefined; round = await call(desk, account)) {
          published += round.published;
          if (!round.more) break;
        }
      }
      await letAllGo(desk);
      return published;
    },
  };
}

/** Until the next account's budget opens, a second at most. */
function nextWaitMs(openAt: ReadonlyMap<string, number>, now: Date): number {
  const waits = [...openAt.values()].map((at) => at - now.getTime()).filter((wait) => wait > 0);
  return Math.min(IDLE_POLL_MS, ...waits);
}
