import { type Html, html, page } from "../html.ts";
import type {
  WhatIfDifference,
  WhatIfFigures,
  WhatIfResult,
  WhatIfRun,
  WhatIfWhole,
} from "../what-if-views.ts";
import { moment } from "./words.ts";

/** Where a run is shown. */
export const whatIfAddress = (runId: string): string => `/rules/what-if/${encodeURIComponent(runId)}`;

/** What is in the form: what was typed, or what a link filled in. */
export type WhatIfTyped = {
  readonly from: string;
  readonly to: string;
  readonly rules: string;
  readonly beside: string;
};

const STATES: Readonly<Record<WhatIfRun["state"], string>> = {
  waiting: "waits",
  playing: "plays",
  done: "done",
  failed: "failed",
  cancelled: "cancelled",
};

/** The page on which the past is asked to be played again, with what was. */
export function whatIfListPage(shown: {
  readonly runs: readonly WhatIfRun[];
  readonly typed: WhatIfTyped;
  readonly mayStart: boolean;
  readonly problem?: string | undefined;
}): string {
  const { runs, problem } = shown;
  const rows = runs.map(
    (run) =>
      html`<tr><td><a href="${whatIfAddress(run.runId)}">${moment(run.askedAt)}</a></td><td>${run.rules}</td><td>${run.beside}</td>
<td>${moment(run.from)}</td><td>${moment(run.to)}</td><td>${stateText(run)}</td><td>${run.askedBy}</td></tr>`,
  );
  const table =
    runs.length === 0
      ? html`<p>Nothing was played yet.</p>`
      : html`<div class="wide"><table><thead><tr><th scope="col">Asked</th><th scope="col">Rules</th><th scope="col">Beside</th><th scope="col">From</th>
<th scope="col">To</th><th scope="col">State</th><th scope="col">By</th></tr></thead><tbody>${rows}</tbody></table></div>`;
  return page(
    "What if",
    html`<h1>What if</h1>
<p>The stock and the orders of a time, decided again under other rules. Nothing of it has an effect. <a href="/rules">All rules</a></p>
${problem === undefined ? html`` : html`<p role="alert" class="wrong">${problem}</p>`}
${shown.mayStart ? form(shown.typed) : html``}
<h2>What was played</h2>
${table}`,
    "tables",
  );
}

function form({ from, to, rules, beside }: WhatIfTyped): Html {
  return html`<form method="post" action="/rules/what-if">
<label>From <input name="from" required maxlength="40" placeholder="2026-11-20T00:00:00Z" value="${from}" autocomplete="off"></label>
<label>To <input name="to" maxlength="40" placeholder="now" value="${to}" autocomplete="off"></label>
<label>Rules: a version, or a draft <input name="rules" required maxlength="64" size="40" value="${rules}" autocomplete="off"></label>
<label>Beside <input name="beside" maxlength="64" value="${beside === "" ? "as-it-was" : beside}" autocomplete="off"></label>
<button>Play it</button>
</form>`;
}

function stateText({ state, transfers, transfersTotal, problem }: WhatIfRun): string {
  if (state === "playing" && transfersTotal !== undefined && transfersTotal > 0)
    return `plays: ${Math.floor((100 * transfers) / transfersTotal)} %`;
  return problem === undefined ? STATES[state] : `${STATES[state]}: ${problem}`;
}

/** The page of a run: both sides, channel by channel, and the requests of which one side promises more. */
export function whatIfPage(shown: {
  readonly whole: WhatIfWhole;
  readonly differences: readonly WhatIfDifference[];
  readonly mayCancel: boolean;
  readonly next?: string | undefined;
}): string {
  const { run, result } = shown.whole;
  return page(
    "What if",
    html`<h1>What if: ${run.rules} beside ${run.beside}</h1>
<p><strong>${stateText(run)}</strong> ${moment(run.from)} to ${moment(run.to)}. <a href="/rules/what-if">All of them</a></p>
${shown.mayCancel ? html`<form method="post" action="${whatIfAddress(run.runId)}/cancel"><button>Cancel it</button></form>` : html``}
${result === undefined ? html`` : sides(result)}
${result === undefined ? html`` : requests(shown)}`,
    "tables",
  );
}

