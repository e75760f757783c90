import { FACTS, type Fact, type FactContext, type FactType, type RecordedFact } from "@crossdock/canonical";
import { positionText } from "./position.ts";
import type { EventRow, EventToInsert } from "./store.ts";

function isFactType(type: string): type is FactType {
  return type in FACTS;
}

/** A row of the log as a fact. Its data was checked when it was appended. Throws for a type that this version does not know. */
export function toRecordedFact(row: EventRow): RecordedFact {
  if (!isFactType(row.type)) {
    throw new Error(
      `fact ${row.number} is of type ${row.type}, which this version of Crossdock does not know`,
    );
  }
  const context: FactContext = {
    source: row.source,
    id: row.id,
    effectiveAt: row.effective_at.toISOString(),
    correlationId: row.correlation_id,
    causationId: row.causation_id ?? undefined,
    sequence:
      row.stream === null || row.sequence_number === null
        ? undefined
        : { stream: row.stream, number: row.sequence_number },
  };
  return {
    ...context,
    type: row.type,
    data: row.data,
    position: positionText(row),
    recordedAt: row.recorded_at.toISOString(),
  } as RecordedFact;
}

/** What a row of the log says, without where it stands. Its data was checked when it was appended. */
export function toFact(row: { readonly type: string; readonly data: unknown }): Fact {
  if (!isFactType(row.type))
    throw new Error(`this version of Crossdock does not know facts of type ${row.type}`);
  return { type: row.type, data: row.data } as Fact;
}

/** A fact as a row to insert. */
export function toRow(
  fact: { readonly number: number; readonly type: string; readonly data: unknown } & FactContext,
): EventToInsert {
  return {
    number: fact.number,
    source: fact.source,
    id: fact.id,
    type: fact.type,
    effectiveAt: fact.effectiveAt,
    correlationId: fact.correlationId,
    causationId: fact.causationId ?? null,
    stream: fact.sequence?.stream ?? null,
    sequenceNumber: fact.sequence?.number ?? null,
    data: JSON.stringify(fact.data),
  };
}
