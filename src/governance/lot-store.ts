import { type Queryable, sql, type Transaction } from "../platform/index.ts";

type Texts = readonly string[];

/** Lots by item and number, column by column. */
export type LotColumns = { readonly itemIds: Texts; readonly lots: Texts };

/** An item that facts name with what it is now: itself, or what it has become. */
export type MeantRow = { readonly named: string; readonly item_id: string };

/** What items are now: those that have become others are these. Ids that are none are left out. */
export function selectMeantItems(tx: Transaction, itemIds: Texts): Promise<MeantRow[]> {
  return tx.query<MeantRow>(sql`
    with recursive led as (
      select item_id as named, item_id, merged_into from governance.item where item_id = any (${itemIds}::text[])
      union
      select l.named, i.item_id, i.merged_into from led l join governance.item i on i.item_id = l.merged_into
    )
    select named, item_id from led where merged_into is null`);
}

export type StatementRow = {
  readonly item_id: string;
  readonly lot: string;
  readonly source: string;
  readonly by_owner: boolean;
  readonly expires_on: string | null;
  readonly effective_at: Date;
  readonly fact_id: string;
  readonly event_number: number;
  readonly recorded_at: Date;
};

/** Everything that receipts have said of lots. */
export function selectStatements(tx: Transaction, lots: LotColumns): Promise<StatementRow[]> {
  return tx.query<StatementRow>(sql`
    select s.item_id, s.lot, s.source, s.by_owner, s.expires_on, s.effective_at, s.fact_id, s.event_number, s.recorded_at
    from unnest(${lots.itemIds}::text[], ${lots.lots}::text[]) as n (item_id, lot)
    join governance.lot_statement s using (item_id, lot)`);
}

/** Statements are put, in the place of later ones of the same source that say the same. */
export function putStatements(
  tx: Transaction,
  statements: LotColumns & {
    readonly sources: Texts;
    readonly byOwner: readonly boolean[];
    readonly expiresOn: readonly (string | null)[];
    readonly effectiveAt: readonly Date[];
    readonly factIds: Texts;
    readonly factNumbers: readonly number[];
    readonly recordedAt: readonly Date[];
  },
): Promise<number> {
  return tx.execute(sql`
    insert into governance.lot_statement
      (item_id, lot, source, by_owner, expires_on, effective_at, fact_id, event_number, recorded_at)
    select * from unnest(
      ${statements.itemIds}::text[], ${statements.lots}::text[], ${statements.sources}::text[], ${statements.byOwner}::boolean[],
      ${statements.expiresOn}::date[], ${statements.effectiveAt}::timestamptz[], ${statements.factIds}::text[],
      ${statements.factNumbers}::bigint[], ${statements.recordedAt}::timestamptz[])
    on conflict on constraint lot_statement_is_one do update
    set effective_at = excluded.effective_at, fact_id = excluded.fact_id, event_number = excluded.event_number,
        recorded_at = excluded.recorded_at`);
}

/** Of the items, those whose units are told apart, by lot or by serial number. */
export function selectTrackedItems(tx: Transaction, itemIds: Texts): Promise<{ item_id: string }[]> {
  return tx.query(sql`
    select item_id from governance.item where item_id = any (${itemIds}::text[]) and tracking <> 'none'`);
}

/** Lots of items that receipts speak of and master data does not know. */
export function selectUnknownLots(
  tx: Transaction,
  itemIds: Texts,
): Promise<{ item_id: string; lot: string }[]> {
  return tx.query(sql`
    select distinct s.item_id, s.lot from governance.lot_statement s
    where s.item_id = any (${itemIds}::text[])
      and not exists (select from governance.lot l where (l.item_id, l.lot) = (s.item_id, s.lot))`);
}

/** Says of each statement about lots whether it differs from them by now, and since when. */
export function markDisagreements(tx: Transaction, lots: LotColumns, at: Date): Promise<number> {
  return tx.execute(sql`
    update governance.lot_statement s set differs_since = case when d.differs then ${at}::timestamptz end
    from (select distinct item_id, lot from unnest(${lots.itemIds}::text[], ${lots.lots}::text[]) as n (item_id, lot)) as n
    join governance.lot l using (item_id, lot) join governance.lot_statement said using (item_id, lot)
    cross join lateral (
      select said.expires_on is not null and said.expires_on is distinct from l.expires_on as differs) as d
    where s.statement_number = said.statement_number and (s.differs_since is not null) <> d.differs`);
}

/**
 * Lets receipts that spoke of one item's lots speak of another's as well, with what was decided about them. Where the other knows the same
 * of the same source, the earlier one stays.
 */
export function copyStatements(
  tx: Transaction,
  items: { readonly from: string; readonly to: string },
): Promise<{ lot: string }[]> {
  return tx.query(sql`
    insert into governance.lot_statement as kept
      (item_id, lot, source, by_owner, expires_on, effective_at, fact_id, event_number, recorded_at,
       concluded_at, concluded_by, because, taken)
    select ${items.to}, lot, source, by_owner, expires_on, effective_at, fact_id, event_number, recorded_at,
           concluded_at, concluded_by, because, taken
    from governance.lot_statement where item_id = ${items.from}
    on conflict on constraint lot_statement_is_one do update
    set effective_at = excluded.effective_at, fact_id = excluded.fact_id, event_number = excluded.event_number,
        recorded_at = excluded.recorded_at
    where (excluded.effective_at, excluded.fact_id collate "C") < (kept.effective_at, kept.fact_id collate "C")
    returning lot`);
}

