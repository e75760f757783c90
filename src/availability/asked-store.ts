import type { PromisePolicy, ShipTo } from "@crossdock/canonical";
import { json, type Queryable, script, sql, type Transaction } from "../platform/index.ts";
import type { AskedLine } from "./asked.ts";

/** What was asked for, to be written. */
export type AskedToInsert = {
  readonly afterEvent: number | undefined;
  readonly eventNumbers: readonly number[];
  readonly times: number;
  readonly channelId: string;
  readonly orderId: string | undefined;
  readonly correlationId: string;
  readonly policy: PromisePolicy;
  readonly locationsMax: number | undefined;
  readonly destination: ShipTo | undefined;
  readonly holdMs: number | undefined;
  readonly limited: boolean;
  readonly lines: readonly AskedLine[];
};

/** Writes what was asked for, as of now in the order of transfers. The positions that it looked at must be locked. */
export function insertAsked(
  tx: Transaction,
  rows: readonly AskedToInsert[],
  { at, bookVersion }: { readonly at: Date; readonly bookVersion: number },
): void {
  const column = <Value>(of: (row: AskedToInsert) => Value) => rows.map(of);
  tx.send(sql`
    insert into availability.asked
      (decided_at, transfer_after, after_event, event_numbers, times, channel_id, order_id, correlation_id, policy, locations_max,
       hold_ms, limited, book_version, lines, destination)
    select ${at}, ledger.last_transfer(), a.after_event, translate(a.event_numbers, '[]', '{}')::bigint[], a.times, a.channel_id,
           a.order_id, a.correlation_id, a.policy, a.locations_max, a.hold_ms, a.limited, ${bookVersion}, a.lines, a.destination
    from unnest(${column((row) => row.afterEvent ?? null)}::bigint[], ${column((row) => json(row.eventNumbers))}::text[],
                ${column((row) => row.times)}::bigint[], ${column((row) => row.channelId)}::text[],
                ${column((row) => row.orderId ?? null)}::text[], ${column((row) => row.correlationId)}::text[],
                ${column((row) => row.policy)}::text[], ${column((row) => row.locationsMax ?? null)}::bigint[],
                ${column((row) => row.holdMs ?? null)}::bigint[], ${column((row) => row.limited)}::boolean[],
                ${column((row) => json(row.lines))}::jsonb[],
                ${column((row) => (row.destination === undefined ? null : json(row.destination)))}::jsonb[])
      with ordinality
      as a (after_event, event_numbers, times, channel_id, order_id, correlation_id, policy, locations_max, hold_ms, limited, lines, destination, place)
    order by a.place`);
}

/** What was asked for, as it was kept. */
export type AskedRow = {
  readonly decided_at: Date;
  readonly asked_number: number;
  readonly transfer_after: number;
  readonly after_event: number | null;
  readonly event_numbers: readonly number[];
  readonly times: number;
  readonly channel_id: string;
  readonly order_id: string | null;
  readonly correlation_id: string;
  readonly policy: PromisePolicy;
  readonly locations_max: number | null;
  readonly destination: ShipTo | null;
  readonly hold_ms: number | null;
  readonly limited: boolean;
  readonly book_version: number;
  readonly lines: readonly AskedLine[];
};

type Window = { readonly from: Date; readonly to: Date };

/** Begins to read what was asked for in a window, in the order of transfers. */
export async function openPastAsked(tx: Transaction, { from, to }: Window): Promise<void> {
  await tx.execute(sql`
    declare past_asked no scroll cursor for
    select decided_at, asked_number, transfer_after, after_event, event_numbers, times, channel_id, order_id, correlation_id, policy,
           locations_max, hold_ms, limited, book_version, lines, destination
    from availability.asked where decided_at >= ${from}::timestamptz and decided_at < ${to}::timestamptz
    order by transfer_after, asked_number`);
}

/** Requests that are read at a time. */
const PAST_ASKED_PAGE = 1_000;

/** The next of them; none at the end. */
export function nextPastAsked(tx: Transaction): Promise<AskedRow[]> {
  return tx.query<AskedRow>(script(`fetch forward ${PAST_ASKED_PAGE} from past_asked`));
}

/** The items that were asked for in a window, or are part of what was. */
export async function selectAskedItems(tx: Transaction, { from, to }: Window): Promise<readonly string[]> {
  const rows = await tx.query<{ item_id: string }>(sql`
    select distinct coalesce(part.value ->> 'itemId', line.value ->> 'itemId') as item_id
    from availability.asked a
    cross join lateral jsonb_array_elements(a.lines) as line (value)
    left join lateral jsonb_array_elements(line.value -> 'components') as part (value) on true
    where a.decided_at >= ${from}::timestamptz and a.decided_at < ${to}::timestamptz
    order by 1`);
  return rows.map((row) => row.item_id);
}

/** Since when what is asked for is kept: the first of it that is there; undefined where there is none. */
export async function selectFirstAsked(tx: Transaction): Promise<Date | undefined> {
  const [row] = await tx.query<{ since: Date | null }>(
    sql`select min(decided_at) as since from availability.asked`,
  );
  return row?.since ?? undefined;
}

/** A hold of before a window that ran out in it. */
export type PastExpiry = {
  readonly reservation_id: string;
  readonly position_id: number;
  readonly channel_id: string;
  readonly quantity: number;
  readonly fenced: number;
  readonly expires_at: Date;
};

/** Holds that were taken before a window and have run out since it began, the first first. */
export function selectPastExpiries(tx: Transaction, { from }: Pick<Window, "from">): Promise<PastExpiry[]> {
  return tx.query<PastExpiry>(sql`
    select reservation_id, position_id, channel_id, quantity, fenced, expires_at from availability.reservation
    where state = 'expired' and created_at < ${from}::timestamptz and changed_at >= ${from}::timestamptz
    order by expires_at, reservation_id`);
}

/** Forgets what was asked for before an instant; gives how much that was. */
export function deleteOldAsked(database: Queryable, before: Date): Promise<number> {
  return database.execute(sql`delete from availability.asked where decided_at < ${before}::timestamptz`);
}
