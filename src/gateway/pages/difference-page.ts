import { ON_HAND_STATUSES } from "@crossdock/canonical";
import type { DifferenceFact, DifferenceName, DifferenceView } from "../difference-views.ts";
import { type Html, html, page } from "../html.ts";
import type { ItemName } from "./stock-page.ts";
import { ageText, moment, reasonText, signed, sourceName, units } from "./words.ts";

/** What was asked, as it was typed. */
export type DifferenceQuestion = {
  readonly item: string;
  readonly location: string;
  readonly lot: string;
  readonly source: string;
  readonly measure: "on-hand" | "available";
  readonly counts: string;
};

/** What was found, or why nothing could be, and whom one could ask about. */
export type DifferenceAnswer = {
  readonly difference?: DifferenceView | undefined;
  readonly name?: ItemName | undefined;
  readonly problem?: string | undefined;
  readonly sources: readonly string[];
};

/** Address of the page about one system's number. */
export const differenceAddress = (asked: {
  readonly item: string;
  readonly location: string;
  readonly source?: string;
  readonly lot?: string;
}): string => {
  const given = Object.entries(asked).filter(([, value]) => value !== "");
  return `/stock/difference?${new URLSearchParams(Object.fromEntries(given)).toString()}`;
};

/** The page that says why our number is not another system's. */
export function differencePage(asked: DifferenceQuestion, answer: DifferenceAnswer): string {
  const { difference, problem, name } = answer;
  const title =
    difference === undefined
      ? "Why numbers differ"
      : `${name?.sku ?? difference.itemId} at ${difference.locationId}: ${sourceName(difference.source)} and we`;
  return page(
    title,
    html`<h1>${title}</h1>
${name === undefined ? html`` : html`<p>${name.description}</p>`}
${questionForm(asked)}
${problem === undefined ? html`` : html`<p role="alert" class="wrong">${problem}</p>`}
${whomToAsk(asked, answer)}
${difference === undefined ? html`` : explained(difference)}`,
    "tables",
  );
}

function questionForm({ item, location, lot, source, measure, counts }: DifferenceQuestion): Html {
  const option = (value: string) =>
    value === measure
      ? html`<option value="${value}" selected>${value}</option>`
      : html`<option value="${value}">${value}</option>`;
  return html`<form method="get" action="/stock/difference">
<label>Item: SKU, GTIN or id <input name="item" value="${item}" autocomplete="off"></label>
<label>Location <input name="location" value="${location}" autocomplete="off"></label>
<label>Lot, or all <input name="lot" value="${lot}" size="8" autocomplete="off"></label>
<label>System <input name="source" value="${source}" placeholder="erp" autocomplete="off"></label>
<label>Our number <select name="measure">${[option("on-hand"), option("available")]}</select></label>
<label>Their number counts <input name="counts" value="${counts}" placeholder="all on hand" size="26" autocomplete="off"></label>
<button>Explain</button>
</form>`;
}

function whomToAsk(asked: DifferenceQuestion, { sources, difference }: DifferenceAnswer): Html {
  const others = sources.filter((source) => source !== difference?.source);
  if (others.length === 0) return html``;
  const links = others.map((source) => {
    const { item, location, lot } = asked;
    return html` <a href="${differenceAddress({ item, location, lot, source: sourceName(source) })}">${sourceName(source)}</a>`;
  });
  return html`<p>${difference === undefined ? "These have said a number of it:" : "So have:"}${links}</p>`;
}

function explained(difference: DifferenceView): Html {
  const { source, theirs, ours, measure, parts, itemId, locationId } = difference;
  let running: number = theirs.said;
  const rows = parts.map((part) => {
    running += part.units;
    return partRow(part, running);
  });
  const counted =
    theirs.counts.length === ON_HAND_STATUSES.length
      ? html``
      : html` <span class="soft">counting ${theirs.counts.join(", ")}</span>`;
  return html`<p><span class="great">${units(theirs.said)}</span> says ${sourceName(source)} as of ${moment(theirs.saidAt)}, ${ageText(theirs.ageSeconds)} ago${takenText(difference)}${counted}</p>
<div class="wide"><table><thead><tr><th scope="col">From their number to ours</th><th scope="col" class="number">Units</th><th scope="col" class="number">makes</th></tr></thead>
<tbody><tr><th scope="row">${sourceName(source)} says</th><td></td><td class="number">${units(theirs.said)}</td></tr>${rows}</tbody>
<tfoot><tr><th scope="row">We have ${measure}</th><td class="number">${signed(difference.difference)}</td><td class="number"><strong>${units(ours)}</strong></td></tr></tfoot></table></div>
${hintList(difference)}
${unmeasuredList(difference)}
${openList(difference)}
<p class="soft">${toldText(difference)}</p>
<p><a href="/stock?${new URLSearchParams({ item: itemId, location: locationId }).toString()}">What made our number</a> · <a href="/stock/disagreements?source=${sourceName(source)}">All that ${sourceName(source)} says otherwise</a></p>`;
}

const TAKEN: Readonly<Record<DifferenceView["theirs"]["takenAs"], string>> = {
  claim: ", kept beside ours as a claim",
  count: ", which our books have taken",
  unaccepted: ", in a snapshot that nobody here has accepted",
};

const takenText = ({ theirs }: DifferenceView): string => TAKEN[theirs.takenAs];

