import { type Queryable, sql } from "../platform/index.ts";
import type { AwaitedReference, WaitKind } from "./parked-store.ts";

/** An amount as sources state it: a decimal in a unit. */
export type StatedAmount = { readonly unit: string; readonly value: string };

/** A name that means nothing to us, with what waits for it at one account. */
export type UnresolvedRow = {
  readonly account_id: string;
  readonly kind: WaitKind;
  readonly waits_for: string;
  readonly reference: AwaitedReference;
  readonly unit: string | null;
  readonly records: number;
  readonly messages: number;
  readonly first_at: Date;
  readonly last_at: Date;
  readonly effective_from: Date;
  readonly message_ids: readonly string[];
  readonly at_stake: readonly StatedAmount[];
};

/** Where the list goes on: what the last row of the page before is sorted by. A name may be long, so its MD5 stands for it. */
export type UnresolvedPlace = {
  readonly records: number;
  readonly accountId: string;
  readonly kind: string;
  readonly waitsForHash: string;
};

export type UnresolvedFilter = {
  readonly accountIds?: readonly string[] | undefined;
  readonly kind?: string | undefined;
  readonly after?: UnresolvedPlace | undefined;
  readonly limit: number;
};

/**
 * A page of what is waited for, that with the most records first. Everything that waits is counted for it; what is at stake is summed for
 * the names of the page alone, out of the statements that name them: of every amount beside the name, and at a location of every amount.
 */
export function selectUnresolved(database: Queryable, filter: UnresolvedFilter): Promise<UnresolvedRow[]> {
  const { after } = filter;
  return database.query<UnresolvedRow>(sql`
    select g.account_id, g.kind, g.waits_for, g.reference, g.unit, g.records, g.messages, g.first_at, g.last_at, g.effective_from,
           sample.message_ids, stake.at_stake
    from (
      select m.account_id, p.waits_for_kind as kind, p.waits_for, min(p.waits_for_reference::text)::jsonb as reference,
             min(p.waits_for_unit) as unit, count(*) as records, count(distinct p.message_id) as messages,
             min(p.parked_at) as first_at, max(p.parked_at) as last_at,
             min((p.statement ->> 'effectiveAt')::timestamptz) as effective_from
      from integration.parked p
      join integration.message m using (message_id)
      where p.state = 'waiting'
        and (${filter.accountIds ?? null}::text[] is null or m.account_id = any (${filter.accountIds ?? null}::text[]))
        and (${filter.kind ?? null}::text is null or p.waits_for_kind = ${filter.kind ?? null})
      group by m.account_id, p.waits_for_kind, p.waits_for
      having ${after?.accountId ?? null}::text is null
         or (-count(*), m.account_id, p.waits_for_kind, md5(p.waits_for))
            > (-${after?.records ?? null}::bigint, ${after?.accountId ?? null}::text, ${after?.kind ?? null}::text,
               ${after?.waitsForHash ?? null}::text)
      order by count(*) desc, m.account_id, p.waits_for_kind, md5(p.waits_for)
      limit ${filter.limit}
    ) as g
    cross join lateral (
      select array_agg(few.message_id order by few.message_id) as message_ids
      from (
        select distinct p.message_id from integration.parked p join integration.message m using (message_id)
        where p.state = 'waiting' and p.waits_for_kind = g.kind and p.waits_for = g.waits_for and m.account_id = g.account_id
        order by p.message_id limit 3
      ) as few
    ) as sample
    cross join lateral (
      select coalesce(jsonb_agg(jsonb_build_object('unit', sums.unit, 'value', trim_scale(sums.value)::text)
                                order by sums.value desc), '[]') as at_stake
      from (
        select amount ->> 'unit' as unit, sum(abs((amount ->> 'value')::numeric)) as value
        from integration.parked p
        join integration.message m using (message_id)
        cross join lateral jsonb_path_query(p.statement, 'strict $.data.** ? (exists (@.item))') as part
        cross join lateral coalesce(part -> 'quantity', part -> 'counted', part -> 'delta') as amount
        where p.state = 'waiting' and p.waits_for_kind = g.kind and p.waits_for = g.waits_for and m.account_id = g.account_id
          and (g.kind = 'location' or part -> 'item' = g.reference - 'or')
          and (g.unit is null or amount ->> 'unit' = g.unit)
          and (g.kind <> 'lot' or coalesce(part ->> 'lot', '') = '')
        group by amount ->> 'unit'
      ) as sums
      where sums.unit is not null
    ) as stake
    order by g.records desc, g.account_id, g.kind, md5(g.waits_for)`);
}

/** One name that an account waits for, as far as something still does. */
export type AwaitedRow = {
  readonly account_id: string;
  readonly kind: WaitKind;
  readonly waits_for: string;
  readonly reference: AwaitedReference;
  readonly unit: string | null;
};

/** Those of the names that something waits for, by the text that they are waited for by. */
export function selectAwaited(
  database: Queryable,
  names: {
    readonly accountIds: readonly string[];
    readonly kinds: readonly string[];
    readonly texts: readonly string[];
  },
): Promise<AwaitedRow[]> {
  return database.query<AwaitedRow>(sql`
    select n.account_id, n.kind, n.waits_for, found.reference, found.unit
    from unnest(${names.accountIds}::text[], ${names.kinds}::text[], ${names.texts}::text[])
      with ordinality as n (account_id, kind, waits_for, place)
    cross join lateral (
      select p.waits_for_reference as reference, p.waits_for_unit as unit
      from integration.parked p join integration.message m using (message_id)
      where p.state = 'waiting' and p.waits_for_kind = n.kind and p.waits_for = n.waits_for and m.account_id = n.account_id
      limit 1
    ) as found
    order by n.place`);
}

/** How many names an account waits for, by kind, how many records do, and since when the first of them has. */
export type UnresolvedCount = {
  readonly account_id: string;
  readonly kind: WaitKind;
  readonly names: number;
  readonly records: number;
  readonly oldest_at: Date;
};

export function countUnresolved(
  database: Queryable,
  accountIds?: readonly string[] | undefined,
): Promise<UnresolvedCount[]> {
  return database.query<UnresolvedCount>(sql`
    select m.account_id, p.waits_for_kind as kind, count(distinct p.waits_for) as names, count(*) as records,
           min(p.parked_at) as oldest_at
    from integration.parked p
    join integration.message m using (message_id)
    where p.state = 'waiting' and (${accountIds ?? null}::text[] is null or m.account_id = any (${accountIds ?? null}::text[]))
    group by m.account_id, p.waits_for_kind
    order by m.account_id, p.waits_for_kind`);
}
