import { isStockFact, itemId, locationId } from "@crossdock/canonical";
import type { LoggedFact } from "../backbone/index.ts";
import type { Queryable, Transaction } from "../platform/index.ts";
import { compareClaimed, repairClaimed } from "./claimed-rebuild-service.ts";
import { placeOf } from "./ownership-service.ts";
import { claimDifference, type Difference, differencesOfFact, differenceText } from "./rebuild.ts";
import {
  exportSnapshot,
  type JudgedRow,
  joinWholesale,
  selectJudgedFacts,
  selectMovedUnits,
  selectWrongAmong,
  selectWrongPositions,
  setPositions,
  settleIn,
  upsertClaim,
  useSnapshot,
} from "./rebuild-store.ts";
import type { LedgerOptions } from "./service.ts";
import { lockPositionsById } from "./store.ts";
import { compareSupply, repairSupply } from "./supply/rebuild-service.ts";

/** Facts held against their transfers at a time. */
const PAGE_FACTS = 2_000;
/** Positions repaired in one transaction: postings to them wait for it, so it is short. */
const REPAIR_POSITIONS_MAX = 500;
/** The journey of what a rebuild tells the log, so that it is told apart from what moved stock. */
export const REBUILD_CORRELATION = "rebuild";

export type RebuildOptions = Omit<LedgerOptions, "earmarks" | "leases" | "wakeup"> & {
  /** Connections that sum transfers at once, each a part of the positions; one, so that live traffic keeps the rest, when absent. */
  readonly connections?: number;
};

/** What a look at everything came to. */
export type RebuildReport = {
  /** Facts that were held against their transfers. */
  readonly facts: number;
  readonly differences: number;
  /** Differences that were repaired; none by a check. */
  readonly repaired: number;
};

/** The ledger made again from the log, to be compared with the one that is there. */
export type Rebuild = {
  /**
   * Compares everything that follows from the log with what the log makes of it, in one snapshot beside live traffic. It writes nothing
   * and locks nothing. `found` is told each difference.
   */
  check(found: (difference: Difference) => void): Promise<RebuildReport>;
  /**
   * Compares, and repairs what differs: positions, claims, what other systems say of a place and what is to come, slice by slice, in the lock order of the program. A fact whose transfers
   * are not what it says stays as it is: what the right correction would be, nobody but a person knows. Stopped half-way, it has
   * repaired what it has repaired; the next run finds the rest.
   */
  repair(found: (difference: Difference) => void): Promise<RebuildReport>;
};

/** Opens the rebuild over a ledger's database. */
export function createRebuild(options: RebuildOptions): Rebuild {
  return {
    async check(found) {
      let differences = 0;
      const facts = await compare(options, (difference) => {
        differences += 1;
        found(difference);
      });
      return { facts, differences, repaired: 0 };
    },
    async repair(found) {
      const differences: Difference[] = [];
      const facts = await compare(options, (difference) => {
        differences.push(difference);
        found(difference);
      });
      const repaired =
        (await repairPositions(options, differences)) +
        (await repairClaims(options, differences)) +
        (await repairClaimed(options, differences)) +
        (await repairSupply(options, differences));
      return { facts, differences: differences.length, repaired };
    },
  };
}

const ONE_SNAPSHOT = { isolation: "repeatable read", readOnly: true } as const;

/** One snapshot of everything; gives how many facts there were. */
async function compare(options: RebuildOptions, found: (difference: Difference) => void): Promise<number> {
  const { database, connections: parts = 1 } = options;
  return database.transaction(async (tx) => {
    settleIn(tx);
    joinWholesale(tx, true);
    const snapshot = parts === 1 ? "" : await exportSnapshot(tx);
    const others = Array.from({ length: parts - 1 }, (_, place) =>
      database.transaction((other) => {
        useSnapshot(other, snapshot);
        settleIn(other);
        joinWholesale(other, true);
        return selectWrongPositions(other, { part: place + 1, parts });
      }, ONE_SNAPSHOT),
    );
    const wrong = await Promise.all([selectWrongPositions(tx, { part: 0, parts }), ...others]);
    joinWholesale(tx, false);
    for (const position of wrong.flat()) found({ kind: "position", ...position });
    await compareClaimed(tx, found);
    await compareSupply(tx, found);
    return compareFacts(options, tx, found);
  }, ONE_SNAPSHOT);
}

