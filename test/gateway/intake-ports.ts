/** The ports of what a person decides about, in memory. */
import type { AccountId } from "@crossdock/canonical";
import type {
  DeadLettersPort,
  DeadLetterView,
  DuplicateRule,
  DuplicateRuleChange,
  IntakePort,
  VoidNumbers,
} from "../../src/gateway/index.ts";
import { NOW, pageOf, shop, warehouse } from "./ports.ts";

/** Three letters of the ledger: the second fails at every retry, the third is of another account's fact. */
export function memoryDeadLetters(): DeadLettersPort {
  const source = (account: string) => `/accounts/${account}`;
  const letters = new Map(
    [warehouse, warehouse, shop].map((account, index): [string, DeadLetterView] => [
      `ledger/${index + 1}`,
      {
        reader: "ledger",
        number: index + 1,
        state: "open",
        reason: "RangeError: it is too much",
        attempts: 3,
        firstFailedAt: NOW,
        fact: { type: "StockReceived", source: source(account), id: `e-${index + 1}` },
      },
    ]),
  );
  const isReached = (letter: DeadLetterView, accountIds: readonly AccountId[] | undefined) =>
    accountIds === undefined || accountIds.some((account) => letter.fact?.source === source(account));
  return {
    async page({ reader, state, accountIds, ...page }) {
      const wanted = [...letters.values()].filter(
        (letter) =>
          letter.state === state &&
          letter.reader === (reader ?? letter.reader) &&
          isReached(letter, accountIds),
      );
      return pageOf(wanted, page);
    },
    async find({ reader, number, accountIds }) {
      const letter = letters.get(`${reader}/${number}`);
      return letter !== undefined && isReached(letter, accountIds) ? letter : undefined;
    },
    async retry({ reader, number }) {
      const letter = letters.get(`${reader}/${number}`);
      if (letter === undefined) return { is: "no-reader" };
      if (letter.state === "taken") return { is: "settled" };
      const is = number === 2 ? "failed" : "taken";
      const state = is === "taken" ? "taken" : letter.state;
      letters.set(`${reader}/${number}`, { ...letter, state, attempts: letter.attempts + 1 });
      return { is };
    },
    async dismiss({ reader, number, because, caller }) {
      const letter = letters.get(`${reader}/${number}`);
      if (letter?.state !== "open") return false;
      const dismissed = { at: NOW, because: `${because} (${caller.clientId})` };
      letters.set(`${reader}/${number}`, { ...letter, state: "dismissed", dismissed });
      return true;
    },
  };
}

/** The intake of the warehouse: one receipt is held, and rules are kept. */
export function memoryIntake(): IntakePort {
  let rule: DuplicateRule = { policy: "hold", windowDays: 30 };
  const changes: DuplicateRuleChange[] = [];
  const voids: VoidNumbers[] = [];
  return {
    async find(account) {
      if (account !== warehouse) return undefined;
      return {
        accountId: account,
        connector: "wms",
        ordering: "sequence",
        equation: {
          received: 9,
          applied: 5,
          duplicate: 2,
          waiting: 0,
          parked: 1,
          deadLettered: 0,
          ignored: 0,
          dismissed: 1,
        },
        isBalanced: true,
        duplicates: { delivery: 1, id: 1, fingerprint: { held: 1, released: 0, duplicate: 0, accepted: 0 } },
        gaps: [{ stream: "W1", first: 17, last: 17, state: "waiting", seenAt: NOW, asks: 0 }],
        rules: [
          { kind: "StockReceived", rule, isDefault: true, remembered: 4, rememberedSince: NOW },
          { kind: "StockCounted", isDefault: true, why: "A count is absolute.", remembered: 0 },
        ],
      };
    },
    async setDuplicateRule({ accountId: account, kind, rule: wanted, caller }) {
      if (account !== warehouse) return { is: "unknown-account" };
      if (kind !== "StockReceived") return { is: "refused", reason: `"${kind}" has no business key.` };
      changes.unshift({
        ...{
          changeNumber: String(changes.length + 1),
          kind,
          before: changes[0]?.after ?? null,
          after: wanted,
        },
        ...{ changedAt: NOW, changedBy: caller.clientId },
      });
      rule = wanted;
      return { is: "set" };
    },
    duplicateRuleChanges: async (account, page) => pageOf(account === warehouse ? changes : [], page),
    async voidNumbers({ accountId: account, caller, ...told }) {
      if (account !== warehouse) return "unknown-account";
      if (told.first !== 17 || told.last !== 17) return "not-missing";
      if (voids.length === 0) voids.push({ ...told, at: NOW, by: caller.clientId, arrived: [] });
      return "voided";
    },
    voids: async (account, page) => pageOf(account === warehouse ? voids : [], page),
  };
}
