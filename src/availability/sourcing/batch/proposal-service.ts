import { setImmediate as nextTurn } from "node:timers/promises";
import type { ReservationRequest, SourcingCriterion } from "@crossdock/canonical";
import type { ResolvedItem } from "../../../governance/index.ts";
import type { KeepAnswer, Transaction } from "../../../platform/index.ts";
import { counterFor } from "../../admission.ts";
import type { AdmissionLine, AdmissionRequest } from "../../admission-request.ts";
import { type AdmissionDeps, type Admitted, admit } from "../../admission-service.ts";
import type { HoldLimit } from "../../limits/limit.ts";
import type { HoldLimits } from "../../limits/service.ts";
import { changedSince, type SeenVersion } from "../../relocation/proposal.ts";
import { fromRequest } from "../../request.ts";
import type { RuleBook } from "../../rules/book.ts";
import { networkPositions, type Shelf } from "../../shelf.ts";
import { type QuoteDeps, shelfFor } from "../quote-service.ts";
import { rankingFor, type Weighing } from "../ranking.ts";
import { batchModel } from "./model.ts";
import {
  type BatchPlan,
  type BatchSum,
  isBetterSum,
  isPossible,
  pinned,
  planByRules,
  planOf,
  sumOfPlan,
  type Taking,
  valuesOf,
} from "./plan.ts";
import type { Solver } from "./solver-service.ts";

export type BatchDeps = QuoteDeps & { readonly solver: Solver };

/** Requests of one channel that wait for an answer together. */
export type BatchAsked = {
  readonly requests: readonly ReservationRequest[];
  readonly timeLimitMs: number;
};

/** How the solver got on. `optimal`: no plan is better. `time-limit`: the best that it found in time. `failed`: it has none, and why. */
export type SolverNote = { readonly status: "optimal" | "time-limit" | "failed"; readonly because?: string };

/** What the rules come to for a batch, what the solver does, and the plan that is better. */
export type BatchProposal = {
  readonly criteria: readonly SourcingCriterion[];
  readonly rules: BatchSum;
  /** Undefined where it has none that can be had. */
  readonly solver: BatchSum | undefined;
  readonly note: SolverNote;
  readonly chosen: "rules" | "solver";
  readonly plan: BatchPlan;
  readonly byRules: BatchPlan;
  readonly versions: readonly SeenVersion[];
  readonly bookVersion: number;
};

/** By what plans are compared where no rule ranks the locations of the channel. */
const PARCELS: Weighing = {
  criteria: ["fewest-locations"],
  ofLocation: () => [1],
  ofUnit: () => [0],
  leave: { units: 0, at: -1 },
};

/**
 * Proposes from where requests of one channel are promised, all together: by the rules, one after the other, and by a solver, which sees all of
 * them. The better plan is proposed; nothing of it is kept or locked. Undefined when there is no such channel.
 */
export async function proposeBatch(
  deps: BatchDeps,
  { requests: asked, timeLimitMs }: BatchAsked,
): Promise<BatchProposal | undefined> {
  const book = await deps.book();
  const requests = await resolved(deps, asked);
  const [first] = requests;
  if (first === undefined || !book.channels.has(first.channelId)) return undefined;
  const seen = await shelfFor(deps, book, allOf(first, requests));
  const rankings = rankingsOf(seen.open(), book, requests);
  const byRules = await planByRules(seen.open(), book, requests, nextTurn);
  const rules = sumOfPlan(requests, rankings, byRules);
  const scene = { open: seen.open, book, requests, rankings, byRules, all: allOf(first, requests) };
  const { plan, note } = await planBySolver(deps.solver, scene, timeLimitMs);
  const solver = plan === undefined ? undefined : sumOfPlan(requests, rankings, plan);
  const isSolvers = plan !== undefined && solver !== undefined && isBetterSum(solver, rules);
  return {
    criteria: (rankings[0]?.criteria ?? []).filter((criterion) => criterion !== "protection"),
    ...{ rules: shown(rules, rankings), solver: solver && shown(solver, rankings), note },
    chosen: isSolvers ? "solver" : "rules",
    plan: isSolvers ? plan : byRules,
    ...{ byRules, versions: seen.versions, bookVersion: book.version },
  };
}

/** A sum without the criteria that are not compared. */
function shown(sum: BatchSum, rankings: readonly Weighing[]): BatchSum {
  const criteria = rankings[0]?.criteria ?? [];
  return { ...sum, worth: sum.worth.filter((_, at) => criteria[at] !== "protection") };
}

