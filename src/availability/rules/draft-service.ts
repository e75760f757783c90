import type { Rule } from "@crossdock/canonical";
import type { Governance } from "../../governance/index.ts";
import type { Ids, KeepAnswer, Transaction } from "../../platform/index.ts";
import { entryOf, type RuleBook } from "./book.ts";
import type { RuleFault } from "./check.ts";
import { type Draft, type DraftCommand, type DraftRefusal, takeDraftStep } from "./draft.ts";
import { faultsOf, withDraft } from "./draft-faults-service.ts";
import {
  type DraftRow,
  type DraftStep,
  deleteDraftChanges,
  insertDraft,
  insertRestoration,
  insertStep,
  lockDraft,
  selectDraftChanges,
  selectDrafts,
  selectOvertaken,
  updateDraft,
  upsertDraftChanges,
} from "./draft-store.ts";
import { type EffectDeps, effectsOf } from "./effect-service.ts";
import { replaceEffects } from "./effect-store.ts";
import type { BookMemory } from "./memory-service.ts";
import { lockBook, type RuleChange } from "./store.ts";
import { makeVersion, type VersionDeps } from "./version-service.ts";

/** Keys of overtaken rules that a refusal names. */
const OVERTAKEN_TOLD_MAX = 100;

export type DraftDeps = VersionDeps &
  Omit<EffectDeps, "governance"> & {
    readonly ids: Ids;
    readonly rules: BookMemory;
    readonly governance: Pick<
      Governance,
      "items" | "kitsWith" | "itemPage" | "locations" | "itemsOfClasses" | "classesInUse"
    >;
  };

/** Who acts, as part of which journey, and why. */
export type Acting = {
  readonly by: string;
  readonly correlationId: string;
  readonly because?: string | undefined;
};

/** What a draft is to say otherwise. `undo`: keys of which it is to say nothing; `replace`: it says this and nothing else. */
export type DraftEdit = {
  readonly set: readonly Rule[];
  readonly remove: readonly string[];
  readonly undo: readonly string[];
  readonly replace?: boolean;
};

export type DraftAnswer = { readonly is: "done"; readonly draft: DraftRow } | DraftRefused;

export type DraftRefused =
  | { readonly is: "unknown-draft" | "unknown-version" | "nothing-changes" }
  | ({ readonly is: "refused" } & DraftRefusal)
  /** It cannot hold: these rules stand against it. */
  | { readonly is: "faulty"; readonly faults: readonly RuleFault[] }
  /** Rules that it changes were changed since; it has to be checked, and approved, again. */
  | { readonly is: "overtaken"; readonly keys: readonly string[] };

type Keep = KeepAnswer<DraftAnswer> | undefined;

/** What became of a wish, before the draft is read again. */
type Outcome = { readonly is: "done"; readonly draftId: string } | DraftRefused;

/** How changes of the rules are written, agreed on and put into force. */
export type RuleDrafting = {
  create(name: string, edit: DraftEdit, acting: Acting, keep?: Keep): Promise<DraftAnswer>;
  edit(draftId: string, edit: DraftEdit, acting: Acting, keep?: Keep): Promise<DraftAnswer>;
  /** Looks at the book as it would be, and writes down what would change of what channels may sell. */
  check(draftId: string, acting: Acting): Promise<DraftAnswer>;
  approve(draftId: string, acting: Acting, keep?: Keep): Promise<DraftAnswer>;
  activate(draftId: string, acting: Acting, keep?: Keep): Promise<DraftAnswer>;
  drop(draftId: string, acting: Acting, keep?: Keep): Promise<DraftAnswer>;
  /** Makes a draft that puts the rules of a version back; with `emergency` it holds at once, and one person answers for it. */
  rollBack(
    to: { readonly version: number; readonly emergency: boolean },
    acting: Acting & { readonly because: string },
    keep?: Keep,
  ): Promise<DraftAnswer>;
};

