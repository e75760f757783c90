import { accountSource, quantity, quantityDelta } from "@crossdock/canonical";
import type { CountCase, CountCasesPort, CountToleranceChange } from "../../src/gateway/index.ts";
import { berlin, bolt, NOW, pageOf, warehouse } from "./ports.ts";

/** One count that waits: ten bolts where the books have forty. */
export function memoryCountCases(): CountCasesPort {
  let waiting: CountCase = {
    caseNumber: "1",
    source: accountSource(warehouse),
    locationId: berlin,
    itemId: bolt,
    lot: "",
    positionId: "17",
    countedAt: NOW,
    counted: quantity(10),
    expected: quantityDelta(40),
    difference: quantityDelta(-30),
    money: { currency: "EUR", amount: "-37.5" },
    factNumber: "12",
    openedAt: NOW,
    state: "open",
  };
  const changes: CountToleranceChange[] = [];
  const find: CountCasesPort["find"] = async (number, { accountIds }) =>
    number === "1" && (accountIds?.includes(warehouse) ?? true) ? waiting : undefined;
  return {
    find,
    async page({ accountIds, state, source, locationId, itemId, ...page }) {
      const found = await find("1", { accountIds });
      const isAsked =
        (state ?? found?.state) === found?.state &&
        (source ?? found?.source) === found?.source &&
        (locationId ?? berlin) === berlin &&
        (itemId ?? bolt) === bolt;
      return pageOf(found !== undefined && isAsked ? [found] : [], page);
    },
    async decide(number, { decision, because, caller, accountIds }) {
      if ((await find(number, { accountIds })) === undefined) return undefined;
      const { state } = waiting;
      if (state !== "open") return { outcome: `already-${state}`, case: waiting };
      waiting = { ...waiting, state: decision, closed: { at: NOW, by: caller.clientId, because } };
      return { outcome: "settled", case: waiting };
    },
    async setTolerance({ caller, tolerance, ...scope }) {
      const { locationId, itemId, itemClass } = scope;
      if (itemId !== undefined && itemClass !== undefined) return "item-and-class";
      if (itemClass !== undefined && itemClass !== "bulk") return "unknown-class";
      if (locationId !== undefined && locationId !== berlin) return "unknown-location";
      if (itemId !== undefined && itemId !== bolt) return "unknown-item";
      changes.unshift({
        changeNumber: String(changes.length + 1),
        ...scope,
        before: changes[0]?.after ?? null,
        after: tolerance,
        changedAt: NOW,
        changedBy: caller.clientId,
      });
      return "set";
    },
    toleranceChanges: async ({ accountIds: _, ...page }) => pageOf(changes, page),
  };
}