/** A day that a receipt says of a lot and that the lot has not, or had not when somebody decided. */
export type LotDisagreement = {
  readonly statement_number: number;
  readonly item_id: string;
  readonly sku: string;
  readonly lot: string;
  readonly source: string;
  readonly stated_on: string;
  readonly fact_id: string;
  readonly event_number: number;
  readonly effective_at: Date;
  readonly recorded_at: Date;
  /** Null: the lot has no day, because it would expire before it was made. */
  readonly kept_on: string | null;
  /** Where the kept day is from: the source and the number of a receipt, or null where master data states it. */
  readonly kept_source: string | null;
  readonly kept_number: number | null;
  readonly differs_since: Date | null;
  readonly concluded_at: Date | null;
  readonly concluded_by: string | null;
  readonly because: string | null;
  readonly taken: boolean | null;
};

export type DisagreementPage = {
  readonly itemId?: string | undefined;
  /** Sources whose statements are seen; absent: all. */
  readonly sources?: readonly string[] | undefined;
  readonly after: number;
  readonly limit: number;
};

/** A page of the disagreements that nobody has decided, the oldest first. */
export function selectOpenDisagreements(
  database: Queryable,
  { itemId = "", sources, after, limit }: DisagreementPage,
): Promise<LotDisagreement[]> {
  return database.query<LotDisagreement>(sql`
    select * from governance.lot_disagreement
    where differs_since is not null and concluded_at is null and statement_number > ${after}
      and (${itemId} = '' or item_id = ${itemId})
      and (${sources ?? null}::text[] is null or source = any (${sources ?? null}::text[]))
    order by statement_number limit ${limit}`);
}

/** A page of those that somebody has decided, in the same order. */
export function selectConcludedDisagreements(
  database: Queryable,
  { itemId = "", sources, after, limit }: DisagreementPage,
): Promise<LotDisagreement[]> {
  return database.query<LotDisagreement>(sql`
    select * from governance.lot_disagreement
    where concluded_at is not null and statement_number > ${after}
      and (${itemId} = '' or item_id = ${itemId})
      and (${sources ?? null}::text[] is null or source = any (${sources ?? null}::text[]))
    order by statement_number limit ${limit}`);
}

/** One of them, decided or not. */
export async function selectDisagreement(
  database: Queryable,
  number: number,
): Promise<LotDisagreement | undefined> {
  const [row] = await database.query<LotDisagreement>(sql`
    select * from governance.lot_disagreement where statement_number = ${number}`);
  return row;
}

/** Concludes what is open about a lot and says one of the days, whoever says it. */
export function concludeStatements(
  tx: Transaction,
  lot: { readonly itemId: string; readonly lot: string; readonly day: string },
  conclusion: {
    readonly taken: boolean;
    readonly by: string;
    readonly because: string;
    readonly at: Date;
  },
): Promise<number> {
  return tx.execute(sql`
    update governance.lot_statement
    set concluded_at = ${conclusion.at}, concluded_by = ${conclusion.by}, because = ${conclusion.because}, taken = ${conclusion.taken}
    where item_id = ${lot.itemId} and lot = ${lot.lot} and expires_on = ${lot.day}::date and concluded_at is null`);
}

/** The last days on which lots of items may be used, by item and lot; lots of which none is known are absent. */
export async function selectLotExpiries(
  database: Queryable,
  itemIds: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
  const rows = await database.query<{ item_id: string; lot: string; expires_on: string }>(sql`
    select item_id, lot, expires_on::text as expires_on from governance.lot
    where item_id = any (${itemIds}::text[]) and expires_on is not null`);
  const byItem = new Map<string, Map<string, string>>();
  for (const { item_id: item, lot, expires_on: day } of rows) {
    const days = byItem.get(item) ?? new Map<string, string>();
    byItem.set(item, days.set(lot, day));
  }
  return byItem;
}

/** By whose calendar days end at locations. */
export async function selectTimeZones(
  database: Queryable,
  locationIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await database.query<{ location_id: string; time_zone: string }>(sql`
    select location_id, time_zone from governance.location where location_id = any (${locationIds}::text[])`);
  return new Map(rows.map((row) => [row.location_id, row.time_zone]));
}

/** A lot by its item and number. */
export type LotName = { readonly item_id: string; readonly lot: string };

/** Lots whose last day less some number of days lies within a stretch, its first day included and its last one not. */
export function selectLotsPassing(
  database: Queryable,
  stretch: { readonly from: string; readonly until: string; readonly daysBefore: readonly number[] },
): Promise<LotName[]> {
  return database.query<LotName>(sql`
    select distinct l.item_id, l.lot from unnest(${stretch.daysBefore}::int[]) as b (days)
    join governance.lot l
      on l.expires_on >= ${stretch.from}::date + b.days and l.expires_on < ${stretch.until}::date + b.days
    order by l.item_id, l.lot`);
}

/** A change of a lot's last day. */
export type LastDayChange = LotName & { readonly change_id: number };

/** Such changes after one, in their order. */
export function selectLastDayChanges(
  database: Queryable,
  after: number,
  limit: number,
): Promise<LastDayChange[]> {
  return database.query<LastDayChange>(sql`
    select change_id, item_id, coalesce(after, before) ->> 'lot' as lot from governance.change
    where change_id > ${after} and what = 'lot' and before ->> 'expires_on' is distinct from after ->> 'expires_on'
    order by change_id limit ${limit}`);
}
