import { randomUUID } from "node:crypto";
import pg from "pg";
import { counterRow, decideInOneStatement, decideNaively } from "../b1/peer-database.ts";
import { PEER_CONNECTIONS } from "../b1/peer-pool.ts";
import { LOCATION } from "../b1/request.ts";
import type { Cluster } from "../cluster.ts";
import type { Contestant } from "./contestant.ts";

type Decide = (pool: pg.Pool, item: string, keys: readonly string[]) => Promise<readonly string[]>;

/** Those who decide each request alone, and one who decides a call in one statement over the same two tables. */
export async function openPeers(cluster: Cluster, calls: number): Promise<readonly Contestant[]> {
  const few = Math.max(2, Math.round(calls / 10));
  return [
    await openPeer(cluster, { name: "naive", calls: few, decide: oneByOne(decideNaively) }),
    await openPeer(cluster, { name: "one-statement", calls: few, decide: oneByOne(decideInOneStatement) }),
    await openPeer(cluster, { name: "batched-statement", calls, decide: decideTogether }),
  ];
}

async function openPeer(
  cluster: Cluster,
  { name, calls, decide }: { readonly name: string; readonly calls: number; readonly decide: Decide },
): Promise<Contestant> {
  const pool = new pg.Pool({
    connectionString: await cluster.createDatabase(name),
    max: PEER_CONNECTIONS,
  });
  const client = await pool.connect();
  await counterRow.create(client);
  return {
    name,
    role: "peer",
    calls,
    prepare: (item, units) => counterRow.insertStock(client, item, units),
    decide: (item, keys) => decide(pool, item, keys),
    async audit(item, { units, promised }) {
      const books = await counterRow.books(client, item);
      const missing = promised.filter((key) => !books.keys.has(key)).length;
      return [
        ...(books.left === 0 && books.promised === units
          ? []
          : [`${books.left} left and ${books.promised} promised of ${units}`]),
        ...(missing === 0 ? [] : [`${missing} promises are not in the database`]),
      ];
    },
    verify: async () => [],
    async close() {
      client.release();
      await pool.end();
    },
  };
}

function oneByOne(decide: typeof decideNaively): Decide {
  return async (pool, item, keys) => {
    const made = await Promise.all(
      keys.map((key) =>
        decide(pool, { key, itemId: item, locationId: LOCATION, quantity: 1, ttlSeconds: 900 }),
      ),
    );
    return keys.filter((_, at) => made[at] !== undefined);
  };
}

const together = {
  name: "decide-together",
  text: `with stock as (
           select available from stock where item_id = $1 and location_id = $2 for update
         ), asked as (
           select k.key, k.id, row_number() over (order by k.place) as turn
           from unnest($3::text[], $4::text[]) with ordinality as k (key, id, place)
           where not exists (select from reservation r where r.key = k.key)
         ), made as (
           insert into reservation (key, reservation_id, item_id, location_id, quantity, expires_at)
           select a.key, a.id, $1, $2, 1, now() + interval '900 seconds'
           from asked a, stock s where a.turn <= s.available
           returning key
         ), taken as (
           update stock set available = available - (select count(*) from made)
           where item_id = $1 and location_id = $2
         )
         select key from made`,
};

/** A whole call in one statement: as little as a batch can cost that keeps its promises, and neither ledger nor log nor refusals. */
async function decideTogether(
  pool: pg.Pool,
  item: string,
  keys: readonly string[],
): Promise<readonly string[]> {
  const values = [item, LOCATION, keys, keys.map(() => randomUUID())];
  const made = await pool.query<{ key: string }>({ ...together, values });
  return made.rows.map(({ key }) => key);
}
