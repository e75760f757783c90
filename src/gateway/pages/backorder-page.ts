import type { Backorder } from "@crossdock/canonical";
import { type Html, html, page } from "../html.ts";
import type { ItemName } from "./stock-page.ts";
import { moment, units } from "./words.ts";

/** What waits, with how its items are called by people. */
export type BackordersFound = {
  readonly rows: readonly Backorder[];
  readonly names: ReadonlyMap<string, ItemName>;
  /** Address of the next page. */
  readonly next?: string | undefined;
};

/** The page that lists who waits for what, since when, and for which supply. */
export function backorderPage({ rows, names, next }: BackordersFound): string {
  const none = html`<p>Nothing waits for stock.</p>`;
  return page(
    "Backorders",
    html`<h1>What waits for stock</h1>
<p class="soft">Units that could not be promised, in the order in which they came. New units of an item are for them before anybody else, as far as the
rules of their channels let them have any. A day is what is to come by its documents; it moves with them.</p>
${rows.length === 0 ? none : table(rows, names)}
${next === undefined ? html`` : html`<p><a href="${next}">More</a></p>`}
<p class="soft">For programs: <code>GET /process/v1/backorders</code></p>`,
    "tables",
  );
}

function table(rows: readonly Backorder[], names: BackordersFound["names"]): Html {
  return html`<div class="wide"><table><thead><tr><th scope="col">Item</th><th scope="col">Channel</th><th scope="col">Order</th><th scope="col">Line</th>
<th scope="col" class="number">Waits</th><th scope="col" class="number">Served</th><th scope="col">Since</th><th scope="col">Needed by</th><th scope="col">Until</th>
<th scope="col">Expected</th><th scope="col">Of</th></tr></thead><tbody>${rows.map((row) => rowOf(row, names.get(row.itemId)))}</tbody></table></div>`;
}

const when = (at: string | undefined): Html => (at === undefined ? html`` : moment(at));

function rowOf(row: Backorder, name: ItemName | undefined): Html {
  const { pegs = [] } = row;
  const expected =
    row.promisedAt === undefined
      ? html`<span class="wrong">Nothing that is to come suffices.</span>`
      : moment(row.promisedAt);
  const documents = pegs.map(({ document, line, units: of }) =>
    `${document} ${line}`.trim().concat(` (${of})`),
  );
  return html`<tr><td>${name?.sku ?? row.itemId} <span class="soft">${name?.description ?? ""}</span></td><td>${row.channelId}</td><td>${row.orderId ?? ""}</td>
<td>${row.lineId}</td><td class="number"><strong>${units(row.quantity - row.served)}</strong></td><td class="number">${units(row.served)}</td>
<td>${moment(row.queuedAt)}</td><td>${when(row.needBy)}</td><td>${when(row.until)}</td><td>${expected}</td><td>${documents.join(", ")}</td></tr>`;
}
