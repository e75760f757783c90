import { messageId } from "@crossdock/canonical";
import type {
  ProposalView,
  UnresolvedDecision,
  UnresolvedPort,
  UnresolvedView,
} from "../../src/gateway/index.ts";
import { NOW, pageOf, shop, warehouse } from "./ports.ts";

const common = {
  ...{ otherNames: [], messages: 1, firstAt: NOW, lastAt: NOW, ageSeconds: 60, effectiveFrom: NOW },
};
const rows: readonly UnresolvedView[] = [
  {
    ...common,
    ...{ accountId: warehouse, kind: "item", waitsFor: "sku:=HYPERLINK(<b>)", records: 3 },
    name: { scheme: "sku", value: "=HYPERLINK(<b>)" },
    messageIds: [],
    atStake: [{ unit: "EA", value: "12.5" }],
    suggestions: [
      {
        ...{ target: "item-bolt", called: "BOLT-M8", description: "Bolt M8 <zinc>" },
        ...{ reason: "spelled-alike", score: 90, because: "It is written so." },
      },
    ],
  },
  {
    ...common,
    ...{ accountId: shop, kind: "unit", waitsFor: "sku:BOLT-M8/CS", records: 1, unit: "CS" },
    name: { scheme: "sku", value: "BOLT-M8" },
    messageIds: [],
    atStake: [],
    suggestions: [
      {
        ...{ factor: "12", called: "XCS", description: "" },
        ...{ reason: "unit-meant", score: 95, because: "CS is XCS." },
      },
    ],
  },
  {
    ...common,
    ...{ accountId: shop, kind: "lot", waitsFor: "sku:CHEESE", records: 1 },
    name: { scheme: "sku", value: "CHEESE" },
    messageIds: [],
    atStake: [{ unit: "EA", value: "4" }],
    suggestions: [
      {
        ...{ lot: "C <1>", called: "C <1>", description: "expires on 2026-09-30" },
        ...{ reason: "only-lot", score: 60, because: "It is the item's only lot." },
      },
    ],
  },
];

const proposal: ProposalView = {
  ...{ messageId: messageId("msg-9"), record: 2, accountId: warehouse },
  said: { kind: "item", sku: "BOLT-M8", description: "<b>Bolt</b>" },
  ...{ effectiveAt: NOW, detail: 'It says of BOLT-M8: "<b>Bolt</b>".', parkedAt: NOW },
};

/** Two names, one of each account, that a spreadsheet or a browser would take for something else; and what was decided. */
export function memoryUnresolved(): UnresolvedPort & { readonly decided: UnresolvedDecision[] } {
  const decided: UnresolvedDecision[] = [];
  return {
    decided,
    async page({ accountIds, kind, ...page }) {
      const seen = rows.filter(
        (row) => accountIds?.includes(row.accountId) !== false && row.kind === (kind ?? row.kind),
      );
      return pageOf(seen, page);
    },
    async sums({ accountIds }) {
      return rows
        .filter((row) => accountIds?.includes(row.accountId) !== false)
        .map(({ accountId, kind, records }) => ({
          ...{ accountId, kind, names: 1, records, oldestAt: NOW, ageSeconds: 60 },
        }));
    },
    async ignored({ accountIds: _, ...page }) {
      const one = { accountId: shop, kind: "item" as const, waitsFor: "sku:gift" };
      return pageOf([{ ...one, because: "no stock", by: "anna", at: NOW }], page);
    },
    async standingLots({ accountIds: _, ...page }) {
      const one = { accountId: shop, waitsFor: "sku:CHEESE", lot: "C <1>", validFrom: NOW };
      return pageOf([{ ...one, by: "anna", at: NOW }], page);
    },
    async proposals({ accountIds, ...page }) {
      return pageOf(accountIds?.includes(warehouse) === false ? [] : [proposal], page);
    },
    async accept({ record, accountIds }) {
      if (accountIds?.includes(warehouse) === false || record.messageId !== proposal.messageId)
        return undefined;
      return { state: "applied", already: false, reason: "not-the-owner", detail: "" };
    },
    async reject({ record, because }) {
      if (record.messageId !== proposal.messageId) return undefined;
      return { state: "dropped", already: false, reason: "not-the-owner", detail: because };
    },
    async decide({ decisions, accountIds }) {
      return decisions.map((decision) => {
        if (accountIds?.includes(decision.accountId) === false)
          return { outcome: "refused", reason: "nothing-waits", detail: "Nothing waits for it." };
        decided.push(decision);
        return { outcome: "done", ...(decision.decide === "ignore" ? { dropped: 2, left: 1 } : {}) };
      });
    },
  };
}
