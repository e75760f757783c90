import { type Reference, referenceText } from "@crossdock/canonical";
import { type Html, html, page } from "../html.ts";
import type { LotDisagreement } from "../lot-views.ts";
import type {
  ProposalView,
  Suggestion,
  UnresolvedKind,
  UnresolvedSum,
  UnresolvedView,
} from "../unresolved-views.ts";
import { markOf } from "./unresolved-form.ts";
import { moment } from "./words.ts";

/** What the page shows: the names, and what was said of those that were decided just now. */
export type UnresolvedAnswer = {
  readonly rows: readonly UnresolvedView[];
  readonly sums: readonly UnresolvedSum[];
  /** What sources say that they do not own, the oldest first. */
  readonly proposals: readonly ProposalView[];
  /** Days that receipts say of lots and master data has not, the oldest first. */
  readonly lots: readonly LotDisagreement[];
  /** Address of the page itself with what it is limited to, to which its forms are sent. */
  readonly address: string;
  readonly next?: string | undefined;
  readonly said: readonly { readonly text: string; readonly isWrong: boolean }[];
  /** Whether whoever looks may decide anything. */
  readonly mayDecide: boolean;
};

/** The page on which a person says what unknown names mean. */
export function unresolvedPage(answer: UnresolvedAnswer): string {
  const { rows, sums, said, next, mayDecide } = answer;
  const more = next === undefined ? html`` : html`<p><a href="${next}">More</a></p>`;
  const lines = said.map(({ text, isWrong }) =>
    isWrong ? html`<p role="alert" class="wrong">${text}</p>` : html`<p role="status">${text}</p>`,
  );
  return page(
    "Unknown names",
    html`<h1>Unknown names</h1>
<p>Names of items and places, and units of items, that mean nothing to us, and items that are tracked by lot where a source names none. What says them waits, its neighbours went on; it goes on by itself when somebody says here what is meant.</p>
${lines}
${sums.length === 0 ? html`<p>Nothing waits for a name.</p>` : sumTable(sums)}
${mayDecide && rows.some(isOffered) ? manyForm(answer) : html``}
${rows.map((row) => section(row, answer))}
${more}
${proposalList(answer)}
${lotList(answer)}
<p class="soft">The same for programs: <code>GET /system/v1/unresolved</code>, <code>/system/v1/unresolved.csv</code>, <code>POST /system/v1/unresolved/decisions</code></p>`,
    "tables",
  );
}

const KINDS: Readonly<Record<UnresolvedKind, string>> = {
  item: "items",
  location: "places",
  unit: "units",
  lot: "lots",
};

function sumTable(sums: readonly UnresolvedSum[]): Html {
  const rows = sums.map(({ accountId, kind, names, records, oldestAt }) => {
    const query = new URLSearchParams({ account: accountId, kind }).toString();
    return html`<tr><td><a href="/stock/unresolved?account=${encodeURIComponent(accountId)}">${accountId}</a></td>
<td><a href="/stock/unresolved?${query}">${KINDS[kind]}</a></td><td class="number">${String(names)}</td><td class="number">${String(records)}</td><td>${moment(oldestAt)}</td></tr>`;
  });
  return html`<table class="narrow"><thead><tr><th scope="col">Source</th><th scope="col">What</th><th scope="col" class="number">Names</th><th scope="col" class="number">Records waiting</th><th scope="col">Since</th></tr></thead>
<tbody>${rows}</tbody></table><p><a href="/stock/unresolved">All sources</a></p>`;
}

/** Whether a row has something that can be taken without a further word. */
const isOffered = ({ suggestions: [likely] }: UnresolvedView): boolean => likely !== undefined;

function manyForm({ address }: UnresolvedAnswer): Html {
  return html`<form method="post" action="${address}" id="many"><button>Take the first suggestion of all that are marked</button></form>`;
}

function title({ kind, name, otherNames, unit, waitsFor }: UnresolvedView): string {
  if (kind === "unit") return `${unit ?? waitsFor} of ${referenceText(name)}`;
  if (kind === "lot") return `${referenceText(name)} without a lot`;
  return [name, ...otherNames].map(referenceText).join(" or ");
}

