import type { Rule } from "@crossdock/canonical";
import { json, type Queryable, sql, type Transaction } from "../../platform/index.ts";
import type { Draft, DraftState } from "./draft.ts";
import type { RuleChange } from "./store.ts";

export type DraftRow = {
  readonly draft_id: string;
  readonly name: string;
  readonly state: DraftState;
  readonly base_version: number;
  readonly restores: number | null;
  readonly revision: number;
  readonly authors: string[];
  readonly approved_by: string | null;
  readonly version: number | null;
  readonly created_at: Date;
  /** Rules that it changes. */
  readonly changes: number;
};

export function insertDraft(tx: Transaction, draft: Draft, at: Date): Promise<number> {
  return tx.execute(sql`
    insert into availability.rule_draft (draft_id, name, state, base_version, restores, revision, authors, created_at)
    values (${draft.draftId}, ${draft.name}, ${draft.state}, ${draft.baseVersion}, ${draft.restores ?? null}, ${draft.revision},
            ${[...draft.authors]}::text[], ${at})`);
}

/** A draft, locked: whoever changes it takes its turn. */
export async function lockDraft(tx: Transaction, draftId: string): Promise<DraftRow | undefined> {
  const [row] = await tx.query<DraftRow>(sql`
    select draft_id, name, state, base_version, restores, revision, authors, approved_by, version, created_at, 0 as changes
    from availability.rule_draft where draft_id = ${draftId} for update`);
  return row;
}

/** Drafts, the newest first; `open`: those that have not ended. */
export function selectDrafts(
  database: Queryable,
  page: {
    readonly draftId?: string | undefined;
    readonly open?: boolean | undefined;
    readonly before: string | undefined;
    readonly limit: number;
  },
): Promise<DraftRow[]> {
  return database.query<DraftRow>(sql`
    select d.draft_id, d.name, d.state, d.base_version, d.restores, d.revision, d.authors, d.approved_by, d.version, d.created_at,
           (select count(*) from availability.rule_draft_change c where c.draft_id = d.draft_id) as changes
    from availability.rule_draft d
    where (${page.draftId ?? null}::text is null or d.draft_id = ${page.draftId ?? null})
      and (not ${page.open === true} or d.state in ('draft', 'checked', 'approved'))
      and (${page.before ?? null}::text is null or d.draft_id < ${page.before ?? null})
    order by d.draft_id desc limit ${page.limit}`);
}

export function updateDraft(tx: Transaction, draft: Draft): Promise<number> {
  return tx.execute(sql`
    update availability.rule_draft
    set state = ${draft.state}, base_version = ${draft.baseVersion}, revision = ${draft.revision},
        authors = ${[...draft.authors]}::text[], approved_by = ${draft.approvedBy ?? null}, version = ${draft.version ?? null}
    where draft_id = ${draft.draftId}`);
}

/** Lets a draft say something else of rules. */
export function upsertDraftChanges(
  tx: Transaction,
  draftId: string,
  changes: readonly RuleChange[],
): Promise<number> {
  const rules = changes.map(({ rule }) => (rule === undefined ? null : json(rule)));
  return tx.execute(sql`
    insert into availability.rule_draft_change (draft_id, rule_key, rule)
    select ${draftId}, c.rule_key, c.rule
    from unnest(${changes.map(({ key }) => key)}::text[], ${rules}::jsonb[]) as c (rule_key, rule)
    on conflict (draft_id, rule_key) do update set rule = excluded.rule`);
}

/** Lets a draft say nothing of rules any more; of any, where no keys are given. */
export function deleteDraftChanges(
  tx: Transaction,
  draftId: string,
  keys: readonly string[] | undefined,
): Promise<number> {
  return tx.execute(sql`
    delete from availability.rule_draft_change
    where draft_id = ${draftId} and (${keys === undefined} or rule_key = any (${[...(keys ?? [])]}::text[]))`);
}

/** Everything that a draft changes. */
export async function selectDraftChanges(
  database: Queryable,
  draftId: string,
): Promise<readonly RuleChange[]> {
  const rows = await database.query<{ rule_key: string; rule: Rule | null }>(sql`
    select rule_key, rule from availability.rule_draft_change where draft_id = ${draftId}`);
  return rows.map((row) => ({ key: row.rule_key, rule: row.rule ?? undefined }));
}

