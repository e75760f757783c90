import { isStockFact, STOCK_FACT_TYPES, type StockFact } from "@crossdock/canonical";
import {
  createDeadLetters,
  type FactLog,
  type LoggedFact,
  type NumberedFact,
  type Subscriber,
} from "../backbone/index.ts";
import type { Governance, OwnershipWitness } from "../governance/index.ts";
import type { Clock, Database, Leases, Log, Queryable, Transaction, Wakeup } from "../platform/index.ts";
import type { ArchivedPast } from "./archive/past-store.ts";
import { tellCheckpoints } from "./checkpoint-service.ts";
import { type ClaimedQuantity, upsertClaimedQuantities } from "./claimed-store.ts";
import { type CountCases, createCountCases } from "./count-case-list-service.ts";
import { keepCases, loadJudging } from "./count-case-service.ts";
import { insertNumbering, type NumberedEvent, upsertCounts } from "./count-store.ts";
import type { OpenStatement } from "./differences/difference.ts";
import { type DifferenceAnswer, type DifferenceAsked, explainDifference } from "./differences/service.ts";
import { selectSources } from "./differences/store.ts";
import { type DisagreementList, type DisagreementRow, selectDisagreements } from "./disagreement-store.ts";
import { type DriftSummary, driftSummary } from "./drift-summary-service.ts";
import type { SummaryAsked } from "./drift-summary-store.ts";
import type { Earmarks } from "./earmark.ts";
import { laneTransfersOf, receiptLinesOf } from "./expectation.ts";
import { openTransfers, receiptDifferences } from "./expectation-service.ts";
import {
  addLaneTransfers,
  addReceiptLines,
  type ExpectationPage,
  type OpenTransfer,
  type ReceiptDifference,
} from "./expectation-store.ts";
import { createSnapshotSubscriber } from "./gather-service.ts";
import { historiesWanted, lastCounted, loadHistories } from "./history-service.ts";
import { isVirtual } from "./movement.ts";
import { statedLocation } from "./movement-rules.ts";
import { createOwnershipWitness } from "./ownership-service.ts";
import {
  countOrder,
  earmarkUses,
  type FactToPost,
  movementsOfBatch,
  numberedOf,
  planBatch,
  touchedPositions,
  usedOrderLines,
  varianceAccounts,
} from "./plan.ts";
import { foldTransfers } from "./position-delta.ts";
import { createPositionMemory, type PositionMemory } from "./position-memory.ts";
import { holdPositions, idsByKey, placeOf } from "./position-service.ts";
import { postTransfers } from "./post-service.ts";
import { createSnapshots, type Snapshots } from "./snapshot-report-service.ts";
import { createSnapshotWorker, type SnapshotWorker } from "./snapshot-worker-service.ts";
import {
  type ClaimToKeep,
  insertClaims,
  insertOutcomes,
  insertTransfers,
  type LockedPosition,
  lockPositionsById,
  lockPositionsOf,
  type PositionPage,
  type PositionRow,
  selectPlacesOf,
  selectPositionsOf,
  selectStockOf,
  selectTakenFacts,
  updatePositions,
} from "./store.ts";
import { arrivalsOf } from "./supply/arrival.ts";
import { createSupply, type Supply } from "./supply/service.ts";
import { insertArrivals } from "./supply/store.ts";
import type { Moment } from "./time.ts";
import {
  archiveOf,
  type Explanation,
  type ExplanationPage,
  explain,
  positionAt,
  positionPageAt,
} from "./time-service.ts";
import {
  type ConversionContext,
  type ConversionFact,
  NOTHING_SETTLED,
  type PlannedTransfer,
  type Settled,
  type TouchedPosition,
} from "./transfer.ts";

/** The ledger's own reader of the log. */
export const LEDGER_SUBSCRIBER = "ledger";
/** Facts posted in one transaction: enough to share its costs, few enough that reservations wait only milliseconds. */
export const POST_FACTS_MAX = 1_000;

export type LedgerOptions = {
  readonly database: Database;
  readonly clock: Clock;
  readonly factLog: FactLog;
  readonly governance: Governance;
  readonly leases: Leases;
  readonly wakeup: Wakeup;
  readonly log: Log;
  /** Knows what was promised; see `Earmarks`. */
  readonly earmarks: Earmarks<Transaction>;
};

