import { randomUUID } from "node:crypto";
import pg from "pg";
import { type PeerBooks, type PeerTables, RESERVATION_COLUMNS, reservationTable } from "./peer-database.ts";
import type { PeerDemand, PeerReservation } from "./peer-server.ts";

/**
 * A row for each unit on sale, of which a buyer locks one that nobody else has: no buyer waits for another. The form is the one that
 * Shopify has told of: rows are spare units of an item at a place, a thousand at most, and are made from a counter when they run out.
 */
const tables = `
  create table stock (
    item_id text not null,
    location_id text not null,
    unsold bigint not null check (unsold >= 0),
    primary key (item_id, location_id)
  );
  create table unit (
    unit_id bigint generated always as identity primary key,
    item_id text not null,
    location_id text not null
  );
  create index unit_at on unit (item_id, location_id);
  ${reservationTable}`;

const SPARE_MAX = 1_000;

/** The tables of the peer whose units are rows. */
export const unitRows: PeerTables = {
  async create(client) {
    await client.query(tables);
  },
  async insertStock(client, itemId, units) {
    await client.query("insert into stock values ($1, 'wh-1', $2)", [itemId, units]);
  },
  async books(client, itemId): Promise<PeerBooks> {
    const left = await client.query<{ units: string }>(
      `select (select coalesce(sum(unsold), 0) from stock where item_id = $1)
              + (select count(*) from unit where item_id = $1) as units`,
      [itemId],
    );
    const promised = await client.query<{ key: string; quantity: string }>(
      "select key, quantity from reservation where item_id = $1",
      [itemId],
    );
    return {
      left: Number(left.rows[0]?.units),
      promised: promised.rows.reduce((sum, row) => sum + Number(row.quantity), 0),
      keys: new Set(promised.rows.map((row) => row.key)),
    };
  },
};

const takeUnits = {
  name: "take-units",
  text: `with picked as (
           select unit_id from unit
           where item_id = $3 and location_id = $4 and not exists (select from reservation where key = $1)
           limit $5 for update skip locked
         ), taken as (
           delete from unit where unit_id in (select unit_id from picked) and (select count(*) from picked) = $5
           returning unit_id
         )
         insert into reservation (key, ${RESERVATION_COLUMNS})
         select $1, $2, $3, $4, $5, now() + $6 * interval '1 second' where (select count(*) from taken) = $5
         returning ${RESERVATION_COLUMNS}`,
};
const look = {
  name: "look",
  text: `select unsold, exists (select from unit where item_id = $1 and location_id = $2) as has_units from stock
         where item_id = $1 and location_id = $2`,
};
const byKey = { name: "by-key", text: `select ${RESERVATION_COLUMNS} from reservation where key = $1` };
const lockStock = {
  name: "lock-stock",
  text: "select unsold from stock where item_id = $1 and location_id = $2 for update",
};
const makeUnits = {
  name: "make-units",
  text: `with more as (
           update stock set unsold = unsold - least(unsold, ${SPARE_MAX})
           where item_id = $1 and location_id = $2
             and not exists (select from unit where item_id = $1 and location_id = $2)
           returning old.unsold - new.unsold as units
         )
         insert into unit (item_id, location_id) select $1, $2 from more, generate_series(1, more.units)`,
};

/** Takes rows that nobody has locked. Where there is none it says so only when none is left, locked or not. */
export async function decideByUnitRows(
  pool: pg.Pool,
  demand: PeerDemand,
): Promise<PeerReservation | undefined> {
  const { key, itemId, locationId, quantity, ttlSeconds } = demand;
  const place = [itemId, locationId];
  for (;;) {
    const values = [key, randomUUID(), itemId, locationId, quantity, ttlSeconds];
    try {
      const made = await pool.query<PeerReservation>({ ...takeUnits, values });
      if (made.rows[0] !== undefined) return made.rows[0];
    } catch (error) {
      // The first request under this key was in flight: its promise is there now.
      if (!(error instanceof pg.DatabaseError && error.code === "23505")) throw error;
    }
    const before = await pool.query<PeerReservation>({ ...byKey, values: [key] });
    if (before.rows[0] !== undefined) return before.rows[0];
    const there = await pool.query<{ unsold: string; has_units: boolean }>({ ...look, values: place });
    const { unsold = "0", has_units: hasUnits = false } = there.rows[0] ?? {};
    if (Number(unsold) === 0 && !hasUnits) return undefined;
    if (!hasUnits) await refill(pool, place);
  }
}

/** Makes rows of units that are only counted, by whoever comes first; the others wait for it. */
async function refill(pool: pg.Pool, place: readonly string[]): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await client.query({ ...lockStock, values: [...place] });
    // A statement of its own, which sees what the one before us in the queue has made.
    await client.query({ ...makeUnits, values: [...place] });
    await client.query("commit");
  } finally {
    client.release();
  }
}
