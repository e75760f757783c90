import type { Database, Log, Transaction } from "../platform/index.ts";
import { isRetryable } from "../platform/index.ts";
import type { Accounts, ConnectedAccount } from "./account-service.ts";
import { type ApplyMessagesDeps, applyMessages, type MappedMessage } from "./apply-messages-service.ts";
import { cut } from "./document.ts";
import { type ClaimedMessage, claimMessages, failMessage, postponeMessage } from "./message-store.ts";
import { MAPPED_TOPIC } from "./topics.ts";

/** Messages mapped in one transaction: enough to share its costs, few enough that a failure is soon found. */
export const CLAIM_MESSAGES_MAX = 50;
/** Bytes beyond which a claim takes no further message: a transaction of many thousand facts holds every reader back. */
export const CLAIM_BYTES_MAX = 1024 * 1024;
/** How often a message is tried before it is dead. */
export const MESSAGE_ATTEMPTS_MAX = 3;
/** Wait before a message that failed is tried again, times its attempts; and while its account cannot be used. */
const FAILED_WAIT_MS = 2_000;
const ACCOUNT_WAIT_MS = 60_000;

export type MappingDeps = ApplyMessagesDeps & {
  readonly database: Database;
  readonly log: Log;
  readonly accounts: Accounts;
};

/** Maps stored messages. `step` takes one claim and gives the number of messages that it dealt with; 0 when none is due. */
export type Mapper = { step(): Promise<number> };

/**
 * Makes the mapper. After a claim has failed it goes on one message at a time, until it has been past as many as a claim can
 * hold: so a message that cannot be written is found, counted, and at last put aside, while its neighbours go on.
 */
export function createMapper(deps: MappingDeps): Mapper {
  let careful = 0;
  return {
    async step() {
      const messages = careful > 0 ? 1 : CLAIM_MESSAGES_MAX;
      const claimed: ClaimedMessage[] = [];
      try {
        await deps.database.transaction((tx) => takeClaim(deps, tx, messages, claimed));
        careful = Math.max(0, careful - 1);
      } catch (error) {
        if (isRetryable(error)) throw error;
        const [message] = claimed;
        if (message === undefined) throw error;
        if (messages === 1) await fail(deps, message, error);
        careful = CLAIM_MESSAGES_MAX;
      }
      return claimed.length;
    },
  };
}

/** One claim: map every message, make facts of all their records at once, and note what became of each. */
async function takeClaim(
  deps: MappingDeps,
  tx: Transaction,
  messages: number,
  claimed: ClaimedMessage[],
): Promise<void> {
  const now = deps.clock.now();
  claimed.push(...(await claimMessages(tx, { messages, bytes: CLAIM_BYTES_MAX, now })));
  if (claimed.length === 0) return;
  const mapped: MappedMessage[] = [];
  for (const message of claimed) {
    const done = await mapMessage(deps, tx, message);
    if (done !== undefined) mapped.push(done);
  }
  await applyMessages(deps, tx, mapped);
  tx.afterCommit(() => deps.wakeup.signal(MAPPED_TOPIC));
}

/** Maps one message. One that cannot be mapped is counted as failed at once, in the same transaction, and is left out. */
async function mapMessage(
  deps: MappingDeps,
  tx: Transaction,
  message: ClaimedMessage,
): Promise<MappedMessage | undefined> {
  const connected = await connectTo(deps, tx, message);
  if (connected === undefined) return undefined;
  const { account, connector, duplicates } = connected;
  try {
    const { key, kind, body, headers } = message;
    const mapping = connector.intake?.map({ key, kind, body }, headers, account) ?? {
      records: [{ is: "ignored", at: "", reason: `${connector.manifest.title} takes nothing in any more` }],
    };
    return {
      messageId: message.message_id,
      accountId: account.accountId,
      channelId: account.channelId,
      correlationId: message.correlation_id,
      receivedAt: message.received_at,
      retellsOrders: connector.intake?.retellsOrders === true,
      duplicates,
      mapping,
    };
  } catch (error) {
    await fail({ ...deps, database: tx }, message, error);
    return undefined;
  }
}

/** A missing connector or key is no fault of the message: it waits until the account can be used again. */
async function connectTo(
  deps: MappingDeps,
  tx: Transaction,
  message: ClaimedMessage,
): Promise<ConnectedAccount | undefined> {
  try {
    const connected = await deps.accounts.connect(message.account_id, tx);
    if (connected !== undefined) return connected;
    throw new Error(`account ${message.account_id} is gone`);
  } catch (error) {
    if (isRetryable(error)) throw error;
    const problem = cut(textOf(error));
    deps.log.error({ event: "message.account-unusable", ...fieldsOf(message), err: error });
    const notBefore = new Date(deps.clock.now().getTime() + ACCOUNT_WAIT_MS);
    await postponeMessage(tx, { messageId: message.message_id, problem, notBefore });
    return undefined;
  }
}

const textOf = (error: unknown) =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);

const fieldsOf = (message: ClaimedMessage) => ({
  messageId: message.message_id,
  accountId: message.account_id,
  correlationId: message.correlation_id,
});

/** Counts a failed attempt; with the last one the message is dead, and somebody has to look at it. */
async function fail(
  deps: Pick<MappingDeps, "log" | "clock"> & { readonly database: Pick<Database, "query" | "execute"> },
  message: ClaimedMessage,
  error: unknown,
): Promise<void> {
  const attempts = message.attempts + 1;
  const isDead = attempts >= MESSAGE_ATTEMPTS_MAX;
  const fields = { ...fieldsOf(message), attempts, err: error };
  if (isDead) deps.log.error({ event: "message.dead", ...fields });
  else deps.log.warn({ event: "message.failed", ...fields });
  await failMessage(deps.database, {
    messageId: message.message_id,
    problem: cut(textOf(error)),
    attemptsMax: MESSAGE_ATTEMPTS_MAX,
    notBefore: new Date(deps.clock.now().getTime() + FAILED_WAIT_MS * attempts),
  });
}