/** Opens the drafts. */
export function createDrafting(deps: DraftDeps): RuleDrafting {
  return {
    create: (name, edit, acting, keep) => create(deps, { name, edit, acting }, keep),
    edit: (draftId, edit, acting, keep) =>
      inTurn(deps, { draftId, keep }, (tx, draft) => editDraft(deps, tx, { draft, edit, acting })),
    check: (draftId, acting) => check(deps, draftId, acting),
    approve: (draftId, acting, keep) =>
      inTurn(deps, { draftId, keep }, (tx, draft) =>
        step(deps, tx, { draft, command: { step: "approve", by: acting.by }, done: "approved", acting }),
      ),
    activate: (draftId, acting, keep) => activate(deps, draftId, acting, keep),
    drop: (draftId, acting, keep) =>
      inTurn(deps, { draftId, keep }, (tx, draft) =>
        step(deps, tx, { draft, command: { step: "drop" }, done: "dropped", acting }),
      ),
    rollBack: (to, acting, keep) => rollBack(deps, to, acting, keep),
  };
}

function toDraft(row: DraftRow): Draft {
  const { name, state, revision, authors } = row;
  return {
    draftId: row.draft_id,
    ...{ name, state, revision, authors },
    baseVersion: row.base_version,
    restores: row.restores ?? undefined,
    approvedBy: row.approved_by ?? undefined,
    version: row.version ?? undefined,
  };
}

const changesOf = ({ set, remove }: DraftEdit): readonly RuleChange[] => [
  ...new Map([
    ...remove.map((key): [string, RuleChange] => [key, { key, rule: undefined }]),
    ...set.map(toChange),
  ]).values(),
];

function toChange(rule: Rule): [string, RuleChange] {
  const { key } = entryOf(rule, 0);
  return [key, { key, rule }];
}

/** Runs the work on a draft that nobody else changes meanwhile, and keeps its answer with it. */
function inTurn(
  deps: DraftDeps,
  { draftId, keep }: { readonly draftId: string; readonly keep: Keep },
  work: (tx: Transaction, draft: Draft) => Promise<Outcome>,
): Promise<DraftAnswer> {
  return deps.database.transaction(async (tx) => {
    const row = await lockDraft(tx, draftId);
    return answered(tx, row === undefined ? { is: "unknown-draft" } : await work(tx, toDraft(row)), keep);
  });
}

/** The answer, with the draft as the transaction leaves it. */
async function answered(tx: Transaction, outcome: Outcome, keep: Keep): Promise<DraftAnswer> {
  const answer = outcome.is === "done" ? await doneWith(tx, outcome.draftId) : outcome;
  await keep?.(tx, answer);
  return answer;
}

async function doneWith(tx: Transaction, draftId: string): Promise<DraftAnswer> {
  const [draft] = await selectDrafts(tx, { draftId, before: undefined, limit: 1 });
  if (draft === undefined) throw new Error(`the draft ${draftId} was changed and is not there`);
  return { is: "done", draft };
}

type Step = {
  readonly draft: Draft;
  readonly command: DraftCommand;
  readonly done: DraftStep["step"];
  readonly acting: Acting;
};

/** Takes a step and writes it down. */
async function step({ clock }: DraftDeps, tx: Transaction, wanted: Step): Promise<Outcome> {
  const next = takeDraftStep(wanted.draft, wanted.command);
  if ("refused" in next) return { is: "refused", ...next };
  await updateDraft(tx, next);
  await note(tx, next, wanted, clock.now());
  return { is: "done", draftId: next.draftId };
}

async function note(
  tx: Transaction,
  { draftId, revision }: Draft,
  { done, acting }: Pick<Step, "done" | "acting">,
  at: Date,
): Promise<void> {
  const { by, because, correlationId } = acting;
  await insertStep(tx, { draftId, step: done, revision, by, because, correlationId }, at);
}

