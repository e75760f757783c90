import {
  type AccountId,
  type MessageId,
  messageId,
  type SnapshotStatement,
  type Statement,
} from "@crossdock/canonical";
import type { Database } from "../platform/index.ts";
import type { Accounts } from "./account-service.ts";
import { type ApplyMessagesDeps, applyMessages } from "./apply-messages-service.ts";
import { hashOf } from "./inbox.ts";
import { insertMessages } from "./message-store.ts";
import type { RecordOutcome } from "./outcome.ts";
import { recordOf } from "./parked.ts";

/** What a message is called that came through our own interface, without a connector. */
export const SUBMISSION_KIND = "statements";

/** Statements that their sender has put into our own form. */
export type Submission = {
  readonly accountId: AccountId;
  readonly statements: readonly (Statement | SnapshotStatement)[];
  readonly correlationId: string;
};

/** One outcome a statement, in order, given after everything is committed. */
export type SubmissionAnswer =
  | { readonly messageId: MessageId; readonly outcomes: readonly RecordOutcome[] }
  | { readonly refused: "unknown-account"; readonly reason: string };

/**
 * Takes statements in their canonical form: keeps them as a message like any other, and makes facts of them in the same
 * transaction, so that the caller can be told what became of each. Repeated statements are recognised by their ids.
 */
export async function submit(
  deps: ApplyMessagesDeps & { readonly database: Database; readonly accounts: Accounts },
  { accountId, statements, correlationId }: Submission,
): Promise<SubmissionAnswer> {
  const connected = await deps.accounts.connect(accountId);
  if (connected === undefined || !connected.enabled) {
    return { refused: "unknown-account", reason: `There is no account ${accountId}, or it is switched off.` };
  }
  const id = messageId(deps.ids.next());
  const now = deps.clock.now();
  const body = Buffer.from(JSON.stringify(statements), "utf8");
  const outcomes = await deps.database.transaction(async (tx) => {
    await insertMessages(tx, { accountId, headers: {}, correlationId, at: now }, [
      { messageId: id, key: `submission:${id}`, kind: SUBMISSION_KIND, body, hash: hashOf(body), count: 1 },
    ]);
    const [own] = await applyMessages(deps, tx, [
      {
        messageId: id,
        accountId,
        channelId: connected.account.channelId,
        correlationId,
        receivedAt: now,
        retellsOrders: false,
        duplicates: connected.duplicates,
        mapping: { records: statements.map((statement, index) => recordOf(statement, `/${index}`)) },
      },
    ]);
    return own;
  });
  return { messageId: id, outcomes: outcomes ?? [] };
}
