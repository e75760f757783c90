import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import type { Cluster } from "../cluster.ts";
import type { Contestant, Imported } from "./contestant.ts";
import { readings } from "./product.ts";
import { type Chunk, chunksOf, countedIn, ROUNDS, type Round, rowsOf, type Size } from "./workload.ts";

/** Rows that a way gets which needs a round trip for each of them, or for a few hundred: its rate does not depend on how many. */
const SAMPLE_ROWS = 3_000;
const SAMPLE_ROWS_IN_CALLS = 100_000;
/** Records that one call of Dynamics 365 Inventory Visibility takes. */
const CALL_ROWS = 512;
/** Rows of one statement of those who do it in bulk. */
const BULK_ROWS = 100_000;

const table = `
  create table stock (
    item_id text not null,
    location_id text not null,
    quantity bigint not null,
    updated_at timestamptz not null,
    primary key (item_id, location_id)
  ) with (fillfactor = 70)`;

const upsertOne = {
  name: "upsert-one",
  text: `insert into stock values ($1, $2, $3, now())
         on conflict (item_id, location_id) do update set quantity = excluded.quantity, updated_at = excluded.updated_at`,
};
const upsertMany = {
  name: "upsert-many",
  text: `insert into stock select item_id, $2, quantity, now() from unnest($1::text[], $3::bigint[]) as s (item_id, quantity)
         on conflict (item_id, location_id) do update set quantity = excluded.quantity, updated_at = excluded.updated_at`,
};

type Way = {
  readonly name: string;
  readonly rowsPerCall: number;
  /** Rows that it is given at most. */
  readonly sample: number;
};

const WAYS: readonly Way[] = [
  { name: "upsert a row", rowsPerCall: 1, sample: SAMPLE_ROWS },
  { name: "upsert 512 a call", rowsPerCall: CALL_ROWS, sample: SAMPLE_ROWS_IN_CALLS },
  { name: "upsert in bulk", rowsPerCall: BULK_ROWS, sample: Number.POSITIVE_INFINITY },
];

/** Those who overwrite a table of quantities: no log, no transfers, nothing said of what was there before. */
export async function openPeers(cluster: Cluster, size: Size): Promise<readonly Contestant[]> {
  const peers: Contestant[] = [];
  for (const [index, way] of WAYS.entries()) peers.push(await openPeer(cluster, size, { ...way, index }));
  return peers;
}

async function openPeer(
  cluster: Cluster,
  size: Size,
  way: Way & { readonly index: number },
): Promise<Contestant> {
  const url = await cluster.createDatabase(`b4_peer_${way.index}`);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return {
    name: way.name,
    reads: {
      url,
      text: "select item_id, quantity from stock where item_id = any ($1::text[]) and location_id = any ($2::text[])",
      values: readings(size),
    },
    async prepare() {
      await client.query(table);
      const [first] = ROUNDS;
      if (first === undefined) return;
      for (const chunk of chunksOf(size, first, BULK_ROWS)) await upsertChunk(client, chunk);
    },
    import: (round) => importRows(client, size, { way, round }),
    audit: (round) => audit(client, size, { way, round }),
    close: () => client.end(),
  };
}

const upsertChunk = (client: pg.Client, chunk: Chunk) =>
  client.query({ ...upsertMany, values: [chunk.items, `wh-${chunk.location}`, chunk.counted] });

async function importRows(
  client: pg.Client,
  size: Size,
  { way, round }: { readonly way: Way; readonly round: Round },
): Promise<Imported> {
  let rows = 0;
  for (const chunk of chunksOf(size, round, way.rowsPerCall)) {
    if (rows >= way.sample) break;
    if (way.rowsPerCall > 1) await upsertChunk(client, chunk);
    else {
      const values = [chunk.items[0], `wh-${chunk.location}`, chunk.counted[0]];
      await client.query({ ...upsertOne, values });
    }
    rows += chunk.items.length;
  }
  return { rows, phasesMs: {} };
}

async function audit(
  client: pg.Client,
  size: Size,
  { way, round }: { readonly way: Way; readonly round: Round },
): Promise<readonly string[]> {
  const stock = await client.query<{ item_id: string; location_id: string; quantity: string }>(
    "select item_id, location_id, quantity from stock where location_id = 'wh-1' order by item_id limit $1",
    [Math.min(way.sample, size.items)],
  );
  const wrong = stock.rows.filter(
    (row) => Number(row.quantity) !== countedIn(round, Number(row.item_id.slice("item-".length)), 1),
  );
  return wrong.length === 0 ? [] : [`${way.name}: ${wrong.length} rows have another number than was sent`];
}

/** The ceiling: the server reads a file of its own into a table that is not logged. Gives rows a second. */
export async function copyRate(cluster: Cluster, size: Size): Promise<number> {
  const client = new pg.Client({ connectionString: await cluster.createDatabase("b4_copy") });
  await client.connect();
  try {
    await client.query("create unlogged table staging (item_id text, location_id text, quantity bigint)");
    const path = join(cluster.folder, "b4-rows");
    const [first] = ROUNDS;
    const lines: string[] = [];
    for (const chunk of first === undefined ? [] : chunksOf(size, first, BULK_ROWS)) {
      for (const [at, item] of chunk.items.entries()) {
        lines.push(`${item}\twh-${chunk.location}\t${chunk.counted[at]}`);
      }
    }
    await writeFile(path, `${lines.join("\n")}\n`, { mode: 0o644 });
    const startedAt = performance.now();
    await client.query(`copy staging from ${client.escapeLiteral(path)}`);
    return (rowsOf(size) * 1_000) / (performance.now() - startedAt);
  } finally {
    await client.end();
  }
}
