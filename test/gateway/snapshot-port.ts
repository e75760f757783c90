import { accountSource, quantityDelta } from "@crossdock/canonical";
import type { DriftView, SnapshotsPort, SnapshotView } from "../../src/gateway/index.ts";
import { berlin, bolt, NOW, pageOf, warehouse } from "./ports.ts";

/** One snapshot, which has two of its three pages. */
export function memorySnapshots(): SnapshotsPort {
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
  const drift: DriftView = {
    itemId: bolt,
    locationId: berlin,
    lot: "",
    status: "available",
    difference: quantityDelta(-2),
  };
  const find: SnapshotsPort["find"] = async (number, { accountIds }) =>
    number === "1" && (accountIds?.includes(warehouse) ?? true) ? snapshot : undefined;
  return {
    find,
    page: async ({ accountIds, locationId: _, ...page }) =>
      pageOf((await find("1", { accountIds })) === undefined ? [] : [snapshot], page),
    drift: async (number, { accountIds, ...page }) =>
      (await find(number, { accountIds })) === undefined ? undefined : pageOf([drift], page),
  };
}