async function compareFacts(
  options: RebuildOptions,
  tx: Queryable,
  found: (difference: Difference) => void,
): Promise<number> {
  let seen = 0;
  for (let after = 0; ; ) {
    const judged = await selectJudgedFacts(tx, { after, limit: PAGE_FACTS });
    const last = judged.at(-1);
    if (last === undefined) return seen;
    await comparePage(options, tx, judged, found);
    seen += judged.length;
    after = last.event_number;
  }
}

async function comparePage(
  { factLog }: RebuildOptions,
  tx: Queryable,
  judged: readonly JudgedRow[],
  found: (difference: Difference) => void,
): Promise<void> {
  const numbers = judged.map((row) => row.event_number);
  const [facts, moved] = await Promise.all([
    factLog.factsByNumber(tx, numbers),
    selectMovedUnits(tx, numbers),
  ]);
  const factOf = new Map(facts.map((fact) => [fact.number, fact]));
  const movedBy = Map.groupBy(moved, (units) => units.eventNumber);
  for (const row of judged) {
    for (const difference of differencesOf(
      row,
      factOf.get(row.event_number),
      movedBy.get(row.event_number) ?? [],
    ))
      found(difference);
  }
}

function differencesOf(
  row: JudgedRow,
  fact: LoggedFact | undefined,
  moved: Parameters<typeof differencesOfFact>[1],
): readonly Difference[] {
  const eventNumber = row.event_number;
  const place = fact === undefined ? undefined : placeOf(fact);
  if (fact === undefined || place === undefined) {
    const units = moved.reduce((sum, each) => sum + each.units, 0);
    return [{ kind: "fact", eventNumber, path: "which is no stock fact on the log", said: 0, moved: units }];
  }
  // What a page of a snapshot moves is decided by the rule of counts, and judged by `crossdock verify`.
  if (row.outcome === "applied") return isStockFact(fact) ? differencesOfFact(fact, moved) : [];
  const kept =
    row.source === null || row.location_id === null
      ? undefined
      : { source: row.source, locationId: row.location_id };
  const difference = claimDifference({ number: eventNumber, source: fact.source, locationId: place }, kept);
  return difference === undefined ? [] : [difference];
}

/** Sets what is wrong to what the transfers say, having looked again under the lock: traffic has gone on meanwhile. */
async function repairPositions(options: RebuildOptions, differences: readonly Difference[]): Promise<number> {
  const ids = differences.flatMap((difference) =>
    difference.kind === "position" ? [difference.positionId] : [],
  );
  let repaired = 0;
  for (let start = 0; start < ids.length; start += REPAIR_POSITIONS_MAX) {
    const slice = ids.slice(start, start + REPAIR_POSITIONS_MAX);
    repaired += await options.database.transaction((tx) => repairSlice(options, tx, slice));
  }
  return repaired;
}

async function repairSlice(
  { clock, factLog, log }: RebuildOptions,
  tx: Transaction,
  positionIds: readonly number[],
): Promise<number> {
  await lockPositionsById(tx, positionIds);
  const wrong = await selectWrongAmong(tx, positionIds);
  if (wrong.length === 0) return 0;
  setPositions(tx, wrong);
  const positions = wrong.map((position) => ({
    itemId: itemId(position.itemId),
    locationId: locationId(position.locationId),
    lot: position.lot,
    version: Math.max(1, position.rebuilt.at(-1) ?? 1),
  }));
  const fact = { type: "PositionsChanged", data: { positions } } as const;
  factLog.append(tx, await factLog.number([{ fact, at: clock.now(), correlationId: REBUILD_CORRELATION }]));
  tx.afterCommit(() => {
    for (const position of wrong) {
      log.warn({
        event: "ledger.position-rebuilt",
        positionId: position.positionId,
        was: differenceText({ kind: "position", ...position }),
      });
    }
  });
  return wrong.length;
}

async function repairClaims(options: RebuildOptions, differences: readonly Difference[]): Promise<number> {
  const { clock, database, factLog, governance, log } = options;
  const wrong = differences.filter((difference) => difference.kind === "claim");
  for (const { eventNumber, says } of wrong) {
    await database.transaction(async (tx) => {
      const [fact] = await factLog.factsByNumber(tx, [eventNumber]);
      const place = fact === undefined ? undefined : placeOf(fact);
      if (fact === undefined || place === undefined) return;
      const { source, effectiveAt } = fact;
      const owner = (await governance.owners(tx, "physical-stock", [place])).at(place, effectiveAt) ?? "";
      const claim = { number: eventNumber, source, locationId: place, owner, effectiveAt };
      upsertClaim(tx, claim, clock.now());
    });
    log.warn({ event: "ledger.claim-rebuilt", number: eventNumber, was: says });
  }
  return wrong.length;
}
