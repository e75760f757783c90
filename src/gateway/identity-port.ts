import type { ItemId } from "@crossdock/canonical";
import type { KeepAnswer } from "../platform/index.ts";
import type { Caller } from "./asking.ts";
import type { ItemIdentityAnswer, MergeRequest, SplitRequest } from "./identity-views.ts";

/** Refused: nothing was changed; the refusals say why. */
export type IdentityOutcome =
  | ItemIdentityAnswer
  | (Omit<ItemIdentityAnswer, "outcome"> & { readonly outcome: "refused" });

/** Items that turn out to be one, or two. What is changed is committed together with what `keep` keeps. */
export type IdentitiesPort = {
  merge(
    request: MergeRequest & { readonly itemId: ItemId; readonly caller: Caller },
    keep: KeepAnswer<IdentityOutcome>,
  ): Promise<IdentityOutcome>;
  split(
    request: SplitRequest & { readonly itemId: ItemId; readonly caller: Caller },
    keep: KeepAnswer<IdentityOutcome>,
  ): Promise<IdentityOutcome>;
};