export type ChangedRow = {
  readonly rule_key: string;
  /** What held before. */
  readonly before: Rule | null;
  readonly after: Rule | null;
};

/** What a draft changes of what holds now; by key. */
export function selectDraftDifference(
  database: Queryable,
  draftId: string,
  page: { readonly after: string; readonly limit: number },
): Promise<ChangedRow[]> {
  return database.query<ChangedRow>(sql`
    select c.rule_key, r.rule as before, c.rule as after
    from availability.rule_draft_change c
    left join availability.rule r on r.rule_key = c.rule_key and r.to_version is null
    where c.draft_id = ${draftId} and c.rule_key > ${page.after}
    order by c.rule_key limit ${page.limit}`);
}

/** Rules that a draft changes and that were changed since its base; by key. */
export async function selectOvertaken(
  tx: Transaction,
  { draftId, baseVersion }: Pick<Draft, "draftId" | "baseVersion">,
  limit: number,
): Promise<readonly string[]> {
  const rows = await tx.query<{ rule_key: string }>(sql`
    select c.rule_key from availability.rule_draft_change c
    where c.draft_id = ${draftId} and exists (
      select from availability.rule r
      where r.rule_key = c.rule_key and (r.from_version > ${baseVersion} or r.to_version > ${baseVersion}))
    order by c.rule_key limit ${limit}`);
  return rows.map((row) => row.rule_key);
}

/** Lets a draft put back what a version said; gives how many rules that changes. Must have the book's turn. */
export function insertRestoration(tx: Transaction, draftId: string, version: number): Promise<number> {
  return tx.execute(sql`
    with touched as (
      select distinct rule_key from availability.rule where from_version > ${version} or to_version > ${version}
    ), compared as (
      select t.rule_key, then_was.rule as rule, now_is.rule as now
      from touched t
      left join availability.rule then_was on then_was.rule_key = t.rule_key and then_was.from_version <= ${version}
        and (then_was.to_version is null or then_was.to_version > ${version})
      left join availability.rule now_is on now_is.rule_key = t.rule_key and now_is.to_version is null
    )
    insert into availability.rule_draft_change (draft_id, rule_key, rule)
    select ${draftId}, rule_key, rule from compared where rule is distinct from now`);
}

/** What was done with a draft. */
export type DraftStep = {
  readonly draftId: string;
  readonly step: "created" | "changed" | "checked" | "approved" | "activated" | "overtaken" | "dropped";
  readonly revision: number;
  readonly by: string;
  readonly because: string | undefined;
  readonly correlationId: string;
};

export function insertStep(tx: Transaction, step: DraftStep, at: Date): Promise<number> {
  return tx.execute(sql`
    insert into availability.rule_draft_step (draft_id, step, revision, done_by, done_at, because, correlation_id)
    values (${step.draftId}, ${step.step}, ${step.revision}, ${step.by}, ${at}, ${step.because ?? null}, ${step.correlationId})`);
}

export type StepRow = {
  readonly step: DraftStep["step"];
  readonly revision: number;
  readonly done_by: string;
  readonly done_at: Date;
  readonly because: string | null;
  readonly correlation_id: string;
};

/** The last steps of a draft, in their order. */
export async function selectSteps(
  database: Queryable,
  draftId: string,
  limit: number,
): Promise<readonly StepRow[]> {
  const rows = await database.query<StepRow>(sql`
    select step, revision, done_by, done_at, because, correlation_id from availability.rule_draft_step
    where draft_id = ${draftId} order by step_number desc limit ${limit}`);
  return rows.toReversed();
}

/** Channels that somebody still lists items for, or that have stock set aside; with the reason. */
export async function selectChannelsInUse(
  database: Queryable,
  channelIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await database.query<{ channel_id: string; listed: boolean }>(sql`
    select c.channel_id, exists (select from availability.publication p where p.channel_id = c.channel_id) as listed
    from unnest(${[...channelIds]}::text[]) as c (channel_id)
    where exists (select from availability.publication p where p.channel_id = c.channel_id)
       or exists (select from availability.ring_fence f where f.channel_id = c.channel_id and f.quantity > 0)`);
  return new Map(
    rows.map((row) => [
      row.channel_id,
      row.listed ? "accounts list items for it" : "stock is set aside for it; give that back first",
    ]),
  );
}
