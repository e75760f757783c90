import type { Version } from "@crossdock/canonical";
import type { FactLog } from "../backbone/index.ts";
import type { Transaction } from "../platform/index.ts";
import { appendOnce, type Candidate, type Fate } from "./once-service.ts";
import { compareRanks, contentHash, type Ranked, ranked } from "./version.ts";
import {
  type EntityRow,
  insertMissingEntities,
  lockEntities,
  updateVersions,
  type VersionRow,
} from "./version-store.ts";

/** A fact that may tell a version of something. */
export type VersionedCandidate = Candidate & { readonly version: Version | undefined };

/** The version that stands in a fact's way, and the id of the fact that told it. */
export type StandingVersion = { readonly of: string; readonly shown: string; readonly factId: string };

/**
 * What became of a fact that may have a version. `older`: a newer one has counted. `same`: this very state has counted under another
 * id. `differs`: this version has counted and said something else. `mixed`: the thing's versions are compared by another rule.
 */
export type NewestFate =
  | Fate
  | { readonly is: "older" | "same" | "differs"; readonly own: string; readonly than: StandingVersion }
  | { readonly is: "mixed"; readonly of: string; readonly own: string; readonly rule: string };

type Told = { readonly candidate: VersionedCandidate; readonly version: Ranked; readonly content: string };

type Round = {
  readonly tx: Transaction;
  readonly factLog: FactLog;
  readonly now: Date;
  readonly rows: Map<string, VersionRow>;
  readonly fates: Map<number, NewestFate>;
};

const keyOf = (accountId: string, entity: string) => JSON.stringify([accountId, entity]);
const keyOfTold = ({ candidate, version }: Told) => keyOf(candidate.accountId, version.of);

/**
 * Appends facts that are new by both layers against duplicates, and of those that tell versions only what is newer than what counted.
 * Of one thing the newest goes first, and the others are judged by it: however a source's versions are mixed and repeated, what
 * counted last is the newest. Things are locked, in one order and before any fact, so processes take their turns.
 *
 * Without versions it costs nothing beyond `appendOnce`; with them, two statements to lock and one to write.
 */
export async function appendNewest(
  factLog: FactLog,
  tx: Transaction,
  { candidates, now }: { readonly candidates: readonly VersionedCandidate[]; readonly now: Date },
): Promise<ReadonlyMap<number, NewestFate>> {
  const versioned = candidates.flatMap((candidate): Told[] =>
    candidate.version === undefined
      ? []
      : [{ candidate, version: ranked(candidate.version), content: contentHash(candidate.fact) }],
  );
  if (versioned.length === 0) return appendOnce(factLog, tx, { candidates, now });
  const rows = await lockRows(tx, versioned, now);
  const round: Round = { tx, factLog, now, rows, fates: new Map() };
  let left: readonly Told[] = versioned;
  let others = candidates.filter(({ version }) => version === undefined);
  while (left.length > 0 || others.length > 0) {
    left = await takeNewest(round, left, others);
    others = [];
  }
  await updateVersions(
    tx,
    [...rows.values()].filter(({ newest }) => newest !== null),
    now,
  );
  return round.fates;
}

async function lockRows(
  tx: Transaction,
  versioned: readonly Told[],
  now: Date,
): Promise<Map<string, VersionRow>> {
  const entities = new Map<string, EntityRow>();
  for (const told of versioned) {
    const { candidate, version } = told;
    const entity = { accountId: candidate.accountId, entity: version.of, by: version.by };
    if (!entities.has(keyOfTold(told))) entities.set(keyOfTold(told), entity);
  }
  const all = [...entities.values()];
  // One flight: the second statement sees what the first has made.
  const [, rows] = await Promise.all([insertMissingEntities(tx, all, now), lockEntities(tx, all)]);
  return new Map(rows.map((row) => [keyOf(row.account_id, row.entity), row]));
}

/** One try with the newest of each thing. Gives back what is still to be judged: by it if it counted, among themselves if not. */
async function takeNewest(
  round: Round,
  left: readonly Told[],
  others: readonly VersionedCandidate[],
): Promise<readonly Told[]> {
  const { tx, factLog, now, rows, fates } = round;
  const judged = left.map((told) => ({ told, standing: standingOf(told, rowOf(rows, told)) }));
  const settled = judged.filter(({ standing }) => standing !== undefined);
  const before = await toldBefore(
    round,
    settled.map(({ told }) => told),
  );
  for (const { told, standing } of settled) {
    if (standing !== undefined && !before.has(told)) fates.set(told.candidate.fact.number, standing);
  }
  const newest = new Map<string, Told>();
  const open = judged.filter(({ standing }) => standing === undefined).map(({ told }) => told);
  for (const told of open) {
    const known = newest.get(keyOfTold(told));
    if (known === undefined || compareRanks(told.version.rank, known.version.rank) > 0) {
      newest.set(keyOfTold(told), told);
    }
  }
  const going = [...newest.values()];
  const candidates = [
    ...others,
    ...going.map(({ candidate }) => candidate),
    ...[...before].map((told) => told.candidate),
  ];
  for (const [number, fate] of await appendOnce(factLog, tx, { candidates, now })) fates.set(number, fate);
  for (const told of going) {
    if (fates.get(told.candidate.fact.number)?.is === "written") rows.set(keyOfTold(told), rowAfter(told));
  }
  const gone = new Set(going);
  return open.filter((told) => !gone.has(told));
}

function rowOf(rows: ReadonlyMap<string, VersionRow>, told: Told): VersionRow {
  const row = rows.get(keyOfTold(told));
  if (row === undefined) throw new Error(`${told.version.of} of ${told.candidate.accountId} was not locked`);
  return row;
}

const rowAfter = ({ candidate, version, content }: Told): VersionRow => ({
  account_id: candidate.accountId,
  entity: version.of,
  compared_by: version.by,
  newest: version.rank,
  fact_id: candidate.fact.id,
  content_hash: content,
});

/** What stands in a version's way; undefined when it is newer, or the very fact that counted. */
function standingOf({ candidate, version, content }: Told, row: VersionRow): NewestFate | undefined {
  const { newest, fact_id: factId } = row;
  if (newest === null || factId === null || factId === candidate.fact.id) return undefined;
  if (row.compared_by !== version.by) {
    return { is: "mixed", of: version.of, own: version.shown, rule: row.compared_by };
  }
  const order = compareRanks(version.rank, newest);
  if (order > 0) return undefined;
  const is = order < 0 ? "older" : row.content_hash === content ? "same" : "differs";
  return {
    is,
    own: version.shown,
    than: { of: version.of, shown: shownOf(row.compared_by, newest), factId },
  };
}

/** Ranks as people read them: without the zeros that make numbers order as texts. */
const shownOf = (rule: string, rank: string) => (rule === "number" ? String(Number(rank)) : rank);

/** Those whose ids have counted themselves: they are what the first layer says they are. */
async function toldBefore({ factLog, tx }: Round, settled: readonly Told[]): Promise<ReadonlySet<Told>> {
  if (settled.length === 0) return new Set();
  const facts = settled.map(({ candidate }) => candidate.fact);
  const known = await factLog.toldBefore(tx, facts);
  return new Set(settled.filter(({ candidate }) => known.has(candidate.fact.number)));
}
