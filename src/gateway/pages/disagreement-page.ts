import type { DisagreementView } from "../disagreement-views.ts";
import { type Html, html, page } from "../html.ts";
import { differenceAddress } from "./difference-page.ts";
import type { ItemName } from "./stock-page.ts";
import { ageText, moment, signed, sourceName, units } from "./words.ts";

/** What was asked for, as it was typed. */
export type DisagreementQuestion = {
  readonly source: string;
  readonly location: string;
  readonly unitsMin: string;
  readonly sort: "units" | "money";
};

/** What was found, or why nothing could be. */
export type DisagreementAnswer = {
  readonly rows: readonly DisagreementView[];
  readonly names: ReadonlyMap<string, ItemName>;
  readonly problem?: string | undefined;
  /** Address of the next page. */
  readonly next?: string | undefined;
};

/** Address of the file with what a question asks for. */
export const fileAddress = (asked: DisagreementQuestion): string =>
  `/stock/disagreements.csv?${new URLSearchParams(asked).toString()}`;

/** The page that lists where other systems say another number than ours. */
export function disagreementPage(asked: DisagreementQuestion, answer: DisagreementAnswer): string {
  const { rows, names, problem, next } = answer;
  const none = html`<p>Nobody says another number than ours.</p>`;
  const said = problem === undefined ? html`` : html`<p role="alert" class="wrong">${problem}</p>`;
  return page(
    "Disagreements",
    html`<h1>Where other systems say another number</h1>
<p class="soft">The last that each system said of a position whose stock it does not own, beside what we had at that time. What its last full
snapshot did not list, it says is not there. The largest difference first.</p>
${questionForm(asked)}
${said}
${rows.length === 0 ? (problem === undefined ? none : html``) : table(rows, names)}
${next === undefined ? html`` : html`<p><a href="${next}">More</a></p>`}
${rows.length === 0 ? html`` : html`<p><a href="${fileAddress(asked)}">The whole of it as CSV</a></p>`}`,
    "tables",
  );
}

function questionForm({ source, location, unitsMin, sort }: DisagreementQuestion): Html {
  const option = (value: string, text: string) =>
    value === sort
      ? html`<option value="${value}" selected>${text}</option>`
      : html`<option value="${value}">${text}</option>`;
  return html`<form method="get" action="/stock/disagreements">
<label>System <input name="source" value="${source}" placeholder="erp" autocomplete="off"></label>
<label>Location: code, GLN or id <input name="location" value="${location}" autocomplete="off"></label>
<label>Units, at least <input name="unitsMin" value="${unitsMin}" inputmode="numeric" size="6" autocomplete="off"></label>
<label>Largest by <select name="sort">${[option("units", "units"), option("money", "money")]}</select></label>
<button>Show</button>
</form>`;
}

function table(rows: readonly DisagreementView[], names: DisagreementAnswer["names"]): Html {
  return html`<div class="wide"><table><thead><tr><th scope="col">Item</th><th scope="col">Location</th><th scope="col">Lot</th>
<th scope="col">System</th><th scope="col" class="number">It says</th><th scope="col" class="number">We had then</th>
<th scope="col" class="number">Difference</th><th scope="col" class="number">Worth</th><th scope="col" class="number">We have now</th>
<th scope="col">As of</th><th scope="col" class="number">Age</th></tr></thead>
<tbody>${rows.map((row) => tableRow(row, names.get(row.itemId)))}</tbody></table></div>`;
}

function tableRow(row: DisagreementView, name: ItemName | undefined): Html {
  const worth = row.money === undefined ? "" : `${row.money.amount.replace("-", "−")} ${row.money.currency}`;
  const { itemId: item, locationId: location, lot } = row;
  const why = differenceAddress({ item, location, lot, source: sourceName(row.source) });
  return html`<tr><td>${name?.sku ?? row.itemId} <span class="soft">${name?.description ?? ""}</span></td>
<td>${row.locationId}</td><td>${row.lot}</td><td>${sourceName(row.source)}</td><td class="number">${units(row.said)}</td>
<td class="number">${units(row.oursThen)}</td><td class="number"><a href="${why}"><strong>${signed(row.difference)}</strong></a></td>
<td class="number">${worth}</td><td class="number">${units(row.oursNow)}</td><td>${moment(row.saidAt)}</td>
<td class="number">${ageText(row.ageSeconds)}</td></tr>`;
}
