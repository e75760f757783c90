import type { DriftSummary } from "../drift-port.ts";
import { type Html, html } from "../html.ts";
import { sourceName, units } from "./words.ts";

/** In the units of the drawing; the browser scales it. */
const BAR_WIDTH = 10;
const GAP = 3;
const HALF_HEIGHT = 60;
const DAY_MS = 86_400_000;

/** Found and missing units of each source, day by day: found upwards, missing downwards, to one scale a source. */
export function trend(days: DriftSummary["days"]): Html {
  if (days.length === 0) return html`<p>Nothing was counted otherwise.</p>`;
  const bySource = [...Map.groupBy(days, (day) => day.source)];
  const all = datesBetween(days.map(({ day }) => day));
  return html`<div class="charts">${bySource.map(([source, own]) => chart(source, own, all))}</div>`;
}

/** Every day from the first to the last: a day on which nothing was found has its place too. */
function datesBetween(days: readonly string[]): readonly string[] {
  const sorted = days.toSorted();
  const [first, last] = [Date.parse(sorted[0] ?? ""), Date.parse(sorted.at(-1) ?? "")];
  return Array.from({ length: Math.round((last - first) / DAY_MS) + 1 }, (_, index) =>
    new Date(first + index * DAY_MS).toISOString().slice(0, 10),
  );
}

function chart(source: string, own: DriftSummary["days"], all: readonly string[]): Html {
  const highest = Math.max(...own.flatMap((day) => [day.units.found, day.units.missing]));
  const byDay = new Map(own.map((day) => [day.day, day.units]));
  const bars = all.flatMap((day, index) => {
    const found = byDay.get(day);
    return found === undefined ? [] : [bar(day, index, found, highest)];
  });
  const width = String(all.length * (BAR_WIDTH + GAP));
  const height = String(2 * HALF_HEIGHT);
  const [first = "", last = ""] = [all[0], all.at(-1)];
  return html`<figure><figcaption>${sourceName(source)} <span class="soft">${first} to ${last}, at most ${units(highest)} units a day</span></figcaption>
<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Units found and missing by day, ${sourceName(source)}">
<line class="axis" x1="0" x2="${width}" y1="${String(HALF_HEIGHT)}" y2="${String(HALF_HEIGHT)}"/>${bars}</svg></figure>`;
}

function bar(
  day: string,
  index: number,
  { found, missing }: { readonly found: number; readonly missing: number },
  highest: number,
): Html {
  const length = (value: number) => Math.ceil((value * HALF_HEIGHT) / Math.max(1, highest));
  const x = String(index * (BAR_WIDTH + GAP));
  const up = length(found);
  return html`<g><title>${day}: ${units(found)} found, ${units(missing)} missing</title>
<rect class="found" x="${x}" y="${String(HALF_HEIGHT - up)}" width="${String(BAR_WIDTH)}" height="${String(up)}"/>
<rect class="missing" x="${x}" y="${String(HALF_HEIGHT)}" width="${String(BAR_WIDTH)}" height="${String(length(missing))}"/></g>`;
}
