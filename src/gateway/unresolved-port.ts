import type { MessageId } from "@crossdock/canonical";
import type { Caller, Page, PageRequest, Reach } from "./asking.ts";
import type {
  DecisionResult,
  IgnoredView,
  ProposalView,
  StandingLot,
  UnresolvedDecision,
  UnresolvedKind,
  UnresolvedSum,
  UnresolvedView,
} from "./unresolved-views.ts";
import type { ParkedOutcome } from "./views.ts";

type ParkedId = { readonly messageId: MessageId; readonly record: number };

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
  /** Lots that are said of units of which an account names none, until somebody ends it; by account and name. */
  standingLots(page: PageRequest & Reach): Promise<Page<StandingLot> | "bad-cursor">;
  /** What sources say about master data that they do not own, the oldest first. */
  proposals(page: PageRequest & Reach): Promise<Page<ProposalView> | "bad-cursor">;
  /** Takes a proposal in the name of the caller. It may be parked again. Undefined: it is none, or out of reach. */
  accept(
    proposal: Reach & { readonly record: ParkedId; readonly caller: Caller },
  ): Promise<ParkedOutcome | undefined>;
  /** Drops a proposal, for a reason. Undefined: it is none, or out of reach. */
  reject(
    proposal: Reach & { readonly record: ParkedId; readonly because: string; readonly caller: Caller },
  ): Promise<ParkedOutcome | undefined>;
  /** One result a decision, in order. Refused ones stop none of the others. What waited goes on by itself. */
  decide(
    batch: Reach & { readonly decisions: readonly UnresolvedDecision[]; readonly caller: Caller },
  ): Promise<readonly Omit<DecisionResult, "index">[]>;
};