/** The stock ledger: posts what happened, answers what there is and why. */
export type Ledger = {
  /** Reads stock facts off the log and posts them. */
  readonly subscriber: Subscriber;
  /** Reads pages of snapshots off the log and gathers them. */
  readonly snapshotSubscriber: Subscriber;
  /** What is still to come, and the reader of what is said of it. */
  readonly supply: Supply;
  /** Takes snapshots that have all their pages. */
  readonly snapshotWorker: SnapshotWorker;
  /** Counts of single positions that differ too much, and what is decided about them. */
  readonly countCases: CountCases;
  /** What counts of any kind found in a period that the books had otherwise. */
  driftSummary(asked: SummaryAsked): Promise<DriftSummary>;
  /** What has become of snapshots, and what they found. */
  readonly snapshots: Snapshots;
  /** Where systems that do not own the stock of a place say another number than ours, the largest differences first. */
  disagreements(list: DisagreementList): Promise<readonly (DisagreementRow & { readonly size: string })[]>;
  /**
   * Why our number of an item at a location is not a system's, as parts that add up to the difference. `stated` are statements that are
   * not on the log yet, as the facts that they would be.
   */
  explainDifference(asked: DifferenceAsked, stated: readonly OpenStatement[]): Promise<DifferenceAnswer>;
  /** The systems that do not own an item's stock at a location and have said a number of it. */
  sourcesOfNumbers(asked: {
    readonly itemId: string;
    readonly locationId: string;
  }): Promise<readonly string[]>;
  /** Knows which statements were judged by the owners of their time. */
  readonly ownershipWitness: OwnershipWitness;
  /** Locks all positions of items at locations in the lock order of the program. Positions that do not exist hold nothing. */
  lockPositionsOf(
    tx: Transaction,
    itemIds: readonly string[],
    locationIds: readonly string[],
  ): Promise<LockedPosition[]>;
  /** Locks positions by id in the lock order of the program. */
  lockPositions(tx: Transaction, positionIds: readonly number[]): Promise<LockedPosition[]>;
  /**
   * Posts transfers that were decided here. The positions must have been locked by this transaction. The statements are sent and
   * not waited for: they travel with the caller's next or with its commit, which fails when one of them does.
   */
  post(tx: Transaction, transfers: readonly PlannedTransfer[]): void;
  /** Where there is anything of items, whatever its status, lanes included; without a lock. */
  stockOf(queryable: Queryable, itemIds: readonly string[]): Promise<PositionRow[]>;
  /** Every place and lane that an item was ever at, lot by lot. */
  placesOf(queryable: Queryable, itemId: string): Promise<readonly TouchedPosition[]>;
  /** Makes positions that do not exist yet, and locks all of them in the lock order of the program. */
  hold(tx: Transaction, places: readonly TouchedPosition[]): Promise<readonly LockedPosition[]>;
  /** When positions were last counted, of those that were at or after an instant. They are locked, so no count comes meanwhile. */
  countedSince: typeof lastCounted;
  /**
   * Turns units of items into units of others, as facts of `IDENTITY_SOURCE` that are posted in the caller's transaction, each as of its
   * time. The positions must have been locked by it. No owner is asked: who owns a measure says how many units there are, not what they are.
   */
  convert(tx: Transaction, facts: readonly ConversionFact[], context: ConversionContext): Promise<void>;
  positionsOf(
    queryable: Queryable,
    itemIds: readonly string[],
    locationIds: readonly string[],
  ): Promise<PositionRow[]>;
  /** Receipt lines that brought more or less than was expected; those that were last told of come last. */
  receiptDifferences(page: ExpectationPage): Promise<readonly ReceiptDifference[]>;
  /** Transfers of which something is on its way still, or of which more arrived than left; `locationId` is where they go. */
  openTransfers(page: ExpectationPage): Promise<readonly OpenTransfer[]>;
  /** A page of positions, as they stand or as they were at a moment. Only the past looks at transfers. */
  positionPage(page: PositionPage & Moment): Promise<PositionRow[]>;
  /** A position, as it stands or as it was at a moment; undefined when there is no such position. */
  position(positionId: number, moment?: Moment): Promise<PositionRow | undefined>;
  /** The archive that a moment of the past of positions lies in; what this ledger says of that moment is not all. Undefined: none. */
  archiveOf(positionIds: readonly number[], moment: Moment): Promise<ArchivedPast | undefined>;
  /**
   * The transfers behind a balance, the last to take effect first, each with its fact and what the position came to by it. Undefined
   * when there is no such position, or no such transfer to go on from.
   */
  explain(positionId: number, page: ExplanationPage): Promise<Explanation | undefined>;
};

