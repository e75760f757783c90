import type { Status } from "@crossdock/canonical";
import { type Queryable, sql } from "../platform/index.ts";
import { type Balances, NOTHING } from "./balances.ts";
import type { Moment, Sums } from "./time.ts";

/** Up to where transfers are summed, in the order of their effect: this instant, and at it up to this transfer. */
export type UpTo = { readonly at: string; readonly transferId: number };

const LAST_TRANSFER = Number.MAX_SAFE_INTEGER;

/** Everything that has taken effect at a moment, that instant included. */
export function upToMoment({ at }: Moment): UpTo {
  return { at: at === undefined ? "infinity" : at.toISOString(), transferId: LAST_TRANSFER };
}

/** When a moment was believed, as the database reads it. */
export const believedText = ({ believedAt }: Moment): string => believedAt?.toISOString() ?? "infinity";

/**
 * What the transfers of positions sum to at a moment. From the newest checkpoint that lies before it and was made by when it was
 * believed, with what was learned of the time before it since; only the transfers after it are read.
 */
export async function selectSumsAt(
  database: Queryable,
  asked: { readonly positionIds: readonly number[]; readonly upTo: UpTo; readonly believedAt: string },
): Promise<ReadonlyMap<number, Sums>> {
  const { positionIds, upTo, believedAt } = asked;
  const isWhole = upTo.transferId === LAST_TRANSFER;
  const rows = await database.query<{
    position_id: number;
    status: Status;
    units: number;
    transfers: number;
  }>(sql`
    with base as (
      select p.position_id, c.taken_at, c.units, c.transfers, coalesce(c.taken_at, '-infinity') as begins
      from unnest(${positionIds}::bigint[]) as p (position_id)
      left join lateral (
        select c.taken_at, c.units, c.transfers from ledger.checkpoint c
        where c.position_id = p.position_id and c.taken_at <= ${upTo.at}::timestamptz
          and (${isWhole}::boolean or c.taken_at < ${upTo.at}::timestamptz) and c.made_at <= ${believedAt}::timestamptz
        order by c.taken_at desc limit 1
      ) as c on true
    ), part as (
      select b.position_id, held.status, held.units, case held.place when 1 then b.transfers else 0 end as transfers
      from base b
      cross join lateral unnest(enum_range(null::ledger.status), b.units) with ordinality as held (status, units, place)
      where b.taken_at is not null
      union all
      select b.position_id, c.status, c.units, c.transfers
      from base b join ledger.checkpoint_change c on c.position_id = b.position_id and c.taken_at = b.taken_at
      where c.recorded_at <= ${believedAt}::timestamptz
      union all
      select b.position_id, t.to_status, t.quantity, 1
      from base b join ledger.transfer t on t.to_position_id = b.position_id and t.effective_at > b.begins
      where t.effective_at <= ${upTo.at}::timestamptz and (t.effective_at, t.transfer_id) <= (${upTo.at}::timestamptz, ${upTo.transferId}::bigint)
        and t.recorded_at <= ${believedAt}::timestamptz
      union all
      select b.position_id, t.from_status, -t.quantity, case when t.from_position_id = t.to_position_id then 0 else 1 end
      from base b join ledger.transfer t on t.from_position_id = b.position_id and t.effective_at > b.begins
      where t.effective_at <= ${upTo.at}::timestamptz and (t.effective_at, t.transfer_id) <= (${upTo.at}::timestamptz, ${upTo.transferId}::bigint)
        and t.recorded_at <= ${believedAt}::timestamptz
    )
    select position_id, status, sum(units)::bigint as units, sum(transfers)::bigint as transfers
    from part group by position_id, status`);
  const sums = new Map<number, { balances: Record<Status, number>; transfers: number }>();
  for (const row of rows) {
    const known = sums.get(row.position_id) ?? { balances: { ...NOTHING }, transfers: 0 };
    known.balances[row.status] = row.units;
    known.transfers += row.transfers;
    sums.set(row.position_id, known);
  }
  return sums;
}

/** Why transfers of a position were made, and what those of one reason come to. */
export type ReasonTotal = {
  readonly reason: string;
  readonly balances: Balances;
  readonly transfers: number;
};

