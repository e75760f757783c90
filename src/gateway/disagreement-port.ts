import type { LocationId } from "@crossdock/canonical";
import type { Page, PageRequest } from "./asking.ts";
import type { DisagreementView } from "./disagreement-views.ts";

/** Where other systems' numbers are not ours, the largest differences first. */
export type DisagreementsPort = {
  page(
    page: PageRequest & {
      readonly source?: string | undefined;
      readonly locationId?: LocationId | undefined;
      readonly unitsMin: number;
      readonly sortBy: "units" | "money";
    },
  ): Promise<Page<DisagreementView> | "bad-cursor">;
};
