import type { ItemId, LocationId } from "@crossdock/canonical";
import type { Caller, Page, PageRequest, Reach } from "./asking.ts";
import type {
  CaseState,
  CountCase,
  CountCaseDecided,
  CountToleranceChange,
  CountToleranceToSet,
} from "./count-case-views.ts";

/** What became of a tolerance that was to be set. A class is unknown when no item is of it. */
export type ToleranceSet = "set" | "unknown-location" | "unknown-item" | "unknown-class" | "item-and-class";

/** Counts of single positions that wait for a decision. Undefined: there is none, or it is out of reach. */
export type CountCasesPort = {
  /** The newest first. */
  page(
    page: PageRequest &
      Reach & {
        readonly state?: CaseState | undefined;
        readonly source?: string | undefined;
        readonly locationId?: LocationId | undefined;
        readonly itemId?: ItemId | undefined;
      },
  ): Promise<Page<CountCase> | "bad-cursor">;
  find(caseNumber: string, reach: Reach): Promise<CountCase | undefined>;
  /** Takes the count of a case as of its own time, or never. */
  decide(
    caseNumber: string,
    decided: {
      readonly decision: "accepted" | "rejected";
      readonly because: string;
      readonly caller: Caller;
    } & Reach,
  ): Promise<CountCaseDecided | undefined>;
  setTolerance(change: CountToleranceToSet & { readonly caller: Caller }): Promise<ToleranceSet>;
  /** Who changed tolerances, the newest first. */
  toleranceChanges(page: PageRequest & Reach): Promise<Page<CountToleranceChange> | "bad-cursor">;
};
