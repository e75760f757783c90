import type { ItemId } from "@crossdock/canonical";
import type { Caller, Page, PageRequest, Reach } from "./asking.ts";
import type { LotConcluded, LotConclusion, LotDisagreement, LotDisagreementState } from "./lot-views.ts";

/** Days that receipts say of lots and that master data has not. */
export type LotsPort = {
  /** The oldest first. */
  disagreements(
    page: PageRequest &
      Reach & { readonly state: LotDisagreementState; readonly itemId?: ItemId | undefined },
  ): Promise<Page<LotDisagreement> | "bad-cursor">;
  /** Keeps the day or takes the other, in the name of the caller. Undefined: there is none, not any more, or it is out of reach. */
  conclude(
    disagreementNumber: string,
    conclusion: LotConclusion & Reach & { readonly caller: Caller },
  ): Promise<LotConcluded | undefined>;
};