async function resolved(
  { governance }: { readonly governance: QuoteDeps["governance"] },
  asked: readonly ReservationRequest[],
): Promise<readonly AdmissionRequest[]> {
  const items: ReadonlyMap<string, ResolvedItem> = await governance.resolveItems(
    asked.flatMap(({ lines }) => lines.map((line) => line.item)),
  );
  return asked.map((request) => fromRequest(request, items));
}

/** The requests as one of the channel of the first, to see what they touch. */
const allOf = ({ channelId }: AdmissionRequest, requests: readonly AdmissionRequest[]): AdmissionRequest => ({
  channelId,
  policy: "partial",
  lines: requests.flatMap(({ lines }) => lines),
  refused: [],
});

function rankingsOf(
  shelf: Shelf,
  book: RuleBook,
  requests: readonly AdmissionRequest[],
): readonly Weighing[] {
  return requests.map(({ channelId, destination, lines }) => {
    const channel = book.channels.get(channelId);
    if (channel === undefined)
      throw new Error(`channel ${channelId} left the book while a batch was proposed`);
    const items = new Set(lines.flatMap((line) => line.components.map((part) => part.itemId)));
    const positions = [...items].flatMap((item) => networkPositions(shelf, channel, item));
    const load = shelf.load ?? new Map<string, number>();
    return rankingFor({ book, channel, destination, positions, load }) ?? PARCELS;
  });
}

type Scene = {
  readonly open: () => Shelf;
  readonly book: RuleBook;
  readonly requests: readonly AdmissionRequest[];
  readonly rankings: readonly Weighing[];
  readonly byRules: BatchPlan;
  readonly all: AdmissionRequest;
};

/** The solver's plan, tried on a shelf of its own by the rules that hold; undefined where it has none that can be had. */
async function planBySolver(
  solver: Solver,
  { open, book, requests, rankings, byRules, all }: Scene,
  timeLimitMs: number,
): Promise<{ readonly plan: BatchPlan | undefined; readonly note: SolverNote }> {
  const counter = counterFor(open(), book, all);
  if (counter === undefined) return { plan: undefined, note: { status: "failed", because: "no channel" } };
  if (requests.some(({ lines }) => lines.some(({ lot }) => lot !== undefined)))
    return { plan: undefined, note: { status: "failed", because: "a line names a lot" } };
  const model = batchModel(counter, requests, rankings);
  // The rules' plan, or where the model has it not, nothing at all.
  const start = valuesOf(model, requests, byRules) ?? new Map();
  const solved = await solver.solve({ model: model.model, start, timeLimitMs });
  if (solved.is === "failed") return { plan: undefined, note: { status: "failed", because: solved.because } };
  const plan = planOf(model, requests, solved.values);
  if (!(await isPossible(open(), book, { requests, plan }, nextTurn)))
    return { plan: undefined, note: { status: "failed", because: "its plan cannot be had by all rules" } };
  return { plan, note: { status: solved.isBest ? "optimal" : "time-limit" } };
}

/** What is taken of a proposal: the same requests, the plan, and the positions as they were seen. */
export type BatchToTake = {
  readonly requests: readonly ReservationRequest[];
  readonly plan: BatchPlan;
  readonly versions: readonly SeenVersion[];
  readonly ttlMs: number;
  readonly clientId: string;
  readonly correlationId: string;
  readonly keep?: KeepAnswer<BatchTaken> | undefined;
};

/** What became of it: reservations request by request, or why nothing was done. */
export type BatchTaken =
  | { readonly is: "taken"; readonly admitted: readonly Admitted[] }
  | { readonly is: "unknown-channel" }
  | { readonly is: "changed"; readonly positions: readonly number[] }
  | { readonly is: "not-as-asked"; readonly message: string };

class NotAll extends Error {
  readonly index: number;
  constructor(index: number) {
    super(`request ${index} of a batch could not be promised as it was proposed`);
    this.name = "NotAll";
    this.index = index;
  }
}

export type TakeDeps = AdmissionDeps & {
  readonly database: QuoteDeps["database"];
  readonly governance: QuoteDeps["governance"];
  readonly book: () => Promise<RuleBook>;
  readonly holdLimits: Pick<HoldLimits, "all">;
};

