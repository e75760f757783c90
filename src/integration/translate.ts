import { createHash } from "node:crypto";
import {
  type AccountId,
  type ChannelId,
  type Fact,
  type OrderId,
  type OrderLine,
  type OrderLineStatement,
  type OrderStatement,
  orderId,
  type Reference,
  referenceText,
  type Sequence,
  type SnapshotStatement,
  snapshotPageId,
  type Version,
} from "@crossdock/canonical";
import type { MappedRecord } from "@crossdock/connector-kit";
import type { Resolution } from "../governance/index.ts";
import { gravestObstacle, incredibleTime, type Obstacle, sequenceOutOfRange } from "./obstacle.ts";
import { snapshotFact, snapshotReferences } from "./translate-snapshot.ts";
import { type Named, stockFact, stockReferences } from "./translate-stock.ts";
import { beginTranslation, type LotsSaid, type Translation } from "./translation.ts";

/** Whose record it is, and what a translation may not make up itself. */
export type RecordContext = {
  readonly accountId: AccountId;
  readonly channelId: ChannelId | undefined;
  /** Unique in its source, for records that have no id of their own. */
  readonly recordId: string;
  readonly receivedAt: string;
  readonly now: Date;
  /** Lots that a person has said of what the record names without one. Absent: none. */
  readonly lots?: LotsSaid | undefined;
};

/** A record as a fact that can be appended. */
export type TranslatedFact = {
  readonly fact: Fact;
  readonly id: string;
  readonly effectiveAt: string;
  readonly sequence: Sequence | undefined;
  readonly version: Version | undefined;
};

/** What a record comes to, before the log says whether it is new. */
export type Translated =
  | { readonly is: "fact"; readonly translated: TranslatedFact }
  | { readonly is: "ignored"; readonly reason: string }
  | { readonly is: "obstructed"; readonly obstacle: Obstacle };

/** A record that becomes a fact, or stays what it is. What is said about master data does not pass here. */
export type FactualRecord = Exclude<MappedRecord, { readonly is: "master" }>;

/** The item and location references of a record, for one look-up of all records at once. Master data looks its own up. */
export function referencesOf(record: MappedRecord): Named {
  if (record.is === "order") return { items: record.statement.data.lines.flatMap(namesOf), locations: [] };
  if (record.is === "snapshot") return snapshotReferences(record.statement);
  if (record.is !== "stock") return { items: [], locations: [] };
  return stockReferences(record.statement);
}

/** The names of a line's item, the one to resolve first before the others, each once. */
function namesOf({ item, names = [] }: OrderLineStatement): readonly [Reference, ...Reference[]] {
  const others = new Map(names.map((name) => [referenceText(name), name]));
  others.delete(referenceText(item));
  return [item, ...others.values()];
}

/** When what a record states happened; undefined where it states nothing about items or locations. */
export function effectiveAtOf(record: MappedRecord): string | undefined {
  return "statement" in record ? record.statement.effectiveAt : undefined;
}

/** The number that a record carries in its source's stream, whatever becomes of the record. */
export function sequenceOf(record: MappedRecord): Sequence | undefined {
  const isNumbered = record.is === "stock" || record.is === "master";
  const sequence = isNumbered ? record.statement.sequence : undefined;
  return sequence !== undefined && Number.isSafeInteger(sequence.number) ? sequence : undefined;
}

