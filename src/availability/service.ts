import type {
  AccountId,
  ChannelId,
  LocationId,
  Reservation,
  ReservationRequest,
  SourcingExplanation,
  SourcingQuote,
} from "@crossdock/canonical";
import { HOLD_SECONDS_MAX_DEFAULT, TTL_SECONDS_DEFAULT } from "@crossdock/canonical";
import type { FactLog, LoggedFact, Subscriber } from "../backbone/index.ts";
import type { Governance, ResolvedItem } from "../governance/index.ts";
import type { Earmarks, Ledger } from "../ledger/index.ts";
import type { Clock, Database, Ids, Leases, Log, Metrics, Transaction, Wakeup } from "../platform/index.ts";
import type { AdmissionDeps } from "./admission-entry.ts";
import { type Admitted, admit, type RequestToAdmit } from "./admission-service.ts";
import { ageLots } from "./ageing/service.ts";
import { rememberQueues } from "./backorders/seen-queues.ts";
import { type Backorders, createBackorders } from "./backorders/service.ts";
import { createBatcher } from "./batcher-service.ts";
import type { PublicationSink } from "./call-service.ts";
import { type CellsAnswer, type CellsAsked, cellsNow } from "./cells-service.ts";
import { createDated, type DatedAvailabilities } from "./dated/service.ts";
import { createEarmarks } from "./earmark-service.ts";
import { createItemIdentities, type ItemIdentities } from "./item-identity-service.ts";
import { createKeyedAdmission, type ReserveAnswer, type ReserveContext } from "./keyed-admission-service.ts";
import type { NotDone } from "./life.ts";
import type { LifeChange } from "./life-change.ts";
import { changeReservation } from "./life-change-service.ts";
import type { ChangeAnswer, ChangeOptions } from "./life-changing-service.ts";
import { historyOf } from "./life-history-service.ts";
import { asOf, type StepAnswer, type StepOptions, takeStep, toReservation } from "./life-service.ts";
import { createLifeSteps } from "./life-steps-service.ts";
import { createHoldLimits, type HoldLimits } from "./limits/service.ts";
import { createViews } from "./memory/service.ts";
import { hearOfSales, listItems, type Sale, selectPublished } from "./publication-store.ts";
import { createDirtyMarker, createPublisher, type Publisher } from "./publisher-service.ts";
import { type Asking, createReads, type Reads } from "./read-service.ts";
import {
  proposeRelocation,
  type Relocation,
  type RelocationDeps,
  type RelocationProposals,
  relocate,
} from "./relocation/service.ts";
import { fromRequest } from "./request.ts";
import { createRingFences, type RingFences } from "./ring-fence-service.ts";
import type { RuleBook } from "./rules/book.ts";
import { createDrafting, type RuleDrafting } from "./rules/draft-service.ts";
import { type BookMemory, createBookMemory } from "./rules/memory-service.ts";
import { createReading, type RuleReading } from "./rules/reading-service.ts";
import { type ChannelToSave, type RuleToSave, ruleOfChannel, rulesOf } from "./rules/to-load.ts";
import { loadRules } from "./rules/version-service.ts";
import type { Showing } from "./shown-state.ts";
import {
  type BatchAsked,
  type BatchProposal,
  type BatchTaken,
  type BatchToTake,
  proposeBatch,
  type TakeDeps,
  takeBatch,
} from "./sourcing/batch/proposal-service.ts";
import { createSolver } from "./sourcing/batch/solver-service.ts";
import { createLoadMemory } from "./sourcing/load-service.ts";
import { type QuoteDeps, quoteSourcing } from "./sourcing/quote-service.ts";
import { selectExplanation } from "./sourcing/store.ts";
import { type NotFound, selectReservations, selectReservationsOfOrders, sumNotFound } from "./store.ts";
import { sweepAll } from "./sweep-service.ts";
import { observeUntold, type Untold, untoldNow } from "./untold-service.ts";
import { createWatching, type Watching } from "./watch/service.ts";
import { createWhatIf, type WhatIf } from "./what-if/run-service.ts";

/** Requests decided together at most: beyond it the lock is held longer than a caller should wait. */
export const ADMISSION_BATCH_MAX = 512;
/** Batches of one process in the database at once, at most; each has a connection. */
export const ADMISSION_PARALLEL_MAX = 4;
/** A batch that takes longer is held up by something, most likely a lock, that requests for other items need not wait for. */
export const ADMISSION_PATIENCE_MS = 25;
/** Requests that may wait before callers are told to come back. */
export const ADMISSION_WAITING_MAX = 20_000;