function section(row: UnresolvedView, answer: UnresolvedAnswer): Html {
  const stake = row.atStake.map(({ unit, value }) => `${value} ${unit}`).join(", ");
  const messages = row.messageIds.map(
    (id, place) => html` <a href="/stock/messages/${id}">${place === 0 ? "message" : "another"}</a>`,
  );
  return html`<section><h2>${title(row)}</h2>
<p>${row.kind} of <strong>${row.accountId}</strong>: ${String(row.records)} records wait, ${moment(row.firstAt)} to ${moment(row.lastAt)}${stake === "" ? "" : `, with ${stake}`}.
The earliest speaks of ${moment(row.effectiveFrom)}.${messages}</p>
${suggestionList(row, answer)}
${answer.mayDecide ? forms(row, answer) : html``}</section>`;
}

/** What sources say that they do not own, each to be taken or dropped. */
function proposalList({ proposals, address, mayDecide }: UnresolvedAnswer): Html {
  if (proposals.length === 0) return html``;
  const lines = proposals.map(({ messageId, record, detail, parkedAt }) => {
    const hidden = html`<input type="hidden" name="messageId" value="${messageId}"><input type="hidden" name="record" value="${String(record)}">`;
    const forms = mayDecide
      ? html`<form method="post" action="${address}" class="bare">${hidden}<button name="decide" value="accept">Accept</button></form>
<form method="post" action="${address}" class="bare">${hidden}<label>because <input name="because" required autocomplete="off"></label><button name="decide" value="reject">Drop</button></form>`
      : html``;
    return html`<tr><td>${moment(parkedAt)}</td><td>${detail} <a href="/stock/messages/${messageId}">message</a></td><td>${forms}</td></tr>`;
  });
  return html`<h2>What others say</h2><p>What sources say about master data that another one owns. Nothing was changed.</p>
<table><thead><tr><th scope="col">Since</th><th scope="col">What</th><th></th></tr></thead><tbody>${lines}</tbody></table>`;
}

/** Lots of which receipts say another day than they have, each to be decided. */
function lotList({ lots, address, mayDecide }: UnresolvedAnswer): Html {
  if (lots.length === 0) return html``;
  const lines = lots.map(({ disagreementNumber, itemId, sku, lot, kept, stated }) => {
    const ours = html`${kept.expiresOn ?? "none"} <span class="soft">${kept.source ?? "master data"}</span>`;
    const theirs = html`${stated.expiresOn} <span class="soft">${stated.source}, fact ${stated.factNumber} (${stated.factId}), of ${moment(stated.effectiveAt)}</span>`;
    const decide = mayDecide
      ? html`<form method="post" action="${address}" class="bare"><input type="hidden" name="lotDisagreement" value="${disagreementNumber}"><label>because <input name="because" required autocomplete="off"></label><button name="decide" value="ours">Keep ours</button> <button name="decide" value="theirs">Take theirs</button></form>`
      : html``;
    return html`<tr><td title="${itemId}">${sku}</td><td>${lot}</td><td>${ours}</td><td>${theirs}</td><td>${decide}</td></tr>`;
  });
  return html`<h2>Lots with two days</h2><p>Receipts that say another expiry than the lot has. The lot keeps its day until somebody decides.</p>
<table><thead><tr><th scope="col">Item</th><th scope="col">Lot</th><th scope="col">Expires, as we have it</th><th scope="col">Expires, as stated</th><th></th></tr></thead><tbody>${lines}</tbody></table>
<p class="soft">For programs: <code>GET /system/v1/lot-disagreements</code></p>`;
}

function suggestionList(row: UnresolvedView, { address, mayDecide }: UnresolvedAnswer): Html {
  if (row.suggestions.length === 0) return html`<p class="soft">Nothing that we know is like it.</p>`;
  const [first] = row.suggestions;
  const lines = row.suggestions.map((likely) => {
    const mark =
      mayDecide && likely === first
        ? html`<input type="checkbox" form="many" name="mark" value="${markOf(row, likely)}" aria-label="Mark ${likely.called}">`
        : html``;
    const take = mayDecide
      ? html`<form method="post" action="${address}" class="bare"><input type="hidden" name="mark" value="${markOf(row, likely)}"><button>It is this</button></form>`
      : html``;
    return html`<tr><td>${mark}</td><td>${likely.called} <span class="soft">${likely.description}${factorText(row, likely)}</span></td><td class="number">${String(likely.score)}</td><td>${likely.because}</td><td>${take}</td></tr>`;
  });
  return html`<table class="narrow"><thead><tr><th></th><th scope="col">Likely</th><th scope="col" class="number">Score</th><th scope="col">Why</th><th></th></tr></thead><tbody>${lines}</tbody></table>`;
}

