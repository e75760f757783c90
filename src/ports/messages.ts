import { type MessageId, messageId } from "@crossdock/canonical";
import type {
  DeliveryReceipt,
  MessageStatus,
  MessagesPort,
  ParkedPort,
  ParkedRecord,
  StatementsPort,
} from "../gateway/index.ts";
import type {
  ParkedRecord as IntakeParked,
  MessageStatus as IntakeStatus,
  Integration,
  Receipt,
  RecordOutcome,
} from "../integration/index.ts";

function toReceipt(receipt: Receipt): DeliveryReceipt {
  if (!("refused" in receipt)) {
    return { is: "received", answer: receipt.answer, messageIds: receipt.messageIds };
  }
  switch (receipt.refused) {
    case "unknown-account":
      return { is: "unknown-account" };
    case "not-genuine":
      return { is: "not-genuine", reason: receipt.reason };
    case "no-intake":
    case "too-large":
      return { is: "refused", reason: receipt.reason };
    default:
      return receipt.refused satisfies never;
  }
}

function toMessageStatus(status: IntakeStatus): MessageStatus {
  const { messageId: id, accountId, kind, state, deliveries, correlationId, mappedAt, problem } = status;
  const { records, applied, duplicates, ignored, parked, dismissed } = status;
  return {
    messageId: id,
    accountId,
    kind,
    state,
    receivedAt: status.receivedAt.toISOString(),
    deliveries,
    ...(mappedAt === undefined ? {} : { mappedAt: mappedAt.toISOString() }),
    ...(problem === undefined ? {} : { problem }),
    ...(dismissed === undefined
      ? {}
      : { dismissed: { at: dismissed.at.toISOString(), because: dismissed.because } }),
    records,
    applied,
    duplicates,
    ignored,
    parked,
    correlationId,
  };
}

/** Raw messages, as the gateway takes them in. */
export function messagesPort(integration: Integration): MessagesPort {
  return {
    async receive({ accountId, headers, body, correlationId, clientId }) {
      const isVouchedFor = clientId !== undefined;
      return toReceipt(await integration.receive({ accountId, headers, body, correlationId, isVouchedFor }));
    },
    async find(id) {
      const status = await integration.message(id);
      return status === undefined ? undefined : toMessageStatus(status);
    },
    async content(id) {
      const raw = await integration.rawMessage(id);
      return raw === undefined ? undefined : { contentType: raw.headers["content-type"], body: raw.body };
    },
    async troubled({ after, limit, accountIds }) {
      const from = after === undefined ? undefined : parseMessageId(after);
      if (after !== undefined && from === undefined) return "bad-cursor";
      const rows = await integration.troubledMessages({ accountIds, after: from, limit });
      return {
        rows: rows.map(toMessageStatus),
        next: rows.length < limit ? undefined : rows.at(-1)?.messageId,
      };
    },
    release: (id) => integration.releaseMessage(id),
    async waitUntilMapped(ids, waitMs) {
      return (await integration.waitUntilMapped(ids, waitMs)).map(toMessageStatus);
    },
    dismiss: ({ messageId: id, because, caller }) =>
      integration.dismissMessage({ messageId: id, because: `${because} (${caller.clientId})` }),
  };
}

function parseMessageId(text: string): MessageId | undefined {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text) ? messageId(text) : undefined;
}

/** What became of a statement, in the gateway's words. */
function toStatementResult(outcome: RecordOutcome) {
  switch (outcome.is) {
    case "applied":
      return { outcome: "accepted" as const };
    case "duplicate":
      if (outcome.archivedIn !== undefined) {
        const detail = `Its content could not be compared with its first telling, which is archived in ${outcome.archivedIn}.`;
        return { outcome: "duplicate" as const, reason: "first-telling-archived", detail };
      }
      if (outcome.sameAs === undefined) return { outcome: "duplicate" as const };
      return { outcome: "duplicate" as const, detail: `It says what ${outcome.sameAs} said.` };
    case "ignored":
      if (outcome.code !== undefined) {
        // What it says has been overtaken: to its sender that is the same as having been told before.
        return { outcome: "duplicate" as const, reason: outcome.code, detail: outcome.reason };
      }
      return { outcome: "invalid" as const, reason: "ignored", detail: outcome.reason };
    case "parked":
      return { outcome: "parked" as const, reason: outcome.obstacle.reason, detail: outcome.obstacle.detail };
    default:
      return outcome satisfies never;
  }
}

/** Statements that come in our own form. */
export function statementsPort(integration: Integration): StatementsPort {
  return {
    async submit({ accountId, statements, caller }) {
      const answer = await integration.submit({ accountId, statements, correlationId: caller.correlationId });
      if ("refused" in answer) return { is: "unknown-account" };
      const results = answer.outcomes.slice(0, statements.length).map(toStatementResult);
      return { is: "taken", results, rowsParked: answer.outcomes.length - statements.length };
    },
  };
}

function toParkedRecord(record: IntakeParked): ParkedRecord {
  return {
    messageId: record.messageId,
    record: record.record,
    accountId: record.accountId,
    at: record.at,
    reason: record.reason,
    detail: record.detail,
    ...(record.waitsFor === undefined ? {} : { waitsFor: record.waitsFor }),
    state: record.state === "waiting" ? "waiting" : "parked",
    parkedAt: record.parkedAt.toISOString(),
    attempts: record.attempts,
  };
}

export type ParkedCursor = {
  readonly parkedAt: Date;
  readonly messageId: MessageId;
  readonly record: number;
};

export const cursorText = (row: Pick<IntakeParked, "parkedAt" | "messageId" | "record">): string =>
  `${row.parkedAt.getTime()}~${row.messageId}~${row.record}`;

/** Reads where a list of parked records goes on; undefined when the text is none of ours. */
export function parseCursor(text: string): ParkedCursor | undefined {
  const match = /^(\d{1,15})~([A-Za-z0-9][A-Za-z0-9._-]{0,63})~(\d{1,9})$/.exec(text);
  if (match?.[2] === undefined) return;
  return { parkedAt: new Date(Number(match[1])), messageId: messageId(match[2]), record: Number(match[3]) };
}

/** Records that wait for something or somebody. */
export function parkedPort(integration: Integration): ParkedPort {
  return {
    async page({ after, limit, accountIds }) {
      const cursor = after === undefined ? undefined : parseCursor(after);
      if (after !== undefined && cursor === undefined) return "bad-cursor";
      const rows = await integration.parkedPage({ accountIds, after: cursor, limit });
      const last = rows.length < limit ? undefined : rows.at(-1);
      return { rows: rows.map(toParkedRecord), next: last === undefined ? undefined : cursorText(last) };
    },
    accountOf: async (record) => (await integration.parkedRecord(record))?.accountId,
    retry: (record) => integration.retry(record),
    drop: (record, caller) => integration.drop({ ...record, because: `dropped by ${caller.clientId}` }),
  };
}
