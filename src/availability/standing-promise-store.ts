import { type Queryable, sql } from "../platform/index.ts";

/** A promise that keeps units on a shelf. */
export type StandingPromise = {
  readonly reservation_id: string;
  readonly channel_id: string;
  readonly order_id: string | null;
  readonly line_id: string;
  readonly position_id: number;
  readonly state: "held" | "allocated";
  /** Units that it keeps there: what has left, or was not found, it keeps no longer. */
  readonly kept: number;
  /** Of these, the ones that were set aside for its channel. */
  readonly fenced: number;
  readonly expires_at: Date | null;
  readonly created_at: Date;
};

/** What stands on the shelf at positions of items, the latest promise first. Holds that have run out are among it until they are swept. */
export function standingPromises(
  database: Queryable,
  at: {
    readonly positionIds: readonly number[];
    readonly itemIds: readonly string[];
    readonly limit: number;
  },
): Promise<StandingPromise[]> {
  return database.query<StandingPromise>(sql`
    select reservation_id, channel_id, order_id, line_id, position_id, state, kept, fenced, expires_at, created_at
    from (
      select reservation_id, channel_id, order_id, line_id, position_id, state::text as state,
             quantity - replaced - not_found - greatest(picked - put_back, shipped) as kept, fenced, expires_at, created_at
      from availability.reservation where state = 'allocated' and position_id = any (${at.positionIds}::bigint[])
      union all
      select reservation_id, channel_id, order_id, line_id, position_id, state::text, quantity, fenced, expires_at, created_at
      from availability.reservation
      where state = 'held' and item_id = any (${at.itemIds}::text[]) and position_id = any (${at.positionIds}::bigint[])
    ) as standing
    where kept > 0
    order by created_at desc, reservation_id desc limit ${at.limit}`);
}
