import { randomUUID } from "node:crypto";
import pg from "pg";
import type { PeerDemand, PeerReservation } from "./peer-server.ts";

/** Where peers keep promises: as little as a correct reservation needs. */
export const reservationTable = `
  create table reservation (
    key text primary key,
    reservation_id text not null,
    item_id text not null,
    location_id text not null,
    quantity bigint not null,
    expires_at timestamptz not null
  )`;
export const RESERVATION_COLUMNS = "reservation_id, item_id, location_id, quantity, expires_at";

const tables = `
  create table stock (
    item_id text not null,
    location_id text not null,
    available bigint not null check (available >= 0),
    primary key (item_id, location_id)
  ) with (fillfactor = 50);
  ${reservationTable}`;

/** What is left of an item and what was promised of it, for the audit. */
export type PeerBooks = {
  readonly left: number;
  readonly promised: number;
  readonly keys: ReadonlySet<string>;
};

/** How a peer's tables are made, filled and read. */
export type PeerTables = {
  create(client: pg.ClientBase): Promise<void>;
  insertStock(client: pg.ClientBase, itemId: string, units: number): Promise<void>;
  books(client: pg.ClientBase, itemId: string): Promise<PeerBooks>;
};

/** The tables of peers that count what is left in one row. */
export const counterRow: PeerTables = {
  async create(client) {
    await client.query(tables);
  },
  async insertStock(client, itemId, units) {
    await client.query("insert into stock values ($1, 'wh-1', $2)", [itemId, units]);
  },
  books: selectBooks,
};

async function selectBooks(client: pg.ClientBase, itemId: string): Promise<PeerBooks> {
  const stock = await client.query<{ available: string }>("select available from stock where item_id = $1", [
    itemId,
  ]);
  const promised = await client.query<{ key: string; quantity: string }>(
    "select key, quantity from reservation where item_id = $1",
    [itemId],
  );
  return {
    left: Number(stock.rows[0]?.available),
    promised: promised.rows.reduce((sum, row) => sum + Number(row.quantity), 0),
    keys: new Set(promised.rows.map((row) => row.key)),
  };
}

const columns = RESERVATION_COLUMNS;
const byKey = { name: "by-key", text: `select ${columns} from reservation where key = $1` };
const lockStock = {
  name: "lock-stock",
  text: "select available from stock where item_id = $1 and location_id = $2 for update",
};
const takeStock = {
  name: "take-stock",
  text: "update stock set available = available - $3 where item_id = $1 and location_id = $2",
};
const insert = {
  name: "insert",
  text: `insert into reservation (key, ${columns}) values ($1, $2, $3, $4, $5, now() + $6 * interval '1 second')
         returning ${columns}`,
};

/** As most people write it: lock the row, look, change it, keep the promise, commit. The lock makes the look at the key safe. */
export async function decideNaively(pool: pg.Pool, demand: PeerDemand): Promise<PeerReservation | undefined> {
  const { key, itemId, locationId, quantity, ttlSeconds } = demand;
  const client = await pool.connect();
  try {
    await client.query("begin");
    const stock = await client.query<{ available: string }>({ ...lockStock, values: [itemId, locationId] });
    const before = await client.query<PeerReservation>({ ...byKey, values: [key] });
    const has = Number(stock.rows[0]?.available ?? 0) >= quantity;
    if (before.rows[0] !== undefined || !has) {
      await client.query("rollback");
      return before.rows[0];
    }
    await client.query({ ...takeStock, values: [itemId, locationId, quantity] });
    const values = [key, randomUUID(), itemId, locationId, quantity, ttlSeconds];
    const made = await client.query<PeerReservation>({ ...insert, values });
    await client.query("commit");
    return made.rows[0];
  } finally {
    client.release();
  }
}

const takeAndInsert = {
  name: "take-and-insert",
  text: `with taken as (
           update stock set available = available - $5
           where item_id = $3 and location_id = $4 and available >= $5
             and not exists (select from reservation where key = $1)
           returning item_id, location_id
         )
         insert into reservation (key, ${columns})
         select $1, $2, item_id, location_id, $5, now() + $6 * interval '1 second' from taken
         returning ${columns}`,
};

/** Everything in one conditional statement: one round trip, and the row is locked for the length of one commit. */
export async function decideInOneStatement(
  pool: pg.Pool,
  demand: PeerDemand,
): Promise<PeerReservation | undefined> {
  const { key, itemId, locationId, quantity, ttlSeconds } = demand;
  const values = [key, randomUUID(), itemId, locationId, quantity, ttlSeconds];
  try {
    const made = await pool.query<PeerReservation>({ ...takeAndInsert, values });
    if (made.rows[0] !== undefined) return made.rows[0];
  } catch (error) {
    // The first request under this key was in flight: its promise is there now.
    if (!(error instanceof pg.DatabaseError && error.code === "23505")) throw error;
  }
  const before = await pool.query<PeerReservation>({ ...byKey, values: [key] });
  return before.rows[0];
}
