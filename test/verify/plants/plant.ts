import assert from "node:assert/strict";
import { type Queryable, script, sql, type Transaction } from "../../../src/platform/index.ts";

/** A violation to plant: which check must see it, and the ids that its first offence must name. */
export type Plant = {
  readonly check: string;
  readonly says: string;
  /** Other checks that cannot help seeing it, because the laws overlap there. */
  readonly also?: readonly string[];
  /** Offending rows that the check must count; one unless it says otherwise. */
  readonly total?: number;
  /** Breaks the law, and gives what the offence must name. */
  plant(tx: Transaction): Promise<Readonly<Record<string, unknown>>>;
};

/** The one row of a query. */
export async function only<Row>(rows: Promise<Row[]>): Promise<Row> {
  const [row, ...others] = await rows;
  assert.ok(row !== undefined && others.length === 0, "the query was to give one row");
  return row;
}

/** Statements that need no values: constraints that stand in the way, and changes that name their row themselves. */
export async function run(tx: Transaction, ...statements: readonly string[]): Promise<void> {
  for (const statement of statements) await tx.execute(script(statement));
}

type PositionRow = { readonly position_id: number };

/** The id of the position of an item at the first warehouse, or elsewhere. */
export async function positionOf(tx: Queryable, item: string, location = "wh-1"): Promise<number> {
  const { position_id } = await only(
    tx.query<PositionRow>(sql`
      select position_id from ledger.position where item_id = ${item} and location_id = ${location}`),
  );
  return position_id;
}

/** The first fact of a type, or of a type about an order. */
export async function factOf(tx: Queryable, type: string, orderId: string | null = null): Promise<number> {
  const { number } = await only(
    tx.query<{ number: number }>(sql`
      select number from backbone.event
      where type = ${type} and (${orderId}::text is null or data ->> 'orderId' = ${orderId})
      order by transaction, number limit 1`),
  );
  return number;
}

/** The first reservation in a state. */
export async function reservationIn(tx: Queryable, state: string): Promise<string> {
  const { reservation_id } = await only(
    tx.query<{ reservation_id: string }>(sql`
      select reservation_id from availability.reservation where state::text = ${state} order by reservation_id limit 1`),
  );
  return reservation_id;
}

/** Units move between two statuses of a position, and its balances with them. */
export type Shift = {
  readonly position: number;
  readonly from: string;
  readonly to: string;
  readonly units: number;
  readonly reason: string;
  readonly fact: number;
  readonly reservation?: string;
};

/** Writes a transfer with nothing amiss in it but that nobody asked for it. */
export async function shift(tx: Transaction, move: Shift): Promise<number> {
  const { position, from, to, units, reason, fact, reservation = null } = move;
  const { transfer_id } = await only(
    tx.query<{ transfer_id: number }>(sql`
      insert into ledger.transfer (from_position_id, from_status, to_position_id, to_status, quantity, reason, effective_at,
                                   recorded_at, event_number, reservation_id)
      select ${position}, ${from}, ${position}, ${to}, ${units}, ${reason},
             coalesce((select effective_at from backbone.event where number = ${fact}), now()), now(), ${fact}, ${reservation}
      returning transfer_id`),
  );
  await tx.execute(sql`
    update ledger.position
    set version = version + 1,
        available = available + case ${to} when 'available' then ${units}::bigint else 0 end
                              - case ${from} when 'available' then ${units}::bigint else 0 end,
        held = held + case ${to} when 'held' then ${units}::bigint else 0 end,
        allocated = allocated + case ${to} when 'allocated' then ${units}::bigint else 0 end,
        picked = picked + case ${to} when 'picked' then ${units}::bigint else 0 end,
        damaged = damaged + case ${to} when 'damaged' then ${units}::bigint else 0 end
                          - case ${from} when 'damaged' then ${units}::bigint else 0 end
    where position_id = ${position}`);
  return transfer_id;
}

/** Takes a number for a fact out of the block that the test's processes were given. */
export async function nextNumber(tx: Queryable): Promise<number> {
  const { number } = await only(
    tx.query<{ number: number }>(sql`select max(number) + 1 as number from backbone.event`),
  );
  return number;
}

/** A fact written behind everybody's back: on the log, in the transaction of the first fact, so that every reader has passed it. */
export async function tellBehind(
  tx: Transaction,
  fact: { readonly type: string; readonly source: string; readonly data: object; readonly id?: string },
): Promise<number> {
  const number = await nextNumber(tx);
  await tx.execute(sql`
    insert into backbone.event (number, transaction, source, id, type, effective_at, recorded_at, correlation_id, data)
    select ${number}, min(transaction), ${fact.source}, ${fact.id ?? `planted-${number}`}, ${fact.type}, now(), now(), 'planted',
           ${fact.data}
    from backbone.event`);
  await tx.execute(sql`
    insert into backbone.told (source, id, number)
    select source, id, number from backbone.event where number = ${number} and source <> '/crossdock'`);
  return number;
}

/** Says that the ledger has applied a fact. */
export async function applied(tx: Transaction, fact: number): Promise<void> {
  await tx.execute(sql`
    insert into ledger.fact_outcome (event_number, outcome, recorded_at) values (${fact}, 'applied', now())`);
}