export type AvailabilityOptions = {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly wakeup: Wakeup;
  readonly leases: Leases;
  readonly metrics: Metrics;
  readonly factLog: FactLog;
  readonly governance: Governance;
  /** Given as a function, because the ledger in turn is given our earmarks. */
  readonly ledger: () => Ledger;
  readonly sink: PublicationSink;
  /** Bytes of stock that are remembered for questions at most; none: every question reads rows. Absent: the default. */
  readonly memoryBytesMax?: number | undefined;
};

/** An order whose lines are to be promised for good. Quantities are in base units. */
export type OrderToPromise = RequestToAdmit & { readonly accountId: AccountId };
export type OrderPromise = Admitted;

/** Promises, their lives, and what channels are told. */
export type Availabilities = {
  /** Decides a request together with those that wait at the same moment; answers after the commit. */
  reserve(request: ReservationRequest, context: ReserveContext): Promise<ReserveAnswer>;
  /** Promises whole orders in the caller's transaction, as firm allocations. What their accounts show is known to have been sold. */
  promise(tx: Transaction, orders: readonly OrderToPromise[]): Promise<readonly OrderPromise[]>;
  /** Takes one step for reservations, in the caller's transaction, or in one that it shares with those who ask at the same moment. */
  step(
    ids: readonly string[],
    options: StepOptions,
    tx?: Transaction,
  ): Promise<ReadonlyMap<string, StepAnswer>>;
  /** Where else so many units of a promise could come from, all of it where no number is given; or why they cannot. */
  proposeRelocation(id: string, units: number | undefined): Promise<RelocationProposals | NotDone>;
  /** Lets units of a promise come from another location, in a transaction of its own. */
  relocate(wanted: Relocation): Promise<ChangeAnswer>;
  /** Changes a reservation in a transaction of its own. */
  change(id: string, change: LifeChange, options: ChangeOptions): Promise<ChangeAnswer>;
  reservation(id: string): Promise<Reservation | undefined>;
  /** What happened to a reservation, the earliest first; undefined where there is none. */
  history(id: string): Promise<readonly LoggedFact[] | undefined>;
  /** Why it comes from where it comes from; undefined where that was not asked for. */
  sourcingOf(id: string): Promise<SourcingExplanation | undefined>;
  /** What a request would be promised now, and why from there. Nothing is kept for it. Undefined when there is no such channel. */
  quote(request: ReservationRequest): Promise<SourcingQuote | undefined>;
  /** From where requests of one channel would be promised together, by the rules and by a solver. Undefined when there is no such channel. */
  proposeBatch(asked: BatchAsked): Promise<BatchProposal | undefined>;
  /** Takes such a plan as it was proposed, in a transaction of its own, or nothing of it. */
  takeBatch(wanted: BatchToTake): Promise<BatchTaken>;
  reservationsOfOrder(orderId: string): Promise<readonly Reservation[]>;
  /** Units of orders' lines that were promised and not found, item by item, as it stands in the caller's transaction. */
  notFoundOf(tx: Transaction, orderIds: readonly string[]): Promise<readonly NotFound[]>;
  /** What a channel may sell of items, with the inputs of each figure. */
  readonly availability: Reads["availability"];
  readonly figures: Reads["figures"];
  readonly recallFigures: Reads["recallFigures"];
  /** The locations that a channel sells from; none for a channel that there is not. */
  network(channelId: string): Promise<readonly LocationId[]>;
  /** What may be promised by a date, with what is to come. */
  readonly dated: DatedAvailabilities;
  /** The same with what each location can have promised: of those that are named, or of the channel's whole network. */
  cells(question: CellsAsked, asking?: Asking): Promise<CellsAnswer | undefined>;
  /** What a channel's rule says of what buyers are shown; undefined when there is no such channel. */
  showing(channelId: ChannelId): Promise<Showing | undefined>;
  /** Hearing of what channels may sell, as it changes. */
  readonly watching: Watching;
  /** Puts channels into force at set-up, where nobody has to agree. Doing it again changes nothing. */
  saveChannels(channels: readonly ChannelToSave[]): Promise<void>;
  /** The same for what channels keep back, show at most and have protected. */
  saveRules(rules: readonly RuleToSave[]): Promise<void>;
  /** Lists items on an account: from now on its channel is told their availability. */
  listOnAccount(accountId: AccountId, channelId: ChannelId, itemIds: readonly string[]): Promise<void>;
  /** What an account was last told of items, or was seen to show; those of which it was never told are left out. */
  told(accountId: AccountId, itemIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Gives the units of expired holds back, and tells of rules that have ended; gives how many holds. Counting does not depend on it. */
  sweep(): Promise<number>;
  /** Says on the log which lots have become too old for somebody; gives how many. Counting does not depend on it either. */
  ageLots(): Promise<number>;
  /** Listings that their channels have yet to be told of, and since when the one that waits longest does. */
  untold(): Promise<Untold>;
  /** What channels may sell, as rules: the book, its history and its drafts. */
  readonly rules: RuleReading;
  readonly ruleDrafts: RuleDrafting;
  /** The past, played again under other rules. */
  readonly whatIf: WhatIf;
  /** Stock that is set aside for one channel. */
  readonly ringFences: RingFences;
  /** How much of it clients and channels may keep with holds. */
  readonly holdLimits: HoldLimits;
  /** What waits for stock, and is offered it first. */
  readonly backorders: Backorders;
  /** Items that turn out to be one, or two. */
  readonly itemIdentities: ItemIdentities;
  readonly earmarks: Earmarks<Transaction>;
  readonly publisher: Publisher;
  /** Marks what channels have to be told of, as facts come in. */
  readonly dirtyMarker: Subscriber;
};

type UsedOfLedger = Pick<
  Ledger,
  | "lockPositionsOf"
  | "lockPositions"
  | "positionsOf"
  | "supply"
  | "post"
  | "stockOf"
  | "placesOf"
  | "hold"
  | "countedSince"
  | "convert"
>;

/** The ledger, asked for at each use: it is made after us. */
function lateLedger(ledger: () => Ledger): UsedOfLedger {
  return {
    lockPositionsOf: (...args) => ledger().lockPositionsOf(...args),
    lockPositions: (...args) => ledger().lockPositions(...args),
    positionsOf: (...args) => ledger().positionsOf(...args),
    post: (...args) => ledger().post(...args),
    stockOf: (...args) => ledger().stockOf(...args),
    placesOf: (...args) => ledger().placesOf(...args),
    hold: (...args) => ledger().hold(...args),
    countedSince: (...args) => ledger().countedSince(...args),
    convert: (...args) => ledger().convert(...args),
    get supply() {
      return ledger().supply;
    },
  };
}

function unknownChannel(channelId: string): ReserveAnswer {
  return {
    refused: "unknown-channel",
    message: `There is no channel ${channelId}; create it or use another id.`,
  };
}

/** Makes the door of reservations: what a request names is looked up, and it joins the batch that gathers. */
function createReserve(
  rules: BookMemory,
  governance: Pick<Governance, "recallItems" | "resolveItems">,
  run: ReturnType<typeof createKeyedAdmission>,
): Availabilities["reserve"] {
  const batcher = createBatcher({
    what: "reservation requests",
    batchMax: ADMISSION_BATCH_MAX,
    parallel: ADMISSION_PARALLEL_MAX,
    patienceMs: ADMISSION_PATIENCE_MS,
    waitingMax: ADMISSION_WAITING_MAX,
    run,
  });
  type Known = { readonly book: RuleBook; readonly items: ReadonlyMap<string, ResolvedItem> };

  function submit(request: ReservationRequest, context: ReserveContext, { book, items }: Known) {
    if (!book.channels.has(request.channelId)) return Promise.resolve(unknownChannel(request.channelId));
    const ttlMs = (request.ttlSeconds ?? TTL_SECONDS_DEFAULT) * 1_000;
    return batcher.submit({ resolved: fromRequest(request, items), ttlMs, context });
  }

  return (request, context) => {
    const references = request.lines.map((line) => line.item);
    const book = rules.recall();
    const items = governance.recallItems(references);
    // Nearly always both are at hand: then a request joins its batch without a turn of waiting.
    if (book !== undefined && items !== undefined) return submit(request, context, { book, items });
    return Promise.all([rules.book(), governance.resolveItems(references)]).then(([bookNow, itemsNow]) =>
      submit(request, context, { book: bookNow, items: itemsNow }),
    );
  };
}

/** What an order says that its account has sold: what was asked for, whether it could be promised or not. */
function salesOf({ accountId, request }: OrderToPromise): readonly Sale[] {
  return request.lines.map(({ itemId, quantity }) => ({ accountId, itemId, units: quantity }));
}

function settingUp(options: AvailabilityOptions): Pick<Availabilities, "saveChannels" | "saveRules"> {
  return {
    async saveChannels(channels) {
      await loadRules(options, channels.map(ruleOfChannel));
    },
    async saveRules(lines) {
      await loadRules(options, lines.flatMap(rulesOf));
    },
  };
}

function relocating(deps: RelocationDeps): Pick<Availabilities, "proposeRelocation" | "relocate"> {
  return {
    proposeRelocation: (id, units) => proposeRelocation(deps, id, units),
    relocate: (wanted) => relocate(deps, wanted),
  };
}

function sourcing(
  deps: QuoteDeps & TakeDeps,
): Pick<Availabilities, "sourcingOf" | "quote" | "proposeBatch" | "takeBatch"> {
  const solver = createSolver();
  return {
    sourcingOf: (id) => selectExplanation(deps.database, id),
    quote: (request) => quoteSourcing(deps, request),
    proposeBatch: (asked) => proposeBatch({ ...deps, solver }, asked),
    takeBatch: (wanted) => takeBatch(deps, wanted),
  };
}

async function toldBy(database: Database, accountId: AccountId, itemIds: readonly string[]) {
  const rows = await selectPublished(database, accountId, itemIds);
  return new Map(rows.map((row) => [row.item_id, row.published]));
}

/** How long a channel's holds may last in all. */
function holdMsMaxOf(holdLimits: Pick<HoldLimits, "all">): (channelId: string) => Promise<number> {
  return async (channel) => {
    const limit = (await holdLimits.all()).get(`channel:${channel}`);
    return (limit?.holdSecondsMax ?? HOLD_SECONDS_MAX_DEFAULT) * 1_000;
  };
}

/** Reservations as they are now, swept or not. */
function lookingUp({
  database,
  clock,
}: AvailabilityOptions): Pick<Availabilities, "reservation" | "reservationsOfOrder"> {
  return {
    async reservation(id) {
      const [row] = await selectReservations(database, [id]);
      return row === undefined ? undefined : toReservation(asOf(row, clock.now()));
    },
    async reservationsOfOrder(orderId) {
      const rows = await selectReservationsOfOrders(database, [orderId]);
      return rows.map((row) => toReservation(asOf(row, clock.now())));
    },
  };
}

async function promiseOrders(
  deps: AdmissionDeps & { readonly book: () => Promise<RuleBook> },
  tx: Transaction,
  orders: readonly OrderToPromise[],
): Promise<readonly OrderPromise[]> {
  const promises = await admit(deps, tx, orders, { book: await deps.book() });
  // In the transaction that takes the units off what is available: earlier they would be on sale again, later twice gone.
  await hearOfSales(tx, orders.flatMap(salesOf), deps.clock.now());
  return promises;
}

/** Opens availability. */
export function createAvailability(options: AvailabilityOptions): Availabilities {
  const { database, clock, governance } = options;
  const rules = createBookMemory(options);
  const [book, holdLimits] = [rules.book, createHoldLimits(options)];
  const load = createLoadMemory(options);
  const seenQueues = rememberQueues();
  const deps = { ...options, ledger: lateLedger(options.ledger), book, holdLimits, load, seenQueues };
  const changeDeps = { ...deps, holdMsMax: holdMsMaxOf(holdLimits) };
  const views = createViews({ ...deps, rules, bytesMax: options.memoryBytesMax });
  const reads = createReads(views);
  const steps = createLifeSteps(deps);
  observeUntold(options);

  return {
    reserve: createReserve(rules, governance, createKeyedAdmission(deps)),
    promise: (tx, orders) => promiseOrders(deps, tx, orders),
    step: (ids, asked, tx) => (tx === undefined ? steps(ids, asked) : takeStep(deps, tx, ids, asked)),
    ...relocating(changeDeps),
    change: (id, change, asked) => changeReservation(changeDeps, id, change, asked),
    history: (id) => historyOf(deps, id),
    ...sourcing(deps),
    ...lookingUp(options),
    notFoundOf: sumNotFound,
    ...reads,
    network: async (channel) => (await book()).channels.get(channel)?.locations ?? [],
    dated: createDated(deps, book),
    watching: createWatching({
      ...{ ...options, rules },
      // Whoever was told of a fact must not be given a figure of before it.
      availability: (channelId, itemIds) => reads.availability(channelId, itemIds, { fresh: true }),
    }),
    cells: (question, asking) => cellsNow(views, question, asking),
    showing: async (channelId) => (await book()).channels.get(channelId),
    ...settingUp(options),
    async listOnAccount(accountId, channelId, itemIds) {
      await listItems(database, { accountId, channelId, itemIds, at: clock.now() });
    },
    told: (accountId, itemIds) => toldBy(database, accountId, itemIds),
    ageLots: () => ageLots(deps),
    sweep: () => sweepAll({ ...deps, rules }),
    untold: () => untoldNow(database),
    rules: createReading(options),
    ruleDrafts: createDrafting({ ...deps, rules }),
    whatIf: createWhatIf(options),
    ringFences: createRingFences(deps),
    holdLimits,
    backorders: createBackorders(deps),
    itemIdentities: createItemIdentities(deps),
    earmarks: createEarmarks(options),
    publisher: createPublisher({ ...options, atp: deps, rules }),
    dirtyMarker: createDirtyMarker({ ...options, rules }),
  };
}
