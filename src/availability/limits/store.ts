import { json, type Queryable, sql, type Transaction } from "../../platform/index.ts";
import type { HoldLimit, Usage } from "./limit.ts";
import { usageOf } from "./limit.ts";

type LimitRow = {
  readonly subject: string;
  readonly open_holds_max: number | null;
  readonly units_per_item_max: number | null;
  readonly share_max_permille: number | null;
  readonly hold_seconds_max: number | null;
};

const toLimit = (row: LimitRow): HoldLimit => ({
  subject: row.subject,
  openHoldsMax: row.open_holds_max ?? undefined,
  unitsPerItemMax: row.units_per_item_max ?? undefined,
  shareMaxPermille: row.share_max_permille ?? undefined,
  holdSecondsMax: row.hold_seconds_max ?? undefined,
});

/** Every limit there is, by subject. */
export async function selectLimits(database: Queryable): Promise<readonly HoldLimit[]> {
  const rows = await database.query<LimitRow>(sql`
    select subject, open_holds_max, units_per_item_max, share_max_permille, hold_seconds_max
    from availability.hold_limit order by subject`);
  return rows.map(toLimit);
}

/** Locks limits in the order of their subjects: whoever takes holds under one has its turn. Before the positions. */
export function lockLimits(tx: Transaction, subjects: readonly string[]): void {
  tx.send(sql`
    select from availability.hold_limit where subject = any (${subjects}::text[]) order by subject for no key update`);
}

/** What subjects hold at a time. Their limits must be locked. */
export async function selectUsage(tx: Transaction, subjects: readonly string[], now: Date): Promise<Usage> {
  const rows = await tx.query<{ subject: string; item_id: string; holds: number; units: number }>(sql`
    select c.subject, r.item_id, count(*)::bigint as holds, sum(r.quantity)::bigint as units
    from availability.counted_hold c join availability.reservation r using (reservation_id)
    where c.subject = any (${subjects}::text[]) and r.state = 'held' and r.expires_at > ${now}
    group by c.subject, r.item_id`);
  const usage: Usage = new Map();
  for (const { subject, item_id: item, holds, units } of rows) {
    const held = usageOf(usage, subject);
    held.holds += holds;
    held.units.set(item, units);
  }
  return usage;
}

/** Counts new holds for their subjects, and forgets those that have ended. */
export function insertCountedHolds(
  tx: Transaction,
  rows: readonly { readonly subject: string; readonly reservationId: string }[],
): void {
  const subjects = rows.map((row) => row.subject);
  tx.send(sql`
    delete from availability.counted_hold c using availability.reservation r
    where c.subject = any (${subjects}::text[]) and r.reservation_id = c.reservation_id and r.state <> 'held'`);
  tx.send(sql`
    insert into availability.counted_hold (reservation_id, subject)
    select * from unnest(${rows.map((row) => row.reservationId)}::text[], ${subjects}::text[])`);
}

/** Who changes a limit, and why. */
export type LimitChange = {
  readonly by: string;
  readonly because: string;
  readonly at: Date;
  readonly correlationId: string;
};

const isNothing = ({ subject: _subject, ...limits }: HoldLimit): boolean =>
  Object.values(limits).every((limit) => limit === undefined);

/** Sets a subject's limits, all of them; removes them where none is given. The change is kept. */
export async function saveLimit(tx: Transaction, limit: HoldLimit, change: LimitChange): Promise<void> {
  const { subject, openHoldsMax, unitsPerItemMax, shareMaxPermille, holdSecondsMax } = limit;
  const after = isNothing(limit) ? null : json(limit);
  await tx.execute(sql`
    insert into availability.hold_limit_change (subject, before, after, changed_by, because, changed_at, correlation_id)
    select ${subject}, (select to_jsonb(l) from availability.hold_limit l where l.subject = ${subject}), ${after}::jsonb,
           ${change.by}, ${change.because}, ${change.at}, ${change.correlationId}`);
  await tx.execute(
    after === null
      ? sql`delete from availability.hold_limit where subject = ${subject}`
      : sql`
        insert into availability.hold_limit (subject, open_holds_max, units_per_item_max, share_max_permille, hold_seconds_max)
        values (${subject}, ${openHoldsMax ?? null}, ${unitsPerItemMax ?? null}, ${shareMaxPermille ?? null}, ${holdSecondsMax ?? null})
        on conflict (subject) do update
          set open_holds_max = excluded.open_holds_max, units_per_item_max = excluded.units_per_item_max,
              share_max_permille = excluded.share_max_permille, hold_seconds_max = excluded.hold_seconds_max`,
  );
}