/** All transfers of a position at a moment, summed by reason and status. They add up to the balances of that moment. */
export async function selectReasonTotals(
  database: Queryable,
  asked: { readonly positionId: number; readonly at: string; readonly believedAt: string },
): Promise<readonly ReasonTotal[]> {
  const { positionId, at, believedAt } = asked;
  const rows = await database.query<{ reason: string; status: Status; units: number; transfers: number }>(sql`
    with side as (
      select reason, to_status as status, quantity as units, 1 as transfers from ledger.transfer
      where to_position_id = ${positionId} and effective_at <= ${at}::timestamptz and recorded_at <= ${believedAt}::timestamptz
      union all
      select reason, from_status, -quantity, case when from_position_id = to_position_id then 0 else 1 end from ledger.transfer
      where from_position_id = ${positionId} and effective_at <= ${at}::timestamptz and recorded_at <= ${believedAt}::timestamptz
      union all
      select reason, status, units, transfers from ledger.archived
      where position_id = ${positionId} and effective_to <= ${at}::timestamptz and recorded_to <= ${believedAt}::timestamptz
    )
    select reason, status, sum(units)::bigint as units, sum(transfers)::bigint as transfers
    from side group by reason, status order by reason, status`);
  return [...Map.groupBy(rows, (row) => row.reason)].map(([reason, of]) => ({
    reason,
    balances: { ...NOTHING, ...Object.fromEntries(of.map((row) => [row.status, row.units])) },
    transfers: of.reduce((sum, row) => sum + row.transfers, 0),
  }));
}

/** When a transfer took effect, to the microsecond; undefined when there is none of that fact and id. */
export async function selectEffect(
  database: Queryable,
  transfer: { readonly eventNumber: number; readonly transferId: number },
): Promise<string | undefined> {
  const [row] = await database.query<{ at: string }>(sql`
    select effective_at::text as at from ledger.transfer
    where event_number = ${transfer.eventNumber} and transfer_id = ${transfer.transferId}`);
  return row?.at;
}

/** A transfer of a position with both sides' names, for explanations. */
export type TransferRow = {
  readonly transfer_id: number;
  readonly from_position_id: number;
  readonly from_location_id: string;
  readonly from_status: Status;
  readonly to_position_id: number;
  readonly to_location_id: string;
  readonly to_status: Status;
  readonly quantity: number;
  readonly reason: string;
  readonly effective_at: Date;
  readonly recorded_at: Date;
  readonly event_number: number;
  readonly reservation_id: string | null;
};

/** The transfers of a position up to an instant, the last to take effect first. */
export function selectTransfersOf(
  database: Queryable,
  page: {
    readonly positionId: number;
    readonly upTo: UpTo;
    readonly believedAt: string;
    readonly limit: number;
  },
): Promise<TransferRow[]> {
  const { positionId, upTo, believedAt, limit } = page;
  return database.query<TransferRow>(sql`
    select t.transfer_id, t.from_position_id, f.location_id as from_location_id, t.from_status,
           t.to_position_id, o.location_id as to_location_id, t.to_status, t.quantity, t.reason, t.effective_at,
           t.recorded_at, t.event_number, t.reservation_id
    from (
      (select * from ledger.transfer
       where from_position_id = ${positionId} and effective_at <= ${upTo.at}::timestamptz
         and (effective_at, transfer_id) <= (${upTo.at}::timestamptz, ${upTo.transferId}::bigint)
         and recorded_at <= ${believedAt}::timestamptz
       order by effective_at desc, transfer_id desc limit ${limit})
      union all
      (select * from ledger.transfer
       where to_position_id = ${positionId} and from_position_id <> ${positionId} and effective_at <= ${upTo.at}::timestamptz
         and (effective_at, transfer_id) <= (${upTo.at}::timestamptz, ${upTo.transferId}::bigint)
         and recorded_at <= ${believedAt}::timestamptz
       order by effective_at desc, transfer_id desc limit ${limit})
    ) as t
    join ledger.position f on f.position_id = t.from_position_id
    join ledger.position o on o.position_id = t.to_position_id
    order by t.effective_at desc, t.transfer_id desc limit ${limit}`);
}