function create(
  deps: DraftDeps,
  { name, edit, acting }: { readonly name: string; readonly edit: DraftEdit; readonly acting: Acting },
  keep: Keep,
): Promise<DraftAnswer> {
  return deps.database.transaction(async (tx) => {
    const { version } = await deps.rules.within(tx);
    const draft = newDraft(deps, { name, baseVersion: version, restores: undefined, by: acting.by });
    await insertDraft(tx, draft, deps.clock.now());
    await note(tx, draft, { done: "created", acting }, deps.clock.now());
    await upsertDraftChanges(tx, draft.draftId, changesOf(edit));
    return answered(tx, { is: "done", draftId: draft.draftId }, keep);
  });
}

function newDraft(
  { ids }: DraftDeps,
  about: Pick<Draft, "name" | "baseVersion" | "restores"> & { readonly by: string },
): Draft {
  const { by, ...rest } = about;
  const fresh = { state: "draft", revision: 1, approvedBy: undefined, version: undefined } as const;
  return { ...rest, ...fresh, draftId: ids.next(), authors: [by] };
}

async function editDraft(
  deps: DraftDeps,
  tx: Transaction,
  { draft, edit, acting }: { readonly draft: Draft; readonly edit: DraftEdit; readonly acting: Acting },
): Promise<Outcome> {
  const command = { step: "change", by: acting.by } as const;
  const answer = await step(deps, tx, { draft, command, done: "changed", acting });
  if (answer.is !== "done") return answer;
  if (edit.replace === true) await deleteDraftChanges(tx, draft.draftId, undefined);
  else if (edit.undo.length > 0) await deleteDraftChanges(tx, draft.draftId, edit.undo);
  await upsertDraftChanges(tx, draft.draftId, changesOf(edit));
  return answer;
}

/** Old and new of what a draft changes, for asking whom it concerns. */
const saidBefore = (before: RuleBook, changes: readonly RuleChange[]): readonly Rule[] =>
  changes.flatMap(({ key, rule }) => [before.rules.get(key)?.rule ?? [], rule ?? []].flat());

async function check(deps: DraftDeps, draftId: string, acting: Acting): Promise<DraftAnswer> {
  const before = await deps.rules.fresh();
  // What it would do to figures is found outside of its turn, because that may take seconds; its revision tells whether it was changed meanwhile.
  const found = await deps.database.transaction(async (tx) => {
    const row = await lockDraft(tx, draftId);
    if (row === undefined) return undefined;
    const changes = await selectDraftChanges(tx, draftId);
    const after = await deps.rules.classed(tx, withDraft(before, changes, before.version + 1));
    return {
      row,
      changes,
      after,
      faults: await faultsOf(deps, tx, { before, after, changes, isReturn: row.restores !== null }),
    };
  });
  if (found === undefined) return { is: "unknown-draft" };
  const { changes, after } = found;
  const ended = takeDraftStep(toDraft(found.row), { step: "check" });
  if ("refused" in ended) return { is: "refused", ...ended };
  if (found.faults.length > 0) return { is: "faulty", faults: found.faults };
  if (changes.length === 0) return { is: "nothing-changes" };
  const effects = await effectsOf(deps, { before, after, changed: saidBefore(before, changes) });
  return inTurn(deps, { draftId, keep: undefined }, async (tx, draft) => {
    if (draft.revision !== found.row.revision) return { is: "overtaken", keys: [] };
    const rebased = { ...draft, baseVersion: before.version };
    const checked = await step(deps, tx, {
      draft: rebased,
      command: { step: "check" },
      done: "checked",
      acting,
    });
    if (checked.is === "done") await replaceEffects(tx, draftId, effects);
    return checked;
  });
}

function activate(deps: DraftDeps, draftId: string, acting: Acting, keep: Keep): Promise<DraftAnswer> {
  return deps.database.transaction(async (tx) => {
    const active = await lockBook(tx);
    const row = await lockDraft(tx, draftId);
    const outcome: Outcome =
      row === undefined
        ? { is: "unknown-draft" }
        : await activateLocked(deps, tx, { draft: toDraft(row), active, acting });
    return answered(tx, outcome, keep);
  });
}

