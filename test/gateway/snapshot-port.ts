import { accountSource, quantityDelta } from "@crossdock/canonical";
import type {
  DriftPolicyChangeView,
  DriftView,
  SnapshotsPort,
  SnapshotView,
} from "../../src/gateway/index.ts";
import { berlin, bolt, NOW, pageOf, warehouse } from "./ports.ts";

const snapshot: SnapshotView = {
  snapshotNumber: "1",
  snapshotId: "night-1",
  source: accountSource(warehouse),
  locationId: berlin,
  takenAt: NOW,
  scope: "full",
  conditions: false,
  state: "gathering",
  pages: { come: 2, count: 3, missing: [2] },
  rows: { come: 1_500, unresolved: 1 },
  firstCameAt: NOW,
  lastCameAt: NOW,
  positions: { toTake: 0, taken: 0, corrected: 0 },
  units: { found: 0, missing: 0 },
};

/** One snapshot, which has two of its three pages. */
export function memorySnapshots(): SnapshotsPort {
  const drift: DriftView = {
    itemId: bolt,
    locationId: berlin,
    lot: "",
    status: "available",
    difference: quantityDelta(-2),
  };
  const find: SnapshotsPort["find"] = async (number, { accountIds }) =>
    number === "1" && (accountIds?.includes(warehouse) ?? true) ? snapshot : undefined;
  const changes: DriftPolicyChangeView[] = [];
  return {
    find,
    causes: async (number, reach) =>
      (await find(number, reach)) === undefined ? undefined : [{ cause: "rows-unresolved", count: 1 }],
    trend: async () => ({ days: [], items: [] }),
    async decide(number, reach) {
      const found = await find(number, reach);
      return found === undefined ? undefined : { outcome: "not-held", snapshot: found };
    },
    async decideMany(decisions, reach) {
      const found = await Promise.all(decisions.map((each) => find(each.snapshotNumber, reach)));
      return decisions.map(({ snapshotNumber }, at) => ({
        ...{ snapshotNumber, outcome: found[at] === undefined ? "not-found" : "not-held" },
      }));
    },
    async conclude(number, reach) {
      const found = await find(number, reach);
      return found === undefined ? undefined : { outcome: "not-taken", snapshot: found };
    },
    async setPolicy({ source, locationId, policy, caller }) {
      if (locationId !== undefined && locationId !== berlin) return "unknown-location";
      changes.unshift({
        changeNumber: String(changes.length + 1),
        ...(source === undefined ? {} : { source }),
        ...(locationId === undefined ? {} : { locationId }),
        before: null,
        after: policy,
        changedAt: NOW,
        changedBy: caller.clientId,
      });
      return "set";
    },
    policyChanges: async ({ accountIds: _, ...page }) => pageOf(changes, page),
    page: async ({ accountIds, locationId: _, state, isUnfinished = false, ...page }) => {
      const isAsked = (state ?? snapshot.state) === snapshot.state && !isUnfinished;
      const found = await find("1", { accountIds });
      return pageOf(found === undefined || !isAsked ? [] : [found], page);
    },
    drift: async (number, { accountIds, ...page }) =>
      (await find(number, { accountIds })) === undefined ? undefined : pageOf([drift], page),
  };
}
