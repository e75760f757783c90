import type { ItemId, LocationId, Lot } from "@crossdock/canonical";
import type { Reach } from "./asking.ts";
import type { DriftCause } from "./drift-cause-views.ts";

type Amounts = { readonly found: number; readonly missing: number };

/** What counts found in a period that the books had otherwise. */
export type DriftSummary = {
  readonly days: readonly { readonly day: string; readonly source: string; readonly units: Amounts }[];
  readonly places: readonly {
    readonly source: string;
    readonly locationId: LocationId;
    readonly positions: number;
    readonly units: Amounts;
    /** Exact decimals. Absent: no cost is known. */
    readonly money?: { readonly currency: string; readonly found: string; readonly missing: string };
  }[];
  readonly items: readonly {
    readonly source: string;
    readonly locationId: LocationId;
    readonly positionId: string;
    readonly itemId: ItemId;
    readonly lot: Lot;
    readonly counts: number;
    readonly units: Amounts;
  }[];
};

/** How right the books were, for people. */
export type DriftPort = {
  /** What counts of any kind found in a period that excludes its end. */
  summary(
    asked: Reach & {
      readonly from: Date;
      readonly to: Date;
      readonly source?: string | undefined;
      readonly locationId?: LocationId | undefined;
    },
  ): Promise<DriftSummary>;
  /** What may make the counts of a source and the books differ, as things stand now. */
  causes(source: string): Promise<readonly DriftCause[]>;
};