function sides(result: WhatIfResult): Html {
  const { tried, beside, reproduced } = result;
  const channels = [...new Set([...tried.channels, ...beside.channels].map(({ channelId }) => channelId))];
  const of = (side: typeof tried, channel: string) =>
    side.channels.find(({ channelId }) => channelId === channel);
  const proof =
    reproduced === undefined
      ? html``
      : html`<p>Under the rules of the time ${String(reproduced.exactly)} of ${String(reproduced.exactly + reproduced.not)} requests come to what they came
to then, to the unit and the place.</p>`;
  return html`${proof}${keptSince(result)}
${figures("All channels", result, [tried.all, beside.all])}
${channels.map((channel) => figures(channel, result, [of(tried, channel), of(beside, channel)]))}`;
}

function keptSince({ askedKeptSince, from }: WhatIfResult): Html {
  if (askedKeptSince !== undefined && askedKeptSince <= from) return html``;
  return html`<p>What was refused is known since ${askedKeptSince === undefined ? "never" : moment(askedKeptSince)}; what was refused before is not played.</p>`;
}

const percent = (part: number, whole: number): string =>
  whole === 0 ? "" : `${((100 * part) / whole).toFixed(1)} %`;
const average = (sum: number, of: number): string => (of === 0 ? "" : (sum / of).toFixed(2));

const ROWS: readonly (readonly [string, (of: WhatIfFigures) => string])[] = [
  ["Asked", (of) => String(of.asked)],
  ["Refused", (of) => String(of.refused)],
  ["Promised in part", (of) => String(of.promisedPartly)],
  ["Fill rate, lines", (of) => percent(of.linesPromised, of.lines)],
  ["Fill rate, units", (of) => percent(of.unitsPromised, of.units)],
  ["Units promised", (of) => String(of.unitsPromised)],
  ["Kept back, units", (of) => String(of.unitsKeptBack)],
  ["Stranded, units", (of) => String(of.unitsStranded)],
  ["Splits an order", (of) => average(of.splits, of.promisedWhole + of.promisedPartly)],
  ["Hold, seconds", (of) => average(of.heldSeconds, of.holds)],
  ["Overshown, unit hours", (of) => (of.overshownUnitSeconds / 3_600).toFixed(2)],
  ["Oversold, units", (of) => String(of.unitsOversold)],
];

function figures(
  title: string,
  { tried, beside }: WhatIfResult,
  sides: readonly (WhatIfFigures | undefined)[],
): Html {
  const rows = ROWS.map(
    ([name, figure]) =>
      html`<tr><th scope="row">${name}</th>${sides.map((side) => html`<td class="number">${side === undefined ? "" : figure(side)}</td>`)}</tr>`,
  );
  return html`<h2>${title}</h2>
<table class="narrow"><thead><tr><th scope="col"></th><th scope="col" class="number">${tried.rules}</th><th scope="col" class="number">${beside.rules}</th></tr></thead>
<tbody>${rows}</tbody></table>`;
}

function requests({
  differences,
  next,
  whole,
}: Pick<Parameters<typeof whatIfPage>[0], "differences" | "next" | "whole">): Html {
  const differing = whole.result?.differing ?? 0;
  if (differences.length === 0) return html`<h2>Requests that differ</h2><p>None.</p>`;
  const rows = differences.flatMap((each) =>
    each.lines.map(
      (
        line,
      ) => html`<tr><td>${moment(each.at)}</td><td>${each.channelId}</td><td>${each.orderId ?? each.correlationId}</td><td>${line.itemId}</td>
<td class="number">${String(line.asked)}</td><td class="number">${String(line.promised)}</td><td class="number">${String(line.beside)}</td></tr>`,
    ),
  );
  return html`<h2>Requests that differ: ${String(differing)}</h2>
<div class="wide"><table><thead><tr><th scope="col">When</th><th scope="col">Channel</th><th scope="col">Order or journey</th><th scope="col">Item</th><th scope="col" class="number">Asked</th>
<th scope="col" class="number">Promised</th><th scope="col" class="number">Beside</th></tr></thead><tbody>${rows}</tbody></table></div>
${next === undefined ? html`` : html`<p><a href="${next}">More</a></p>`}`;
}
