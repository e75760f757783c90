import { itemId, locationId } from "@crossdock/canonical";
import type { FactLog } from "../backbone/index.ts";
import type { CountedThing, CountTolerances, Governance } from "../governance/index.ts";
import type { Clock, Database, Transaction } from "../platform/index.ts";
import { type Judging, openCaseOf } from "./case-book.ts";
import { type CountRule, judgeCount, type OpenCase, outdoes } from "./count-case.ts";
import {
  type CaseDecision,
  type CaseRow,
  closeCase,
  closeOutdone,
  insertCases,
  isCovered,
  noteExpected,
  selectCase,
  selectCasesToLookAt,
  selectOpenCases,
} from "./count-case-store.ts";
import { upsertCounts } from "./count-store.ts";
import { loadHistories } from "./history-service.ts";
import { type FactToPost, type Plan, planCounts, positionKey, varianceAccounts } from "./plan.ts";
import type { PositionMemory } from "./position-memory.ts";
import { holdPositions, idsByKey, placeOf, rowKey } from "./position-service.ts";
import { postTransfers } from "./post-service.ts";
import type { PositionCount, PositionHistory } from "./shelf.ts";
import { type LockedPosition, lockPositionsById } from "./store.ts";

export type CaseDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly factLog: FactLog;
  readonly governance: Governance;
  readonly memory: PositionMemory;
};

/**
 * What the counts among facts are judged by; undefined where nothing is counted. Two look-ups, which travel with others of the batch;
 * costs are asked for only where a tolerance is about money.
 */
export async function loadJudging(
  { governance, clock }: Pick<CaseDeps, "governance" | "clock">,
  tx: Transaction,
  {
    facts,
    positions,
  }: { readonly facts: readonly FactToPost[]; readonly positions: readonly LockedPosition[] },
): Promise<Judging | undefined> {
  const counts = facts.filter((fact) => fact.type === "StockCounted");
  if (counts.length === 0) return undefined;
  const keys = new Set(counts.map(({ data }) => positionKey(data.item, data.location, data.lot ?? "")));
  const counted = positions.filter((row) => keys.has(rowKey(row)));
  const [rules, open] = await Promise.all([
    loadRules({ governance, clock }, tx, {
      sources: [...new Set(counts.map(({ source }) => source))],
      locationIds: [...new Set(counts.map(({ data }) => data.location))],
      itemIds: [...new Set(counts.map(({ data }) => data.item))],
    }),
    selectOpenCases(
      tx,
      counted.map((row) => row.position_id),
    ),
  ]);
  return {
    ruleOf: rules,
    open: openByPosition(open),
    unknown: new Set(counted.filter((row) => row.version === 0).map((row) => row.position_id)),
  };
}

/** Keeps what the counts of a batch came to beside what they post. */
export function keepCases(
  tx: Transaction,
  { cases, outdone }: Pick<Plan, "cases" | "outdone">,
  at: Date,
): void {
  if (cases.length > 0) insertCases(tx, cases, at);
  if (outdone.length > 0) closeOutdone(tx, outdone, at);
}

/** The rules of counts, by what is counted. */
export async function loadRules(
  { governance, clock }: Pick<CaseDeps, "governance" | "clock">,
  tx: Transaction,
  of: {
    readonly sources: readonly string[];
    readonly locationIds: readonly string[];
    readonly itemIds: readonly string[];
  },
): Promise<Judging["ruleOf"]> {
  const tolerances = await governance.countTolerances(tx, of);
  return rulesFor(
    tolerances,
    tolerances.haveValues ? await governance.costs(tx, of.itemIds, clock.now()) : new Map(),
  );
}

function rulesFor(
  tolerances: CountTolerances,
  costs: Awaited<ReturnType<Governance["costs"]>>,
): (thing: CountedThing) => CountRule | undefined {
  return (thing) => {
    const tolerance = tolerances.of(thing);
    if (tolerance === undefined) return undefined;
    const { valueMax } = tolerance;
    const cost = costs.get(thing.itemId)?.find(({ currency }) => currency === valueMax?.currency);
    return { tolerance, perUnit: cost?.perUnit };
  };
}

/** Open cases as counts are judged beside them. */
export function openByPosition(rows: readonly CaseRow[]): ReadonlyMap<number, readonly OpenCase[]> {
  const byPosition = Map.groupBy(rows, (row) => row.position_id);
  return new Map(
    [...byPosition].map(([positionId, cases]) => [
      positionId,
      cases.map((row) => openCaseOf(row.case_number, countOfCase(row), row.expected)),
    ]),
  );
}

/** The count that a case is about. */
export function countOfCase(row: CaseRow): PositionCount {
  const { watermark_stream: stream, watermark_number: number, quarantined, damaged } = row;
  return {
    at: row.counted_at.getTime(),
    inOrder: row.in_order,
    watermark: stream === null || number === null ? undefined : { source: row.source, stream, number },
    counted: {
      "on-hand": row.counted,
      ...(quarantined === null || damaged === null ? {} : { quarantined, damaged }),
    },
  };
}

/** What a decision came to. A second one changes nothing and hears what the first was. */
export type CaseOutcome =
  | "settled"
  | "already-accepted"
  | "already-rejected"
  | "already-superseded"
  | "unknown";

/**
 * Decides about an open case under the lock of its position. Accepted, its count is taken as of its own time or watermark, by the rule of
 * any count that comes late; rejected, it counts nothing, now and later.
 */
