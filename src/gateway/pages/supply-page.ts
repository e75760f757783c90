import { type Html, html, page } from "../html.ts";
import type { ListedSupply } from "../supply-port.ts";
import type { ItemName } from "./stock-page.ts";
import { moment, sourceName, units } from "./words.ts";

/** What was asked for, as it was typed. */
export type SupplyQuestion = { readonly item: string; readonly location: string; readonly waiting: boolean };

/** What was found, or why nothing could be; and what came of a decision. */
export type SupplyAnswer = {
  readonly rows: readonly ListedSupply[];
  readonly names: ReadonlyMap<string, ItemName>;
  readonly said?: { readonly text: string; readonly isWrong: boolean } | undefined;
  /** Address of the next page. */
  readonly next?: string | undefined;
  /** Whether whoever looks may decide, which needs another scope. */
  readonly mayDecide: boolean;
};

/** The page that lists what is to come, with what of it counts, and asks about what is overdue. */
export function supplyPage(asked: SupplyQuestion, answer: SupplyAnswer): string {
  const { rows, said, next } = answer;
  const none = asked.waiting
    ? html`<p>Nothing that is overdue waits for anybody.</p>`
    : html`<p>Nothing is to come.</p>`;
  const told =
    said === undefined
      ? html``
      : html`<p role="${said.isWrong ? "alert" : "status"}" class="${said.isWrong ? "wrong" : ""}">${said.text}</p>`;
  return page(
    "Supply",
    html`<h1>What is to come</h1>
<p class="soft">Purchase orders, transfers, returns and production, line by line as their owners say today, less what has come of them. From when on they can be sold follows
from the calendar of the place; how much of them counts, from the rules. What is overdue stays here until it has come, was ended or dated anew, or somebody decides.</p>
${questionForm(asked)}
${told}
${rows.length === 0 ? (said?.isWrong === true ? html`` : none) : rows.map((row) => lineOf(row, answer, asked))}
${next === undefined ? html`` : html`<p><a href="${next}">More</a></p>`}
<p class="soft">For programs: <code>GET /system/v1/supply</code></p>`,
    "tables",
  );
}

function questionForm({ item, location, waiting }: SupplyQuestion): Html {
  const box = waiting
    ? html`<input type="checkbox" name="waiting" value="yes" checked>`
    : html`<input type="checkbox" name="waiting" value="yes">`;
  return html`<form method="get" action="/stock/supply">
<label>Item: SKU, GTIN or id <input name="item" value="${item}" autocomplete="off"></label>
<label>Location: code, GLN or id <input name="location" value="${location}" autocomplete="off"></label>
<label>${box} Only what waits for a decision</label>
<button>Show</button>
</form>`;
}

const KINDS = {
  "purchase-order": "Purchase order",
  transfer: "Transfer, not yet sent",
  "in-transit": "In transit",
  return: "Return",
  production: "Production",
} as const;

function lineOf(row: ListedSupply, { names, mayDecide }: SupplyAnswer, asked: SupplyQuestion): Html {
  const { input, waits } = row;
  const name = names.get(input.itemId);
  const line = input.line === "" ? "" : `, line ${input.line}`;
  const from = input.fromLocationId === undefined ? "" : ` from ${input.fromLocationId}`;
  const who = [input.vendor, input.source === undefined ? undefined : sourceName(input.source)];
  const late =
    input.overdueDays === undefined
      ? html``
      : html`<p class="wrong">Overdue for ${input.overdueDays === 0 ? "less than a day" : `${input.overdueDays} days`}${input.decided === undefined ? "" : `; decided: ${input.decided}`}.</p>`;
  return html`<section><h2>${KINDS[input.kind]} ${input.document}${line}</h2>
<p><a href="/stock?${new URLSearchParams({ item: input.itemId }).toString()}">${name?.sku ?? input.itemId}</a> <span class="soft">${name?.description ?? ""}</span> to ${input.locationId}${from}
<span class="soft">${who.filter((each) => each !== undefined).join(", ")}</span></p>
${late}
<div class="wide"><table><thead><tr><th scope="col" class="number">Said</th><th scope="col" class="number">Come</th><th scope="col" class="number">Open</th>
<th scope="col">Due</th><th scope="col">Can be sold from</th><th scope="col" class="number">Counts</th><th scope="col" class="number">Units</th><th scope="col">By</th></tr></thead>
<tbody><tr><td class="number">${units(input.stated)}</td><td class="number">${units(input.arrived)}</td><td class="number">${units(input.open)}</td>
<td>${when(input.expectedAt)}</td><td>${when(input.dueAt)}</td><td class="number">${String(input.permille / 10)} %</td><td class="number"><strong>${units(input.counted)}</strong></td>
<td>${(input.by ?? []).join(", ")}</td></tr></tbody></table></div>
${waits && mayDecide && input.source !== undefined ? decisionForm(row, asked) : html``}</section>`;
}

const when = (instant: string | undefined): Html =>
  instant === undefined ? html`<span class="soft">nobody says</span>` : moment(instant);

/** What is in transit is ended by its receipt, or as lost; of everything else a person may decide. */
function decisionForm({ input }: ListedSupply, { item, location, waiting }: SupplyQuestion): Html {
  // Whoever decides goes on with the list that was looked at.
  const list = new URLSearchParams({ item, location, ...(waiting ? { waiting: "yes" } : {}) });
  const field = (name: string, value: string) => html`<input type="hidden" name="${name}" value="${value}">`;
  const { source = "", kind, document, line } = input;
  return html`<form method="post" action="/stock/supply?${list.toString()}">${field("source", source)}${field("kind", kind)}${field("document", document)}${field("line", line)}
<label>Until <input type="date" name="until"></label>
<label>Because <input name="because" required maxlength="500" size="40" autocomplete="off"></label>
<button name="decision" value="keep">Keep for that day</button> <button name="decision" value="ignore">Do not ask until then</button>
<button name="decision" value="cancel">Do not count it</button></form>`;
}
