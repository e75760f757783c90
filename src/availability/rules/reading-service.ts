import type { Rule } from "@crossdock/canonical";
import type { Queryable } from "../../platform/index.ts";
import type { BookRule } from "./book.ts";
import type { ChangedRule } from "./changed.ts";
import {
  type ChangedRow,
  type DraftRow,
  type StepRow,
  selectDraftDifference,
  selectDrafts,
  selectSteps,
} from "./draft-store.ts";
import { type Effect, type EffectPlace, type EffectSum, selectEffects, sumEffects } from "./effect-store.ts";
import {
  type RulesWanted,
  selectBookVersion,
  selectRules,
  selectVersionDifference,
  selectVersions,
  type VersionRow,
} from "./store.ts";

/** Steps of a draft that are told at most: the last ones. */
const STEPS_TOLD_MAX = 100;

export type KeyPage = { readonly after: string; readonly limit: number };

/** A draft with what was done with it, and what it would change of what channels may sell. */
export type DraftWhole = {
  readonly draft: DraftRow;
  readonly steps: readonly StepRow[];
  /** As it was found when it was checked last. */
  readonly effects: readonly EffectSum[];
};

/** The book, its history, and what is on its way into it. */
export type RuleReading = {
  version(): Promise<number>;
  /** Rules as they held in a version, or hold; undefined where there was no such version. */
  rules(
    wanted: Omit<RulesWanted, "version"> & { readonly version?: number | undefined },
  ): Promise<{ readonly version: number; readonly rules: readonly BookRule[] } | undefined>;
  versions(page: { readonly before: number; readonly limit: number }): Promise<readonly VersionRow[]>;
  /** What a version changed; undefined where there was no such version. */
  changesOf(version: number, page: KeyPage): Promise<readonly ChangedRule[] | undefined>;
  drafts(page: {
    readonly open: boolean;
    readonly before: string | undefined;
    readonly limit: number;
  }): Promise<readonly DraftRow[]>;
  draft(draftId: string): Promise<DraftWhole | undefined>;
  /** What a draft changes of what holds now. */
  draftChanges(draftId: string, page: KeyPage): Promise<readonly ChangedRule[]>;
  effects(
    draftId: string,
    page: {
      readonly channelId: string | undefined;
      readonly after: EffectPlace | undefined;
      readonly limit: number;
    },
  ): Promise<readonly Effect[]>;
};

/** Opens the book for reading. */
export function createReading({ database }: { readonly database: Queryable }): RuleReading {
  return {
    version: () => selectBookVersion(database),
    async rules(wanted) {
      const active = await selectBookVersion(database);
      const { version = active } = wanted;
      if (version > active) return undefined;
      const rows = await selectRules(database, { ...wanted, version });
      return {
        version,
        rules: rows.map((row) => ({ key: row.rule_key, rule: row.rule, since: row.from_version })),
      };
    },
    versions: (page) => selectVersions(database, page),
    async changesOf(version, page) {
      if (version < 1 || version > (await selectBookVersion(database))) return undefined;
      return (await selectVersionDifference(database, version, page)).map(toChanged);
    },
    drafts: (page) => selectDrafts(database, page),
    async draft(draftId) {
      const [draft] = await selectDrafts(database, { draftId, before: undefined, limit: 1 });
      if (draft === undefined) return undefined;
      const [steps, effects] = await Promise.all([
        selectSteps(database, draftId, STEPS_TOLD_MAX),
        sumEffects(database, draftId),
      ]);
      return { draft, steps, effects };
    },
    draftChanges: async (draftId, page) =>
      (await selectDraftDifference(database, draftId, page)).map(toChanged),
    effects: (draftId, page) => selectEffects(database, draftId, page),
  };
}

const said = (rule: Rule | null): Rule | undefined => rule ?? undefined;

function toChanged({ rule_key: key, before, after }: ChangedRow): ChangedRule {
  return { key, before: said(before), after: said(after) };
}
