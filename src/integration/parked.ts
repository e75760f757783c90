import {
  type AccountId,
  accountId,
  channelId,
  type MasterStatement,
  type MessageId,
  messageId,
  type SnapshotStatement,
  type Statement,
} from "@crossdock/canonical";
import type { MappedRecord } from "@crossdock/connector-kit";
import { storable } from "./inbox.ts";
import { type Obstacle, SUSPECT_DUPLICATE, type WaitsFor, waitsForText } from "./obstacle.ts";
import { appliesMaster, type RecordOutcome } from "./outcome.ts";
import type { AwaitedReference, ParkedRow, ParkedToWrite, Settlement, WaitingGroup } from "./parked-store.ts";
import type { RecordToApply } from "./record.ts";

/** A record by its message and its place in it. */
export type ParkedId = { readonly messageId: MessageId; readonly record: number };

/** A record that could not become a fact, with all that a person needs to understand it. */
export type ParkedRecord = ParkedId & {
  readonly accountId: AccountId;
  readonly kind: string;
  readonly receivedAt: Date;
  readonly at: string;
  readonly reason: string;
  readonly detail: string;
  readonly waitsFor: { readonly kind: string; readonly reference: string } | undefined;
  /** What the source said, where the connector could make it out. */
  readonly statement: unknown;
  readonly state: ParkedRow["state"];
  readonly parkedAt: Date;
  readonly settledAt: Date | undefined;
  readonly settledBecause: string | undefined;
  readonly attempts: number;
};

/** What a retry or a drop came to. `already`: the record had been settled before, and stays as it was. */
export type ParkedAnswer = {
  readonly state: ParkedRow["state"];
  readonly already: boolean;
  readonly reason: string;
  readonly detail: string;
};

/** A parked record out of its row. */
export function toParkedRecord(row: ParkedRow): ParkedRecord {
  const { waits_for_kind: kind, waits_for: reference } = row;
  return {
    messageId: messageId(row.message_id),
    record: row.record,
    accountId: accountId(row.account_id),
    kind: row.kind,
    receivedAt: row.received_at,
    at: row.at,
    reason: row.reason,
    detail: row.detail,
    waitsFor: kind === null || reference === null ? undefined : { kind, reference },
    statement: row.statement ?? undefined,
    state: row.state,
    parkedAt: row.parked_at,
    settledAt: row.settled_at ?? undefined,
    settledBecause: row.settled_because ?? undefined,
    attempts: row.attempts,
  };
}

/** Whether a record still waits for something or somebody. */
export const isOpen = (state: ParkedRow["state"]): boolean => state === "waiting" || state === "parked";

const awaitedOf = (waitsFor: WaitsFor): AwaitedReference => {
  const or = waitsFor.kind === "item" ? waitsFor.or : undefined;
  return or === undefined ? waitsFor.reference : { ...waitsFor.reference, or };
};

const obstacleColumns = (obstacle: Obstacle) => ({
  reason: storable(obstacle.reason),
  detail: storable(obstacle.detail),
  state: obstacle.state,
  waitsForKind: obstacle.waitsFor?.kind ?? null,
  waitsFor: obstacle.waitsFor === undefined ? (obstacle.about ?? null) : waitsForText(obstacle.waitsFor),
  waitsForReference: obstacle.waitsFor === undefined ? null : JSON.stringify(awaitedOf(obstacle.waitsFor)),
  waitsForUnit: obstacle.waitsFor?.kind === "unit" ? obstacle.waitsFor.unit : null,
});

/** A record as it is parked. */
export function toParked(record: RecordToApply, obstacle: Obstacle): ParkedToWrite {
  const { mapped } = record;
  return {
    messageId: record.messageId,
    record: record.record,
    at: storable(mapped.at),
    statement: "statement" in mapped ? JSON.stringify(mapped.statement) : null,
    ...obstacleColumns(obstacle),
  };
}

/** How a record stands after it was tried again. */
export function settlementOf(row: ParkedRow, outcome: RecordOutcome): Settlement {
  const { message_id: messageId, record } = row;
  switch (outcome.is) {
    case "parked":
      return { messageId, record, ...obstacleColumns(outcome.obstacle) };
    case "applied":
    case "duplicate":
      return {
        ...{ messageId, record, ...settled(row), state: outcome.is, settledBecause: null },
        isMaster: appliesMaster(outcome),
      };
    case "ignored":
      return { messageId, record, ...settled(row), state: "dropped", settledBecause: outcome.reason };
    default:
      return outcome satisfies never;
  }
}

const settled = (row: ParkedRow) => ({
  reason: row.reason,
  detail: row.detail,
  waitsForKind: row.waits_for_kind,
  waitsFor: row.waits_for,
  waitsForReference: row.waits_for_reference === null ? null : JSON.stringify(row.waits_for_reference),
  waitsForUnit: row.waits_for_unit,
});

/** A parked record as it was mapped, out of its stored statement; undefined where the connector could not make one. */
export function storedRecord(row: ParkedRow): MappedRecord | undefined {
  const { at, statement } = row;
  if (statement === null) return undefined;
  // It passed its schema when it was mapped, and it has been ours ever since.
  return recordOf(statement, at);
}

/** A statement as a record, by its type. */
export function recordOf(
  statement: Statement | SnapshotStatement | MasterStatement,
  at: string,
): MappedRecord {
  switch (statement.type) {
    case "MasterDataStated":
      return { is: "master", at, statement };
    case "OrderReceived":
      return { is: "order", at, statement };
    case "StockSnapshotPage":
      return { is: "snapshot", at, statement };
    default:
      return { is: "stock", at, statement };
  }
}

/** A parked record, ready to be tried again. */
export function toRetry(
  row: ParkedRow,
  mapped: MappedRecord,
  {
    retellsOrders,
    isAnother,
    acceptedBy,
  }: {
    readonly retellsOrders: boolean;
    readonly isAnother: boolean;
    readonly acceptedBy?: string | undefined;
  },
): RecordToApply {
  return {
    messageId: row.message_id,
    accountId: accountId(row.account_id),
    channelId: row.channel_id === null ? undefined : channelId(row.channel_id),
    correlationId: row.correlation_id,
    receivedAt: row.received_at,
    retellsOrders,
    isAnother,
    acceptedBy,
    duplicates: row.duplicates,
    record: row.record,
    mapped,
  };
}

/** How a record stands after a person has decided against it: what only looked like a duplicate is one now. */
export function dropped(row: ParkedRow, because: string): Settlement {
  const { message_id: messageId, record } = row;
  const state = row.reason === SUSPECT_DUPLICATE ? "duplicate" : "dropped";
  return { messageId, record, ...settled(row), state, settledBecause: because };
}

/** What a group of records waits for. */
export function groupWaitsFor(group: WaitingGroup): WaitsFor {
  const { waits_for_kind: kind, waits_for_reference: awaited, waits_for_unit: unit } = group;
  const { or, ...reference } = awaited;
  if (kind === "unit") return { kind, reference, unit: unit ?? "" };
  return kind === "item" && or !== undefined ? { kind, reference, or } : { kind, reference };
}
