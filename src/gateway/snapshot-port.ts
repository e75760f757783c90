import type { LocationId } from "@crossdock/canonical";
import type { Caller, Page, PageRequest, Reach } from "./asking.ts";
import type { DriftCause } from "./drift-cause-views.ts";
import type {
  DriftPolicyChangeView,
  DriftPolicyToSet,
  DriftTrend,
  DriftView,
  SnapshotConcluded,
  SnapshotDecided,
  SnapshotState,
  SnapshotView,
} from "./snapshot-views.ts";

/** Snapshots of stock, and what they found that the books had otherwise. Undefined: there is none, or it is out of reach. */
export type SnapshotsPort = {
  /** The newest first. */
  page(
    page: PageRequest &
      Reach & { locationId?: LocationId | undefined; state?: SnapshotState | undefined } & {
        /** Only full snapshots that wait for rows still, the last of their source and location. */
        readonly isUnfinished?: boolean | undefined;
      },
  ): Promise<Page<SnapshotView> | "bad-cursor">;
  find(snapshotNumber: string, reach: Reach): Promise<SnapshotView | undefined>;
  drift(
    snapshotNumber: string,
    page: PageRequest & Reach,
  ): Promise<Page<DriftView> | "bad-cursor" | undefined>;
  /** What may have made it differ, as things stand now. */
  causes(snapshotNumber: string, reach: Reach): Promise<readonly DriftCause[] | undefined>;
  /** What snapshots of a location found in a period that excludes its end. */
  trend(
    asked: Reach & { readonly locationId: LocationId; readonly from: Date; readonly to: Date },
  ): Promise<DriftTrend>;
  /** Takes a held snapshot after all, or never. Undefined: there is none, or it is out of reach. */
  decide(
    snapshotNumber: string,
    decided: {
      readonly decision: "accepted" | "dismissed";
      readonly because: string;
      readonly caller: Caller;
    } & Reach,
  ): Promise<SnapshotDecided | undefined>;
  /** Leaves out of a full snapshot the rows that are unknown still. */
  conclude(
    snapshotNumber: string,
    concluded: { readonly because: string; readonly caller: Caller } & Reach,
  ): Promise<SnapshotConcluded | undefined>;
  setPolicy(change: DriftPolicyToSet & { readonly caller: Caller }): Promise<"set" | "unknown-location">;
  /** Who changed policies, the newest first. */
  policyChanges(page: PageRequest & Reach): Promise<Page<DriftPolicyChangeView> | "bad-cursor">;
};