/** Opens the ledger. */
export function createLedger(options: LedgerOptions): Ledger {
  const { database, clock, factLog } = options;
  const posting: Posting = { ...options, memory: createPositionMemory() };
  const subscriber = factLog.subscribe({
    name: LEDGER_SUBSCRIBER,
    types: STOCK_FACT_TYPES,
    batchFacts: POST_FACTS_MAX,
    // Facts that were posted are recognised by their outcome, so reading them again changes nothing.
    rewindable: true,
    handle: (tx, facts) => takeFacts(posting, tx, facts),
  });

  const snapshotSubscriber = createSnapshotSubscriber(options);

  return {
    subscriber,
    snapshotSubscriber,
    supply: createSupply(options),
    disagreements: (list) => selectDisagreements(database, list),
    sourcesOfNumbers: (asked) => selectSources(database, asked),
    explainDifference: (asked, stated) =>
      explainDifference({ ...options, subscriber, deadLetters: createDeadLetters(options) }, asked, stated),
    ownershipWitness: createOwnershipWitness({ factLog, readers: [subscriber, snapshotSubscriber] }),
    snapshotWorker: createSnapshotWorker(posting),
    countCases: createCountCases(posting),
    driftSummary: (asked) => driftSummary(database, asked),
    snapshots: createSnapshots(options),
    lockPositionsOf,
    lockPositions: lockPositionsById,
    post(tx, transfers) {
      if (transfers.length === 0) return;
      const now = clock.now();
      insertTransfers(tx, transfers, now);
      tellCheckpoints(tx, transfers, now);
      updatePositions(tx, foldTransfers(transfers), false);
    },
    stockOf: selectStockOf,
    placesOf: selectPlacesOf,
    hold: (tx, places) => holdPositions(tx, posting.memory, places),
    countedSince: lastCounted,
    convert: (tx, facts, context) => convert(posting, tx, facts, context),
    positionsOf: selectPositionsOf,
    receiptDifferences: (page) => receiptDifferences(options, page),
    openTransfers: (page) => openTransfers(options, page),
    positionPage: (page) => positionPageAt(database, page, page),
    position: (positionId, moment = {}) => positionAt(database, positionId, moment),
    archiveOf: (positionIds, moment) => archiveOf(database, positionIds, moment),
    explain: (positionId, page) => explain(options, positionId, page),
  };
}

type Posting = LedgerOptions & { readonly memory: PositionMemory };

/**
 * Who says that units of one item are units of another. It is a source of its own, so that these facts are told, posted and judged as
 * any that move stock; what only `/crossdock` says never does by itself.
 */
export const IDENTITY_SOURCE = "/crossdock/items";

async function convert(
  options: Posting,
  tx: Transaction,
  conversions: readonly ConversionFact[],
  { correlationId, settled = NOTHING_SETTLED }: ConversionContext,
): Promise<void> {
  if (conversions.length === 0) {
    const { transfers, places } = settled;
    if (transfers.length === 0) return;
    const positions = await holdPositions(tx, options.memory, places);
    await postTransfers(options, tx, { positions, transfers, correlationId });
    return;
  }
  const numbered = await options.factLog.number(conversions.map((each) => ({ ...each, correlationId })));
  const facts = numbered.map((fact) => ({ ...fact, source: IDENTITY_SOURCE }));
  await options.factLog.appendFromOutside(tx, facts);
  await postFacts(options, tx, { facts: facts.filter(isNumberedStockFact), settled, correlationId });
}

function isNumberedStockFact(fact: NumberedFact): fact is NumberedFact & StockFact {
  return isStockFact(fact);
}

type StockFactOnLog = LoggedFact & StockFact;

function isStockFactOnLog(fact: LoggedFact): fact is StockFactOnLog {
  return isStockFact(fact);
}

/** One batch: sort out what was taken before and what its source may not say, post the rest, tell the log. */
async function takeFacts(options: Posting, tx: Transaction, batch: readonly LoggedFact[]): Promise<void> {
  const facts = await notYetTaken(tx, batch.filter(isStockFactOnLog));
  if (facts.length === 0) return;
  const { accepted, claims } = await askOwners(options.governance, tx, facts);
  const now = options.clock.now();
  if (claims.length > 0) {
    const numbers = claims.map((claim) => claim.number);
    insertOutcomes(tx, "claim", numbers, now);
    insertClaims(tx, claims, now);
    const claimed = new Set(numbers);
    const counted = facts.flatMap((fact) => (claimed.has(fact.number) ? claimedCount(fact) : []));
    if (counted.length > 0) upsertClaimedQuantities(tx, counted);
  }
  if (accepted.length === 0) return;
  const correlationId = accepted.at(-1)?.correlationId ?? LEDGER_SUBSCRIBER;
  await postFacts(options, tx, { facts: accepted, settled: NOTHING_SETTLED, correlationId });
}

