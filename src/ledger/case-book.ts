import type { CountedThing } from "../governance/index.ts";
import { type CaseState, type CountRule, judgeCount, type OpenCase, outdoes } from "./count-case.ts";
import type { PositionCount, PositionHistory } from "./shelf.ts";

/** What counts of a batch are judged by. */
export type Judging = {
  ruleOf(thing: CountedThing): CountRule | undefined;
  /** The cases that are open at the positions that are counted. */
  readonly open: ReadonlyMap<number, readonly OpenCase[]>;
  /** Positions of which the books knew nothing before the batch. */
  readonly unknown: ReadonlySet<number>;
};

/** A count that is not taken, as it will be kept. */
export type PlannedCase = {
  readonly thing: CountedThing;
  readonly positionId: number;
  readonly count: PositionCount;
  readonly expected: number;
  readonly eventNumber: number;
  readonly snapshotNumber?: number | undefined;
  readonly acceptAfterHours: number | null;
  readonly state: Extract<CaseState, "open" | "superseded">;
  /** The source of the count that came after it, where one is known. */
  readonly outdoneBy?: string | undefined;
};

/** A case that a later count has made superfluous. */
export type OutdoneCase = { readonly caseNumber: number; readonly by: string };

/** A count of a batch, before it is taken. */
export type CountToJudge = {
  readonly thing: CountedThing;
  readonly positionId: number;
  readonly history: PositionHistory;
  readonly count: PositionCount;
  readonly eventNumber: number;
};

/** The cases of a batch while it is planned. */
export type CaseBook = {
  /** Whether a count is taken. One that is not becomes a case; one that is outdoes the open ones before it. */
  isTaken(judged: CountToJudge): boolean;
  readonly planned: readonly PlannedCase[];
  readonly outdone: readonly OutdoneCase[];
};

/** Opens the book. Cases of the batch itself have negative numbers in it, so that its later counts see them. */
export function openCaseBook(judging: Judging): CaseBook {
  const open = new Map(judging.open);
  const planned: PlannedCase[] = [];
  const outdone: OutdoneCase[] = [];

  function closeBefore({ positionId, count, thing }: CountToJudge): void {
    const here = open.get(positionId) ?? [];
    const ended = here.filter((one) => outdoes(count, one));
    if (ended.length === 0) return;
    open.set(
      positionId,
      here.filter((one) => !ended.includes(one)),
    );
    for (const { caseNumber } of ended) {
      const own = planned[-1 - caseNumber];
      if (own === undefined) outdone.push({ caseNumber, by: thing.source });
      else planned[-1 - caseNumber] = { ...own, state: "superseded", outdoneBy: thing.source };
    }
  }

  return {
    planned,
    outdone,
    isTaken(judged) {
      const { positionId, history, count, thing, eventNumber } = judged;
      const rule = judging.ruleOf(thing);
      const here = open.get(positionId) ?? [];
      const isKnown = !judging.unknown.has(positionId) || history["on-hand"].planned.length > 0;
      const { verdict, expected } = judgeCount({ history, count, rule, isKnown, open: here });
      if (verdict === "take") {
        closeBefore(judged);
        return true;
      }
      const acceptAfterHours = rule?.tolerance.acceptAfterHours ?? null;
      planned.push({
        thing,
        positionId,
        count,
        expected,
        eventNumber,
        acceptAfterHours,
        state: verdict,
      });
      if (verdict === "open")
        open.set(positionId, [...here, openCaseOf(0 - planned.length, count, expected)]);
      return false;
    },
  };
}

/** A case of a count as it is judged beside others. */
export const openCaseOf = (caseNumber: number, count: PositionCount, expected: number): OpenCase => ({
  caseNumber,
  at: count.at,
  inOrder: count.inOrder,
  difference: count.counted["on-hand"] - expected,
  hasConditions: count.counted.quarantined !== undefined,
});
