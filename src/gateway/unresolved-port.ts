import type { Caller, Page, PageRequest, Reach } from "./asking.ts";
import type {
  DecisionResult,
  IgnoredView,
  UnresolvedDecision,
  UnresolvedKind,
  UnresolvedSum,
  UnresolvedView,
} from "./unresolved-views.ts";

/** Names that mean nothing to us, for whoever keeps the master data. */
export type UnresolvedPort = {
  /** Those that most records wait for first. */
  page(
    page: PageRequest & Reach & { readonly kind?: UnresolvedKind | undefined },
  ): Promise<Page<UnresolvedView> | "bad-cursor">;
  /** How many there are, by account and kind. */
  sums(reach: Reach): Promise<readonly UnresolvedSum[]>;
  /** Names that nothing is made of, the last decided first. */
  ignored(page: PageRequest & Reach): Promise<Page<IgnoredView> | "bad-cursor">;
  /** One result a decision, in order. Refused ones stop none of the others. What waited goes on by itself. */
  decide(
    batch: Reach & { readonly decisions: readonly UnresolvedDecision[]; readonly caller: Caller },
  ): Promise<readonly Omit<DecisionResult, "index">[]>;
};
