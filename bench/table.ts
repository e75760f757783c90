import type { BenchmarkResult, Ceiling, Reached } from "./result.ts";

const numbers = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });

/** A number as people read it: 12,340. */
export function shown(value: number | null): string {
  return value === null ? "void" : numbers.format(value);
}

/** Rows as aligned columns; the first is a name, the others are numbers. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** A result for people. */
export function tableOf(result: BenchmarkResult): string {
  const { product, peers, ceilings, ratios, machine } = result;
  const contestants: [string, Reached][] = [["crossdock", product], ...Object.entries(peers)];
  const rows = [
    ["", "rate", "unit", "min", "max", "p50 ms", "p99 ms"],
    ...contestants.map(([name, reached]) => reachedRow(name, reached)),
    ...Object.entries(ceilings).map(([name, ceiling]) => ceilingRow(name, ceiling)),
  ];
  const more = contestants.map(([name, reached]) => {
    const parts = Object.entries(reached.more).map(([what, value]) => `${what} ${shown(value)}`);
    return `${name}: ${parts.join(", ")}`;
  });
  const memoryGb = machine.memory / 2 ** 30;
  return [
    `${result.id} on ${machine.cores} cores, ${shown(memoryGb)} GB, Node ${machine.node}, PostgreSQL ${machine.postgres}`,
    columns(rows),
    ...more,
    ...Object.entries(ratios).map(([name, ratio]) => `${name}: ${shown(ratio)}`),
    `audit ${result.audit}`,
  ].join("\n");
}

function reachedRow(name: string, { rate, unit, range, p50Ms, p99Ms }: Reached): string[] {
  const latencies = [p50Ms, p99Ms].map((value) => (value === undefined ? "" : shown(value)));
  return [name, shown(rate), unit, ...range.map(shown), ...latencies];
}

function ceilingRow(name: string, { rate, unit }: Ceiling): string[] {
  return [`(${name})`, shown(rate), unit, "", "", "", ""];
}