/** What a count that is a claim says of its position. */
function claimedCount(fact: StockFactOnLog): readonly ClaimedQuantity[] {
  if (fact.type !== "StockCounted") return [];
  const { item, location, lot = "", counted } = fact.data;
  return [
    {
      ...{ source: fact.source, locationId: location, itemId: item, lot, onHand: counted },
      ...{ saidAt: fact.effectiveAt, inOrder: countOrder(fact), eventNumber: fact.number },
    },
  ];
}

async function notYetTaken(
  tx: Transaction,
  facts: readonly StockFactOnLog[],
): Promise<readonly StockFactOnLog[]> {
  const taken = await selectTakenFacts(
    tx,
    facts.map((fact) => fact.number),
  );
  if (taken.length === 0) return facts;
  const numbers = new Set(taken.map((row) => row.event_number));
  return facts.filter((fact) => !numbers.has(fact.number));
}

type Sorted = { readonly accepted: readonly StockFactOnLog[]; readonly claims: readonly ClaimToKeep[] };

/** Law 10: where a measure has an owner at the time that a fact speaks of, only its statements move stock. */
async function askOwners(
  governance: Governance,
  tx: Transaction,
  facts: readonly StockFactOnLog[],
): Promise<Sorted> {
  const locationIds = [...new Set(facts.map(statedLocation))];
  const owners = await governance.owners(tx, "physical-stock", locationIds);
  const accepted: StockFactOnLog[] = [];
  const claims: ClaimToKeep[] = [];
  for (const fact of facts) {
    const locationId = statedLocation(fact);
    const { number, source, effectiveAt } = fact;
    const owner = owners.at(locationId, effectiveAt) ?? source;
    if (owner === source) accepted.push(fact);
    else claims.push({ number, source, locationId, owner, effectiveAt });
  }
  return { accepted, claims };
}

type FactsToPost = {
  readonly facts: readonly (NumberedFact & StockFact)[];
  readonly settled: Settled;
  readonly correlationId: string;
};

async function postFacts(
  options: Posting,
  tx: Transaction,
  { facts, settled, correlationId }: FactsToPost,
): Promise<void> {
  const { clock, earmarks, memory } = options;
  const movements = movementsOfBatch(facts);
  const promised = await earmarks.promisedPlaces(tx, usedOrderLines(movements));
  const touched = touchedPositions(facts, movements, [...promised, ...settled.places]);
  const places = touched.filter((place) => !isVirtual(place.locationId));
  const accounts = touched.filter((place) => isVirtual(place.locationId));
  const held = await holdPositions(tx, memory, places);
  const [settlement, histories, judging] = await Promise.all([
    earmarks.settle(tx, earmarkUses(movements, idsByKey(held))),
    loadHistories(tx, historiesWanted(facts, held)),
    loadJudging(options, tx, { facts, positions: held }),
  ]);
  const counted = held.filter((row) => histories.has(row.position_id)).map(placeOf);
  const others = await holdPositions(tx, memory, [...accounts, ...varianceAccounts(counted)]);
  const positions = [...held, ...others];
  const positionIds = idsByKey(positions);
  const plan = planBatch({ facts, movements, settlement, positionIds, histories, judging });
  insertOutcomes(
    tx,
    "applied",
    facts.map((fact) => fact.number),
    clock.now(),
  );
  const transfers = [...plan.transfers, ...settled.transfers];
  await postTransfers(options, tx, { positions, transfers, correlationId });
  if (plan.counts.length > 0) upsertCounts(tx, plan.counts);
  keepCases(tx, plan, clock.now());
  const numbered = facts.flatMap(numberedEvent);
  if (numbered.length > 0) insertNumbering(tx, numbered);
  const lines = receiptLinesOf(facts);
  if (lines.length > 0) addReceiptLines(tx, lines);
  const lanes = laneTransfersOf(facts);
  if (lanes.length > 0) addLaneTransfers(tx, lanes);
  const arrivals = arrivalsOf(facts);
  if (arrivals.length > 0) insertArrivals(tx, arrivals);
}

function numberedEvent(fact: FactToPost): readonly NumberedEvent[] {
  const numbered = numberedOf(fact);
  return numbered === undefined
    ? []
    : [{ ...numbered, eventNumber: fact.number, effectiveAt: fact.effectiveAt }];
}
