import {
  type ItemId,
  type LocationId,
  type Lot,
  type OrderLineReference,
  type Place,
  quantity,
  type Sequence,
  type Status,
  type StockFact,
} from "@crossdock/canonical";
import {
  type CaseBook,
  type Judging,
  type OutdoneCase,
  openCaseBook,
  type PlannedCase,
} from "./case-book.ts";
import type { Count, Numbered } from "./count.ts";
import type { EarmarkSplit, EarmarkUse, Settlement } from "./earmark.ts";
import { countVariance, type Movement } from "./movement.ts";
import { movementsOf } from "./movement-rules.ts";
import {
  type ConditionVariance,
  type PositionCount,
  type PositionHistory,
  type Shelf,
  takePositionCount,
  takePositionMovement,
} from "./shelf.ts";
import type { PlannedTransfer, TouchedPosition } from "./transfer.ts";

/** A stock fact as the ledger needs it. */
export type FactToPost = StockFact & {
  readonly number: number;
  readonly id: string;
  readonly source: string;
  readonly effectiveAt: string;
  readonly sequence?: Sequence | undefined;
};

/** Where a fact stands in its source's own numbering, when it has a number. */
export function numberedOf({ source, sequence }: FactToPost): Numbered | undefined {
  return sequence === undefined ? undefined : { source, ...sequence };
}

/** The lowest number of each stream among facts. */
export function lowestNumbers(facts: readonly FactToPost[]): readonly Numbered[] {
  const lowest = new Map<string, Numbered>();
  for (const numbered of facts.flatMap((fact) => numberedOf(fact) ?? [])) {
    const key = `${numbered.source} ${numbered.stream}`;
    const known = lowest.get(key);
    if (known === undefined || numbered.number < known.number) lowest.set(key, numbered);
  }
  return [...lowest.values()];
}

/**
 * What decides between counts that are said to have been made at one instant: the id that its source gave it, then the source. Sources
 * have no spaces, so two statements never look the same.
 */
export const countOrder = (fact: { readonly id: string; readonly source: string }): string =>
  `${fact.id} ${fact.source}`;

/** Item × location × lot, as one text for maps. Ids cannot contain a space; a lot may, and stands last. */
export type PositionKey = string;
export const positionKey = (item: ItemId, location: LocationId, lot: Lot): PositionKey =>
  `${item} ${location} ${lot}`;

/** A count that will be remembered, so that what arrives later can be held against it. */
export type PlannedCount = {
  readonly positionId: number;
  readonly shelf: Shelf;
  readonly count: Count;
  readonly eventNumber: number;
};

/** A movement of a fact, with the fact. The units of a use are asked of the earmarks in this order. */
export type FactMovement = { readonly fact: FactToPost; readonly movement: Movement };

/** All movements of a batch, in the order of its facts. */
export function movementsOfBatch(facts: readonly FactToPost[]): readonly FactMovement[] {
  return facts.flatMap((fact) => movementsOf(fact).map((movement) => ({ fact, movement })));
}

/** The order lines that a batch picks or ships units of. */
export function usedOrderLines(movements: readonly FactMovement[]): readonly OrderLineReference[] {
  return movements.flatMap(({ movement }) => movement.use?.orderLine ?? []);
}

/**
 * Every position that a batch moves or counts, and the places whose promises it may replace, each once. The accounts of count variance
 * are not among them: see `varianceAccounts`.
 */
export function touchedPositions(
  facts: readonly FactToPost[],
  movements: readonly FactMovement[],
  promised: readonly TouchedPosition[],
): readonly TouchedPosition[] {
  const touched = new Map<PositionKey, TouchedPosition>(
    promised.map((place) => [positionKey(place.itemId, place.locationId, place.lot), place]),
  );
  const touch = (itemId: ItemId, place: Place, lot: Lot) => {
    const { locationId } = place;
    touched.set(positionKey(itemId, locationId, lot), { itemId, locationId, lot });
  };
  for (const { movement } of movements) {
    touch(movement.itemId, movement.from, movement.lot);
    touch(movement.itemId, movement.to, movement.lot);
  }
  for (const fact of facts) {
    if (fact.type !== "StockCounted") continue;
    touch(fact.data.item, { locationId: fact.data.location, status: "available" }, fact.data.lot ?? "");
  }
  return [...touched.values()];
}

/**
 * The accounts of count variance that corrections may need, each once: of positions that have a count which matters, or that are counted
 * now. Movements elsewhere have nothing to correct, so for most of a batch there is none.
 */
export function varianceAccounts(corrected: readonly TouchedPosition[]): readonly TouchedPosition[] {
  const accounts = corrected.map(({ itemId, locationId, lot }): [PositionKey, TouchedPosition] => {
    const variance = countVariance(locationId, 1).from.locationId;
    return [positionKey(itemId, variance, lot), { itemId, locationId: variance, lot }];
  });
  return [...new Map(accounts).values()];
}

