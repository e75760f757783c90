import type { LocationId } from "@crossdock/canonical";
import type { KeepAnswer } from "../platform/index.ts";
import type { Caller, Page, PageRequest, Reach } from "./asking.ts";
import type { SnapshotDecisions, SnapshotResults } from "./count-case-views.ts";
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
  /** Decides about many in one transaction, in which `keep` keeps what it gives: the outcomes, in the order of the decisions. */
  decideMany(
    decisions: SnapshotDecisions["decisions"],
    by: { readonly caller: Caller } & Reach,
    keep: KeepAnswer<SnapshotResults["results"]>,
  ): Promise<SnapshotResults["results"]>;
  /** Leaves out of a full snapshot the rows that are unknown still; `keep` keeps what it gives in the same transaction. */
  conclude(
    snapshotNumber: string,
    concluded: { readonly because: string; readonly caller: Caller } & Reach,
    keep?: KeepAnswer<SnapshotConcluded>,
  ): Promise<SnapshotConcluded | undefined>;
  setPolicy(change: DriftPolicyToSet & { readonly caller: Caller }): Promise<"set" | "unknown-location">;
  /** Who changed policies, the newest first. */
  policyChanges(page: PageRequest & Reach): Promise<Page<DriftPolicyChangeView> | "bad-cursor">;
};
