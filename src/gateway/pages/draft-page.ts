import { type Html, html, page } from "../html.ts";
import type { Fault } from "../problem.ts";
import type { ChangedRuleView, DraftWholeView, EffectView } from "../rule-views.ts";
import { draftAddress, saidText } from "./rule-page.ts";
import { scopeText } from "./rule-words.ts";
import { moment, signed, units } from "./words.ts";

/** What can be done with a draft, by whoever may. */
export const DRAFT_STEPS = ["check", "approve", "activate", "drop"] as const;
export type DraftStepName = (typeof DRAFT_STEPS)[number];

/** A draft as a person sees it. */
export type DraftShown = DraftWholeView & {
  readonly changed: readonly ChangedRuleView[];
  readonly figures: readonly EffectView[];
  /** What the one who looks may do. */
  readonly steps: DraftWholeView["steps"];
  readonly may: readonly DraftStepName[];
  readonly problem?: string | undefined;
  readonly faults: readonly Fault[];
  readonly nextFigures?: string | undefined;
  readonly isCut: boolean;
};

const BUTTONS: Readonly<Record<DraftStepName, string>> = {
  check: "Check it",
  approve: "Approve it",
  activate: "Put it into force",
  drop: "Give it up",
};

const STEPS: Readonly<Record<string, string>> = {
  created: "begun",
  changed: "changed",
  checked: "checked",
  approved: "approved",
  activated: "put into force",
  overtaken: "overtaken by other changes",
  dropped: "given up",
};

/** The page of a draft: what it changes, what that does to figures, what was said of it, and what can be done. */
export function draftPage(shown: DraftShown): string {
  const { draft, problem } = shown;
  const said = problem === undefined ? html`` : html`<p role="alert" class="wrong">${problem}</p>`;
  return page(
    draft.name,
    html`<h1>${draft.name}</h1>
<p><strong>${stateText(shown)}</strong> Written by ${draft.authors.join(", ")}. <a href="/rules/what-if?rules=${draft.draftId}">Try it on the past</a> <a href="/rules">All rules</a></p>
${said}
${shown.faults.length === 0 ? html`` : faultTable(shown.faults)}
${shown.may.length === 0 ? html`` : stepForm(shown)}
<h2>What channels would be told</h2>
${figures(shown)}
<h2>What it changes</h2>
${changes(shown)}
<h2>What was done</h2>
${history(shown)}`,
    "tables",
  );
}

function stateText({ draft }: DraftShown): string {
  switch (draft.state) {
    case "draft":
      return "It has to be checked.";
    case "checked":
      return `Checked against version ${draft.baseVersion}. Somebody who has not written it has to approve it.`;
    case "approved":
      return `Approved by ${draft.approvedBy ?? ""}. It can be put into force.`;
    case "active":
      return `It holds since version ${draft.version ?? ""}.`;
    case "dropped":
      return "It was given up.";
    default:
      return draft.state satisfies never;
  }
}

function faultTable(faults: readonly Fault[]): Html {
  const rows = faults.map(
    ({ pointer, message }) => html`<tr><td><code>${pointer}</code></td><td>${message}</td></tr>`,
  );
  return html`<div class="wide"><table><thead><tr><th scope="col">Rule</th><th scope="col">What is wrong, and what to do</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function stepForm({ draft, may }: DraftShown): Html {
  const buttons = may.map(
    (step) => html`<button formaction="${draftAddress(draft.draftId)}/${step}">${BUTTONS[step]}</button>`,
  );
  return html`<form method="post" action="${draftAddress(draft.draftId)}/check">
<label>Why <input name="because" maxlength="200" size="40" autocomplete="off"></label>
${buttons}
</form>`;
}

function figures({ draft, effects, figures: all, nextFigures }: DraftShown): Html {
  if (effects.length === 0) {
    const isUnseen = draft.state === "draft";
    return html`<p>${isUnseen ? "That is found when it is checked." : "Nothing else than now: no figure changes."}</p>`;
  }
  const sums = effects.map(
    (
      sum,
    ) => html`<tr><td>${sum.channelId}</td><td class="number">${String(sum.figures)}</td><td class="number">${signed(sum.unitsMore)}</td>
<td class="number">${signed(-sum.unitsLess)}</td><td class="number">${String(sum.toNone)}</td><td class="number">${String(sum.fromNone)}</td></tr>`,
  );
  const rows = all.map(
    (
      each,
    ) => html`<tr><td>${each.channelId}</td><td>${each.sku ?? each.itemId}</td><td class="number">${units(each.before)}</td>
<td class="number">${units(each.after)}</td><td class="number"><strong>${signed(each.after - each.before)}</strong></td></tr>`,
  );
  return html`<table class="narrow"><thead><tr><th scope="col">Channel</th><th scope="col" class="number">Items</th><th scope="col" class="number">Units more</th>
<th scope="col" class="number">Units less</th><th scope="col" class="number">To none</th><th scope="col" class="number">From none</th></tr></thead><tbody>${sums}</tbody></table>
<h3>The largest differences</h3>
<table class="narrow"><thead><tr><th scope="col">Channel</th><th scope="col">Item</th><th scope="col" class="number">Now</th><th scope="col" class="number">Then</th>
<th scope="col" class="number">Difference</th></tr></thead><tbody>${rows}</tbody></table>
${nextFigures === undefined ? html`` : html`<p><a href="${nextFigures}">More</a></p>`}`;
}

function changes({ draft, changed, isCut }: DraftShown): Html {
  if (changed.length === 0) return html`<p>Nothing yet.</p>`;
  const rows = changed.map(({ key, before, after }) => {
    const rule = after ?? before;
    const kind = rule?.kind ?? key;
    return html`<tr><td>${kind}</td><td>${rule === undefined ? "" : scopeText(rule)}</td><td>${saidText(before)}</td><td>${saidText(after)}</td></tr>`;
  });
  const all = isCut ? html`<p>These are the first. All of them are in the file.</p>` : html``;
  return html`<div class="wide"><table><thead><tr><th scope="col">Kind</th><th scope="col">For</th><th scope="col">Says now</th><th scope="col">Would say</th></tr></thead>
<tbody>${rows}</tbody></table></div>${all}
<p><a href="${draftAddress(draft.draftId)}.csv">As CSV</a></p>`;
}

function history({ steps }: DraftShown): Html {
  const rows = steps.map(
    (each) =>
      html`<tr><td>${moment(each.at)}</td><td>${STEPS[each.step] ?? each.step}</td><td>${each.by}</td><td>${each.because ?? ""}</td></tr>`,
  );
  return html`<table class="narrow"><thead><tr><th scope="col">When</th><th scope="col">What</th><th scope="col">By</th><th scope="col">Why</th></tr></thead><tbody>${rows}</tbody></table>`;
}
