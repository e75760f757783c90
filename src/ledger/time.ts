import { STATUSES } from "@crossdock/canonical";
import type { Balances } from "./balances.ts";
import type { PositionRow } from "./store.ts";

/**
 * A moment on the two axes of time: what had taken effect `at`, as far as it had been recorded when it was `believedAt`. Absent:
 * whatever will have taken effect, as far as it is known now. To the millisecond.
 */
export type Moment = { readonly at?: Date | undefined; readonly believedAt?: Date | undefined };

/** What transfers of one position sum to. */
export type Sums = { readonly balances: Balances; readonly transfers: number };

/** Changes added to balances. */
export function addTo(balances: Balances, changes: Partial<Balances>): Balances {
  const sum = { ...balances };
  for (const status of STATUSES) sum[status] += changes[status] ?? 0;
  return sum;
}

/** A position as those sums make it. What follows from balances follows here as it does live. */
export function positionOf(position: PositionRow, { balances, transfers }: Sums): PositionRow {
  return {
    ...position,
    available: balances.available,
    held: balances.held,
    allocated: balances.allocated,
    picked: balances.picked,
    channel_reserved: balances["channel-reserved"],
    quarantined: balances.quarantined,
    damaged: balances.damaged,
    in_transit: balances["in-transit"],
    uncovered: Math.max(0, 0 - balances.available),
    version: transfers,
  };
}

/** The balances of a position, by status. */
export function balancesOf(row: PositionRow): Balances {
  return {
    available: row.available,
    held: row.held,
    allocated: row.allocated,
    picked: row.picked,
    "channel-reserved": row.channel_reserved,
    quarantined: row.quarantined,
    damaged: row.damaged,
    "in-transit": row.in_transit,
  };
}

/** Whether two balances are the same, status by status. */
export function areEqual(left: Balances, right: Balances): boolean {
  return STATUSES.every((status) => left[status] === right[status]);
}
