import type { LocationId, SupplyInput, SupplyKind, SupplyVerdict } from "@crossdock/canonical";
import type { Caller, Page, PageRequest } from "./asking.ts";

/** A decision about a line of supply, as it was asked for. */
export type SupplyDecisionAsked = {
  readonly source: string;
  readonly kind: SupplyKind;
  readonly document: string;
  readonly line: string;
  readonly decision: SupplyVerdict;
  readonly until?: string | undefined;
  readonly because: string;
  readonly caller: Caller;
};

/** What is to come and is late. */
export type SupplyPort = {
  /** What waits for a person, item by item; a page may have a few more rows than were asked for. */
  overdue(
    asked: PageRequest & { readonly locationId?: LocationId | undefined },
  ): Promise<Page<SupplyInput> | "bad-cursor">;
  decide(
    asked: SupplyDecisionAsked,
  ): Promise<
    | { readonly is: "decided"; readonly already: boolean }
    | { readonly is: "unknown-line" | "not-open" | "until-past" | "until-missing" }
  >;
};
