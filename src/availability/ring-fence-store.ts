import { type Queryable, sql, type Transaction } from "../platform/index.ts";

/** What is set aside for a channel at a position. */
export type RingFenceRow = {
  readonly position_id: number;
  readonly channel_id: string;
  readonly item_id: string;
  readonly location_id: string;
  readonly lot: string;
  readonly quantity: number;
};

/** What is set aside at positions for channels; for everybody, when none are named. Positions that are to be changed must be locked already. */
export function selectRingFences(
  database: Queryable,
  positionIds: readonly number[],
  channelIds: readonly string[] | undefined,
): Promise<RingFenceRow[]> {
  const channels = channelIds ?? null;
  return database.query<RingFenceRow>(sql`
    select position_id, channel_id, item_id, location_id, lot, quantity from availability.ring_fence
    where position_id = any (${positionIds}::bigint[]) and quantity > 0
      and (${channels}::text[] is null or channel_id = any (${channels}::text[]))`);
}

/** What is, or was once, set aside for any channel at positions. */
export function selectAllRingFences(
  database: Queryable,
  positionIds: readonly number[],
): Promise<RingFenceRow[]> {
  return database.query<RingFenceRow>(sql`
    select position_id, channel_id, item_id, location_id, lot, quantity from availability.ring_fence
    where position_id = any (${positionIds}::bigint[]) order by position_id, channel_id`);
}

/** A page of what is set aside, by channel and position. */
export function selectRingFencePage(
  database: Queryable,
  page: {
    readonly channelId: string | undefined;
    readonly itemId: string | undefined;
    readonly after: { readonly channelId: string; readonly positionId: number };
    readonly limit: number;
  },
): Promise<RingFenceRow[]> {
  const { channelId = null, itemId = null, after, limit } = page;
  return database.query<RingFenceRow>(sql`
    select position_id, channel_id, item_id, location_id, lot, quantity from availability.ring_fence
    where quantity > 0 and (channel_id, position_id) > (${after.channelId}::text, ${after.positionId}::bigint)
      and (${channelId}::text is null or channel_id = ${channelId})
      and (${itemId}::text is null or item_id = ${itemId})
    order by channel_id, position_id limit ${limit}`);
}

/** A ring-fence that grows, or shrinks where `units` is negative. */
export type RingFenceChange = Omit<RingFenceRow, "quantity"> & { readonly units: number };

/** Changes ring-fences of locked positions; their transfers must be in the same transaction. */
export function changeRingFences(tx: Transaction, changes: readonly RingFenceChange[]): void {
  const column = <Key extends keyof RingFenceChange>(key: Key) => changes.map((change) => change[key]);
  tx.send(sql`
    insert into availability.ring_fence (position_id, channel_id, item_id, location_id, lot, quantity)
    select position_id, channel_id, min(item_id), min(location_id), min(lot), 0
    from unnest(${column("position_id")}::bigint[], ${column("channel_id")}::text[], ${column("item_id")}::text[],
                ${column("location_id")}::text[], ${column("lot")}::text[])
      as c (position_id, channel_id, item_id, location_id, lot)
    group by position_id, channel_id order by position_id, channel_id
    on conflict do nothing`);
  tx.send(sql`
    update availability.ring_fence f set quantity = f.quantity + c.units
    from (select position_id, channel_id, sum(units)::bigint as units
          from unnest(${column("position_id")}::bigint[], ${column("channel_id")}::text[], ${column("units")}::bigint[])
            as c (position_id, channel_id, units)
          group by position_id, channel_id) as c
    where f.position_id = c.position_id and f.channel_id = c.channel_id and c.units <> 0`);
}

/** Says of reservations how many of their units are their channel's own. */
export function updateFenced(
  tx: Transaction,
  rows: readonly { readonly reservationId: string; readonly fenced: number }[],
): void {
  tx.send(sql`
    update availability.reservation r set fenced = f.fenced
    from unnest(${rows.map((row) => row.reservationId)}::text[], ${rows.map((row) => row.fenced)}::bigint[]) as f (id, fenced)
    where r.reservation_id = f.id`);
}
