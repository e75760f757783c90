import type { AccountId, ChannelId } from "@crossdock/canonical";
import type { Mapping } from "@crossdock/connector-kit";
import type { Transaction, Wakeup } from "../platform/index.ts";
import { type ApplyDeps, applyRecords } from "./apply-service.ts";
import { insertDocument } from "./document-store.ts";
import type { DuplicateRules } from "./duplicates.ts";
import { withoutIgnored } from "./ignored-service.ts";
import { finishMessages } from "./message-store.ts";
import type { Meters } from "./meters.ts";
import { SUSPECT_DUPLICATE } from "./obstacle.ts";
import { countOutcomes, type RecordOutcome } from "./outcome.ts";
import { withoutOvertaken } from "./overtaken-service.ts";
import { toParked } from "./parked.ts";
import { insertParked } from "./parked-store.ts";
import type { RecordToApply } from "./record.ts";
import { storableRecord } from "./record.ts";
import { splitUnknownRows } from "./snapshot-pages-service.ts";
import { noteNumbers, type SeenNumber } from "./stream-service.ts";
import { DOCUMENTS_TOPIC } from "./topics.ts";
import { sequenceOf } from "./translate.ts";

export type ApplyMessagesDeps = ApplyDeps & { readonly wakeup: Wakeup; readonly meters: Meters };

/** A stored message with what its connector made of it. */
export type MappedMessage = {
  readonly messageId: string;
  readonly accountId: AccountId;
  readonly channelId: ChannelId | undefined;
  readonly correlationId: string;
  readonly receivedAt: Date;
  readonly retellsOrders: boolean;
  readonly duplicates: DuplicateRules;
  readonly mapping: Mapping;
};

/**
 * Makes facts of the records of messages, parks what cannot be one, notes the numbers of their streams, queues their replies
 * and counts everything, in the caller's transaction. Gives the outcomes of each message's records, in order.
 *
 * Rows are locked in the order fingerprints, facts, documents, streams, messages.
 */
export async function applyMessages(
  deps: ApplyMessagesDeps,
  tx: Transaction,
  given: readonly MappedMessage[],
): Promise<readonly (readonly RecordOutcome[])[]> {
  if (given.length === 0) return [];
  const messages = await splitPages(deps, tx, given);
  const now = deps.clock.now();
  const records = messages.flatMap(recordsOf);
  const applied = await withoutIgnored(tx, records, await applyRecords(deps, tx, records));
  const outcomes = await withoutOvertaken(deps, tx, { records, outcomes: applied });
  const parked = records.flatMap((record, index) => {
    const outcome = outcomes[index];
    return outcome?.is === "parked" ? [toParked(record, outcome.obstacle)] : [];
  });
  if (parked.length > 0) await insertParked(tx, parked, now);
  await noteNumbers(
    tx,
    records.flatMap((record, index) => numberOf(record, outcomes[index])),
    now,
  );
  const byMessage = splitOutcomes(messages, outcomes);
  const counts = messages.map((message, index) => countOutcomes(message.messageId, byMessage[index] ?? []));
  await finishMessages(tx, counts, now);
  await queueReplies(deps, tx, messages);
  tx.afterCommit(() => {
    for (const [outcome, group] of Map.groupBy(outcomes, ({ is }) => is)) {
      deps.meters.records.add({ outcome }, group.length);
    }
    countDuplicates(deps.meters, records, outcomes);
  });
  return byMessage;
}

/** Of pages of snapshots, each row that cannot be resolved becomes a record of its own. */
async function splitPages(
  deps: ApplyDeps,
  tx: Transaction,
  messages: readonly MappedMessage[],
): Promise<readonly MappedMessage[]> {
  const split: MappedMessage[] = [];
  for (const message of messages) {
    const records = await splitUnknownRows(deps, tx, message.accountId, message.mapping.records);
    split.push(
      records === message.mapping.records
        ? message
        : { ...message, mapping: { ...message.mapping, records } },
    );
  }
  return split;
}

function recordsOf({ mapping, ...message }: MappedMessage): RecordToApply[] {
  return mapping.records.map((mapped, record) => ({
    ...message,
    record,
    isAnother: false,
    mapped: storableRecord(mapped),
  }));
}

function numberOf({ accountId, mapped }: RecordToApply, outcome: RecordOutcome | undefined): SeenNumber[] {
  const sequence = sequenceOf(mapped);
  const isFact = outcome?.is === "applied" && outcome.kind !== "MasterDataStated";
  return sequence === undefined
    ? []
    : [{ accountId, sequence, isCarried: isFact || outcome?.is === "parked" }];
}

/** Adds what was told before, by layer, to the metrics. */
function countDuplicates(
  meters: Meters,
  records: readonly RecordToApply[],
  outcomes: readonly RecordOutcome[],
): void {
  for (const [index, outcome] of outcomes.entries()) {
    const record = records[index];
    const seen = record === undefined ? undefined : duplicateIn(outcome, record.mapped);
    if (record !== undefined && seen !== undefined) {
      meters.duplicates.add({ account: record.accountId, ...seen });
    }
  }
}

/** By which layer a record was recognised as told before, and what was done with it; undefined when it was not. */
function duplicateIn(outcome: RecordOutcome, mapped: RecordToApply["mapped"]) {
  switch (outcome.is) {
    case "applied":
      if (outcome.inDoubtOf === undefined) return undefined;
      return { kind: outcome.kind, layer: "fingerprint", outcome: "accepted" };
    case "duplicate": {
      const layer = outcome.sameAs === undefined ? "id" : "fingerprint";
      const compared = outcome.archivedIn === undefined ? "duplicate" : "not-compared";
      return { kind: outcome.kind, layer, outcome: compared };
    }
    case "parked":
      if (outcome.obstacle.reason !== SUSPECT_DUPLICATE || mapped.is !== "stock") return undefined;
      return { kind: mapped.statement.type, layer: "fingerprint", outcome: "held" };
    case "ignored":
      if (outcome.code === undefined || mapped.is !== "stock") return undefined;
      return { kind: mapped.statement.type, layer: "version", outcome: "older" };
    default:
      return outcome satisfies never;
  }
}

function splitOutcomes(
  messages: readonly MappedMessage[],
  outcomes: readonly RecordOutcome[],
): readonly (readonly RecordOutcome[])[] {
  let start = 0;
  return messages.map(({ mapping }) => {
    const end = start + mapping.records.length;
    const own = outcomes.slice(start, end);
    start = end;
    return own;
  });
}

/** The answer to a message has the message's id for its key: it is written once, however often the message is mapped. */
async function queueReplies(
  deps: ApplyMessagesDeps,
  tx: Transaction,
  messages: readonly MappedMessage[],
): Promise<void> {
  const replies = messages.filter(({ mapping }) => mapping.reply !== undefined);
  await Promise.all(
    replies.map(({ messageId, accountId, correlationId, mapping }) =>
      insertDocument(tx, {
        documentId: deps.ids.next(),
        accountId,
        kind: "reply",
        key: messageId,
        content: { kind: "reply", replyTo: messageId, content: mapping.reply },
        correlationId,
        causationId: messageId,
        at: deps.clock.now(),
      }),
    ),
  );
  if (replies.length > 0) tx.afterCommit(() => deps.wakeup.signal(DOCUMENTS_TOPIC));
}
