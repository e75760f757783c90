import { type Queryable, sql, type Transaction } from "../platform/index.ts";

/** What a person has said of units of which an account names no lot: the name of the item, the lot, and in which period. */
export type LotSaidRow = {
  readonly account_id: string;
  readonly waits_for: string;
  readonly lot: string;
  readonly valid_from: Date;
  /** Null: until somebody ends it. */
  readonly valid_to: Date | null;
  readonly said_by: string;
  readonly said_at: Date;
};

/** A lot to say of units. Absent beginning: the first moment that what waits speaks of. */
export type LotToSay = {
  readonly accountId: string;
  readonly waitsFor: string;
  readonly lot: string;
  readonly validFrom: string | undefined;
  /** Whether it holds from then on; up to the last moment that what waits speaks of otherwise. */
  readonly isOnward: boolean;
  readonly by: string;
  readonly at: Date;
};

/**
 * Says lots of what waits for one. What nothing waits for is left out of the answer. Moments are compared in milliseconds, as what waits is
 * claimed.
 */
export function insertLotsSaid(tx: Transaction, lots: readonly LotToSay[]): Promise<LotSaidRow[]> {
  return tx.query<LotSaidRow>(sql`
    insert into integration.lot_said (account_id, waits_for, lot, valid_from, valid_to, said_by, said_at)
    select s.account_id, s.waits_for, s.lot, period.since,
           case when not s.is_onward then greatest(period.since, date_trunc('milliseconds', waiting.last) + interval '1 millisecond') end,
           s.said_by, s.said_at
    from unnest(${lots.map((lot) => lot.accountId)}::text[], ${lots.map((lot) => lot.waitsFor)}::text[],
                ${lots.map((lot) => lot.lot)}::text[], ${lots.map((lot) => lot.validFrom ?? null)}::timestamptz[],
                ${lots.map((lot) => lot.isOnward)}::boolean[], ${lots.map((lot) => lot.by)}::text[],
                ${lots.map((lot) => lot.at)}::timestamptz[])
      with ordinality as s (account_id, waits_for, lot, valid_from, is_onward, said_by, said_at, place)
    cross join lateral (
      select min((p.statement ->> 'effectiveAt')::timestamptz) as first, max((p.statement ->> 'effectiveAt')::timestamptz) as last
      from integration.parked p join integration.message m using (message_id)
      where p.state = 'waiting' and p.waits_for_kind = 'lot' and p.waits_for = s.waits_for and m.account_id = s.account_id
    ) as waiting
    cross join lateral (select date_trunc('milliseconds', coalesce(s.valid_from, waiting.first)) as since) as period
    where waiting.first is not null
    order by s.place
    returning account_id, waits_for, lot, valid_from, valid_to, said_by, said_at`);
}

/** Units of which no lot is named: whose, of what, and when. */
export type LotLacking = { readonly accountId: string; readonly waitsFor: string; readonly at: string };

/** The lots that people have said of units, by their place; the last word about a moment holds. */
export function selectLotsSaid(
  tx: Transaction,
  lacking: readonly LotLacking[],
): Promise<{ place: number; lot: string }[]> {
  return tx.query(sql`
    select (n.place - 1)::int as place, said.lot
    from unnest(${lacking.map((each) => each.accountId)}::text[], ${lacking.map((each) => each.waitsFor)}::text[],
                ${lacking.map((each) => each.at)}::timestamptz[])
      with ordinality as n (account_id, waits_for, at, place)
    cross join lateral (
      select s.lot from integration.lot_said s
      where s.account_id = n.account_id and s.waits_for = n.waits_for
        and n.at >= s.valid_from and (s.valid_to is null or n.at < s.valid_to)
      order by s.said_number desc limit 1
    ) as said`);
}

/** The periods in which lots are said of what is waited for, those of one account and name together in their order. */
export function selectLotPeriods(
  database: Queryable,
  waitsFor: readonly string[],
): Promise<Pick<LotSaidRow, "account_id" | "waits_for" | "valid_from" | "valid_to">[]> {
  return database.query(sql`
    select account_id, waits_for, valid_from, valid_to from integration.lot_said
    where waits_for = any (${waitsFor}::text[]) and valid_to is distinct from valid_from
    order by account_id, waits_for, valid_from`);
}

/** Ends what is said of an account's units from some moment on. Gives how many were ended. */
export function endLotsSaid(
  database: Pick<Queryable, "query">,
  name: { readonly accountId: string; readonly waitsFor: string; readonly by: string; readonly at: Date },
): Promise<{ said_number: number }[]> {
  return database.query(sql`
    update integration.lot_said
    set valid_to = greatest(valid_from, ${name.at}), ended_by = ${name.by}, ended_at = ${name.at}
    where account_id = ${name.accountId} and waits_for = ${name.waitsFor} and valid_to is null
    returning said_number`);
}

/** What is said and holds until somebody ends it, by account and name. */
export function selectStandingLots(
  database: Queryable,
  page: {
    readonly accountIds?: readonly string[] | undefined;
    readonly after: { readonly accountId: string; readonly waitsFor: string };
    readonly limit: number;
  },
): Promise<LotSaidRow[]> {
  return database.query<LotSaidRow>(sql`
    select distinct on (account_id, waits_for) account_id, waits_for, lot, valid_from, valid_to, said_by, said_at
    from integration.lot_said
    where valid_to is null and (account_id, waits_for) > (${page.after.accountId}, ${page.after.waitsFor})
      and (${page.accountIds ?? null}::text[] is null or account_id = any (${page.accountIds ?? null}::text[]))
    order by account_id, waits_for, said_number desc
    limit ${page.limit}`);
}