/** Makes a fact of a record, or says why it is none. */
export function translate(record: FactualRecord, context: RecordContext, resolution: Resolution): Translated {
  switch (record.is) {
    case "ignored":
      return { is: "ignored", reason: record.reason };
    case "invalid": {
      const { reason, message } = record;
      return { is: "obstructed", obstacle: { state: "parked", reason, detail: message } };
    }
    case "acknowledgement": {
      const { controlNumber, documentType, verdict, detail } = record.acknowledgement;
      const data = {
        accountId: context.accountId,
        controlNumber,
        verdict,
        ...(documentType === undefined ? {} : { documentType }),
        ...(detail === undefined ? {} : { detail }),
      };
      const fact: Fact = { type: "DocumentAcknowledged", data };
      return toFact(fact, { id: context.recordId, effectiveAt: context.receivedAt });
    }
    case "stock":
      return finished(
        record.statement,
        beginTranslation(resolution, context.lots),
        (translation, statement) => {
          const obstacle = incredibleTime(statement.effectiveAt, context.now);
          if (obstacle !== undefined) translation.refuse(obstacle);
          return stockFact(translation, statement);
        },
      );
    case "snapshot":
      return finished(
        identified(record.statement),
        beginTranslation(resolution, context.lots),
        (translation, statement) => {
          const obstacle = incredibleTime(statement.effectiveAt, context.now);
          if (obstacle !== undefined) translation.refuse(obstacle);
          return snapshotFact(translation, statement);
        },
      );
    case "order":
      return finished(record.statement, beginTranslation(resolution), (translation, statement) =>
        orderFact(translation, statement, context),
      );
    default:
      return record satisfies never;
  }
}

const identified = (statement: SnapshotStatement) => ({ ...statement, id: snapshotPageId(statement.data) });

function toFact(fact: Fact, { id, effectiveAt, sequence, version }: AnyStatement): Translated {
  return { is: "fact", translated: { fact, id, effectiveAt, sequence, version } };
}

type AnyStatement = {
  readonly id: string;
  readonly effectiveAt: string;
  readonly sequence?: Sequence | undefined;
  readonly version?: Version | undefined;
};

function finished<Said extends AnyStatement>(
  statement: Said,
  translation: Translation,
  factOf: (translation: Translation, statement: Said) => Fact | undefined,
): Translated {
  const { sequence } = statement;
  if (sequence !== undefined && !Number.isSafeInteger(sequence.number)) {
    translation.refuse(sequenceOutOfRange(sequence.number));
  }
  const fact = factOf(translation, statement);
  const obstacle = gravestObstacle(translation.obstacles);
  if (obstacle !== undefined) return { is: "obstructed", obstacle };
  if (fact === undefined) throw new Error(`the statement ${statement.id} gave neither a fact nor a reason`);
  return toFact(fact, statement);
}

/** An order is taken whole or not at all: promising part of what was asked is a decision, and not ours. */
function orderFact(
  translation: Translation,
  { id, data }: OrderStatement,
  context: RecordContext,
): Fact | undefined {
  const { accountId, channelId } = context;
  if (channelId === undefined) {
    const detail = `The account ${accountId} sells on no channel, so nothing can be promised to it. Give the account a channel, then retry.`;
    translation.refuse({ state: "parked", reason: "account-without-channel", detail });
  }
  const lineIds = new Set<string>();
  const repeated = data.lines.find(({ lineId }) => lineIds.size === lineIds.add(lineId).size);
  if (repeated !== undefined) {
    const detail = `Two lines are called ${repeated.lineId}. Have the channel number the lines of an order, then drop the record.`;
    translation.refuse({ state: "parked", reason: "repeated-line", detail });
  }
  const lines = data.lines.flatMap((line) => orderLine(translation, line));
  if (channelId === undefined || translation.obstacles.length > 0) return undefined;
  const order = { ...data, orderId: orderIdOf(accountId, id), accountId, channelId, lines };
  return { type: "OrderReceived", data: order };
}

/**
 * The id of an order follows from its account and its id there, so that the same order has the same id however often, and in
 * whatever installation, its messages are read.
 */
function orderIdOf(accountId: AccountId, statementId: string): OrderId {
  const hash = createHash("sha256").update(`${accountId} ${statementId}`).digest("hex");
  return orderId(`ord-${hash.slice(0, 24)}`);
}

function orderLine(translation: Translation, statement: OrderLineStatement): OrderLine[] {
  const found = translation.itemOf(namesOf(statement));
  if (found === undefined) return [];
  const quantity = translation.amount(statement.quantity, { ...found, least: 1 });
  if (quantity === undefined) return [];
  const { item: name, quantity: ordered, ...line } = statement;
  // The papers give the channel's own name back, so the one to resolve is kept where the channel gave no list.
  return [{ ...line, names: line.names ?? [name], itemId: found.item.itemId, ordered, quantity }];
}
