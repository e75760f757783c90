import { type Queryable, sql, type Transaction } from "../platform/index.ts";
import { EXACT_MAX, type HoldReason, type SnapshotWeight, type TooMany } from "./snapshot-hold.ts";
import type { SnapshotRecord } from "./snapshot-store.ts";

/** A snapshot's hold, with what was decided about it once something was. */
export type SnapshotHold = SnapshotWeight & {
  readonly snapshot_number: number;
  readonly reasons: readonly HoldReason[];
  /** The archive that has to be put back before it can be accepted. */
  readonly archive: string | null;
  /** What of it is more than can be counted: it can only be dismissed. */
  readonly too_many: TooMany | null;
  readonly held_at: Date;
  readonly decision: "accepted" | "dismissed" | null;
  readonly decided_at: Date | null;
  readonly decided_by: string | null;
  readonly decided_because: string | null;
};

/** What a person has decided about a held snapshot. */
export type HoldDecision = {
  readonly snapshotNumber: number;
  readonly decision: "accepted" | "dismissed";
  readonly by: string;
  readonly because: string;
};

/** Keeps at how many positions a snapshot was held against the books: what it finds is a share of these. */
export function noteCompared(tx: Transaction, snapshotNumber: number, positions: number): void {
  tx.send(sql`
    update ledger.snapshot set positions_compared = ${positions} where snapshot_number = ${snapshotNumber}`);
}

/** Makes a snapshot of which nothing was said or taken yet a held one. False when a pass over it has begun, or it changed meanwhile. */
async function becomesHeld(tx: Transaction, snapshot: SnapshotRecord): Promise<boolean> {
  const held = await tx.execute(sql`
    update ledger.snapshot set state = 'held'
    where snapshot_number = ${snapshot.snapshot_number} and state = 'ready' and pass = 0 and revision = ${snapshot.revision}`);
  return held > 0;
}

/** Holds a snapshot of which nothing has been said or taken yet. False when a pass over it has begun, or it changed meanwhile. */
export async function holdSnapshot(
  tx: Transaction,
  snapshot: SnapshotRecord,
  found: { readonly weight: SnapshotWeight; readonly reasons: readonly HoldReason[]; readonly at: Date },
): Promise<boolean> {
  const { weight } = found;
  if (!(await becomesHeld(tx, snapshot))) return false;
  await tx.execute(sql`
    insert into ledger.snapshot_hold (snapshot_number, reasons, positions_compared, positions_differing, units_expected, units_found,
                                      units_missing, rows_come, rows_before, held_at)
    values (${snapshot.snapshot_number}, ${found.reasons}::text[], ${weight.positions_compared}, ${weight.positions_differing},
            ${weight.units_expected}, ${weight.units_found}, ${weight.units_missing}, ${weight.rows_come}, ${weight.rows_before},
            ${found.at})`);
  return true;
}

/**
 * Holds a snapshot of which nothing was said or taken yet until an archive is back. It was not weighed: the books of its time are not here.
 * What was decided before about the same snapshot is to be decided again. False when a pass over it has begun, or it changed meanwhile.
 */
export async function holdForArchive(
  tx: Transaction,
  snapshot: SnapshotRecord,
  { archive, at }: { readonly archive: string; readonly at: Date },
): Promise<boolean> {
  if (!(await becomesHeld(tx, snapshot))) return false;
  await tx.execute(sql`
    insert into ledger.snapshot_hold as known (snapshot_number, reasons, positions_compared, positions_differing, units_expected,
                                               units_found, units_missing, rows_come, rows_before, held_at, archive)
    values (${snapshot.snapshot_number}, array['past-archived'], 0, 0, 0, 0, 0, ${snapshot.rows_come}, null, ${at}, ${archive})
    on conflict (snapshot_number) do update
      set reasons = array_append(array_remove(known.reasons, 'past-archived'), 'past-archived'), archive = excluded.archive,
          held_at = excluded.held_at, decision = null, decided_at = null, decided_by = null, decided_because = null`);
  return true;
}

/** What of a snapshot is more than is counted exactly: its largest position, or else all of it. */
export async function selectTooMany(tx: Transaction, snapshotNumber: number): Promise<TooMany> {
  const [found] = await tx.query<TooMany>(sql`
    with counted as (
      select item_id, lot, sum(counted) as units from ledger.snapshot_row
      where snapshot_number = ${snapshotNumber} group by item_id, lot
    )
    select item_id as "itemId", lot, units::text as units from (
      (select item_id, lot, units from counted where units > ${EXACT_MAX}::bigint order by units desc, item_id, lot limit 1)
      union all select null, null, sum(units) from counted
    ) as found limit 1`);
  if (found === undefined) throw new Error(`snapshot ${snapshotNumber} has no rows`);
  return found;
}

/**
 * Holds a snapshot, of which nothing was said or taken yet, for good: its sums are more than can be counted. What was decided before about
 * the same snapshot is to be decided again. False when a pass over it has begun, or it changed meanwhile.
 */
export async function holdForTooMany(
  tx: Transaction,
  snapshot: SnapshotRecord,
  { weight, tooMany, at }: { readonly weight: SnapshotWeight; readonly tooMany: TooMany; readonly at: Date },
): Promise<boolean> {
  if (!(await becomesHeld(tx, snapshot))) return false;
  await tx.execute(sql`
    insert into ledger.snapshot_hold as known (snapshot_number, reasons, positions_compared, positions_differing, units_expected,
                                               units_found, units_missing, rows_come, rows_before, held_at, too_many)
    values (${snapshot.snapshot_number}, array['too-many-units'], ${weight.positions_compared}, ${weight.positions_differing},
            ${weight.units_expected}, ${weight.units_found}, ${weight.units_missing}, ${weight.rows_come}, ${weight.rows_before}, ${at},
            ${JSON.stringify(tooMany)}::jsonb)
    on conflict (snapshot_number) do update
      set reasons = array_append(array_remove(known.reasons, 'too-many-units'), 'too-many-units'), too_many = excluded.too_many,
          held_at = excluded.held_at, decision = null, decided_at = null, decided_by = null, decided_because = null`);
  return true;
}

/** The holds of snapshots. */
export function selectHolds(
  database: Queryable,
  snapshotNumbers: readonly number[],
): Promise<SnapshotHold[]> {
  return database.query<SnapshotHold>(sql`
    select * from ledger.snapshot_hold where snapshot_number = any (${snapshotNumbers}::bigint[])`);
}

/** Decides about a snapshot that is held. Gives 0 when it is not, or when another was quicker. */
export async function decideHold(tx: Transaction, decided: HoldDecision, at: Date): Promise<number> {
  const changed = await tx.execute(sql`
    update ledger.snapshot set state = case ${decided.decision} when 'accepted' then 'ready' else 'dismissed' end
    where snapshot_number = ${decided.snapshotNumber} and state = 'held'`);
  if (changed === 0) return 0;
  return tx.execute(sql`
    update ledger.snapshot_hold
    set decision = ${decided.decision}, decided_at = ${at}, decided_by = ${decided.by}, decided_because = ${decided.because}
    where snapshot_number = ${decided.snapshotNumber}`);
}
