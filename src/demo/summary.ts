/** What the live line says. Counts are since the start of this process. */
export type Figures = {
  readonly uptimeMs: number;
  readonly orders: { readonly received: number; readonly promised: number; readonly shipped: number };
  readonly factsPerSecond: number;
  /** Holds that may still expire. */
  readonly holds: number;
  readonly channels: { readonly told: number; readonly waiting: number; readonly oldestMs: number };
  readonly documents: { readonly sent: number; readonly refused: number };
  readonly parked: number;
  /** Messages and records that had been seen before. */
  readonly duplicates: number;
  /** The reader of the log that is furthest behind. */
  readonly lag: { readonly facts: number; readonly seconds: number };
  /** What partners, warehouses or the shop found wrong, and the latest of it. */
  readonly problems: { readonly count: number; readonly latest?: string };
};

const thousands = new Intl.NumberFormat("en-US");
const count = (value: number): string => thousands.format(value);
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

/** A duration as people read a clock: 0:07, 12:30, 1:02:03. */
export function clockText(ms: number): string {
  const total = Math.floor(ms / 1_000);
  const [hours, minutes, rest] = [Math.floor(total / 3_600), Math.floor(total / 60) % 60, total % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/**
 * The figures as one line. What went wrong comes first and in full, because a narrow terminal cuts the end off; then the most
 * interesting, and what is well is said briefly.
 */
export function summaryText(figures: Figures): string {
  const { orders, channels, documents, lag, problems } = figures;
  const latest = problems.latest === undefined ? "" : `: ${problems.latest}`;
  const waiting =
    channels.waiting === 0
      ? ""
      : ` (${count(channels.waiting)} waiting, oldest ${seconds(channels.oldestMs)})`;
  const refused = documents.refused === 0 ? "" : `, ${count(documents.refused)} refused`;
  return [
    clockText(figures.uptimeMs),
    ...(problems.count === 0 ? [] : [`${count(problems.count)} PROBLEMS${latest}`]),
    `orders ${count(orders.received)} in, ${count(orders.promised)} promised, ${count(orders.shipped)} shipped`,
    `${count(Math.round(figures.factsPerSecond))} facts/s`,
    `holds ${count(figures.holds)}`,
    `channels told ${count(channels.told)}${waiting}`,
    `papers ${count(documents.sent)}${refused}`,
    `parked ${count(figures.parked)}`,
    `repeats ${count(figures.duplicates)}`,
    `readers ${lag.facts === 0 ? "level" : `${count(lag.facts)} facts, ${lag.seconds.toFixed(1)} s behind`}`,
  ].join(" · ");
}

/** A line cut to a terminal's width: a longer one would wrap, and could not be rewritten in place. */
export function fitted(line: string, columns: number): string {
  const characters = [...line.replaceAll(/[\r\n]+/g, " ")];
  return characters.length < columns ? characters.join("") : `${characters.slice(0, columns - 2).join("")}…`;
}

/** The sum of a metric's samples that have these labels, in a text in the Prometheus format. */
export function sampleSum(text: string, name: string, labels: Readonly<Record<string, string>>): number {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  let sum = 0;
  for (const line of text.split("\n")) {
    const [, found, given = "", value] = /^([a-z_:]+)(\{.*\})? (\S+)/.exec(line) ?? [];
    if (found === name && wanted.every((label) => given.includes(label))) sum += Number(value);
  }
  return sum;
}
