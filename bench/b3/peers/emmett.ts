import pg from "pg";
import type { PostedHappening } from "../books.ts";
import type { Peer } from "./peer.ts";
import { loadPeer } from "./scratch.ts";

/** Events of one append, as many as a warehouse posts at a time. */
const APPEND_EVENTS = 500;

type EventStore = {
  readonly schema: { migrate(): Promise<unknown> };
  appendToStream(stream: string, events: readonly { type: string; data: object }[]): Promise<unknown>;
  close(): Promise<void>;
};

/**
 * Emmett's event store, given what suits it best: a stream for each warehouse and 500 events an append, all warehouses at once. It
 * only appends: nothing is recognised as told before, and no position is kept.
 */
export async function openEmmett(url: string, scratch: string): Promise<Peer> {
  const emmett = loadPeer<{ getPostgreSQLEventStore(url: string): EventStore }>(
    scratch,
    "@event-driven-io/emmett-postgresql",
  );
  const store = emmett.getPostgreSQLEventStore(url);
  await store.schema.migrate();
  let taken = 0;
  const appendAll = async (stream: string, happenings: readonly PostedHappening[]) => {
    for (let start = 0; start < happenings.length; start += APPEND_EVENTS) {
      const page = happenings.slice(start, start + APPEND_EVENTS);
      await store.appendToStream(
        stream,
        page.map(({ kind, ...data }) => ({ type: kind, data })),
      );
    }
  };
  return {
    async take(happenings) {
      const streams = Map.groupBy(happenings, ({ warehouse }) => `warehouse-${warehouse}`);
      await Promise.all([...streams].map(([stream, own]) => appendAll(stream, own)));
      taken += happenings.length;
    },
    async audit() {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      const { rows } = await client.query<{ kept: string }>("select count(*) as kept from emt_messages");
      await client.end();
      return Number(rows[0]?.kept) === taken ? [] : [`${rows[0]?.kept} events are kept of ${taken}`];
    },
    close: () => store.close(),
  };
}
