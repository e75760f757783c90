import { type AccountId, accountId, type MessageId, messageId } from "@crossdock/canonical";
import type { Clock, Database, Wakeup } from "../platform/index.ts";
import { storable } from "./inbox.ts";
import {
  dismissMessage,
  type MessageStatusRow,
  releaseMessage,
  selectMessages,
  selectRawMessage,
  selectTroubledMessages,
  selectUnmapped,
} from "./message-store.ts";
import { type ParkedRecord, toParkedRecord } from "./parked.ts";
import { selectParkedOf } from "./parked-store.ts";
import { MAPPED_TOPIC, MESSAGES_TOPIC } from "./topics.ts";

/** Parked records shown with their message; a list has the others. */
const PARKED_SHOWN_MAX = 200;

/** What became of a message. `records` is the sum of the four counts. */
export type MessageStatus = {
  readonly messageId: MessageId;
  readonly accountId: AccountId;
  readonly key: string;
  readonly kind: string;
  readonly state: MessageStatusRow["state"];
  readonly correlationId: string;
  readonly receivedAt: Date;
  readonly deliveries: number;
  readonly bytes: number;
  readonly attempts: number;
  readonly releasedAt: Date | undefined;
  readonly mappedAt: Date | undefined;
  /** The last time that somebody decided that it never counts, and why. */
  readonly dismissed: { readonly at: Date; readonly because: string } | undefined;
  readonly problem: string | undefined;
  readonly records: number;
  readonly applied: number;
  readonly duplicates: number;
  readonly ignored: number;
  readonly parked: number;
};

/** A message's bytes and header fields as they arrived. */
export type RawMessageContent = {
  readonly messageId: MessageId;
  readonly accountId: AccountId;
  readonly kind: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly receivedAt: Date;
};

/** Messages as operators and callers see them. */
export type Messages = {
  /** A message with the records of it that were ever parked; undefined when there is none. */
  message(
    messageId: MessageId,
  ): Promise<(MessageStatus & { readonly parkedRecords: readonly ParkedRecord[] }) | undefined>;
  /** Several messages at once, by id. */
  messages(messageIds: readonly MessageId[]): Promise<readonly MessageStatus[]>;
  rawMessage(messageId: MessageId): Promise<RawMessageContent | undefined>;
  /** Messages that a person must decide about, suspect and dead ones, the oldest first. */
  troubledMessages(page: {
    readonly accountIds?: readonly AccountId[] | undefined;
    readonly after?: MessageId | undefined;
    readonly limit: number;
  }): Promise<readonly MessageStatus[]>;
  /** Lets a suspect, dead or dismissed message count after all. False when it is none, so that doing it twice does it once. */
  releaseMessage(messageId: MessageId): Promise<boolean>;
  /** Decides that a suspect or dead message never counts; it is kept with the reason. False when it is neither. */
  dismissMessage(dismissal: { readonly messageId: MessageId; readonly because: string }): Promise<boolean>;
  /** Gives what is known of messages as soon as none of them is `stored` any more, and after `waitMs` at the latest. */
  waitUntilMapped(messageIds: readonly MessageId[], waitMs: number): Promise<readonly MessageStatus[]>;
};

function toStatus(row: MessageStatusRow): MessageStatus {
  return {
    messageId: messageId(row.message_id),
    accountId: accountId(row.account_id),
    key: row.key,
    kind: row.kind,
    state: row.state,
    correlationId: row.correlation_id,
    receivedAt: row.received_at,
    deliveries: row.delivery_count,
    bytes: row.body_bytes,
    attempts: row.attempts,
    releasedAt: row.released_at ?? undefined,
    mappedAt: row.mapped_at ?? undefined,
    dismissed:
      row.dismissed_at === null || row.dismissed_because === null
        ? undefined
        : { at: row.dismissed_at, because: row.dismissed_because },
    problem: row.problem ?? undefined,
    records: row.records,
    applied: row.applied,
    duplicates: row.duplicates,
    ignored: row.ignored,
    parked: row.parked,
  };
}

/** Opens the messages. */
export function createMessages(deps: {
  readonly database: Database;
  readonly clock: Clock;
  readonly wakeup: Wakeup;
}): Messages {
  const { database, clock, wakeup } = deps;

  async function messages(ids: readonly MessageId[]): Promise<readonly MessageStatus[]> {
    const found = new Map(
      (await selectMessages(database, ids)).map((row): [string, MessageStatus] => [
        row.message_id,
        toStatus(row),
      ]),
    );
    return [...new Set(ids)].flatMap((id) => found.get(id) ?? []);
  }

  return {
    messages,
    async message(id) {
      const [[status], parked] = await Promise.all([
        messages([id]),
        selectParkedOf(database, id, PARKED_SHOWN_MAX),
      ]);
      return status === undefined ? undefined : { ...status, parkedRecords: parked.map(toParkedRecord) };
    },
    async rawMessage(id) {
      const row = await selectRawMessage(database, id);
      if (row === undefined) return undefined;
      const { kind, headers, body } = row;
      return {
        messageId: messageId(row.message_id),
        accountId: accountId(row.account_id),
        kind,
        headers,
        body,
        receivedAt: row.received_at,
      };
    },
    async troubledMessages({ accountIds, after, limit }) {
      return (await selectTroubledMessages(database, { accountIds, after: after ?? "", limit })).map(
        toStatus,
      );
    },
    async releaseMessage(id) {
      const released = await releaseMessage(database, id, clock.now());
      if (released > 0) wakeup.signal(MESSAGES_TOPIC);
      return released > 0;
    },
    async dismissMessage({ messageId: id, because }) {
      const dismissal = { messageId: id, because: storable(because), at: clock.now() };
      return (await dismissMessage(database, dismissal)) > 0;
    },
    async waitUntilMapped(ids, waitMs) {
      await untilMapped(deps, ids, waitMs);
      return messages(ids);
    },
  };
}

/** Looks, waits for the next mapping, and looks again. The waiter's own signal keeps what is signalled between two waits. */
async function untilMapped(
  { database, wakeup }: { readonly database: Database; readonly wakeup: Wakeup },
  ids: readonly MessageId[],
  waitMs: number,
): Promise<void> {
  const waiter = new AbortController();
  const end = performance.now() + waitMs;
  let left = waitMs;
  while ((await selectUnmapped(database, ids)).length > 0 && left > 0) {
    await wakeup.wait(MAPPED_TOPIC, left, waiter.signal);
    left = end - performance.now();
  }
}
