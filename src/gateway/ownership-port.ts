import type { AccountId, LocationId } from "@crossdock/canonical";
import type { Caller, Page, PageRequest } from "./asking.ts";
import type { OwnerAnswer, OwnerRequest, OwnershipChangeView, OwnerView } from "./ownership-views.ts";

/** Who is the authority for what. */
export type OwnershipPort = {
  page(
    page: PageRequest & OwnershipFilter & { readonly at?: Date | undefined },
  ): Promise<Page<OwnerView> | "bad-cursor">;
  /** The last first. */
  changes(page: PageRequest & OwnershipFilter): Promise<Page<OwnershipChangeView> | "bad-cursor">;
  setOwner(request: OwnerRequestOf): Promise<OwnerOutcome>;
};
export type OwnershipFilter = {
  readonly measure?: OwnerView["measure"] | undefined;
  readonly locationId?: LocationId | undefined;
};
export type OwnerRequestOf = OwnerRequest & { readonly caller: Caller };
export type OwnerOutcome =
  | { readonly is: "set"; readonly answer: OwnerAnswer }
  | { readonly is: "unknown-account"; readonly accountId: AccountId }
  | { readonly is: "unknown-location" }
  | { readonly is: "judged-already"; readonly message: string };
