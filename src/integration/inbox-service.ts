import { messageId } from "@crossdock/canonical";
import type { Account, Authentication, Intake, MessagePart } from "@crossdock/connector-kit";
import type { Clock, Database, Ids, Log, Transaction, Wakeup } from "../platform/index.ts";
import { Terminal } from "../platform/index.ts";
import type { Accounts, ConnectedAccount } from "./account-service.ts";
import { requeueReplies } from "./document-store.ts";
import { integrationErrors } from "./errors.ts";
import {
  DELIVERY_BYTES_MAX,
  type DeliveryIn,
  gravest,
  keptHeaders,
  PARTS_MAX,
  type PartReceipt,
  type PartToStore,
  partsToStore,
  partText,
  type Receipt,
  SIGNATURE_AGE_MS_MAX,
} from "./inbox.ts";
import {
  countDeliveries,
  type DeliveryRow,
  insertMessages,
  insertSuspects,
  type StoredPartRow,
} from "./message-store.ts";
import type { Meters } from "./meters.ts";
import { DOCUMENTS_TOPIC, MESSAGES_TOPIC } from "./topics.ts";

export type InboxDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly wakeup: Wakeup;
  readonly log: Log;
  readonly meters: Meters;
  readonly accounts: Accounts;
};

/**
 * Takes a delivery in: proves that it is genuine, splits it, and stores every part in one transaction. Only then is it
 * answered. A part that was stored before is counted and answered in the same way, its reply included.
 */
export async function receive(deps: InboxDeps, delivery: DeliveryIn): Promise<Receipt> {
  const { accountId, body } = delivery;
  if (body.length > DELIVERY_BYTES_MAX) return tooLarge(`${body.length} bytes`, `${DELIVERY_BYTES_MAX}`);
  const connected = await deps.accounts.connect(accountId);
  if (connected === undefined || !connected.enabled) {
    return {
      refused: "unknown-account",
      reason: `There is no account ${accountId}, or it is switched off.`,
    };
  }
  const { intake, manifest } = connected.connector;
  if (intake === undefined) {
    return { refused: "no-intake", reason: `${manifest.title} sends nothing that could be taken in.` };
  }
  const authentication = authenticate(intake, delivery, {
    account: connected.account,
    now: deps.clock.now(),
  });
  if (!authentication.genuine) {
    deps.log.warn({ event: "message.not-genuine", accountId, reason: authentication.reason });
    deps.meters.messages.add({ connector: manifest.name, answer: "not-genuine" });
    return { refused: "not-genuine", reason: authentication.reason };
  }
  const parts = intake.split(delivery, connected.account);
  if (parts.length > PARTS_MAX) return tooLarge(`${parts.length} parts`, `${PARTS_MAX}`);
  refuseNothing(connected, parts);
  return keepParts(deps, { delivery, connector: manifest.name, parts });
}

/** What a message does not prove by itself, the transport must have proved. */
function authenticate(
  intake: Intake,
  delivery: DeliveryIn,
  { account, now }: { readonly account: Account; readonly now: Date },
): Authentication {
  if (intake.vouchedBy === "transport" && !delivery.isVouchedFor) {
    return {
      genuine: false,
      reason: "Nothing in such a message proves its sender: send an API key with the scope messages:write.",
    };
  }
  const answer = intake.authenticate(delivery, account);
  if (!answer.genuine || answer.signedAt === undefined) return answer;
  const awayMs = Math.abs(now.getTime() - answer.signedAt.getTime());
  if (awayMs <= SIGNATURE_AGE_MS_MAX) return answer;
  const away = `${Math.round(awayMs / 1_000)} s ${answer.signedAt < now ? "ago" : "ahead"}`;
  const reason = `It was signed ${away}; at most ${SIGNATURE_AGE_MS_MAX / 1_000} s are taken. Set the sender's clock, and sign again what is sent again.`;
  return { genuine: false, reason };
}

function tooLarge(what: string, most: string): Receipt {
  return {
    refused: "too-large",
    reason: `The message has ${what}; at most ${most} are taken. Send it in pieces.`,
  };
}

/** A delivery without parts would be acknowledged without being stored. */
function refuseNothing({ account, connector }: ConnectedAccount, parts: readonly MessagePart[]): void {
  if (parts.length > 0) return;
  const { name } = connector.manifest;
  throw new Terminal(integrationErrors.connectorBroken, `the connector ${name} found no part in a message`, {
    fields: { accountId: account.accountId, connector: name },
  });
}

