import type { Rule } from "@crossdock/canonical";
import { RULE_KINDS } from "@crossdock/canonical";
import { type Html, html, page } from "../html.ts";
import type { ChannelView, DraftView, RuleView, VersionView } from "../rule-views.ts";
import { ruleText, scopeText } from "./rule-words.ts";
import { moment } from "./words.ts";

/** What was asked for, as it was typed. */
export type RuleQuestion = {
  readonly kind: string;
  readonly channel: string;
  readonly item: string;
  readonly version: string;
};

/** What was found, or why nothing could be. */
export type RuleAnswer = {
  readonly version: number;
  readonly channels: readonly ChannelView[];
  readonly drafts: readonly DraftView[];
  readonly versions: readonly VersionView[];
  readonly rules: readonly RuleView[];
  readonly problem?: string | undefined;
  /** Address of the next page of rules. */
  readonly next?: string | undefined;
};

/** Address of the page of a draft. */
export const draftAddress = (draftId: string): string => `/rules/drafts/${encodeURIComponent(draftId)}`;

/** The page of the rules of what channels may sell. */
export function rulePage(asked: RuleQuestion, answer: RuleAnswer): string {
  const { version, drafts, channels, versions, rules, problem, next } = answer;
  const said = problem === undefined ? html`` : html`<p role="alert" class="wrong">${problem}</p>`;
  return page(
    "Rules",
    html`<h1>What channels may sell</h1>
<p class="soft">Version ${String(version)} of the rules. They are changed by a draft that somebody else approves. <a href="/rules.csv">All of them as CSV</a> <a href="/rules/what-if">What if</a></p>
<h2>Drafts</h2>
${drafts.length === 0 ? html`<p>No change is waiting.</p>` : draftTable(drafts)}
<h2>Channels</h2>
${channelTable(channels)}
<h2>Rules</h2>
${questionForm(asked)}
${said}
${rules.length === 0 ? html`<p>There are none.</p>` : ruleTable(rules)}
${next === undefined ? html`` : html`<p><a href="${next}">More</a></p>`}
<h2>Versions</h2>
${versionTable(versions)}`,
    "tables",
  );
}

function draftTable(drafts: readonly DraftView[]): Html {
  const rows = drafts.map(
    (
      draft,
    ) => html`<tr><td><a href="${draftAddress(draft.draftId)}">${draft.name}</a></td><td>${draft.state}</td>
<td class="number">${String(draft.changes)}</td><td>${draft.authors.join(", ")}</td><td>${draft.approvedBy ?? ""}</td><td>${moment(draft.createdAt)}</td></tr>`,
  );
  return html`<div class="wide"><table><thead><tr><th scope="col">Draft</th><th scope="col">State</th><th scope="col" class="number">Rules</th>
<th scope="col">Written by</th><th scope="col">Approved by</th><th scope="col">Begun</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function channelTable(channels: readonly ChannelView[]): Html {
  const rows = channels.map(
    (
      channel,
    ) => html`<tr><td>${channel.channelId} <span class="soft">${channel.name}</span></td><td>${channel.parent ?? ""}</td>
<td>${channel.locations.join(" ")}</td><td>${channel.formula ?? "the usual"}</td><td class="number">${String(channel.minimumToPublish ?? "")}</td></tr>`,
  );
  return html`<div class="wide"><table><thead><tr><th scope="col">Channel</th><th scope="col">Group</th><th scope="col">Sells from</th>
<th scope="col">Formula</th><th scope="col" class="number">Told none below</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function questionForm({ kind, channel, item, version }: RuleQuestion): Html {
  const options = ["", ...RULE_KINDS].map((each) => {
    const text = each === "" ? "every kind" : each;
    return each === kind
      ? html`<option value="${each}" selected>${text}</option>`
      : html`<option value="${each}">${text}</option>`;
  });
  return html`<form method="get" action="/rules">
<label>Kind <select name="kind">${options}</select></label>
<label>Channel <input name="channel" value="${channel}" autocomplete="off"></label>
<label>Item: SKU, GTIN or id <input name="item" value="${item}" autocomplete="off"></label>
<label>As of version <input name="version" value="${version}" inputmode="numeric" size="6" autocomplete="off"></label>
<button>Show</button>
</form>`;
}

function ruleTable(rules: readonly RuleView[]): Html {
  const rows = rules.map(
    ({ rule, since }) =>
      html`<tr><td>${rule.kind}</td><td>${scopeText(rule)}</td><td>${ruleText(rule)}</td><td class="number">${String(since)}</td></tr>`,
  );
  return html`<div class="wide"><table><thead><tr><th scope="col">Kind</th><th scope="col">For</th><th scope="col">Says</th>
<th scope="col" class="number">Since version</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

const HOW: Readonly<Record<VersionView["how"], string>> = {
  loaded: "loaded",
  activated: "agreed",
  "rolled-back": "taken back",
  emergency: "taken back by one person",
};

function versionTable(versions: readonly VersionView[]): Html {
  const rows = versions.map(
    (
      each,
    ) => html`<tr><td class="number"><a href="/rules?version=${String(each.version)}">${String(each.version)}</a></td>
<td class="${each.how === "emergency" ? "wrong" : ""}">${HOW[each.how]}${each.restores === undefined ? "" : ` to ${each.restores}`}</td>
<td class="number">${String(each.rulesChanged)}</td><td>${each.by}</td><td>${each.approvedBy ?? ""}</td><td>${each.because}</td><td>${moment(each.at)}</td></tr>`,
  );
  return html`<div class="wide"><table><thead><tr><th scope="col" class="number">Version</th><th scope="col">How</th><th scope="col" class="number">Rules changed</th>
<th scope="col">By</th><th scope="col">Approved by</th><th scope="col">Why</th><th scope="col">When</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

/** What a rule said or says, or that there is none. */
export const saidText = (rule: Rule | undefined): string => (rule === undefined ? "—" : ruleText(rule));
