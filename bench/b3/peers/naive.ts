import pg from "pg";
import type { PostedHappening } from "../books.ts";
import type { Peer } from "./peer.ts";

/** Transactions at a time. With more, those of one position wait for each other instead of for the disk. */
const CONNECTIONS = 16;

const tables = `
  create table event (
    warehouse int not null, event_id text not null, kind text not null, item int not null, units int not null,
    occurred_at timestamptz not null, recorded_at timestamptz not null default now(),
    primary key (warehouse, event_id)
  );
  create table position (
    warehouse int not null, item int not null, available bigint not null default 0, picked bigint not null default 0,
    primary key (warehouse, item)
  ) with (fillfactor = 70);
  create table transfer (
    transfer_id bigint generated always as identity primary key, event_id text not null, warehouse int not null,
    item int not null, available bigint not null, picked bigint not null, occurred_at timestamptz not null
  );
  create index transfer_position on transfer (warehouse, item, occurred_at);
  create table outbox (outbox_id bigint generated always as identity primary key, payload jsonb not null)`;

const insertEvent = {
  name: "event",
  text: `insert into event (warehouse, event_id, kind, item, units, occurred_at) values ($1, $2, $3, $4, $5, $6)
         on conflict do nothing`,
};
const upsertPosition = {
  name: "position",
  text: `insert into position as p (warehouse, item, available, picked) values ($1, $2, $3, $4)
         on conflict (warehouse, item) do update
           set available = p.available + excluded.available, picked = p.picked + excluded.picked
         returning available, picked`,
};
const insertTransfer = {
  name: "transfer",
  text: "insert into transfer (event_id, warehouse, item, available, picked, occurred_at) values ($1, $2, $3, $4, $5, $6)",
};
const insertOutbox = { name: "outbox", text: "insert into outbox (payload) values ($1)" };
const lockPosition = {
  name: "lock",
  text: "select available, picked from position where warehouse = $1 and item = $2 for update",
};

/**
 * A transaction for each event, done honestly: the event's id is unique, so that it counts once; position, transfer and outgoing
 * event stand or fall with it. Its counts are as of when they arrive.
 */
export async function openNaive(url: string): Promise<Peer> {
  const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS });
  await pool.query(tables);
  return {
    async take(happenings) {
      const left = happenings.values();
      const work = async () => {
        const client = await pool.connect();
        try {
          for (const happening of left) await takeOne(client, happening);
        } finally {
          client.release();
        }
      };
      await Promise.all(Array.from({ length: CONNECTIONS }, work));
    },
    audit: () => faultsOf(pool),
    close: () => pool.end(),
  };
}

async function takeOne(client: pg.PoolClient, happening: PostedHappening): Promise<void> {
  const { warehouse, item, kind, units, eventId, occurredAt } = happening;
  await client.query("begin");
  const values = [warehouse, eventId, kind, item, units, occurredAt];
  const { rowCount } = await client.query({ ...insertEvent, values });
  if (rowCount === 0) {
    await client.query("rollback");
    return;
  }
  const change = await changeOf(client, happening);
  const position = [warehouse, item, change.available, change.picked];
  await client.query({ ...upsertPosition, values: position });
  await client.query({ ...insertTransfer, values: [eventId, ...position, occurredAt] });
  await client.query({ ...insertOutbox, values: [{ type: "PositionChanged", warehouse, item, ...change }] });
  await client.query("commit");
}

type Change = { readonly available: number; readonly picked: number };

async function changeOf(
  client: pg.PoolClient,
  { kind, warehouse, item, units }: PostedHappening,
): Promise<Change> {
  switch (kind) {
    case "receipt":
    case "adjustment":
    case "transfer-in":
      return { available: units, picked: 0 };
    case "pick":
      return { available: -units, picked: units };
    case "pack":
      return { available: 0, picked: 0 };
    case "ship":
      return { available: 0, picked: -units };
    case "transfer-out":
      return { available: -units, picked: 0 };
    case "count": {
      const { rows } = await client.query<{ available: string; picked: string }>({
        ...lockPosition,
        values: [warehouse, item],
      });
      const there = Number(rows[0]?.available ?? 0) + Number(rows[0]?.picked ?? 0);
      return { available: units - there, picked: 0 };
    }
    default:
      return kind satisfies never;
  }
}

async function faultsOf(pool: pg.Pool): Promise<readonly string[]> {
  const { rows } = await pool.query<{ wrong: string }>(`
    select count(*) as wrong
    from (select warehouse, item, sum(available) as available, sum(picked) as picked from transfer group by 1, 2) as t
    full join position p using (warehouse, item)
    where (t.available, t.picked) is distinct from (p.available, p.picked)`);
  const wrong = Number(rows[0]?.wrong);
  const counts = await pool.query<{ events: string; transfers: string }>(
    "select (select count(*) from event) as events, (select count(*) from transfer) as transfers",
  );
  const { events, transfers } = counts.rows[0] ?? {};
  return [
    ...(wrong === 0 ? [] : [`${wrong} positions are not the sum of their transfers`]),
    ...(events === transfers ? [] : [`${events} events and ${transfers} transfers`]),
  ];
}