export function decideCase(
  deps: CaseDeps,
  decision: CaseDecision & { readonly correlationId: string },
): Promise<CaseOutcome> {
  return deps.database.transaction(async (tx) => {
    const known = await selectCase(tx, decision.caseNumber);
    if (known === undefined) return "unknown";
    const [position] = await lockPositionsById(tx, [known.position_id]);
    if (position === undefined) throw new Error(`case ${known.case_number} is about no position`);
    const closed = await closeCase(tx, decision, deps.clock.now());
    if (closed !== undefined) {
      if (decision.decision === "accepted")
        await takeCount(deps, tx, { row: closed, position, correlationId: decision.correlationId });
      return "settled";
    }
    const state = (await selectCase(tx, decision.caseNumber))?.state;
    if (state === undefined || state === "open")
      throw new Error(`case ${decision.caseNumber} was neither closed nor closed before`);
    return `already-${state}` as const;
  });
}

type Taking = {
  readonly row: CaseRow;
  readonly position: LockedPosition;
  readonly correlationId: string;
};

/** Takes the count of a case that was accepted. Its position is locked. */
async function takeCount(deps: CaseDeps, tx: Transaction, { row, position, correlationId }: Taking) {
  const { memory } = deps;
  const place = placeOf(position);
  const accounts = await holdPositions(tx, memory, varianceAccounts([place]));
  const count = countOfCase(row);
  const [histories, covered, open] = await Promise.all([
    historiesAt(tx, position, count),
    isCovered(tx, row),
    selectOpenCases(tx, [position.position_id]),
  ]);
  const positions = [position, ...accounts];
  const plan = planCounts(place.locationId, {
    positionIds: idsByKey(positions),
    histories,
    counts: [{ itemId: place.itemId, lot: place.lot, eventNumber: row.event_number, count }],
  });
  await postTransfers(deps, tx, { positions, transfers: plan.transfers, correlationId });
  if (!covered && plan.counts.length > 0) upsertCounts(tx, plan.counts);
  const outdone = (openByPosition(open).get(position.position_id) ?? []).filter((one) => outdoes(count, one));
  if (outdone.length > 0) {
    const ended = outdone.map(({ caseNumber }) => ({ caseNumber, by: row.source }));
    closeOutdone(tx, ended, deps.clock.now());
  }
}

/** The history of one position, as far as a count of it needs that. */
function historiesAt(
  tx: Transaction,
  position: LockedPosition,
  count: PositionCount,
): Promise<ReadonlyMap<number, PositionHistory>> {
  return loadHistories(tx, {
    positions: [position],
    from: new Date(count.at),
    lowest: [],
    counted: new Set([position.position_id]),
    watermark: count.watermark,
  });
}

/** Cases looked at in one go. */
const LOOK_MAX = 200;

/**
 * Looks at open cases again. Where something has moved since, the books may be right by now, because what was missing has come: a count
 * that is within its tolerance now is taken. So is one whose time has come, where its tolerance says that nobody need look at it for
 * ever. Gives how many cases were closed.
 */
export async function lookAgain(deps: CaseDeps): Promise<number> {
  let closed = 0;
  for (let after = 0; ; ) {
    const numbers = await selectCasesToLookAt(deps.database, {
      ...{ now: deps.clock.now(), after, limit: LOOK_MAX },
    });
    for (const caseNumber of numbers) closed += await lookAt(deps, caseNumber);
    const last = numbers.at(-1);
    if (last === undefined || numbers.length < LOOK_MAX) return closed;
    after = last;
  }
}

function lookAt(deps: CaseDeps, caseNumber: number): Promise<number> {
  const { clock, database } = deps;
  return database.transaction(async (tx) => {
    const known = await selectCase(tx, caseNumber);
    if (known?.state !== "open") return 0;
    const [position] = await lockPositionsById(tx, [known.position_id]);
    if (position === undefined) throw new Error(`case ${caseNumber} is about no position`);
    const now = clock.now();
    const { expected, verdict } = await judgeAgain(deps, tx, known, position);
    const isDue = known.accept_at !== null && known.accept_at <= now;
    if (verdict !== "take" && !isDue) {
      noteExpected(tx, caseNumber, { expected, version: position.version });
      return 0;
    }
    const because =
      verdict === "take" ? "the books are within its tolerance by now" : "nobody decided in time";
    const closed = await closeCase(tx, { caseNumber, decision: "accepted", by: "tolerance", because }, now);
    if (closed === undefined) return 0;
    await takeCount(deps, tx, { row: closed, position, correlationId: `count-case-${caseNumber}` });
    return 1;
  });
}

/** A case without a tolerance any more stays for a person: nobody has said since that it is right. */
async function judgeAgain(deps: CaseDeps, tx: Transaction, known: CaseRow, position: LockedPosition) {
  const count = countOfCase(known);
  const thing = {
    source: known.source,
    locationId: locationId(known.location_id),
    itemId: itemId(position.item_id),
  };
  const [ruleOf, histories] = await Promise.all([
    loadRules(deps, tx, {
      ...{ sources: [thing.source], locationIds: [thing.locationId], itemIds: [thing.itemId] },
    }),
    historiesAt(tx, position, count),
  ]);
  const history = histories.get(position.position_id);
  if (history === undefined) throw new Error(`the history of case ${known.case_number} was not loaded`);
  const rule = ruleOf(thing);
  const judged = judgeCount({ history, count, rule, isKnown: true, open: [] });
  return { ...judged, verdict: rule === undefined ? ("open" as const) : judged.verdict };
}
