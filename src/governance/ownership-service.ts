import type { Clock, Database, Queryable, Transaction } from "../platform/index.ts";
import { momentOf } from "./master.ts";
import { takeChangeTurn } from "./master-store.ts";
import {
  EVERYWHERE,
  type Handover,
  handovers,
  type OwnedMeasure,
  type OwnerLines,
  type Owners,
  ownersLine,
  ownersOf,
} from "./ownership.ts";
import {
  deleteOwnerPoints,
  insertOwnershipChange,
  type OwnedPlace,
  type OwnerPointRow,
  type OwnerRow,
  type OwnershipChangeRow,
  type OwnershipFilter,
  selectAllOwnerPoints,
  selectLocationIds,
  selectMatrix,
  selectOwnerPoints,
  selectOwnershipChanges,
  upsertOwnerPoints,
  type WrittenPoint,
} from "./ownership-store.ts";
import { toMoment } from "./resolve.ts";
import { selectLocations } from "./store.ts";
import { type Point, pointChanges, type Timeline, withPeriod } from "./timeline.ts";

/** An owner that the caller knows to be right. `locationId` "" is everywhere. */
export type OwnershipToSave = {
  readonly measure: OwnedMeasure;
  readonly locationId: string;
  readonly source: string;
};

/** Another owner from a moment on, or in a period. */
export type OwnerChange = {
  readonly measure: OwnedMeasure;
  /** `""`: everywhere where nothing is said of the place itself. */
  readonly locationId: string;
  /** Null: nothing is said of the place from then on. */
  readonly source: string | null;
  /** Absent: always. */
  readonly from?: Date | undefined;
  /** Absent: for ever, whatever had been said of later. */
  readonly to?: Date | undefined;
  readonly because: string;
  readonly changedBy: string;
  readonly correlationId: string;
};

/** A statement that was judged by the owner of its time, and would be judged otherwise now. */
export type JudgedStatement = {
  readonly factNumber: number;
  readonly source: string;
  readonly locationId: string;
  readonly effectiveAt: string;
};

/**
 * What knows which statements were judged already. It is asked in the transaction of the change, and sees to it that none is judged by
 * the owners of before until that has ended. `too-many`: more were taken in those times than it looks at.
 */
export type OwnershipWitness = (
  tx: Transaction,
  changes: readonly Handover[],
) => Promise<JudgedStatement | "too-many" | undefined>;

export type OwnerAnswer =
  | { readonly is: "set"; readonly change: OwnershipChangeRow }
  /** It has been so already. */
  | { readonly is: "unchanged" }
  | { readonly is: "unknown-location" }
  /** Time would have to be judged again. `statement` absent: there are too many to be looked at. */
  | { readonly is: "judged-already"; readonly statement?: JudgedStatement | undefined };

/** The matrix of owners, read and written. */
export type Ownership = {
  /** Who owns a measure at places, over all time: one query whatever their number. */
  owners(queryable: Queryable, measure: OwnedMeasure, locationIds: readonly string[]): Promise<Owners>;
  /** What is said of measures and places at a moment, by measure and place. */
  ownershipPage(
    page: OwnershipFilter & { readonly at: Date; readonly after: OwnedPlace; readonly limit: number },
  ): Promise<readonly OwnerRow[]>;
  /** Every change of the matrix, the last first. */
  ownershipChanges(
    page: OwnershipFilter & { readonly before: number; readonly limit: number },
  ): Promise<readonly OwnershipChangeRow[]>;
  /** Changes an owner, unless `witness` knows of a statement that would have been judged otherwise: what was taken stays taken. */
  setOwner(change: OwnerChange, witness?: OwnershipWitness): Promise<OwnerAnswer>;
  /** Writes down owners since ever, at set-up: nobody is asked whether statements were judged by others. Doing it again changes nothing. */
  saveOwnership(owners: readonly OwnershipToSave[]): Promise<void>;
};