/** Takes a plan as it was proposed, in one transaction, or nothing of it. Positions are locked as everywhere, and looked at behind the lock. */
export async function takeBatch(deps: TakeDeps, wanted: BatchToTake): Promise<BatchTaken> {
  const book = await deps.book();
  const requests = await resolved(deps, wanted.requests);
  const [first] = requests;
  if (first === undefined || !book.channels.has(first.channelId)) return { is: "unknown-channel" };
  const fault = faultOf(requests, wanted.plan);
  if (fault !== undefined) return { is: "not-as-asked", message: fault };
  try {
    const work = { wanted, requests, first, book, limits: await limitsFor(deps, wanted, first.channelId) };
    return await deps.database.transaction((tx) => takeWithin(deps, tx, work));
  } catch (error) {
    if (error instanceof NotAll) return { is: "changed", positions: [] };
    throw error;
  }
}

/** What a plan takes that was not asked for, or not as it was ordered: a line takes whole ordered units, and of a kit all its parts. */
function faultOf(requests: readonly AdmissionRequest[], plan: BatchPlan): string | undefined {
  if (plan.length > requests.length) return "The plan has more requests than were asked for.";
  for (const [index, request] of requests.entries()) {
    const takings = plan[index] ?? [];
    const stray = takings.find(({ lineId }) => request.lines.every((line) => line.lineId !== lineId));
    if (stray !== undefined) return `Request ${index} has no line ${stray.lineId}.`;
    const line = request.lines.find((each) => !isWhole(each, takings));
    if (line !== undefined)
      return `Of line ${line.lineId} of request ${index} the plan takes more than was asked for, another item, or no whole units of it.`;
  }
  return undefined;
}

/** Whether takings are of a line: each of whole ordered units, and of each of its parts as many. */
function isWhole(line: AdmissionLine, takings: readonly Taking[]): boolean {
  const own = takings.filter(({ lineId }) => lineId === line.lineId);
  if (own.some(({ itemId }) => line.components.every((part) => part.itemId !== itemId))) return false;
  const steps = line.components.map(({ itemId, quantity: perUnit }) => {
    const parts = own
      .filter((each) => each.itemId === itemId)
      .map(({ units }) => units / perUnit / line.orderedUnit);
    return parts.every(Number.isInteger) ? parts.reduce((sum, each) => sum + each, 0) : -1;
  });
  const [first = 0] = steps;
  return first >= 0 && first * line.orderedUnit <= line.quantity && steps.every((each) => each === first);
}

/** What the holds of whoever asks may come to. */
async function limitsFor({ holdLimits }: TakeDeps, { clientId }: BatchToTake, channel: string) {
  const all = await holdLimits.all();
  return [`client:${clientId}`, `channel:${channel}`].flatMap((subject) => all.get(subject) ?? []);
}

type Work = {
  readonly wanted: BatchToTake;
  readonly requests: readonly AdmissionRequest[];
  readonly first: AdmissionRequest;
  readonly book: RuleBook;
  readonly limits: readonly HoldLimit[];
};

async function takeWithin(
  deps: TakeDeps,
  tx: Transaction,
  { wanted, requests, first, book, limits }: Work,
): Promise<BatchTaken> {
  const all = allOf(first, requests);
  const items = [...new Set(all.lines.flatMap((line) => line.components.map((part) => String(part.itemId))))];
  const places = book.channels.get(all.channelId)?.locations ?? [];
  const locked = await deps.ledger.lockPositionsOf(tx, items, places);
  const now = locked.map((row) => ({ positionId: row.position_id, version: row.version }));
  const changed = changedSince(wanted.versions, now);
  if (changed.length > 0) return { is: "changed", positions: changed };
  const expiresAt = new Date(deps.clock.now().getTime() + wanted.ttlMs);
  const entries = requests.flatMap((request, index) => {
    const takings = wanted.plan[index] ?? [];
    if (takings.length === 0) return [];
    const { correlationId } = wanted;
    const entry = { index, request: pinned(request, takings), expiresAt, correlationId };
    return [limits.length === 0 ? entry : { ...entry, limits }];
  });
  const admitted = await admit(deps, tx, entries, { book });
  const missing = admitted.findIndex(({ reservations }) => reservations.length === 0);
  if (missing >= 0) throw new NotAll(entries[missing]?.index ?? missing);
  const byRequest = new Map(entries.map(({ index }, at) => [index, admitted[at]]));
  const nothing: Admitted = { decision: { promised: [], rejections: [] }, reservations: [] };
  const answer: BatchTaken = {
    is: "taken",
    admitted: requests.map((_, index) => byRequest.get(index) ?? nothing),
  };
  await wanted.keep?.(tx, answer);
  return answer;
}
