import { isStockFact, type LocationId } from "@crossdock/canonical";
import type { FactLog, LoggedFact, Subscriber } from "../backbone/index.ts";
import type { Handover, JudgedStatement, OwnershipWitness } from "../governance/index.ts";
import { isPage } from "./gather-service.ts";
import { statedLocation } from "./movement-rules.ts";
import { type JudgedFact, selectJudgedFactsIn } from "./ownership-store.ts";

/** Statements of each kind that are looked at. The readers of the log wait meanwhile: with all of them, for about a second. */
const STATEMENTS_MAX = 5_000;
/** Statements read back from the log at once. */
const PAGE_STATEMENTS = 1_000;

/**
 * Makes what knows which statements were judged already. It stops the readers first, so that what it sees is all that was judged by the
 * owners of before; their next batch reads the owners anew.
 */
export function createOwnershipWitness({
  factLog,
  readers,
}: {
  readonly factLog: FactLog;
  readonly readers: readonly Subscriber[];
}): OwnershipWitness {
  return async (tx, handovers) => {
    for (const reader of readers) await reader.hold(tx);
    const judged = await selectJudgedFactsIn(tx, handovers, STATEMENTS_MAX);
    for (let start = 0; start < judged.rows.length; start += PAGE_STATEMENTS) {
      const slice = judged.rows.slice(start, start + PAGE_STATEMENTS);
      const facts = await factLog.factsByNumber(
        tx,
        slice.map((row) => row.event_number),
      );
      const factOf = new Map(facts.map((fact) => [fact.number, fact]));
      for (const row of slice) {
        const otherwise = judgedOtherwise(row, factOf.get(row.event_number), handovers);
        if (otherwise !== undefined) return otherwise;
      }
    }
    return judged.isAll ? undefined : "too-many";
  };
}

/** The statement, when the new owners would have had it taken for a claim and it was not, or the other way round. */
function judgedOtherwise(
  { outcome }: JudgedFact,
  fact: LoggedFact | undefined,
  handovers: readonly Handover[],
): JudgedStatement | undefined {
  const locationId = fact === undefined ? undefined : placeOf(fact);
  if (fact === undefined || locationId === undefined) return undefined;
  const at = Date.parse(fact.effectiveAt);
  const given = handovers.find((each) => each.locationId === locationId && each.from <= at && at < each.to);
  if (given === undefined) return undefined;
  const now = given.owner === undefined || given.owner === fact.source ? "applied" : "claim";
  if (now === outcome) return undefined;
  return { factNumber: fact.number, source: fact.source, locationId, effectiveAt: fact.effectiveAt };
}

/** The location whose owner may state a fact; undefined for what is no statement about stock. */
export function placeOf(fact: LoggedFact): LocationId | undefined {
  if (isStockFact(fact)) return statedLocation(fact);
  return isPage(fact) ? fact.data.location : undefined;
}
