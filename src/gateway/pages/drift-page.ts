import type { CountCase } from "../count-case-views.ts";
import type { DriftCause } from "../drift-cause-views.ts";
import type { DriftSummary } from "../drift-port.ts";
import { type Html, html, page } from "../html.ts";
import type { SnapshotView } from "../snapshot-views.ts";
import { trend } from "./drift-trend.ts";
import type { ItemName } from "./stock-page.ts";
import { ageText, amountText, causeText, moment, signed, sourceName, units } from "./words.ts";

/** What was asked for, as it was typed. */
export type DriftQuestion = { readonly source: string; readonly location: string; readonly days: string };

/** What was found, or why nothing could be. */
export type DriftAnswer = {
  readonly summary: DriftSummary;
  readonly cases: readonly CountCase[];
  readonly held: readonly SnapshotView[];
  /** Full snapshots that wait for rows which name something unknown. */
  readonly unfinished: readonly SnapshotView[];
  /** Whether there are more open cases, or held snapshots, than are shown. */
  readonly isCut: boolean;
  readonly causes: ReadonlyMap<string, readonly DriftCause[]>;
  readonly names: ReadonlyMap<string, ItemName>;
  readonly now: Date;
  readonly problem?: string | undefined;
};

/** What is decided about on the page, a form each. */
export type DecisionKind = "cases" | "snapshots" | "rows";

/** What the forms on the page need, where whoever looks may decide. */
export type DriftForms = {
  /** What a form is sent with once: pressed twice, it is one decision. */
  readonly keys: { readonly [Kind in DecisionKind]: string };
};

/** The page about what counts found, and what waits for a decision. `said`: what the last decision came to. */
export function driftPage(
  asked: DriftQuestion,
  answer: DriftAnswer,
  { forms, said }: { readonly forms: DriftForms | undefined; readonly said: string | undefined },
): string {
  const { problem, summary, isCut } = answer;
  return page(
    "Drift",
    html`<h1>What counts found</h1>
<p class="soft">Every count and every snapshot is held against the books as of its own time. What differs by little is posted, and is drift. What
differs by more than its tolerance waits here: until then it changes nothing.</p>
${questionForm(asked)}
${problem === undefined ? html`` : html`<p role="alert" class="wrong">${problem}</p>`}
${said === undefined ? html`` : html`<p role="status" class="said">${said}</p>`}
<h2>Counts that wait</h2>
${caseForm(asked, answer, forms)}
<h2>Snapshots that are held</h2>
${heldForm(asked, answer, forms)}
${unfinishedForm(asked, answer, forms)}
${isCut ? html`<p class="soft">There are more. They follow when these are decided; <a href="/docs#listCountCases">the interface</a> lists them all.</p>` : html``}
<h2>What may be missing</h2>
${causesList(answer)}
<h2>Drift by day</h2>
${trend(summary.days)}
<h2>Drift by source and location</h2>
${placeTable(asked, summary)}
<h2>What differed most</h2>
${itemTable(answer)}`,
    "tables",
  );
}

function questionForm({ source, location, days }: DriftQuestion): Html {
  const options = ["7", "30", "92"].map((value) =>
    value === days
      ? html`<option value="${value}" selected>${value} days</option>`
      : html`<option value="${value}">${value} days</option>`,
  );
  return html`<form method="get" action="/stock/drift">
<label>System <input name="source" value="${source}" placeholder="wms-1" autocomplete="off"></label>
<label>Location: code, GLN or id <input name="location" value="${location}" autocomplete="off"></label>
<label>The last <select name="days">${options}</select></label>
<button>Show</button>
</form>`;
}

type Decided = { readonly kind: DecisionKind; readonly accept: string; readonly refuse?: string };

/** A form around a table whose rows can be ticked. Without a key that may decide, the table alone. */
function decisionForm(
  asked: DriftQuestion,
  forms: DriftForms | undefined,
  { kind, accept, refuse, table }: Decided & { readonly table: Html },
): Html {
  if (forms === undefined) return html`${table}<p class="soft">The key may not decide about these.</p>`;
  const no = kind === "cases" ? "rejected" : "dismissed";
  const refusal =
    refuse === undefined ? html`` : html`<button name="decision" value="${no}">${refuse}</button>`;
  return html`<form method="post" action="/stock/drift/${kind}" class="decide">
<input type="hidden" name="key" value="${forms.keys[kind]}">
<input type="hidden" name="source" value="${asked.source}"><input type="hidden" name="location" value="${asked.location}">
<input type="hidden" name="days" value="${asked.days}">
${table}
<div class="row"><label>Why <input name="because" required maxlength="500" size="40" autocomplete="off" placeholder="counted the shelf again"></label>
<button name="decision" value="accepted">${accept}</button> ${refusal}</div>
</form>`;
}

