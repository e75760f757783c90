import type { ItemId, LocationId, SupplyInput, SupplyKind, SupplyVerdict } from "@crossdock/canonical";
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

/** A line of what is to come, and whether a person has to decide about it. */
export type ListedSupply = { readonly input: SupplyInput; readonly waits: boolean };

/** What is to come. */
export type SupplyPort = {
  /** What is to come, or only what waits for a person, item by item; a page may have a few more rows than were asked for. */
  list(
    asked: PageRequest & {
      readonly itemId?: ItemId | undefined;
      readonly locationId?: LocationId | undefined;
      readonly waitingOnly: boolean;
    },
  ): Promise<Page<ListedSupply> | "bad-cursor">;
  decide(
    asked: SupplyDecisionAsked,
  ): Promise<
    | { readonly is: "decided"; readonly already: boolean }
    | { readonly is: "unknown-line" | "not-open" | "until-past" | "until-missing" }
  >;
};