/** Opens the matrix. */
export function createOwnership({
  database,
  clock,
}: {
  readonly database: Database;
  readonly clock: Clock;
}): Ownership {
  return {
    async owners(queryable, measure, locationIds) {
      return ownersOf(toLines(await selectOwnerPoints(queryable, measure, locationIds)));
    },
    ownershipPage: (page) => selectMatrix(database, page),
    ownershipChanges: (page) => selectOwnershipChanges(database, page),
    setOwner: (change, witness) =>
      database.transaction(async (tx) => {
        const now = clock.now();
        await takeChangeTurn(tx, { ...change, by: change.changedBy }, now);
        return setOwner(tx, change, { witness, now });
      }),
    async saveOwnership(owners) {
      await database.transaction(async (tx) => {
        const now = clock.now();
        await takeChangeTurn(tx, { ...SET_UP, by: SET_UP.changedBy }, now);
        for (const owner of owners) {
          const answer = await setOwner(tx, { ...owner, ...SET_UP }, { now });
          if (answer.is === "unknown-location") throw new Error(`there is no location ${owner.locationId}`);
        }
      });
    },
  };
}

const SET_UP = { because: "It was loaded at set-up.", changedBy: "set-up", correlationId: "set-up" };

function toLines(rows: readonly OwnerPointRow[]): OwnerLines {
  const lines = new Map<string, Point<string>[]>();
  for (const { location_id, from_ms, source } of rows) {
    const line = lines.get(location_id) ?? [];
    line.push({ from: toMoment(from_ms), value: source ?? undefined });
    lines.set(location_id, line);
  }
  return lines;
}

async function setOwner(
  tx: Transaction,
  change: OwnerChange,
  { witness, now }: { readonly witness?: OwnershipWitness | undefined; readonly now: Date },
): Promise<OwnerAnswer> {
  const { measure, locationId, source } = change;
  const isShared = locationId === EVERYWHERE;
  if (!isShared && (await selectLocations(tx, [locationId])).length === 0) return { is: "unknown-location" };
  const lines = toLines(
    isShared ? await selectAllOwnerPoints(tx, measure) : await selectOwnerPoints(tx, measure, [locationId]),
  );
  const before = lines.get(locationId) ?? [];
  const after = withPeriod(before, {
    from: change.from?.getTime() ?? Number.NEGATIVE_INFINITY,
    to: change.to?.getTime() ?? Number.POSITIVE_INFINITY,
    value: source ?? undefined,
  });
  const { removed, put } = pointChanges(before, after);
  if (removed.length === 0 && put.length === 0) return { is: "unchanged" };
  const places = isShared ? await selectLocationIds(tx) : [locationId];
  const changed = new Map([...lines, [locationId, after]]);
  const given = places.flatMap((place) =>
    handovers(place, { before: ownersLine(lines, place), after: ownersLine(changed, place) }),
  );
  const judged = given.length === 0 ? undefined : await witness?.(tx, given);
  if (judged !== undefined)
    return { is: "judged-already", statement: judged === "too-many" ? undefined : judged };
  if (removed.length > 0) await deleteOwnerPoints(tx, { measure, locationId }, removed.map(momentOf));
  await putPoints(tx, { measure, locationId }, put);
  const kept = await insertOwnershipChange(tx, {
    ...change,
    from: change.from ?? null,
    to: change.to ?? null,
    before: written(before),
    after: written(after),
    changedAt: now,
  });
  return { is: "set", change: kept };
}

async function putPoints(tx: Transaction, place: OwnedPlace, put: Timeline<string>): Promise<void> {
  if (put.length === 0) return;
  const froms = put.map(({ from }) => momentOf(from));
  await upsertOwnerPoints(tx, place, { froms, sources: put.map(({ value }) => value ?? null) });
}

/** A line as it is kept in the history. */
function written(line: Timeline<string>): string {
  const points = line.map(({ from, value }): WrittenPoint => {
    return { from: momentOf(from)?.toISOString() ?? null, source: value ?? null };
  });
  return JSON.stringify(points);
}
