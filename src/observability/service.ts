import { subscriberLags } from "../backbone/index.ts";
import type { Database, Metrics } from "../platform/index.ts";

/** Adds each reader's lag and dead letters to the metrics; they are measured at every reading of the metrics. */
export function observeReaders(options: { readonly database: Database; readonly metrics: Metrics }): void {
  const { database, metrics } = options;
  const labels = ["reader"];
  const facts = metrics.gauge({
    name: "observability_reader_lag_facts",
    help: "Facts that a reader of the log has yet to read.",
    labels,
  });
  const seconds = metrics.gauge({
    name: "observability_reader_lag_seconds",
    help: "Age of the oldest fact that a reader of the log has yet to read.",
    labels,
  });
  const letters = metrics.gauge({
    name: "observability_dead_letters",
    help: "Facts that a reader could not take and that wait for a person.",
    labels,
  });
  metrics.gauge({ name: "observability_readers", help: "Readers of the log." }, async () => {
    const lags = await subscriberLags(database);
    for (const lag of lags) {
      facts.set(lag.facts, { reader: lag.name });
      seconds.set(lag.seconds, { reader: lag.name });
      letters.set(lag.dead_letters, { reader: lag.name });
    }
    return lags.length;
  });
}
