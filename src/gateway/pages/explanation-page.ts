import { STATUSES } from "@crossdock/canonical";
import { type Html, html, page } from "../html.ts";
import type { ExplainedTransfer, Explanation, PositionView } from "../position-views.ts";
import type { ItemName } from "./stock-page.ts";
import { moment, reasonText, signed, units } from "./words.ts";

/** The page that says why a balance is what it is. `next` is the address of the older transfers. */
export function explanationPage(
  explanation: Explanation,
  about: { readonly name: ItemName | undefined; readonly next: string | undefined },
): string {
  const { position, transfers } = explanation;
  const { name, next } = about;
  const lot = position.lot === "" ? "" : `, lot ${position.lot}`;
  const title = `${name?.sku ?? position.itemId} at ${position.locationId}${lot}`;
  return page(
    title,
    html`<h1>${title}</h1>
<p>${name?.description ?? ""} <span class="soft">${position.itemId}</span></p>
<p><span class="great">${units(position.onHand)}</span> on hand</p>
${statuses(position)}
<h2>What made it so</h2>
${transferTable(position, transfers)}
${next === undefined ? html`` : html`<p><a href="${next}">Older</a></p>`}`,
  );
}

function statuses({ statuses: amounts, uncovered }: PositionView): Html {
  const rows = STATUSES.filter((status) => amounts[status] !== 0).map(
    (status) => html`<tr><td>${status}</td><td class="number">${units(amounts[status])}</td></tr>`,
  );
  const short =
    uncovered === 0
      ? html``
      : html`<p class="wrong">${String(uncovered)} more are promised than are there.</p>`;
  return html`<table><caption class="soft">Every unit is in exactly one status</caption><tbody>${rows}</tbody></table>${short}`;
}

function transferTable(position: PositionView, transfers: readonly ExplainedTransfer[]): Html {
  const rows = transfers.map((transfer) => transferRow(position, transfer));
  return html`<div class="wide"><table><thead><tr><th scope="col">Happened</th><th scope="col">We learned of it</th><th scope="col">What</th>
<th scope="col">From</th><th scope="col">To</th><th scope="col" class="number">Units</th><th scope="col" class="number">On hand</th><th scope="col">Who said so</th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

function transferRow(position: PositionView, transfer: ExplainedTransfer): Html {
  return html`<tr><td>${moment(transfer.effectiveAt)}</td><td>${moment(transfer.recordedAt)}</td><td>${reasonText(transfer.reason)}</td>
<td>${place(position, transfer.from)}</td><td>${place(position, transfer.to)}</td><td class="number">${String(transfer.quantity)}</td>
<td class="number">${signed(onHandDelta(position, transfer))}</td><td>${origin(transfer)}</td></tr>`;
}

type Side = ExplainedTransfer["from"];

function place(position: PositionView, side: Side): Html {
  return side.positionId === position.positionId
    ? html`${side.status}`
    : html`<a href="/stock/${side.positionId}">${side.locationId}</a> ${side.status === "available" ? "" : side.status}`;
}

function onHandDelta(position: PositionView, { from, to, quantity }: ExplainedTransfer): number {
  const counts = (side: Side) =>
    side.positionId === position.positionId && side.status !== "in-transit" ? 1 : 0;
  return quantity * (counts(to) - counts(from));
}

function origin({ fact, messageId, reservationId }: ExplainedTransfer): Html {
  const source =
    fact === undefined ? "" : `${fact.type.replace("crossdock.", "")} ${sourceText(fact.source)}`;
  const message =
    messageId === undefined ? html`` : html` <a href="/stock/messages/${messageId}">the message</a>`;
  const promise =
    reservationId === undefined ? html`` : html` <span class="soft">promise ${reservationId}</span>`;
  return html`${source}${message}${promise}`;
}

const sourceText = (source: string): string =>
  source === "/crossdock" ? "decided here" : `from ${source.replace("/accounts/", "")}`;
