import { type AccountId, accountId } from "@crossdock/canonical";
import type { Clock, Database, Metrics } from "../platform/index.ts";
import { countOpenParked } from "./parked-store.ts";
import {
  countBacklog,
  countTroubled,
  type HeardRow,
  type StreamStandingRow,
  selectGreatestKey,
  selectHeard,
  selectStreamStandings,
} from "./standing-store.ts";

/** Streams that are shown, and measured, at most: those with the oldest gaps are never left out. */
export const STREAMS_MAX = 1_000;

/** Where a numbered stream stands. */
export type StreamStanding = {
  readonly accountId: AccountId;
  readonly stream: string;
  /** The lowest and the highest number that have been seen. */
  readonly lowest: number;
  readonly highest: number;
  /** How many numbers between the two have not been seen, and since when the gap that is oldest is known. */
  readonly missing: number;
  readonly missingSince: Date | undefined;
};

/** When an account was last heard of; undefined: never. And since when what it said waits to be taken in; undefined: nothing does. */
export type Heard = {
  readonly accountId: AccountId;
  readonly heardAt: Date | undefined;
  readonly waitingSince: Date | undefined;
};

/** How things stand between us and the other systems. */
export type Standing = {
  /** What has yet to be done: messages that nothing has been made of, and documents that have not left. */
  backlog(): Promise<{ readonly messages: number; readonly documents: number }>;
  /** Numbered streams, those with the oldest gaps first. */
  streams(): Promise<readonly StreamStanding[]>;
  /** When each account was last heard of. */
  heard(): Promise<readonly Heard[]>;
  /**
   * The greatest key of an account's messages that begins with `prefix`, byte by byte: where keys end in padded numbers, the one of
   * the highest number.
   */
  greatestKey(accountId: AccountId, prefix: string): Promise<string | undefined>;
};

const toHeard = (row: HeardRow): Heard => ({
  accountId: accountId(row.account_id),
  heardAt: row.heard_at ?? undefined,
  waitingSince: row.waiting_since ?? undefined,
});

function toStanding(row: StreamStandingRow): StreamStanding {
  const { stream, lowest, highest, missing } = row;
  return {
    accountId: accountId(row.account_id),
    stream,
    lowest,
    highest,
    missing,
    missingSince: row.missing_since ?? undefined,
  };
}

/** Opens the questions about how things stand. */
export function createStanding({ database }: { readonly database: Database }): Standing {
  return {
    backlog: () => countBacklog(database),
    streams: async () => (await selectStreamStandings(database, STREAMS_MAX)).map(toStanding),
    heard: async () => (await selectHeard(database)).map(toHeard),
    greatestKey: (account, prefix) => selectGreatestKey(database, account, prefix),
  };
}

/** Adds how things stand to the metrics; it is looked up at every reading of them. */
export function observeStanding(
  { backlog, streams }: Standing,
  {
    database,
    metrics,
    clock,
  }: { readonly database: Database; readonly metrics: Metrics; readonly clock: Clock },
): void {
  metrics.gauge(
    { name: "integration_parked_records", help: "Records that wait for something or somebody." },
    () => countOpenParked(database),
  );
  metrics.gauge(
    {
      name: "integration_troubled_messages",
      help: "Messages that a person must decide about: suspect or dead.",
      labels: ["state"],
    },
    async () => {
      const troubled = await countTroubled(database);
      return Object.entries(troubled).map(([state, value]) => ({ value, labels: { state } }));
    },
  );
  metrics.gauge(
    { name: "integration_unmapped_messages", help: "Messages that nothing has been made of yet." },
    async () => (await backlog()).messages,
  );
  metrics.gauge(
    { name: "integration_unsent_documents", help: "Documents that have not left yet." },
    async () => (await backlog()).documents,
  );
  // Streams are what is configured, a few for each warehouse: their names are labels in spite of being ids.
  const labels = ["account", "stream"];
  const labelsOf = ({ accountId: account, stream }: StreamStanding) => ({ account, stream });
  metrics.gauge(
    { name: "integration_missing_numbers", help: "Numbers that are missing from a numbered stream.", labels },
    async () =>
      (await streams()).map((standing) => ({ value: standing.missing, labels: labelsOf(standing) })),
  );
  metrics.gauge(
    {
      name: "integration_oldest_gap_seconds",
      help: "How long the oldest gap in a numbered stream has been known; 0 where nothing is missing.",
      labels,
    },
    async () => {
      const nowMs = clock.now().getTime();
      return (await streams()).map((standing) => ({
        value: Math.max(0, nowMs - (standing.missingSince?.getTime() ?? nowMs)) / 1_000,
        labels: labelsOf(standing),
      }));
    },
  );
}
