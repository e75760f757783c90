import { installPeers, loadPeer } from "../b3/peers/scratch.ts";
import type { Cluster } from "../cluster.ts";
import type { Fold } from "./folds.ts";

/** Entries that it folds: its rate does not depend on how many there are, and it takes minutes to tell it more. */
const ENTRIES = 48_000;
const STREAMS = 12;
const APPEND_EVENTS = 500;
const ITEMS = 4_000;

type Moved = { readonly type: "Moved"; readonly data: { readonly item: string; readonly units: number } };
type Balances = Map<string, number>;

/** The part of Emmett's store that is used, as its documentation has it. */
type EventStore = {
  readonly schema: { migrate(): Promise<unknown> };
  appendToStream(stream: string, events: readonly Moved[]): Promise<unknown>;
  aggregateStream(
    stream: string,
    how: { initialState(): Balances; evolve(balances: Balances, event: Moved): Balances },
  ): Promise<{ readonly state: Balances }>;
  close(): Promise<void>;
};

/**
 * Emmett's way: a stream for each warehouse, read from its first event and folded by a function of the user's, all streams at once.
 * Undefined where its package cannot be had.
 */
export async function emmettFold(
  cluster: Cluster,
  say: (line: string) => void,
): Promise<(Fold & { close(): Promise<void> }) | undefined> {
  const scratch = await installPeers(cluster.folder, say);
  if (scratch === undefined) return undefined;
  const { getPostgreSQLEventStore } = loadPeer<{ getPostgreSQLEventStore(url: string): EventStore }>(
    scratch,
    "@event-driven-io/emmett-postgresql",
  );
  const store = getPostgreSQLEventStore(await cluster.createDatabase("emmett"));
  await store.schema.migrate();
  const streams = Array.from({ length: STREAMS }, (_, at) => `warehouse-${at}`);
  const told = await Promise.all(streams.map((stream, at) => tellStream(store, stream, at)));
  return {
    name: "Emmett",
    entries: ENTRIES,
    close: () => store.close(),
    async run() {
      const folded = await Promise.all(
        streams.map((stream) => store.aggregateStream(stream, { initialState: () => new Map(), evolve })),
      );
      return folded.reduce((wrong, { state }, at) => wrong + differencesOf(state, told[at] ?? new Map()), 0);
    },
  };
}

function evolve(balances: Balances, { data }: Moved): Balances {
  return balances.set(data.item, (balances.get(data.item) ?? 0) + data.units);
}

/** Tells a stream its events; gives what they sum to. */
async function tellStream(store: EventStore, stream: string, place: number): Promise<Balances> {
  const balances: Balances = new Map();
  for (let start = place; start < ENTRIES; start += STREAMS * APPEND_EVENTS) {
    const events: Moved[] = [];
    for (let entry = start; entry < Math.min(ENTRIES, start + STREAMS * APPEND_EVENTS); entry += STREAMS) {
      const data = { item: `item-${(entry * 7_919) % ITEMS}`, units: 1 + (entry % 9) };
      events.push({ type: "Moved", data });
    }
    await store.appendToStream(stream, events);
    for (const event of events) evolve(balances, event);
  }
  return balances;
}

function differencesOf(found: Balances, expected: Balances): number {
  const items = new Set([...found.keys(), ...expected.keys()]);
  return [...items].filter((item) => found.get(item) !== expected.get(item)).length;
}