const tick = (number: string, name: string, canDecide: boolean): Html =>
  canDecide
    ? html`<td><input type="checkbox" name="number" value="${number}" aria-label="${name}"></td>`
    : html``;

const ageOf = (instant: string, now: Date): string =>
  ageText(Math.max(0, Math.floor((now.getTime() - Date.parse(instant)) / 1_000)));

function caseForm(asked: DriftQuestion, answer: DriftAnswer, forms: DriftForms | undefined): Html {
  const { cases } = answer;
  if (cases.length === 0) return html`<p>None.</p>`;
  const rows = cases.map((one) => caseRow(one, answer, forms !== undefined));
  const table = html`<div class="wide"><table><thead><tr>${forms === undefined ? html`` : html`<th scope="col">Decide</th>`}<th scope="col">Item</th>
<th scope="col">Location</th><th scope="col">Lot</th><th scope="col">System</th><th scope="col" class="number">Counted</th>
<th scope="col" class="number">The books had</th><th scope="col" class="number">Difference</th><th scope="col" class="number">Worth</th>
<th scope="col">As of</th><th scope="col" class="number">Waits for</th><th scope="col">Accepted by itself</th><th scope="col">Part of</th></tr></thead><tbody>${rows}</tbody></table></div>`;
  return decisionForm(asked, forms, {
    ...{ kind: "cases", accept: "The count is right: post it", refuse: "The count is wrong", table },
  });
}

function caseRow(one: CountCase, { names, now }: DriftAnswer, canDecide: boolean): Html {
  const name = names.get(one.itemId);
  const called = name?.sku ?? one.itemId;
  const broken =
    one.damaged === undefined
      ? ""
      : ` of these ${units(one.quarantined ?? 0)} quarantined, ${units(one.damaged)} damaged`;
  const due = one.acceptAt === undefined ? html`` : moment(one.acceptAt);
  return html`<tr>${tick(one.caseNumber, `${called} at ${one.locationId}`, canDecide)}
<td><a href="/stock/${one.positionId}">${called}</a> <span class="soft">${name?.description ?? ""}</span></td>
<td>${one.locationId}</td><td>${one.lot}</td><td>${sourceName(one.source)}</td><td class="number">${units(one.counted)}<span class="soft">${broken}</span></td>
<td class="number">${units(one.expected)}</td><td class="number"><strong>${signed(one.difference)}</strong></td>
<td class="number">${one.money === undefined ? "" : amountText(one.money)}</td><td>${moment(one.countedAt)}</td>
<td class="number">${ageOf(one.openedAt, now)}</td><td>${due}</td><td>${one.snapshotId === undefined ? "" : `snapshot ${one.snapshotId}`}</td></tr>`;
}

const REASONS: Readonly<Record<string, string>> = {
  "units-missing": "too many units missing",
  "positions-differ": "too many positions differ",
  "fewer-rows": "far fewer rows than the last one",
  "many-cases": "more than a thousand positions beyond their tolerance",
  "past-archived": "its time lies in an archive",
  "too-many-units": "more than can be counted, so it can only be dismissed",
};

function heldForm(asked: DriftQuestion, { held, now }: DriftAnswer, forms: DriftForms | undefined): Html {
  if (held.length === 0) return html`<p>None.</p>`;
  const rows = held.map((one) => {
    const { hold } = one;
    const { tooMany } = hold ?? {};
    const what = tooMany === undefined ? "" : ` (${tooMany.units} of ${tooMany.itemId ?? "all items"})`;
    const why = `${hold?.reasons.map((reason) => REASONS[reason] ?? reason).join(", ") ?? ""}${what}`;
    const missing = hold === undefined ? "" : `${units(hold.units.missing)} of ${units(hold.units.expected)}`;
    const differing =
      hold === undefined ? "" : `${units(hold.positions.differing)} of ${units(hold.positions.compared)}`;
    return html`<tr>${tick(one.snapshotNumber, `snapshot ${one.snapshotId}`, forms !== undefined)}<td>${one.snapshotId}</td><td>${one.locationId}</td>
<td>${sourceName(one.source)}</td><td>${moment(one.takenAt)}</td><td>${why}</td><td class="number">${missing}</td><td class="number">${differing}</td>
<td class="number">${units(one.rows.come)}</td><td class="number">${hold === undefined ? "" : ageOf(hold.heldAt, now)}</td></tr>`;
  });
  const table = html`<div class="wide"><table><thead><tr>${forms === undefined ? html`` : html`<th scope="col">Decide</th>`}<th scope="col">Snapshot</th>
<th scope="col">Location</th><th scope="col">System</th><th scope="col">As of</th><th scope="col">Why</th><th scope="col" class="number">Units missing</th>
<th scope="col" class="number">Positions differing</th><th scope="col" class="number">Rows</th><th scope="col" class="number">Waits for</th></tr></thead><tbody>${rows}</tbody></table></div>`;
  return decisionForm(asked, forms, {
    ...{ kind: "snapshots", accept: "It is right: take it", refuse: "It is wrong: dismiss it", table },
  });
}

