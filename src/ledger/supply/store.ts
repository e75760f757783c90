import type { SupplyBasis, SupplyKind, SupplyVerdict } from "@crossdock/canonical";
import { type Queryable, sql, type Transaction } from "../../platform/index.ts";
import type { MergedItem } from "../merged-expectation-store.ts";
import type { Arrival, ArrivalKind } from "./arrival.ts";

/** A line of supply as a statement told it. */
export type StatedLine = {
  readonly source: string;
  readonly kind: SupplyKind;
  readonly document: string;
  readonly line: string;
  readonly itemId: string;
  readonly locationId: string;
  readonly fromLocationId: string | undefined;
  readonly vendor: string | undefined;
  readonly quantity: number;
  readonly basis: SupplyBasis;
  readonly expectedAt: string;
  readonly leavesAt: string | undefined;
  readonly cancelled: boolean;
  readonly revision: number;
  readonly asOf: string;
  readonly statementId: string;
  readonly eventNumber: number;
};

/**
 * Keeps of each line the state that counts: the highest revision, of these the latest, of one instant the greatest id. And when it was
 * first spoken of. Any order and repetition of the same statements ends the same.
 */
export function upsertSupplyLines(tx: Transaction, lines: readonly StatedLine[]): void {
  tx.send(sql`
    insert into ledger.supply_line as known
      (source, kind, document, line, item_id, location_id, from_location_id, vendor, quantity, basis, expected_at, leaves_at, cancelled,
       revision, as_of, statement_id, event_number, first_as_of)
    select distinct on (source, kind, document, line) s.*, min(as_of) over (partition by source, kind, document, line)
    from unnest(${lines.map((l) => l.source)}::text[], ${lines.map((l) => l.kind)}::text[], ${lines.map((l) => l.document)}::text[],
                ${lines.map((l) => l.line)}::text[], ${lines.map((l) => l.itemId)}::text[], ${lines.map((l) => l.locationId)}::text[],
                ${lines.map((l) => l.fromLocationId ?? null)}::text[], ${lines.map((l) => l.vendor ?? null)}::text[],
                ${lines.map((l) => l.quantity)}::bigint[], ${lines.map((l) => l.basis)}::text[],
                ${lines.map((l) => l.expectedAt)}::timestamptz[], ${lines.map((l) => l.leavesAt ?? null)}::timestamptz[],
                ${lines.map((l) => l.cancelled)}::boolean[], ${lines.map((l) => l.revision)}::bigint[],
                ${lines.map((l) => l.asOf)}::timestamptz[], ${lines.map((l) => l.statementId)}::text[],
                ${lines.map((l) => l.eventNumber)}::bigint[])
      as s (source, kind, document, line, item_id, location_id, from_location_id, vendor, quantity, basis, expected_at, leaves_at,
            cancelled, revision, as_of, statement_id, event_number)
    order by source, kind, document, line, revision desc, as_of desc, statement_id collate "C" desc
    on conflict (source, kind, document, line) do update
      set (item_id, location_id, from_location_id, vendor, quantity, basis, expected_at, leaves_at, cancelled, revision, as_of,
           statement_id, event_number, first_as_of, settled) = (
        select w.item_id, w.location_id, w.from_location_id, w.vendor, w.quantity, w.basis, w.expected_at, w.leaves_at, w.cancelled,
               w.revision, w.as_of, w.statement_id, w.event_number, least(known.first_as_of, excluded.first_as_of),
               -- What was open when it was said is what is to come after all that came before.
               case when w.event_number <> known.event_number and w.basis = 'open' then 0 else known.settled end
        from (values (known.*), (excluded.*))
          as w (source, kind, document, line, item_id, location_id, from_location_id, vendor, quantity, basis, expected_at, leaves_at,
                cancelled, revision, as_of, statement_id, first_as_of, event_number, settled)
        order by w.revision desc, w.as_of desc, w.statement_id collate "C" desc limit 1)`);
}

/** Adds what has come. Facts that were posted are not posted again, so none is there yet. */
export function insertArrivals(tx: Transaction, arrivals: readonly Arrival[]): void {
  tx.send(sql`
    insert into ledger.supply_arrival (event_number, kind, item_id, location_id, document, line, arrived_at, quantity)
    select * from unnest(${arrivals.map((a) => a.eventNumber)}::bigint[], ${arrivals.map((a) => a.kind)}::text[],
                         ${arrivals.map((a) => a.itemId)}::text[], ${arrivals.map((a) => a.locationId)}::text[],
                         ${arrivals.map((a) => a.document)}::text[], ${arrivals.map((a) => a.line)}::text[],
                         ${arrivals.map((a) => a.arrivedAt)}::timestamptz[], ${arrivals.map((a) => a.quantity)}::bigint[])`);
}

