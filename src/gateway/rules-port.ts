import type { ChannelId, ItemId, Rule } from "@crossdock/canonical";
import type { KeepAnswer } from "../platform/index.ts";
import type { Caller, Page, PageRequest } from "./asking.ts";
import type { Fault } from "./problem.ts";
import type {
  ChangedRuleView,
  ChannelPage,
  DraftView,
  DraftWholeView,
  EffectView,
  RulePage,
  VersionView,
} from "./rule-views.ts";

/** What a draft is to say otherwise. */
export type RuleEdit = {
  readonly set?: readonly Rule[] | undefined;
  readonly remove?: readonly string[] | undefined;
  readonly undo?: readonly string[] | undefined;
};

export type RuleActing = { readonly because?: string | undefined; readonly caller: Caller };

/** What became of a wish about a draft. */
export type DraftOutcome =
  | { readonly is: "done"; readonly draft: DraftView }
  | { readonly is: "unknown-draft" | "unknown-version" | "nothing-changes" }
  | { readonly is: "refused"; readonly reason: "draft-state" | "own-draft"; readonly message: string }
  | { readonly is: "faulty"; readonly faults: readonly Fault[] }
  | { readonly is: "unreadable"; readonly problem: string }
  | { readonly is: "overtaken"; readonly keys: readonly string[] };

type Keep = KeepAnswer<DraftOutcome>;

/** What channels may sell, as rules: read, and changed by two people. */
export type RulesPort = {
  channels(page: PageRequest): Promise<ChannelPage | "bad-cursor">;
  rules(
    page: PageRequest & {
      readonly version?: number | undefined;
      readonly kind?: string | undefined;
      readonly channelId?: ChannelId | undefined;
      readonly group?: string | undefined;
      readonly itemId?: ItemId | undefined;
    },
  ): Promise<RulePage | "bad-cursor" | "unknown-version">;
  versions(page: PageRequest): Promise<Page<VersionView> | "bad-cursor">;
  changesOf(
    version: number,
    page: PageRequest,
  ): Promise<Page<ChangedRuleView> | "bad-cursor" | "unknown-version">;
  drafts(page: PageRequest & { readonly open: boolean }): Promise<Page<DraftView> | "bad-cursor">;
  draft(draftId: string): Promise<DraftWholeView | undefined>;
  draftChanges(draftId: string, page: PageRequest): Promise<Page<ChangedRuleView> | "bad-cursor">;
  effects(
    draftId: string,
    page: PageRequest & { readonly channelId?: ChannelId | undefined },
  ): Promise<Page<EffectView> | "bad-cursor">;
  /** What a draft changes, as the lines of a file; the headings first. Of no draft: the book, as the changes that would make it. */
  sheet(draftId: string | undefined): AsyncIterable<readonly string[]>;
  create(name: string, edit: RuleEdit, acting: RuleActing, keep: Keep): Promise<DraftOutcome>;
  edit(draftId: string, edit: RuleEdit, acting: RuleActing, keep: Keep): Promise<DraftOutcome>;
  /** Takes the lines of a file; `replace`: the draft says those and nothing else. */
  importFile(
    draftId: string,
    file: { readonly bytes: Uint8Array; readonly replace: boolean },
    acting: RuleActing,
  ): Promise<DraftOutcome>;
  check(draftId: string, acting: RuleActing): Promise<DraftOutcome>;
  approve(draftId: string, acting: RuleActing, keep: Keep): Promise<DraftOutcome>;
  activate(draftId: string, acting: RuleActing, keep: Keep): Promise<DraftOutcome>;
  drop(draftId: string, acting: RuleActing, keep: Keep): Promise<DraftOutcome>;
  rollBack(
    to: { readonly version: number; readonly emergency: boolean },
    acting: RuleActing & { readonly because: string },
    keep: Keep,
  ): Promise<DraftOutcome>;
};
