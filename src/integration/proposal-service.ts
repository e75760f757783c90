import type { AccountId, MasterStatement } from "@crossdock/canonical";
import { NOT_THE_OWNER } from "./master.ts";
import { type ParkedAnswer, type ParkedId, type ParkedRecord, toParkedRecord } from "./parked.ts";
import { lockParked, selectParkedPage } from "./parked-store.ts";
import { answerOf, applyAgain, type ResumeDeps } from "./resume-service.ts";

/** What a source that does not own master data says about it, and what it would change. */
export type Proposal = ParkedRecord & { readonly statement: MasterStatement };

/** What sources say that they do not own. */
export type Proposals = {
  /** Open ones, the oldest first. */
  proposals(page: {
    readonly accountIds?: readonly AccountId[] | undefined;
    readonly after?: (ParkedId & { readonly parkedAt: Date }) | undefined;
    readonly limit: number;
  }): Promise<readonly Proposal[]>;
  /** Takes one in the name of whoever accepts it. Undefined when there is none of that id, or it is no proposal. */
  acceptProposal(id: ParkedId & { readonly by: string }): Promise<ParkedAnswer | undefined>;
};

/** Opens the proposals. */
export function createProposals(deps: ResumeDeps): Proposals {
  return {
    async proposals(page) {
      const rows = await selectParkedPage(deps.database, { ...page, reason: NOT_THE_OWNER });
      return rows.flatMap((row) => {
        const { statement } = row;
        return statement?.type === "MasterDataStated" ? [{ ...toParkedRecord(row), statement }] : [];
      });
    },
    acceptProposal: ({ by, ...id }) =>
      deps.database.transaction(async (tx) => {
        const row = await lockParked(tx, id.messageId, id.record);
        if (row === undefined || row.reason !== NOT_THE_OWNER) return undefined;
        if (row.state !== "parked") return answerOf(row, true);
        await applyAgain(deps, tx, { row, acceptedBy: by });
        const after = await lockParked(tx, id.messageId, id.record);
        return answerOf(after ?? row, false);
      }),
  };
}
