import type { Leases } from "../platform/index.ts";
import { type CaseList, type ListedCase, selectCasePage } from "./count-case-report-store.ts";
import { type CaseDeps, type CaseOutcome, decideCase, lookAgain } from "./count-case-service.ts";
import type { CaseDecision } from "./count-case-store.ts";

/** Held by the one process that looks at open cases again. */
const LEASE = "ledger.count-cases";

/** Counts of single positions that differ too much, and what is decided about them. */
export type CountCases = {
  /** The newest first. */
  page(list: CaseList): Promise<readonly ListedCase[]>;
  find(caseNumber: number): Promise<ListedCase | undefined>;
  /** Takes the count of a case as of its own time, or never. The second decision changes nothing and says so. */
  decide(decision: CaseDecision & { readonly correlationId: string }): Promise<CaseOutcome>;
  /** Takes what is within its tolerance by now, or has waited for as long as it may. Gives how many; nothing while another process looks. */
  lookAgain(): Promise<number>;
};

/** Opens the cases of a ledger. */
export function createCountCases(deps: CaseDeps & { readonly leases: Leases }): CountCases {
  const { database } = deps;
  return {
    page: (list) => selectCasePage(database, list),
    async find(caseNumber) {
      const all = { before: Number.MAX_SAFE_INTEGER, limit: 1, sources: undefined };
      return (await selectCasePage(database, { ...all, caseNumber }))[0];
    },
    decide: (decision) => decideCase(deps, decision),
    async lookAgain() {
      const [lease] = await deps.leases.take([LEASE]);
      if (lease === undefined) return 0;
      try {
        return await lookAgain(deps);
      } finally {
        await lease.giveBack();
      }
    },
  };
}