export type SupplyLineRow = {
  readonly source: string;
  readonly kind: SupplyKind;
  readonly document: string;
  readonly line: string;
  readonly item_id: string;
  readonly location_id: string;
  readonly from_location_id: string | null;
  readonly vendor: string | null;
  /** 0 where it was cancelled. */
  readonly quantity: number;
  readonly basis: SupplyBasis;
  readonly expected_at: Date;
  readonly leaves_at: Date | null;
  readonly as_of: Date;
  readonly first_as_of: Date;
  /** Units that came of it long ago and are not listed any more. */
  readonly settled: number;
  /** What was decided about it as it is dated now. */
  readonly decision: SupplyVerdict | null;
  readonly until: Date | null;
};

/**
 * Lines of items that are not ended, and with them every other line of their documents: what comes for a line that has ended is taken
 * from no other.
 */
export function selectSupplyLines(
  database: Queryable,
  itemIds: readonly string[],
): Promise<readonly SupplyLineRow[]> {
  return database.query<SupplyLineRow>(sql`
    select l.source, l.kind, l.document, l.line, l.item_id, l.location_id, l.from_location_id, l.vendor,
           case when l.cancelled then 0 else l.quantity end as quantity, l.basis, l.expected_at, l.leaves_at, l.as_of, l.first_as_of, l.settled,
           d.decision, d.until
    from ledger.supply_line l
    join (select distinct source, kind, document from ledger.supply_line
          where item_id = any (${itemIds}::text[]) and quantity > 0 and not cancelled) as open using (source, kind, document)
    left join ledger.supply_decision d
      on (d.source, d.kind, d.document, d.line, d.expected_at) = (l.source, l.kind, l.document, l.line, l.expected_at)
    where l.item_id = any (${itemIds}::text[])`);
}

export type ArrivalRow = {
  readonly kind: ArrivalKind;
  readonly item_id: string;
  readonly location_id: string;
  readonly document: string;
  readonly line: string;
  readonly arrived_at: Date;
  readonly quantity: number;
};

/** A line as its source said it last, whoever owns what is to come. */
export type KnownLine = {
  readonly kind: SupplyKind;
  readonly document: string;
  readonly line: string;
  readonly itemId: string;
  readonly locationId: string;
  readonly quantity: number;
  readonly basis: SupplyBasis;
  readonly expectedAt: Date;
  readonly cancelled: boolean;
  readonly revision: number;
  readonly asOf: Date;
};

/** Lines of a source by their names. */
export function selectKnownLines(
  database: Queryable,
  source: string,
  keys: readonly { readonly kind: string; readonly document: string; readonly line: string }[],
): Promise<readonly KnownLine[]> {
  return database.query<KnownLine>(sql`
    select l.kind, l.document, l.line, l.item_id as "itemId", l.location_id as "locationId", l.quantity, l.basis,
           l.expected_at as "expectedAt", l.cancelled, l.revision, l.as_of as "asOf"
    from unnest(${keys.map((key) => key.kind)}::text[], ${keys.map((key) => key.document)}::text[], ${keys.map((key) => key.line)}::text[])
      as k (kind, document, line)
    join ledger.supply_line l using (kind, document, line)
    where l.source = ${source}`);
}

/** What has come of items with one of these papers, at any time, or without any since a moment. */
export function selectArrivals(
  database: Queryable,
  of: { readonly itemIds: readonly string[]; readonly documents: readonly string[]; readonly since: Date },
): Promise<readonly ArrivalRow[]> {
  return database.query<ArrivalRow>(sql`
    select kind, item_id, location_id, document, line, arrived_at, quantity from ledger.supply_arrival
    where item_id = any (${of.itemIds}::text[])
      and (document = any (${of.documents}::text[]) or document = '' and arrived_at > ${of.since})`);
}

/** What of a transfer is in transit to a location. */
export type InTransitRow = {
  readonly item_id: string;
  readonly from_location_id: string;
  readonly to_location_id: string;
  readonly transfer_number: string;
  readonly expected_at: Date | null;
  readonly dispatched: number;
  readonly outstanding: number;
};

/** What is in transit of items, lots of one transfer together; below zero where it arrived under another name than it left. */
export function selectInTransit(
  database: Queryable,
  itemIds: readonly string[],
): Promise<readonly InTransitRow[]> {
  return database.query<InTransitRow>(sql`
    select item_id, from_location_id, to_location_id, transfer_number, max(expected_at) as expected_at,
           sum(dispatched)::bigint as dispatched, sum(dispatched - received - lost)::bigint as outstanding
    from ledger.lane_transfer
    where item_id = any (${itemIds}::text[]) and dispatched <> received + lost
    group by item_id, from_location_id, to_location_id, transfer_number`);
}