/** What the parts of a difference mean to a person. */
const NAMES: Readonly<Record<DifferenceName, string>> = {
  "moved-since": "since then",
  "status-not-in-theirs": "which their number does not count",
  "status-not-in-ours": "which our number does not count",
  "not-read": "On the log, and not read by our books yet",
  waiting: "Waits for a name that nobody knows yet",
  parked: "Parked, for a person to decide about",
  "suspect-duplicate": "Held, because it looks like something said before",
  refused: "Refused by a person",
  "dead-letter": "Our books could not take it",
  "only-ours": "Never told by them",
  "only-theirs": "Told by them, and not in our books",
  "told-otherwise": "Told by them with other units",
  "count-not-accepted": "Their count, which nobody here has accepted",
  unexplained: "Unexplained",
};

type Part = DifferenceView["parts"][number];

function partText({ name, reason, status }: Part): string {
  const text = NAMES[name];
  if (reason !== undefined) return `${reasonText(reason)}, ${text}`;
  return status === undefined ? text : `${status.charAt(0).toUpperCase()}${status.slice(1)}, ${text}`;
}

function partRow(part: Part, running: number): Html {
  const { name, units: amount, facts } = part;
  const text =
    name === "unexplained" && amount !== 0
      ? html`<span class="wrong">${partText(part)}</span>`
      : html`${partText(part)}`;
  const listed = facts.length === 0 ? html`` : factList(part);
  return html`<tr><th scope="row">${text}${listed}</th><td class="number">${signed(amount)}</td><td class="number">${units(running)}</td></tr>`;
}

function factList({ facts, factsLeftOut }: Part): Html {
  const count = facts.length + factsLeftOut;
  const more =
    factsLeftOut === 0 ? html`` : html`<p class="soft">and ${String(factsLeftOut)} before these</p>`;
  return html`<details><summary>${String(count)} ${count === 1 ? "statement" : "statements"}</summary><div><table><tbody>${facts.map(factRow)}</tbody></table>${more}</div></details>`;
}

function factRow(fact: DifferenceFact): Html {
  const { factNumber, messageId, record, source, type, effectiveAt, because } = fact;
  const where =
    messageId === undefined
      ? html`fact ${String(factNumber)}`
      : html`<a href="/stock/messages/${messageId}">record ${String(record)} of the message</a>`;
  const why = because === undefined ? html`` : html`: <q>${because}</q>`;
  return html`<tr><td>${moment(effectiveAt)}</td><td>${type}${why}</td><td>${sourceName(source)}</td><td>${where}</td><td class="number">${signed(fact.units)}</td></tr>`;
}

function hintList({ hints }: DifferenceView): Html {
  const items = hints.map((hint) => {
    switch (hint.is) {
      case "status":
        return html`<li>what is ${hint.status}: does one of the two leave it out?</li>`;
      case "unit":
        return html`<li>our number in ${hint.unit}: do they count in that unit?</li>`;
      case "statement":
        return html`<li>a ${hint.statement.type} from ${sourceName(hint.statement.source)} (${NAMES[hint.state].toLowerCase()}): have they counted it?</li>`;
      default:
        return hint satisfies never;
    }
  });
  return items.length === 0 ? html`` : html`<h2>What comes to exactly the rest</h2><ul>${items}</ul>`;
}

/** Statements about the item that nobody can read yet. */
function unmeasuredList({ unmeasured, isWhole }: DifferenceView): Html {
  const items = unmeasured.map(
    ({ source, messageId, record, detail }) =>
      html`<li>${sourceName(source)}, <a href="/stock/messages/${messageId}">record ${String(record)} of the message</a>: ${detail}</li>`,
  );
  const more = isWhole
    ? html``
    : html`<p class="wrong">More is open than was looked through: settle what is parked first.</p>`;
  if (items.length === 0) return more;
  return html`<h2>What cannot be read yet</h2><p class="soft">It is about this item, and by how much it would change the number is not known.</p><ul>${items}</ul>${more}`;
}

const CAUSES: Readonly<Record<DifferenceView["open"][number]["causes"][number]["cause"], string>> = {
  "numbers-missing": "messages are missing",
  "rows-unresolved": "rows name something unknown",
  "records-waiting": "records or messages wait",
  "records-parked": "records are parked",
  "duplicates-held": "records are held as duplicates",
  "facts-dead": "facts could not be taken",
};

/** What has not come or could not be taken, about whatever item: the rest may be among it. */
function openList({ open }: DifferenceView): Html {
  const items = open.flatMap(({ source, causes }) =>
    causes.map(({ cause, count, stream, first, last, since }) => {
      const numbers = first === undefined ? "" : ` (${stream ?? ""} ${first} to ${last ?? first})`;
      const known = since === undefined ? html`` : html`, since ${moment(since)}`;
      return html`<li>${sourceName(source)}: ${String(count)} ${CAUSES[cause]}${numbers}${known}</li>`;
    }),
  );
  if (items.length === 0) return html``;
  return html`<h2>What is open there</h2><p class="soft">Of any item: the rest may be among it.</p><ul>${items}</ul>`;
}

function toldText({ source, toldSince }: DifferenceView): Html {
  const who = sourceName(source);
  return toldSince === undefined
    ? html`${who} tells no movements here, so what it has of ours cannot be held against it one by one.`
    : html`${who} tells what moves here; held against ours since ${moment(toldSince)}.`;
}
