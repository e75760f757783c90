import pg from "pg";
import { type Statement, sql } from "../../src/platform/index.ts";
import { usedByTree } from "../measure/processor-time.ts";
import { copyIn } from "./copy-in.ts";

/** What the tables themselves allow over one connection, in events a second. An event is its row of the log, its id, and one transfer. */
export type TableCeilings = {
  /** Rows that `COPY` puts into a staging table without an index. */
  readonly copy: Timed;
  /** Events that `insert … select unnest` puts into the real tables with their indexes, by how many share a transaction. */
  readonly unnest: readonly ({ readonly batch: number } & Timed)[];
};

/** A rate, and what it cost PostgreSQL: on a busy machine only the latter means something. */
type Timed = { readonly rate: number; readonly postgresMicros: number };

const BATCHES = [100, 1_000, 5_000];
const COPY_ROWS = 20_000;
/** Positions that the transfers are spread over. */
const POSITIONS_MAX = 100_000;
/** Numbers of facts that the product has not come to. */
const NUMBER_FIRST = 5_000_000;

const staging = `create table bench_staging (
  event_id text, warehouse text, sku text, kind text, quantity bigint, sequence bigint, occurred_at timestamptz)`;

/** Where it is measured, for how long each, and whose processor time it is. */
export type CeilingOrder = { readonly url: string; readonly postgresPid: number; readonly ms: number };

/** Measures in a copy of the product's database. Only the server's time counts: batches are made beforehand. */
export async function measureCeilings(order: CeilingOrder): Promise<TableCeilings> {
  const copy = await withClient({ connectionString: order.url }, async (client) => {
    await client.query(staging);
    const lines = copyLines(COPY_ROWS);
    const write = () => copyIn(client, "copy bench_staging from stdin", lines);
    return timed(order, () => ({ events: COPY_ROWS, write }));
  });
  const unnest = await withClient({ connectionString: order.url, pipeline: true }, (client) =>
    measureUnnest(client, order),
  );
  return { copy, unnest };
}

async function withClient<Value>(
  config: pg.ClientConfig,
  work: (client: pg.Client) => Promise<Value>,
): Promise<Value> {
  const client = new pg.Client(config);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function measureUnnest(client: pg.Client, order: CeilingOrder): Promise<TableCeilings["unnest"]> {
  const { rows } = await client.query<{ position_id: string }>(
    "select position_id from ledger.position order by random() limit $1",
    [POSITIONS_MAX],
  );
  const positions = rows.map((row) => Number(row.position_id));
  const unnest: ({ batch: number } & Timed)[] = [];
  let next = NUMBER_FIRST;
  for (const batch of BATCHES) {
    const reached = await timed(order, () => {
      const statements = batchOf({ first: next, size: batch, positions });
      next += batch;
      return { events: batch, write: () => writeBatch(client, statements) };
    });
    unnest.push({ batch, ...reached });
  }
  return unnest;
}

type Step = { readonly events: number; readonly write: () => Promise<unknown> };

/** Events a second, over the time that the writes take. */
async function timed({ postgresPid, ms }: CeilingOrder, prepare: () => Step): Promise<Timed> {
  let [events, elapsedMs] = [0, 0];
  // The first makes the plan and warms the pages up.
  await prepare().write();
  const before = usedByTree(postgresPid) ?? Number.NaN;
  while (elapsedMs < ms) {
    const step = prepare();
    const startedAt = performance.now();
    await step.write();
    elapsedMs += performance.now() - startedAt;
    events += step.events;
  }
  const used = (usedByTree(postgresPid) ?? Number.NaN) - before;
  return { rate: (events * 1_000) / elapsedMs, postgresMicros: used / events };
}

function copyLines(count: number): string {
  const at = new Date().toISOString();
  const line = (index: number) => `event-${index}\tWH01\tSKU-${index}\tpick\t3\t${index}\t${at}\n`;
  return Array.from({ length: count }, (_, index) => line(index)).join("");
}

/** The statements travel together, as the product's do. */
async function writeBatch(client: pg.Client, statements: readonly Statement[]): Promise<void> {
  const sent = statements.map(({ text, values, name }) =>
    client.query({ text, values: [...values], ...(name === undefined ? {} : { name }) }),
  );
  await Promise.all([client.query("begin"), ...sent, client.query("commit")]);
}

type Batch = { readonly first: number; readonly size: number; readonly positions: readonly number[] };

/** Facts and transfers as the product writes them. */
function batchOf({ first, size, positions }: Batch): readonly Statement[] {
  const numbers = Array.from({ length: size }, (_, index) => first + index);
  const at = new Date().toISOString();
  const column = <Value>(value: (number: number) => Value) => numbers.map(value);
  const data = (number: number) =>
    JSON.stringify({ item: `item-${number}`, location: "wh-01", quantity: 3, purchaseOrder: "PO-1" });
  const position = (number: number) => positions[(number * 7_919) % positions.length] ?? 0;
  return [
    sql`
      insert into backbone.event (number, transaction, source, id, type, effective_at, recorded_at, correlation_id,
                                  causation_id, stream, sequence_number, data)
      select e.number, (select backbone.current_log_transaction()), e.source, e.id, e.type, e.at, now(), e.correlation,
             e.causation, e.stream, e.sequence, e.data
      from unnest(${numbers}::bigint[], ${column(() => "/accounts/wms-01")}::text[],
                  ${column((number) => `ceiling-${number}`)}::text[], ${column(() => "StockReceived")}::text[],
                  ${column(() => at)}::timestamptz[], ${column((number) => `correlation-${number % 500}`)}::text[],
                  ${column((number) => `message-${number % 500}`)}::text[], ${column(() => "WH01")}::text[],
                  ${numbers}::bigint[], ${column(data)}::jsonb[])
        as e (number, source, id, type, at, correlation, causation, stream, sequence, data)`,
    sql`
      insert into backbone.told (source, id, number)
      select '/accounts/wms-01', t.id, t.number
      from unnest(${column((number) => `ceiling-${number}`)}::text[], ${numbers}::bigint[]) as t (id, number)
      on conflict (source, id) do nothing`,
    sql`
      insert into ledger.transfer (from_position_id, from_status, to_position_id, to_status, quantity, reason, effective_at,
                                   recorded_at, event_number)
      select t.from_id, 'available', t.to_id, 'picked', 3, 'pick', t.at, now(), t.number
      from unnest(${column(position)}::bigint[], ${column(position)}::bigint[], ${column(() => at)}::timestamptz[],
                  ${numbers}::bigint[]) as t (from_id, to_id, at, number)`,
  ];
}
