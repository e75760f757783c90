import { type Status, VIRTUAL_LOCATIONS } from "@crossdock/canonical";
import { type Html, html, page } from "../html.ts";
import type { PositionView } from "../position-views.ts";
import { supplyAddress } from "./supply-address.ts";
import { units } from "./words.ts";

/** How an item is called by people. */
export type ItemName = { readonly sku: string; readonly description: string };

/** What was asked for, as it was typed. */
export type StockQuestion = { readonly item: string; readonly location: string };

/** What was found, or why nothing could be. */
export type StockAnswer = {
  readonly positions: readonly PositionView[];
  readonly names: ReadonlyMap<string, ItemName>;
  readonly problem?: string | undefined;
  /** Address of the next page. */
  readonly next?: string | undefined;
};

/** The statuses that a list has columns for; the explanation of a position has all of them. */
const COLUMNS = ["available", "held", "allocated", "picked", "quarantined", "damaged"] as const;

/** The page that lists stock positions. */
export function stockPage(asked: StockQuestion, answer: StockAnswer): string {
  const { positions, next, problem } = answer;
  const more = next === undefined ? html`` : html`<p><a href="${next}">More</a></p>`;
  const none = html`<p>Nothing is stocked under these names.</p>`;
  return page(
    "Stock",
    html`<h1>Stock</h1>
${questionForm(asked)}
${problem === undefined ? html`` : html`<p role="alert" class="wrong">${problem}</p>`}
${positions.length === 0 && problem === undefined ? none : tables(answer)}
${more}`,
    "tables",
  );
}

function questionForm({ item, location }: StockQuestion): Html {
  return html`<form method="get" action="/stock">
<label>Item: SKU, GTIN or id <input name="item" value="${item}" autocomplete="off"></label>
<label>Location: code, GLN or id <input name="location" value="${location}" autocomplete="off"></label>
<button>Show</button> <a href="${supplyAddress(item)}">What is to come</a> <a href="/stock/disagreements">Where other systems say another number</a>
</form>`;
}

/** What lies somewhere, and apart from it the accounts that stand for the outside, where units came from and went to. */
function tables({ positions, names }: StockAnswer): Html {
  const [places, accounts] = [
    positions.filter((position) => !isAccount(position.locationId)),
    positions.filter((position) => isAccount(position.locationId)),
  ];
  const outside = html`<h2>Where it came from and went to</h2>
<p class="soft">The other side of every receipt, shipment, count and transfer. Together with what lies above, they come to zero.</p>
${table(accounts, names)}`;
  return html`${places.length === 0 ? html`` : table(places, names)}${accounts.length === 0 ? html`` : outside}`;
}

const accounts: ReadonlySet<string> = new Set(Object.values(VIRTUAL_LOCATIONS));
const isAccount = (locationId: string): boolean =>
  accounts.has(locationId) || locationId.startsWith("transit.");

function table(positions: readonly PositionView[], names: StockAnswer["names"]): Html {
  const heads = [...COLUMNS, "on hand"].map((name) => html`<th scope="col" class="number">${name}</th>`);
  const rows = positions.map((position) => {
    const name = names.get(position.itemId);
    const cells = COLUMNS.map((status: Status) => number(position.statuses[status]));
    return html`<tr><td><a href="/stock/${position.positionId}">${name?.sku ?? position.itemId}</a> <span class="soft">${name?.description ?? ""}</span></td>
<td>${position.locationId}</td><td>${position.lot}</td>${cells}${number(position.onHand)}</tr>`;
  });
  return html`<div class="wide"><table><thead><tr><th scope="col">Item</th><th scope="col">Location</th><th scope="col">Lot</th>${heads}</tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

const number = (value: number): Html => html`<td class="number">${units(value)}</td>`;