/** The questions to the earmarks, in the order in which the plan will want the answers. */
export function earmarkUses(
  movements: readonly FactMovement[],
  positionIds: ReadonlyMap<PositionKey, number>,
): readonly EarmarkUse[] {
  return movements.flatMap(({ movement }) => {
    const { use, itemId, lot, from, to } = movement;
    const positionId = positionIds.get(positionKey(itemId, from.locationId, lot));
    return use === undefined || positionId === undefined
      ? []
      : [
          {
            ...use,
            itemId,
            locationId: from.locationId,
            positionId,
            quantity: movement.quantity,
            to: to.status,
          },
        ];
  });
}

/** What a batch needs to know to be planned. */
export type PlanInput = {
  readonly facts: readonly FactToPost[];
  readonly movements: readonly FactMovement[];
  /** The answer of the earmarks to the batch's uses. */
  readonly settlement: Settlement;
  readonly positionIds: ReadonlyMap<PositionKey, number>;
  /** Histories of the positions that have a count which matters here. Others have nothing to correct. */
  readonly histories: ReadonlyMap<number, PositionHistory>;
  /** What the counts of the batch are judged by; undefined: all are taken. */
  readonly judging?: Judging | undefined;
};

export type Plan = {
  readonly transfers: readonly PlannedTransfer[];
  readonly counts: readonly PlannedCount[];
  /** Counts that are not taken, and open cases that a count which is taken has outdone. */
  readonly cases: readonly PlannedCase[];
  readonly outdone: readonly OutdoneCase[];
};

/** The state of one run of the planner. Its arrays grow; nothing outside sees them until they are done. */
type Work = {
  readonly positionIds: ReadonlyMap<PositionKey, number>;
  readonly histories: Map<number, PositionHistory>;
  readonly transfers: PlannedTransfer[];
  readonly counts: PlannedCount[];
  readonly cases: CaseBook | undefined;
};

function idOf(work: Work, item: ItemId, location: LocationId, lot: Lot): number {
  const id = work.positionIds.get(positionKey(item, location, lot));
  if (id === undefined)
    throw new Error(`position of ${item} at ${location}, lot "${lot}", was not locked before planning`);
  return id;
}

type Subject = {
  readonly itemId: ItemId;
  readonly locationId: LocationId;
  readonly lot: Lot;
  readonly eventNumber: number;
};

function postVariances(work: Work, subject: Subject, variances: readonly ConditionVariance[]): void {
  for (const { at, found, reason, status } of variances) {
    const { from, to } = countVariance(subject.locationId, found, status);
    work.transfers.push({
      fromPositionId: idOf(work, subject.itemId, from.locationId, subject.lot),
      fromStatus: from.status,
      toPositionId: idOf(work, subject.itemId, to.locationId, subject.lot),
      toStatus: to.status,
      quantity: quantity(Math.abs(found)),
      reason,
      effectiveAt: new Date(at).toISOString(),
      eventNumber: subject.eventNumber,
    });
  }
}

type Deltas = Readonly<Record<Shelf, number>>;

/** What units mean to each shelf when they come to, or with a negative number leave, a status. */
function shelfDeltas(units: number, status: Status): Deltas {
  return {
    "on-hand": status === "in-transit" ? 0 : units,
    quarantined: status === "quarantined" ? units : 0,
    damaged: status === "damaged" ? units : 0,
  };
}

const sumOf = (a: Deltas, b: Deltas): Deltas => ({
  "on-hand": a["on-hand"] + b["on-hand"],
  quarantined: a.quarantined + b.quarantined,
  damaged: a.damaged + b.damaged,
});

const UNCHANGED: Deltas = { "on-hand": 0, quarantined: 0, damaged: 0 };

/** Tells a position's history of a movement, and posts the corrections that counts demand. */
function changePosition(work: Work, subject: Subject, fact: FactToPost, deltas: Deltas): void {
  const positionId = idOf(work, subject.itemId, subject.locationId, subject.lot);
  const history = work.histories.get(positionId);
  if (history === undefined) return;
  const change = { at: Date.parse(fact.effectiveAt), deltas, numbered: numberedOf(fact) };
  const taken = takePositionMovement(history, change);
  work.histories.set(positionId, taken.history);
  postVariances(work, subject, taken.variances);
}

