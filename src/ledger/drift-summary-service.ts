import type { Clock, Database, Metrics } from "../platform/index.ts";
import { selectOpenOfSources } from "./count-case-report-store.ts";
import {
  type SummaryAsked,
  type SummaryDay,
  type SummaryItem,
  type SummaryPlace,
  selectSummaryDays,
  selectSummaryItems,
  selectSummaryPlaces,
} from "./drift-summary-store.ts";

/** Rows of a trend: a quarter of a year of ten sources. */
const DAYS_MAX = 1_000;
/** Places and positions that are named: as many as somebody looks through. */
const PLACES_MAX = 200;
const ITEMS_MAX = 20;

/** What counts found in a period that the books had otherwise: by day, by place, and the positions that differed most. */
export type DriftSummary = {
  readonly days: readonly SummaryDay[];
  readonly places: readonly SummaryPlace[];
  readonly items: readonly SummaryItem[];
};

/** Sums the drift of a period up. */
export async function driftSummary(database: Database, asked: SummaryAsked): Promise<DriftSummary> {
  const [days, places, items] = await Promise.all([
    selectSummaryDays(database, asked, DAYS_MAX),
    selectSummaryPlaces(database, asked, PLACES_MAX),
    selectSummaryItems(database, asked, ITEMS_MAX),
  ]);
  return { days, places, items };
}

/** The drift that the metrics show is that of the last day. */
const DAY_MS = 86_400_000;
/** How long what was summed up is shown: metrics are read every few seconds, and a night's snapshots are many rows. */
const SUMMED_MS = 60_000;

/**
 * Adds what waits for a decision and what counts found to the metrics. Sources are what is configured, a few for each warehouse: their
 * names are labels in spite of being ids.
 */
export function observeDrift({
  database,
  clock,
  metrics,
}: {
  readonly database: Database;
  readonly clock: Clock;
  readonly metrics: Metrics;
}): void {
  metrics.gauge(
    {
      name: "ledger_count_cases_open",
      help: "Counts that differ by more than their tolerance and wait for a decision.",
      labels: ["source"],
    },
    async () =>
      (await selectOpenOfSources(database)).map(({ source, cases }) => ({
        value: cases,
        labels: { source },
      })),
  );
  metrics.gauge(
    {
      name: "ledger_count_case_oldest_seconds",
      help: "How long the oldest count that waits for a decision has waited.",
      labels: ["source"],
    },
    async () =>
      (await selectOpenOfSources(database)).map(({ source, oldest }) => ({
        value: Math.max(0, clock.now().getTime() - oldest.getTime()) / 1_000,
        labels: { source },
      })),
  );
  const places = lastDay(database, clock);
  metrics.gauge(
    {
      name: "ledger_drift_units",
      help: "Units that counts of the last day found or missed beside the books.",
      labels: ["source", "direction"],
    },
    async () => bySource(await places(), () => "", ["units_found", "units_missing"]),
  );
  metrics.gauge(
    {
      name: "ledger_drift_value",
      help: "What these units are worth, where a cost is known, in whole units of the currency.",
      labels: ["source", "direction", "currency"],
    },
    async () => bySource(await places(), (row) => row.currency, ["value_found", "value_missing"]),
  );
}

/** Sums the last day up, and again when that is a minute old. */
function lastDay(database: Database, clock: Clock): () => Promise<readonly SummaryPlace[]> {
  let summed: { readonly at: number; readonly rows: Promise<readonly SummaryPlace[]> } | undefined;
  return () => {
    const to = clock.now();
    if (summed === undefined || to.getTime() - summed.at >= SUMMED_MS) {
      const asked = { from: new Date(to.getTime() - DAY_MS), to, sources: undefined };
      const rows = selectSummaryPlaces(database, asked, PLACES_MAX);
      summed = { at: to.getTime(), rows };
      rows.catch(() => {
        summed = undefined;
      });
    }
    return summed.rows;
  };
}

type Amount = "units_found" | "units_missing" | "value_found" | "value_missing";

/** Samples by source and direction. A sum of money is shown as a float: a metric is looked at, and nothing is computed with it. */
function bySource(
  rows: readonly SummaryPlace[],
  currencyOf: (row: SummaryPlace) => string | null,
  [found, missing]: readonly [Amount, Amount],
) {
  const sums = new Map<string, { value: number; readonly labels: Readonly<Record<string, string>> }>();
  for (const row of rows) {
    const currency = currencyOf(row);
    if (currency === null) continue;
    for (const [direction, amount] of [
      ["found", found],
      ["missing", missing],
    ] as const) {
      const key = `${row.source} ${direction} ${currency}`;
      const labels = { source: row.source, direction, ...(currency === "" ? {} : { currency }) };
      const sum = sums.get(key) ?? { value: 0, labels };
      sum.value += Number(row[amount] ?? 0);
      sums.set(key, sum);
    }
  }
  return [...sums.values()];
}
