import { STATUSES } from "@crossdock/canonical";
import type { CountCase } from "../count-case-views.ts";
import { type Html, html, page } from "../html.ts";
import type { ExplainedTransfer, Explanation, PositionView } from "../position-views.ts";
import { differenceAddress } from "./difference-page.ts";
import type { ItemName } from "./stock-page.ts";
import { supplyAddress } from "./supply-address.ts";
import { moment, reasonText, signed, sourceName, units } from "./words.ts";

/** Characters of a promise's id that are shown; the whole of it is shown on hovering. */
const PROMISE_SHOWN = 13;

/** What the page says beside the explanation itself. */
export type ExplanationFrame = {
  readonly name: ItemName | undefined;
  /** Address of the transfers before those of this page. */
  readonly next: string | undefined;
  /** The moment that was asked for, as it was typed; empty for now. */
  readonly asked: { readonly at: string; readonly believedAt: string };
  readonly problem?: string | undefined;
  /** Counts of the position that wait for a decision, and are no part of the balance. */
  readonly waiting: readonly CountCase[];
};

/** The page that says why a balance is, or was, what it is. */
export function explanationPage(explanation: Explanation, frame: ExplanationFrame): string {
  const { position, transfers, balanced } = explanation;
  const { name, next } = frame;
  const lot = position.lot === "" ? "" : `, lot ${position.lot}`;
  const title = `${name?.sku ?? position.itemId} at ${position.locationId}${lot}`;
  return page(
    title,
    html`<h1>${title}</h1>
<p>${name?.description ?? ""} <span class="soft">${position.itemId}</span></p>
${momentForm(position, frame)}
<p><span class="great">${units(position.onHand)}</span> on hand ${momentText(explanation)}</p>
${statuses(position)}
${waitingCounts(frame)}
<p><a href="${differenceAddress({ item: position.itemId, location: position.locationId, lot: position.lot })}">Why does another system say another number?</a> · <a href="${supplyAddress(position.itemId)}">What is to come of this item</a></p>
<h2>In sum</h2>
${totalsTable(explanation)}
${balanced ? html`` : html`<p role="alert" class="wrong">The transfers do not add up to the balance. Run <code>crossdock verify</code>.</p>`}
<h2>What made it so</h2>
${transferTable(position, transfers)}
${openingText(explanation)}
${archivedText(explanation)}
${next === undefined ? html`` : html`<p><a href="${next}">Older</a></p>`}`,
    "tables",
  );
}

function waitingCounts({ waiting }: ExplanationFrame): Html {
  const lines = waiting.map((one) => {
    const query = new URLSearchParams({ source: sourceName(one.source), location: one.locationId });
    return html`<p role="note">A count of <strong>${units(one.counted)}</strong> by ${sourceName(one.source)} as of ${moment(one.countedAt)}, when the books
had ${units(one.expected)}, waits for a decision and is not in this number. <a href="/stock/drift?${query.toString()}">Decide</a></p>`;
  });
  return html`${lines}`;
}

function momentForm({ positionId }: PositionView, { asked, problem }: ExplanationFrame): Html {
  return html`<form method="get" action="/stock/${positionId}">
<label>As it was at <input name="at" value="${asked.at}" placeholder="2026-11-23T09:30:00Z" autocomplete="off"></label>
<label>As we believed at <input name="believedAt" value="${asked.believedAt}" placeholder="2026-11-23T09:30:00Z" autocomplete="off"></label>
<button>Show</button> <a href="/stock/${positionId}">Now</a>
</form>${problem === undefined ? html`` : html`<p role="alert" class="wrong">${problem}</p>`}`;
}

function momentText({ at, believedAt }: Explanation): Html {
  const was = at === undefined ? html`` : html`at ${moment(at)}`;
  return believedAt === undefined ? was : html`${was}, as it was believed at ${moment(believedAt)}`;
}