const factorText = ({ unit }: UnresolvedView, { factor }: Suggestion): string =>
  factor === undefined ? "" : ` one ${unit ?? ""} would be ${factor} base units`;

function forms(row: UnresolvedView, answer: UnresolvedAnswer): Html {
  const kinds: Readonly<Record<UnresolvedKind, readonly Html[]>> = {
    item: [nameForm(row, answer, "Another item: SKU, GTIN or id"), itemForm(row, answer)],
    location: [nameForm(row, answer, "Another place: code, GLN or id"), locationForm(row, answer)],
    unit: [unitForm(row, answer)],
    lot: [lotForm(row, answer), newLotForm(row, answer)],
  };
  return html`<details><summary>Decide otherwise</summary><div>${kinds[row.kind]}${ignoreForm(row, answer)}</div></details>`;
}

const form = (
  { accountId, kind, waitsFor }: UnresolvedView,
  { address }: UnresolvedAnswer,
  rest: Html,
): Html =>
  html`<form method="post" action="${address}"><input type="hidden" name="accountId" value="${accountId}"><input type="hidden" name="kind" value="${kind}"><input type="hidden" name="waitsFor" value="${waitsFor}">${rest}</form>`;

const since = (row: UnresolvedView): Html =>
  html`<label>From (empty: always) <input name="validFrom" placeholder="${row.effectiveFrom}" autocomplete="off"></label>`;

const nameForm = (row: UnresolvedView, answer: UnresolvedAnswer, label: string): Html =>
  form(
    row,
    answer,
    html`<label>${label} <input name="target" required autocomplete="off"></label>${since(row)}<button name="decide" value="alias">It is this</button>`,
  );

const suggested = ({ scheme, value }: Reference, own: string): string => (scheme === own ? value : "");

const itemForm = (row: UnresolvedView, answer: UnresolvedAnswer): Html =>
  form(
    row,
    answer,
    html`<label>A new item: SKU <input name="sku" value="${suggested(row.name, "sku")}" required autocomplete="off"></label><label>Description <input name="description" autocomplete="off"></label><label>Base unit <input name="baseUnit" value="EA" size="4" autocomplete="off"></label>
<label>Tracked by <select name="tracking"><option>none</option><option>lot</option><option>serial</option></select></label>${since(row)}<button name="decide" value="create-item">Make it</button>`,
  );

const locationForm = (row: UnresolvedView, answer: UnresolvedAnswer): Html =>
  form(
    row,
    answer,
    html`<label>A new place: code <input name="code" value="${suggested(row.name, "code")}" required autocomplete="off"></label><label>Name <input name="called" autocomplete="off"></label>
<label>Type <select name="type"><option>warehouse</option><option>store</option><option>3pl</option><option>vendor</option></select></label><label>Time zone <input name="timeZone" value="UTC" autocomplete="off"></label>${since(row)}<button name="decide" value="create-location">Make it</button>`,
  );

const unitForm = (row: UnresolvedView, answer: UnresolvedAnswer): Html =>
  form(
    row,
    answer,
    html`<label>Base units in one ${row.unit ?? ""} <input name="factor" placeholder="12 or 1/1000" required autocomplete="off"></label>${since(row)}<button name="decide" value="unit">The item has this unit</button>`,
  );

const lotSince = (row: UnresolvedView): Html =>
  html`<label>From (empty: the earliest) <input name="validFrom" placeholder="${row.effectiveFrom}" autocomplete="off"></label><label>For <select name="onward"><option value="false">what waits now</option><option value="true">whatever it says from then on</option></select></label>`;

const lotForm = (row: UnresolvedView, answer: UnresolvedAnswer): Html =>
  form(
    row,
    answer,
    html`<label>Another lot of the item <input name="lot" required autocomplete="off"></label>${lotSince(row)}<button name="decide" value="lot">It is this</button>`,
  );

const newLotForm = (row: UnresolvedView, answer: UnresolvedAnswer): Html =>
  form(
    row,
    answer,
    html`<label>A new lot <input name="lot" required autocomplete="off"></label><label>Expires on <input name="expiresOn" type="date"></label><label>Made on <input name="madeOn" type="date"></label>${lotSince(row)}<button name="decide" value="create-lot">Make it</button>`,
  );

const ignoreForm = (row: UnresolvedView, answer: UnresolvedAnswer): Html =>
  form(
    row,
    answer,
    html`<label>Ignore it, because <input name="because" required autocomplete="off"></label><button name="decide" value="ignore">Ignore</button>`,
  );
