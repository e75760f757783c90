import { type Html, html, page } from "../html.ts";
import type { Shortfall, ShortfallHit } from "../shortfall-views.ts";
import type { ItemName } from "./stock-page.ts";
import { moment, units } from "./words.ts";

/** What is missing, with how its items are called by people. */
export type ShortfallsFound = {
  readonly rows: readonly Shortfall[];
  readonly names: ReadonlyMap<string, ItemName>;
  /** Address of the next page. */
  readonly next?: string | undefined;
  readonly isFirstPage: boolean;
};

/** The page that lists where less is there than is promised, and whom that hits. */
export function shortfallPage({ rows, names, next, isFirstPage }: ShortfallsFound): string {
  const none = isFirstPage
    ? html`<p>Everything that is promised is there.</p>`
    : html`<p>There are no more.</p>`;
  return page(
    "Shortfalls",
    html`<h1>Where less is there than is promised</h1>
<p class="soft">A count, a loss or a pick that nobody had promised has left less on the shelf than is promised of it. Whom that hits follows from the
policies of the channels; where nothing was said, the latest promise yields first. A case ends by itself when the units are found again, come in, or
are promised no longer.</p>
${rows.length === 0 ? none : rows.map((row) => caseOf(row, names.get(row.itemId)))}
${next === undefined ? html`` : html`<p><a href="${next}">More</a></p>`}
<p class="soft">For programs: <code>GET /process/v1/shortfalls</code></p>`,
    "tables",
  );
}

function caseOf(row: Shortfall, name: ItemName | undefined): Html {
  const lot = row.lot === "" ? "" : `, lot ${row.lot}`;
  const beyond =
    row.beyondPromises === 0
      ? html``
      : html` <span class="soft">${units(row.beyondPromises)} more have left that nobody had promised.</span>`;
  return html`<section><h2><a href="/stock/${row.positionId}">${name?.sku ?? row.itemId}</a> at ${row.locationId}${lot}</h2>
<p><strong class="wrong">${units(row.missing)} of ${units(row.promised)} promised are not there.</strong> <span class="soft">${name?.description ?? ""}</span>${beyond}</p>
<div class="wide"><table><thead><tr><th scope="col">Yields</th><th scope="col">Order</th><th scope="col">Line</th><th scope="col">Channel</th>
<th scope="col">Promise</th><th scope="col" class="number">Promised</th><th scope="col" class="number">Not there</th><th scope="col">Promised at</th>
<th scope="col">Ship by</th></tr></thead><tbody>${row.hits.map(hitRow)}</tbody></table></div></section>`;
}

function hitRow(hit: ShortfallHit, index: number): Html {
  const order = hit.orderNumber ?? hit.orderId ?? "";
  return html`<tr><td>${String(index + 1)}</td><td>${order}</td><td>${hit.lineId}</td><td>${hit.channelId}</td><td>${hit.state}</td>
<td class="number">${units(hit.promised)}</td><td class="number"><strong>${units(hit.units)}</strong></td><td>${moment(hit.promisedAt)}</td>
<td>${hit.shipBy === undefined ? html`` : moment(hit.shipBy)}</td></tr>`;
}