type InTurn = { readonly draft: Draft; readonly active: number; readonly acting: Acting };

async function activateLocked(
  deps: DraftDeps,
  tx: Transaction,
  { draft, active, acting }: InTurn,
): Promise<Outcome> {
  const next = takeDraftStep(draft, { step: "activate", version: active + 1 });
  if ("refused" in next) return { is: "refused", ...next };
  const overtaken = draft.baseVersion === active ? [] : await selectOvertaken(tx, draft, OVERTAKEN_TOLD_MAX);
  if (overtaken.length > 0) {
    const command = { step: "overtake", activeVersion: active } as const;
    await step(deps, tx, { draft, command, done: "overtaken", acting });
    return { is: "overtaken", keys: overtaken };
  }
  const how = draft.restores === undefined ? "activated" : "rolled-back";
  return putIntoForce(deps, tx, { draft, active, acting, how });
}

/** Makes a draft the next version, if it may be. Must have the book's turn and the draft's. */
async function putIntoForce(
  deps: DraftDeps,
  tx: Transaction,
  { draft, active, acting, how }: InTurn & { readonly how: "activated" | "rolled-back" | "emergency" },
): Promise<Outcome> {
  const changes = await selectDraftChanges(tx, draft.draftId);
  const before = await deps.rules.within(tx);
  const after = withDraft(before, changes, active + 1);
  const isReturn = draft.restores !== undefined;
  const faults = await faultsOf(deps, tx, { before, after, changes, isReturn });
  if (faults.length > 0) return { is: "faulty", faults };
  const { draftId, restores, approvedBy } = draft;
  const { by, correlationId, because = draft.name } = acting;
  const version = await makeVersion(deps, tx, changes, {
    ...{ active, how, draftId, restores, approvedBy, by, because, correlationId },
  });
  if (version === undefined) return { is: "nothing-changes" };
  const made: Draft = { ...draft, state: "active", version };
  await updateDraft(tx, made);
  await note(tx, made, { done: "activated", acting }, deps.clock.now());
  return { is: "done", draftId };
}

function rollBack(
  deps: DraftDeps,
  to: { readonly version: number; readonly emergency: boolean },
  acting: Acting & { readonly because: string },
  keep: Keep,
): Promise<DraftAnswer> {
  return deps.database.transaction(async (tx) => {
    const active = await lockBook(tx);
    const outcome = to.version < active ? await restore(deps, tx, { to, active, acting }) : unknownVersion;
    return answered(tx, outcome, keep);
  });
}

const unknownVersion: Outcome = { is: "unknown-version" };

async function restore(
  deps: DraftDeps,
  tx: Transaction,
  {
    to,
    active,
    acting,
  }: Omit<InTurn, "draft"> & { readonly to: { readonly version: number; readonly emergency: boolean } },
): Promise<Outcome> {
  const name = `Back to version ${to.version}`;
  const draft = newDraft(deps, { name, baseVersion: active, restores: to.version, by: acting.by });
  await insertDraft(tx, draft, deps.clock.now());
  await note(tx, draft, { done: "created", acting }, deps.clock.now());
  const changed = await insertRestoration(tx, draft.draftId, to.version);
  const answer = await restored(deps, tx, { draft, active, acting, changed, emergency: to.emergency });
  if (answer.is !== "done")
    await step(deps, tx, { draft, command: { step: "drop" }, done: "dropped", acting });
  return answer;
}

function restored(
  deps: DraftDeps,
  tx: Transaction,
  { changed, emergency, ...rest }: InTurn & { readonly changed: number; readonly emergency: boolean },
): Promise<Outcome> | Outcome {
  if (changed === 0) return { is: "nothing-changes" };
  if (!emergency) return { is: "done", draftId: rest.draft.draftId };
  return putIntoForce(deps, tx, { ...rest, how: "emergency" });
}
