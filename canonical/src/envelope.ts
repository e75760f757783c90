import { Type } from "typebox";
import { FACT_SCHEMA_VERSION, type Fact, type FactType } from "./fact.ts";
import { type AccountId, accountId, Instant } from "./ids.ts";
import type { Sequence } from "./snapshot.ts";

/** The source of every fact that was decided here. Facts from outside carry `/accounts/<account id>`. */
export const OWN_SOURCE = "/crossdock";

/** The source text of an account's facts. */
export const accountSource = (id: string): string => `/accounts/${id}`;

/** The account of a source, undefined for our own and for foreign texts. */
export function accountOfSource(source: string): AccountId | undefined {
  const match = /^\/accounts\/([A-Za-z0-9][A-Za-z0-9._-]{0,63})$/.exec(source);
  return match?.[1] === undefined ? undefined : accountId(match[1]);
}

/**
 * Where a fact came from and what it belongs to. `correlationId` names the whole journey (one order, one upload),
 * `causationId` the message or fact that directly caused this one.
 */
export type FactContext = {
  readonly source: string;
  /** Unique in its source. Present for facts from outside; facts decided here get their own. */
  readonly id: string;
  readonly effectiveAt: Instant;
  readonly correlationId: string;
  readonly causationId?: string | undefined;
  readonly sequence?: Sequence | undefined;
};

/** Prefix of the CloudEvents `type`; the rest is the fact's type. */
export const EVENT_TYPE_PREFIX = "crossdock.";

/**
 * A fact on the wire: CloudEvents 1.0.2 in structured mode, with the extensions that the standard registers
 * (`sequence`, `partitionkey`) and ours (`recordedat`, `correlationid`, `causationid`, `position`).
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
 */
export const CloudEvent = Type.Object(
  {
    specversion: Type.Literal("1.0"),
    id: Type.String({ minLength: 1 }),
    source: Type.String({ minLength: 1 }),
    type: Type.String({ pattern: "^crossdock\\.[A-Za-z]+$" }),
    subject: Type.Optional(Type.String()),
    time: Instant,
    datacontenttype: Type.Literal("application/json"),
    dataschema: Type.String(),
    position: Type.String(),
    recordedat: Instant,
    correlationid: Type.String(),
    causationid: Type.Optional(Type.String()),
    sequence: Type.Optional(Type.String()),
    data: Type.Unknown(),
  },
  { title: "CloudEvent", additionalProperties: false },
);
export type CloudEvent = Type.Static<typeof CloudEvent>;

/** A fact with its place on the log. `position` is opaque: order is the log's business. */
export type RecordedFact = Fact & FactContext & { readonly position: string; readonly recordedAt: Instant };

/** Path of the published JSON Schema of a fact's data. */
export const factSchemaPath = (type: FactType): string => `/schemas/facts/${type}/${FACT_SCHEMA_VERSION}`;

/** What a fact is about, for CloudEvents `subject`: the item, the order or the reservation. */
function subjectOf(data: object): string | undefined {
  if ("itemId" in data) return `items/${String(data.itemId)}`;
  if ("item" in data) return `items/${String(data.item)}`;
  if ("orderId" in data) return `orders/${String(data.orderId)}`;
  return undefined;
}

/** A recorded fact as a CloudEvent. */
export function toCloudEvent(fact: RecordedFact): CloudEvent {
  const subject = subjectOf(fact.data);
  return {
    specversion: "1.0",
    id: fact.id,
    source: fact.source,
    type: EVENT_TYPE_PREFIX + fact.type,
    ...(subject === undefined ? {} : { subject }),
    time: fact.effectiveAt,
    datacontenttype: "application/json",
    dataschema: factSchemaPath(fact.type),
    position: fact.position,
    recordedat: fact.recordedAt,
    correlationid: fact.correlationId,
    ...(fact.causationId === undefined ? {} : { causationid: fact.causationId }),
    ...(fact.sequence === undefined ? {} : { sequence: `${fact.sequence.stream}/${fact.sequence.number}` }),
    data: fact.data,
  };
}
