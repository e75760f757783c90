import type { CounterMetric, HistogramMetric, Metrics } from "../platform/index.ts";

/**
 * What this part counts. Labels are connectors and outcomes, never ids; duplicates alone are told by account, because it is one
 * account's source that has begun to tell things twice.
 */
export type Meters = {
  readonly messages: CounterMetric;
  readonly records: CounterMetric;
  readonly duplicates: CounterMetric;
  readonly backfills: CounterMetric;
  readonly resumed: CounterMetric;
  readonly documents: CounterMetric;
  readonly deliverySeconds: HistogramMetric;
};

/** Makes the meters of this part. */
export function createMeters(metrics: Metrics): Meters {
  return {
    messages: metrics.counter({
      name: "integration_messages_total",
      help: "Messages that arrived, by what they were answered.",
      labels: ["connector", "answer"],
    }),
    records: metrics.counter({
      name: "integration_records_total",
      help: "Records of mapped messages, by what became of them.",
      labels: ["outcome"],
    }),
    duplicates: metrics.counter({
      name: "integration_duplicates_total",
      help: "What was recognised as told before, by layer (delivery, id, fingerprint, version) and what was done with it.",
      labels: ["account", "kind", "layer", "outcome"],
    }),
    backfills: metrics.counter({
      name: "integration_backfills_total",
      help: "Gaps that a source was asked for, by what it answered.",
      labels: ["connector", "answer"],
    }),
    resumed: metrics.counter({
      name: "integration_resumed_records_total",
      help: "Parked records that were tried again, by what became of them.",
      labels: ["outcome"],
    }),
    documents: metrics.counter({
      name: "integration_documents_total",
      help: "Attempts to hand over a document, by kind and outcome.",
      labels: ["kind", "outcome"],
    }),
    deliverySeconds: metrics.histogram({
      name: "integration_delivery_seconds",
      help: "How long handing over a document took.",
      labels: ["connector"],
    }),
  };
}
