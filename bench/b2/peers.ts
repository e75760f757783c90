import { randomUUID } from "node:crypto";
import pg from "pg";
import { PEER_CONNECTIONS } from "../b1/peer-pool.ts";
import { countedIn, itemName, locationName, type Round, type Size } from "../b4/workload.ts";
import type { Cluster } from "../cluster.ts";
import type { Contestant, Placed } from "./contestant.ts";
import type { Order } from "./world.ts";

const tables = `
  create table stock (
    item_id text not null,
    location_id text not null,
    available bigint not null check (available >= 0),
    primary key (item_id, location_id)
  ) with (fillfactor = 50);
  create table reservation (
    reservation_id text primary key,
    key text not null,
    item_id text not null,
    location_id text not null,
    expires_at timestamptz not null
  )`;

/** Rows that a peer's stock is filled with at once. */
const PAGE = 10_000;
/** Their share of a run: a tenth tells how fast they are. */
const SHARE = 0.2;

type Decide = (client: pg.PoolClient, order: Order) => Promise<Placed | undefined>;

/** Those who decide each order in a transaction of its own. They have neither a ledger nor a log, and keep no refusal. */
export async function openPeers(cluster: Cluster, size: Size): Promise<readonly Contestant[]> {
  return [
    await openPeer(cluster, size, { name: "naive", decide: decideNaively }),
    await openPeer(cluster, size, { name: "one-statement", decide: decideWithPlaces(size) }),
  ];
}

async function openPeer(
  cluster: Cluster,
  size: Size,
  { name, decide }: { readonly name: string; readonly decide: Decide },
): Promise<Contestant> {
  const pool = new pg.Pool({
    connectionString: await cluster.createDatabase(`b2_${name}`),
    max: PEER_CONNECTIONS,
  });
  await pool.query(tables);
  await fill(pool, size);
  return {
    name,
    role: "peer",
    share: SHARE,
    place: (order) => inTransaction(pool, (client) => decide(client, order)),
    cancel: (placed) => giveBack(pool, placed),
    beside: () => ({ stop: async () => undefined }),
    async audit({ placed, cancelled }) {
      const kept = placed.flat().length - cancelled.flat().length;
      const { rows } = await pool.query<{ count: string }>(
        "select count(*) from reservation where reservation_id = any ($1::text[])",
        [placed.flat()],
      );
      const found = Number(rows[0]?.count);
      return found === kept ? [] : [`${found} promises are in the database, not ${kept}`];
    },
    verify: () => stockFaults(pool, size),
    close: () => pool.end(),
  };
}

const LAST: Round = { name: "100 % changed", number: 3 };

async function fill(pool: pg.Pool, size: Size): Promise<void> {
  for (let location = 1; location <= size.locations; location += 1) {
    for (let start = 0; start < size.items; start += PAGE) {
      const items = Array.from({ length: Math.min(PAGE, size.items - start) }, (_, at) => start + at);
      await pool.query(
        "insert into stock select i, $2, u from unnest($1::text[], $3::bigint[]) as t (i, u)",
        [items.map(itemName), locationName(location), items.map((item) => countedIn(LAST, item, location))],
      );
    }
  }
  await pool.query("vacuum analyze stock");
}

/** What is left and what is promised are what there was. */
async function stockFaults(pool: pg.Pool, size: Size): Promise<readonly string[]> {
  const { rows } = await pool.query<{ units: string }>(
    "select (select sum(available) from stock) + (select count(*) from reservation) as units",
  );
  let expected = 0;
  for (let location = 1; location <= size.locations; location += 1) {
    for (let item = 0; item < size.items; item += 1) expected += countedIn(LAST, item, location);
  }
  return Number(rows[0]?.units) === expected
    ? []
    : [`${rows[0]?.units} units left and promised, not ${expected}`];
}

async function inTransaction(
  pool: pg.Pool,
  decide: (client: pg.PoolClient) => Promise<Placed | undefined>,
): Promise<Placed | undefined> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    const placed = await decide(client);
    await client.query(placed === undefined ? "rollback" : "commit");
    return placed;
  } catch (error) {
    await client.query("rollback");
    throw error;
  } finally {
    client.release();
  }
}

const lockAll = {
  name: "lock-all",
  text: `select item_id, location_id, available from stock where item_id = any ($1::text[])
         order by item_id, location_id for update`,
};
const takeAll = {
  name: "take-all",
  text: `with wanted as (select * from unnest($1::text[], $2::text[], $3::text[]) as w (id, item_id, location_id)),
              taken as (
                update stock s set available = available - 1 from wanted w
                where s.item_id = w.item_id and s.location_id = w.location_id
              )
         insert into reservation (reservation_id, key, item_id, location_id, expires_at)
         select id, $4, item_id, location_id, now() + $5 * interval '1 second' from wanted`,
};

type StockRow = { readonly item_id: string; readonly location_id: string; readonly available: string };

/** As most people write it: lock all rows of the items, choose the first place that has one, write. */
async function decideNaively(client: pg.PoolClient, order: Order): Promise<Placed | undefined> {
  const { rows } = await client.query<StockRow>({ ...lockAll, values: [order.items] });
  const places = order.items.map(
    (item) => rows.find((row) => row.item_id === item && Number(row.available) > 0)?.location_id,
  );
  if (places.includes(undefined)) return undefined;
  const ids = order.items.map(() => randomUUID());
  await client.query({ ...takeAll, values: [ids, order.items, places, order.key, order.ttlSeconds] });
  return ids;
}

const takeWhereGiven = {
  name: "take-where-given",
  text: `with wanted as (select * from unnest($1::text[], $2::text[], $3::text[]) as w (id, item_id, location_id)),
              locked as (
                select s.item_id, s.location_id, w.id from stock s join wanted w using (item_id, location_id)
                where s.available > 0 order by s.item_id, s.location_id for update of s
              ),
              taken as (
                update stock s set available = available - 1 from locked l
                where s.item_id = l.item_id and s.location_id = l.location_id and s.available > 0
                returning l.id, s.item_id, s.location_id
              )
         insert into reservation (reservation_id, key, item_id, location_id, expires_at)
         select id, $4, item_id, location_id, now() + $5 * interval '1 second' from taken returning reservation_id`,
};

/** A conditional update of the three rows at once, from a place that was chosen beforehand: it looks at no other. */
function decideWithPlaces({ locations }: Size): Decide {
  return async (client, { key, items, ttlSeconds }) => {
    const places = items.map((item, at) => locationName(1 + ((Number(item.slice(-4)) + at) % locations)));
    const values = [items.map(() => randomUUID()), items, places, key, ttlSeconds];
    const { rows } = await client.query<{ reservation_id: string }>({ ...takeWhereGiven, values });
    return rows.length === items.length ? rows.map((row) => row.reservation_id) : undefined;
  };
}

async function giveBack(pool: pg.Pool, placed: Placed): Promise<void> {
  await pool.query(
    `with gone as (
       delete from reservation where reservation_id = any ($1::text[]) returning item_id, location_id
     ), locked as (
       select s.item_id, s.location_id from stock s join gone using (item_id, location_id)
       order by s.item_id, s.location_id for update of s
     )
     update stock s set available = available + 1 from locked l
     where s.item_id = l.item_id and s.location_id = l.location_id`,
    [placed],
  );
}