function postMovement(work: Work, { fact, movement }: FactMovement, splits: readonly EarmarkSplit[]): void {
  const { itemId, lot, from, to } = movement;
  const fromPositionId = idOf(work, itemId, from.locationId, lot);
  const toPositionId = idOf(work, itemId, to.locationId, lot);
  for (const split of splits) {
    if (split.quantity === 0) continue;
    work.transfers.push({
      fromPositionId,
      fromStatus: split.from,
      toPositionId,
      toStatus: to.status,
      quantity: split.quantity,
      reason: movement.reason,
      effectiveAt: fact.effectiveAt,
      eventNumber: fact.number,
      reservationId: split.reservationId,
    });
  }
  if (!work.histories.has(fromPositionId) && !work.histories.has(toPositionId)) return;
  const left = splits.map((split) => shelfDeltas(-split.quantity, split.from)).reduce(sumOf, UNCHANGED);
  const moved = splits.reduce((sum, split) => sum + split.quantity, 0);
  const arrived = shelfDeltas(moved, to.status);
  const subject = { itemId, lot, eventNumber: fact.number };
  if (fromPositionId === toPositionId) {
    changePosition(work, { ...subject, locationId: from.locationId }, fact, sumOf(left, arrived));
    return;
  }
  changePosition(work, { ...subject, locationId: from.locationId }, fact, left);
  changePosition(work, { ...subject, locationId: to.locationId }, fact, arrived);
}

function postCount(work: Work, fact: FactToPost & { readonly type: "StockCounted" }): void {
  const { item, location, lot = "", counted, conditions } = fact.data;
  const subject = { itemId: item, locationId: location, lot, eventNumber: fact.number };
  const count = {
    at: Date.parse(fact.effectiveAt),
    inOrder: countOrder(fact),
    counted: { "on-hand": counted, ...conditions },
  };
  if (isTaken(work, subject, { count, source: fact.source })) countPosition(work, subject, count);
}

function isTaken(
  work: Work,
  { itemId, locationId, lot, eventNumber }: Subject,
  { count, source }: { readonly count: PositionCount; readonly source: string },
): boolean {
  if (work.cases === undefined) return true;
  const positionId = idOf(work, itemId, locationId, lot);
  const history = historyToCount(work, positionId);
  return work.cases.isTaken({
    thing: { source, locationId, itemId },
    positionId,
    history,
    count,
    eventNumber,
  });
}

function historyToCount(work: Work, positionId: number): PositionHistory {
  const history = work.histories.get(positionId);
  if (history === undefined)
    throw new Error(`history of position ${positionId} was not loaded before planning a count`);
  return history;
}

function countPosition(work: Work, subject: Subject, count: PositionCount): void {
  const positionId = idOf(work, subject.itemId, subject.locationId, subject.lot);
  const taken = takePositionCount(historyToCount(work, positionId), count);
  work.histories.set(positionId, taken.history);
  for (const { shelf, ...believed } of taken.believed) {
    work.counts.push({ positionId, shelf, count: believed, eventNumber: subject.eventNumber });
  }
  postVariances(work, subject, taken.variances);
}

/** Turns a batch of facts into transfers, fact by fact in log order. Pure: the same input gives the same plan. */
export function planBatch(input: PlanInput): Plan {
  const work: Work = {
    positionIds: input.positionIds,
    histories: new Map(input.histories),
    transfers: [...input.settlement.yielded],
    counts: [],
    cases: input.judging === undefined ? undefined : openCaseBook(input.judging),
  };
  const answers = answersOf(input.movements, input.settlement.splits);
  const byFact = Map.groupBy(input.movements, ({ fact }) => fact.number);
  for (const fact of input.facts) {
    if (fact.type === "StockCounted") postCount(work, fact);
    for (const factMovement of byFact.get(fact.number) ?? []) {
      const { from, quantity: units } = factMovement.movement;
      postMovement(work, factMovement, answers.get(factMovement) ?? [{ from: from.status, quantity: units }]);
    }
  }
  work.transfers.push(...input.settlement.restored);
  return toPlan(work);
}

const toPlan = ({ transfers, counts, cases }: Work): Plan => ({
  transfers,
  counts,
  cases: cases?.planned ?? [],
  outdone: cases?.outdone ?? [],
});

/** A count of a position, with the fact that it is in. */
export type CountToPlan = Omit<Subject, "locationId"> & { readonly count: PositionCount };

/** Turns counts of one location into the transfers that they post, by the same rule as a count on its own. All of them are taken. */
export function planCounts(
  locationId: LocationId,
  input: Pick<PlanInput, "positionIds" | "histories"> & { readonly counts: readonly CountToPlan[] },
): Plan {
  const { positionIds, histories, counts } = input;
  const work: Work = {
    positionIds,
    histories: new Map(histories),
    transfers: [],
    counts: [],
    cases: undefined,
  };
  for (const { count, ...subject } of counts) countPosition(work, { ...subject, locationId }, count);
  return toPlan(work);
}

/** Gives each movement that may use up a promise the earmarks' answer to it. */
function answersOf(
  movements: readonly FactMovement[],
  splits: readonly (readonly EarmarkSplit[])[],
): ReadonlyMap<FactMovement, readonly EarmarkSplit[]> {
  const asking = movements.filter(({ movement }) => movement.use !== undefined);
  if (asking.length !== splits.length) {
    throw new Error(`the earmarks gave ${splits.length} answers to ${asking.length} uses`);
  }
  return new Map(asking.map((movement, index) => [movement, splits[index] ?? []]));
}