/** Full snapshots from which nobody can tell yet that something is not there; mostly there is none. */
function unfinishedForm(
  asked: DriftQuestion,
  { unfinished }: DriftAnswer,
  forms: DriftForms | undefined,
): Html {
  if (unfinished.length === 0) return html``;
  const rows = unfinished.map(
    (one) =>
      html`<tr>${tick(one.snapshotNumber, `snapshot ${one.snapshotId}`, forms !== undefined)}<td>${one.snapshotId}</td><td>${one.locationId}</td>
<td>${sourceName(one.source)}</td><td>${moment(one.takenAt)}</td><td class="number">${units(one.rows.unresolved)}</td><td class="number">${units(one.rows.come)}</td></tr>`,
  );
  const table = html`<div class="wide"><table><thead><tr>${forms === undefined ? html`` : html`<th scope="col">Decide</th>`}<th scope="col">Snapshot</th>
<th scope="col">Location</th><th scope="col">System</th><th scope="col">As of</th><th scope="col" class="number">Rows unknown</th>
<th scope="col" class="number">Rows known</th></tr></thead><tbody>${rows}</tbody></table></div>`;
  const form = decisionForm(asked, forms, {
    ...{ kind: "rows", accept: "Leave the unknown rows out", table },
  });
  return html`<h2>Full snapshots with unknown rows</h2>
<p class="soft">What they do not name may be what the unknown rows are about, so it is left as it is. Once these are left out, it is not there.</p>${form}`;
}

/** What is open at the intake of each source that is named on the page. */
function causesList({ causes }: DriftAnswer): Html {
  const open = [...causes].filter(([, list]) => list.length > 0);
  if (open.length === 0)
    return html`<p>Nothing is open at the intake of these systems: what differs, differs on the floor.</p>`;
  const items = open.map(
    ([source, list]) => html`<li><strong>${sourceName(source)}</strong>: ${list.map(causeText)}</li>`,
  );
  return html`<ul>${items}</ul>`;
}

function placeTable({ days }: DriftQuestion, { places }: DriftSummary): Html {
  if (places.length === 0) return html`<p>Counts found what the books had.</p>`;
  const rows = places.map((row) => {
    const { money } = row;
    const query = new URLSearchParams({ source: sourceName(row.source), location: row.locationId, days });
    const worth = (amount: string | undefined) =>
      money === undefined || amount === undefined ? "" : amountText({ currency: money.currency, amount });
    return html`<tr><td>${sourceName(row.source)}</td><td><a href="/stock/drift?${query.toString()}">${row.locationId}</a></td>
<td class="number">${units(row.positions)}</td><td class="number">${signed(row.units.found)}</td><td class="number">${signed(0 - row.units.missing)}</td>
<td class="number">${worth(money?.found)}</td><td class="number">${worth(money === undefined ? undefined : `-${money.missing}`)}</td></tr>`;
  });
  return html`<div class="wide"><table><thead><tr><th scope="col">System</th><th scope="col">Location</th><th scope="col" class="number">Positions</th>
<th scope="col" class="number">Units found</th><th scope="col" class="number">Units missing</th><th scope="col" class="number">Worth found</th>
<th scope="col" class="number">Worth missing</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function itemTable({ summary, names }: DriftAnswer): Html {
  if (summary.items.length === 0) return html`<p>Nothing did.</p>`;
  const rows = summary.items.map((row) => {
    const name = names.get(row.itemId);
    return html`<tr><td><a href="/stock/${row.positionId}">${name?.sku ?? row.itemId}</a> <span class="soft">${name?.description ?? ""}</span></td>
<td>${row.locationId}</td><td>${row.lot}</td><td>${sourceName(row.source)}</td><td class="number">${units(row.counts)}</td>
<td class="number">${signed(row.units.found)}</td><td class="number">${signed(0 - row.units.missing)}</td></tr>`;
  });
  return html`<div class="wide"><table><thead><tr><th scope="col">Item</th><th scope="col">Location</th><th scope="col">Lot</th><th scope="col">System</th>
<th scope="col" class="number">Times</th><th scope="col" class="number">Units found</th><th scope="col" class="number">Units missing</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}
