import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** Values for the labels that the description names. */
export type Labels = Readonly<Record<string, string | number>>;

/** How often something has happened; only grows. By one when no amount is given. */
export type CounterMetric = { add(labels?: Labels, amount?: number): void };
/** How much there is of something now. */
export type GaugeMetric = { set(value: number, labels?: Labels): void };
/** How values are distributed; durations are in seconds, as Prometheus expects. */
export type HistogramMetric = {
  observe(value: number, labels?: Labels): void;
  /** Starts a stopwatch; calling the result records the seconds since. */
  time(labels?: Labels): () => void;
};

/** What a metric is called and means. The unit goes last in the name: `ledger_batch_seconds`, `inbox_messages_total`. */
export type MetricDescription = {
  /** Without `crossdock_`, which is put in front; begins with the part's name. */
  readonly name: string;
  readonly help: string;
  /** Names of labels. Each must have few values: never an id. */
  readonly labels?: readonly string[];
};

/** One value of a gauge, with the labels that it stands under. */
export type Sample = { readonly value: number; readonly labels: Labels };
/** What a gauge shows now: one value, or one for each set of labels; sets that are not among them are shown no more. */
export type Collected = number | readonly Sample[];

/** Where metrics are made and read. Asking twice for the same name gives the same metric. */
export type Metrics = {
  counter(description: MetricDescription): CounterMetric;
  /** `collect`, when given, is asked for the value at each reading. */
  gauge(description: MetricDescription, collect?: () => Collected | Promise<Collected>): GaugeMetric;
  histogram(description: MetricDescription, buckets?: readonly number[]): HistogramMetric;
  /** The whole in the Prometheus text format. */
  text(): Promise<string>;
  readonly contentType: string;
};

const prefix = "crossdock_";

/** From half a millisecond, a warm query, to ten seconds, beyond which nobody waits. In seconds. */
const durationBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Makes an empty registry; with `includeProcess`, also of Node's memory, event loop and garbage collection. */
export function createMetrics(options: { readonly includeProcess?: boolean } = {}): Metrics {
  const registry = new Registry();
  const counters = new Map<string, CounterMetric>();
  const gauges = new Map<string, GaugeMetric>();
  const histograms = new Map<string, HistogramMetric>();
  if (options.includeProcess === true) collectDefaultMetrics({ register: registry, prefix });

  return {
    counter: (description) => once(counters, description, () => makeCounter(registry, description)),
    gauge: (description, collect) =>
      once(gauges, description, () => makeGauge(registry, description, collect)),
    histogram: (description, buckets = durationBuckets) =>
      once(histograms, description, () => makeHistogram(registry, description, buckets)),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

/** The registry itself refuses a name that is already that of another kind. */
function once<Metric>(made: Map<string, Metric>, { name }: MetricDescription, make: () => Metric): Metric {
  const metric = made.get(name) ?? make();
  made.set(name, metric);
  return metric;
}

function common(registry: Registry, { name, help, labels }: MetricDescription) {
  return { name: prefix + name, help, labelNames: labels ?? [], registers: [registry] };
}

function makeCounter(registry: Registry, description: MetricDescription): CounterMetric {
  const counter = new Counter(common(registry, description));
  return { add: (labels = {}, amount = 1) => counter.inc(labels, amount) };
}

function makeGauge(
  registry: Registry,
  description: MetricDescription,
  collect?: () => Collected | Promise<Collected>,
): GaugeMetric {
  const gauge: Gauge = new Gauge({
    ...common(registry, description),
    ...(collect === undefined ? {} : { collect: async (): Promise<void> => show(gauge, await collect()) }),
  });
  return { set: (value, labels = {}) => gauge.set(labels, value) };
}

function show(gauge: Gauge, collected: Collected): void {
  gauge.reset();
  const samples = typeof collected === "number" ? [{ value: collected, labels: {} }] : collected;
  for (const { value, labels } of samples) gauge.set(labels, value);
}

function makeHistogram(
  registry: Registry,
  description: MetricDescription,
  buckets: readonly number[],
): HistogramMetric {
  const histogram = new Histogram({ ...common(registry, description), buckets: [...buckets] });
  return {
    observe: (value, labels = {}) => histogram.observe(labels, value),
    time(labels = {}) {
      const end = histogram.startTimer(labels);
      return () => {
        end();
      };
    },
  };
}