function statuses({ statuses: amounts, uncovered }: PositionView): Html {
  const rows = STATUSES.filter((status) => amounts[status] !== 0).map(
    (status) =>
      html`<tr><th scope="row">${status}</th><td class="number">${units(amounts[status])}</td></tr>`,
  );
  const short =
    uncovered === 0
      ? html``
      : html`<p class="wrong">${String(uncovered)} more are promised than are there.</p>`;
  const table = html`<table class="narrow"><caption class="soft">Every unit is in exactly one status</caption><tbody>${rows}</tbody></table>`;
  return html`${rows.length === 0 ? html`` : table}${short}`;
}

type Amounts = Explanation["opening"];

const onHandOf = (amounts: Amounts): number =>
  STATUSES.reduce((sum, status) => (status === "in-transit" ? sum : sum + amounts[status]), 0);

/** What each kind of transfer came to, with a last line that is the balance. */
function totalsTable({ totals, position }: Explanation): Html {
  const shown = STATUSES.filter((status) => totals.some((total) => total.statuses[status] !== 0));
  const heads = [...shown, "on hand"].map((status) => html`<th scope="col" class="number">${status}</th>`);
  const cells = (amounts: Amounts, write: (value: number) => string): readonly Html[] =>
    [...shown.map((status) => amounts[status]), onHandOf(amounts)].map(
      (value) => html`<td class="number">${write(value)}</td>`,
    );
  const rows = totals.map(
    (total) =>
      html`<tr><th scope="row">${reasonText(total.reason)}</th><td class="number">${String(total.transfers)}</td>${cells(total.statuses, signed)}</tr>`,
  );
  return html`<div class="wide"><table><thead><tr><th scope="col">What</th><th scope="col" class="number">Times</th>${heads}</tr></thead>
<tbody>${rows}</tbody><tfoot><tr><th scope="row">Together</th><td></td>${cells(position.statuses, units)}</tr></tfoot></table></div>`;
}

function transferTable(position: PositionView, transfers: readonly ExplainedTransfer[]): Html {
  const rows = transfers.map((transfer) => transferRow(position, transfer));
  return html`<div class="wide"><table><thead><tr><th scope="col">Happened</th><th scope="col">We learned of it</th><th scope="col">What</th>
<th scope="col">From</th><th scope="col">To</th><th scope="col" class="number">Units</th><th scope="col" class="number">On hand</th><th scope="col" class="number">came to</th><th scope="col">Who said so</th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

function transferRow(position: PositionView, transfer: ExplainedTransfer): Html {
  return html`<tr><td>${moment(transfer.effectiveAt)}</td><td>${moment(transfer.recordedAt)}</td><td>${reasonText(transfer.reason)}${becauseText(transfer)}</td>
<td>${place(position, transfer.from)}</td><td>${place(position, transfer.to)}</td><td class="number">${String(transfer.quantity)}</td>
<td class="number">${signed(onHandDelta(position, transfer))}</td><td class="number">${units(onHandOf(transfer.balance))}</td><td>${origin(transfer)}</td></tr>`;
}

/** Why, in the words of who said it. */
const becauseText = ({ because }: ExplainedTransfer): Html =>
  because === undefined ? html`` : html`: <q>${because}</q>`;

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
    reservationId === undefined
      ? html``
      : html` <span class="soft" title="${reservationId}">promise ${reservationId.slice(0, PROMISE_SHOWN)}…</span>`;
  return html`${source}${message}${promise}`;
}

const sourceText = (source: string): string =>
  source === "/crossdock" ? "decided here" : `from ${sourceName(source)}`;

/** The transfers that are not here any more. */
function archivedText({ archived }: Explanation): Html {
  const lines = archived.map(
    ({ archive, until, transfers }) =>
      html`<p class="soft">archived: ${String(transfers)} transfers until ${moment(until)}, in ${archive}</p>`,
  );
  return html`${lines}`;
}

function openingText({ opening, transfers, archived }: Explanation): Html {
  if (transfers.length === 0 && archived.length > 0) return html``;
  if (transfers.length === 0) return html`<p>Nothing has moved here.</p>`;
  return html`<p class="soft">Before the first of these: ${units(onHandOf(opening))} on hand.</p>`;
}