/** Keeps parts of a delivery that is believed: in one transaction, new ones stored, known ones counted. */
export async function keepParts(
  deps: InboxDeps,
  given: {
    readonly delivery: DeliveryIn;
    readonly connector: string;
    readonly parts: readonly MessagePart[];
  },
): Promise<Receipt> {
  const { delivery, connector } = given;
  const { distinct, texts } = partsToStore(given.parts, () => deps.ids.next());
  const row: DeliveryRow = {
    accountId: delivery.accountId,
    headers: keptHeaders(delivery.headers),
    correlationId: delivery.correlationId ?? deps.ids.next(),
    at: deps.clock.now(),
  };
  const { rows, firstSeen } = await deps.database.transaction((tx) => storeParts(deps, tx, row, distinct));
  const found = new Map(
    rows.map((stored) => [partText({ key: stored.key, hash: stored.body_hash }), stored]),
  );
  const kinds = new Map(distinct.map((part) => [partText(part), part.kind]));
  const parts = texts.map((text): PartReceipt => {
    const stored = found.get(text);
    if (stored === undefined) throw new Error("a part of a delivery was neither stored nor found");
    // The same part a second time in one delivery is a duplicate of the first.
    const isFirst = firstSeen.delete(stored.message_id);
    const answer = stored.state === "suspect" ? "suspect" : isFirst ? "stored" : "duplicate";
    return { messageId: messageId(stored.message_id), key: stored.key, kind: kinds.get(text) ?? "", answer };
  });
  for (const { answer, kind } of parts) {
    deps.meters.messages.add({ connector, answer });
    if (answer !== "duplicate") continue;
    const { accountId } = delivery;
    deps.meters.duplicates.add({ account: accountId, kind, layer: "delivery", outcome: "duplicate" });
  }
  const correlationId = rows.find((stored) => stored.message_id === parts[0]?.messageId)?.correlation_id;
  return {
    answer: gravest(parts),
    messageIds: parts.map((part) => part.messageId),
    parts,
    correlationId: correlationId ?? row.correlationId,
  };
}

type StoredParts = { readonly rows: readonly StoredPartRow[]; readonly firstSeen: Set<string> };

/** New keys are stored, known keys with known bytes are counted or tried once more, and known keys with other bytes are suspect. */
async function storeParts(
  deps: InboxDeps,
  tx: Transaction,
  delivery: DeliveryRow,
  parts: readonly PartToStore[],
): Promise<StoredParts> {
  const stored = await insertMessages(tx, delivery, parts);
  const firstSeen = new Set(stored.map((row) => row.message_id));
  tx.afterCommit(() => {
    if (firstSeen.size > 0) deps.wakeup.signal(MESSAGES_TOPIC);
  });
  if (stored.length === parts.length) return { rows: stored, firstSeen };
  const known = parts.filter((part) => !firstSeen.has(part.messageId));
  const again = await countDeliveries(tx, delivery, known);
  for (const row of again) if (row.revived) firstSeen.add(row.message_id);
  await answerAgain(deps, tx, delivery, again);
  const seen = new Set(again.map((row) => partText({ key: row.key, hash: row.body_hash })));
  const others = known.filter((part) => !seen.has(partText(part)));
  const suspects = others.length === 0 ? [] : await insertSuspects(tx, delivery, others);
  for (const suspect of suspects) {
    deps.log.warn({
      event: "message.suspect",
      accountId: delivery.accountId,
      messageId: suspect.message_id,
      correlationId: suspect.correlation_id,
    });
  }
  return { rows: [...stored, ...again, ...suspects], firstSeen };
}

/** "Answers the same way": the reply to the first delivery goes out again, byte for byte. */
async function answerAgain(
  deps: InboxDeps,
  tx: Transaction,
  delivery: DeliveryRow,
  again: readonly StoredPartRow[],
): Promise<void> {
  const messageIds = again.filter((row) => row.state === "mapped").map((row) => row.message_id);
  if (messageIds.length === 0) return;
  const requeued = await requeueReplies(tx, delivery.accountId, messageIds, delivery.at);
  if (requeued > 0) tx.afterCommit(() => deps.wakeup.signal(DOCUMENTS_TOPIC));
}