const namesOf = (merged: readonly MergedItem[]) => ({
  itemIds: merged.map(({ itemId }) => itemId),
  survivors: merged.map(({ survivor }) => survivor),
});

/** Items of which something is to come, in order; those after one. What is of an item that has become another is that one's. */
export async function selectItemsWithSupply(
  database: Queryable,
  page: { readonly after: string; readonly limit: number },
  merged: readonly MergedItem[],
): Promise<readonly string[]> {
  const { itemIds, survivors } = namesOf(merged);
  const rows = await database.query<{ item_id: string }>(sql`
    with wanted as (
      select item_id from ledger.supply_line where quantity > 0 and not cancelled
      union select item_id from ledger.lane_transfer where dispatched > received + lost
    )
    select item_id from (
      select item_id from wanted where item_id > ${page.after} and item_id <> all (${itemIds}::text[])
      union
      select b.survivor from unnest(${itemIds}::text[], ${survivors}::text[]) as b (item_id, survivor)
      where b.survivor > ${page.after} and b.item_id in (select item_id from wanted)
    ) as found order by item_id limit ${page.limit}`);
  return rows.map((row) => row.item_id);
}

/**
 * Items of which something may be overdue, in order; those after one. What is kept for another date is among them, and what is of an item
 * that has become another is that one's.
 */
export async function selectItemsPastDue(
  database: Queryable,
  page: { readonly after: string; readonly limit: number; readonly now: Date },
  merged: readonly MergedItem[],
): Promise<readonly string[]> {
  const { itemIds, survivors } = namesOf(merged);
  const rows = await database.query<{ item_id: string }>(sql`
    with wanted as (
      select item_id from ledger.supply_line where expected_at < ${page.now} and quantity > 0 and not cancelled
      union
      select l.item_id from ledger.supply_line l join ledger.supply_decision d using (source, kind, document, line)
      where d.decision = 'keep' and d.until < ${page.now} and l.quantity > 0 and not l.cancelled
      union select item_id from ledger.lane_transfer where dispatched > received + lost
    )
    select item_id from (
      select item_id from wanted where item_id > ${page.after} and item_id <> all (${itemIds}::text[])
      union
      select b.survivor from unnest(${itemIds}::text[], ${survivors}::text[]) as b (item_id, survivor)
      where b.survivor > ${page.after} and b.item_id in (select item_id from wanted)
    ) as found order by item_id limit ${page.limit}`);
  return rows.map((row) => row.item_id);
}

/** A line as a decision finds it, locked until the transaction ends. */
export type LineToDecide = {
  readonly expected_at: Date;
  readonly is_open: boolean;
  readonly decision: SupplyVerdict | null;
  readonly until: Date | null;
};

export type LineKey = {
  readonly source: string;
  readonly kind: SupplyKind;
  readonly document: string;
  readonly line: string;
};

export async function lockLine(tx: Transaction, key: LineKey): Promise<LineToDecide | undefined> {
  const [row] = await tx.query<LineToDecide>(sql`
    select l.expected_at, l.quantity > 0 and not l.cancelled as is_open, d.decision, d.until
    from ledger.supply_line l
    left join ledger.supply_decision d
      on (d.source, d.kind, d.document, d.line, d.expected_at) = (l.source, l.kind, l.document, l.line, l.expected_at)
    where (l.source, l.kind, l.document, l.line) = (${key.source}, ${key.kind}, ${key.document}, ${key.line})
    for update of l`);
  return row;
}

/** Writes a decision down, in the place of the one before. */
export function upsertDecision(
  tx: Transaction,
  key: LineKey,
  decided: {
    readonly expectedAt: Date;
    readonly verdict: SupplyVerdict;
    readonly until: Date | undefined;
    readonly by: string;
    readonly because: string;
    readonly at: Date;
    readonly eventNumber: number;
  },
): void {
  tx.send(sql`
    insert into ledger.supply_decision
      (source, kind, document, line, expected_at, decision, until, decided_by, because, decided_at, event_number)
    values (${key.source}, ${key.kind}, ${key.document}, ${key.line}, ${decided.expectedAt}, ${decided.verdict}, ${decided.until ?? null},
            ${decided.by}, ${decided.because}, ${decided.at}, ${decided.eventNumber})
    on conflict (source, kind, document, line) do update
      set (expected_at, decision, until, decided_by, because, decided_at, event_number) =
          (excluded.expected_at, excluded.decision, excluded.until, excluded.decided_by, excluded.because, excluded.decided_at,
           excluded.event_number)`);
}
