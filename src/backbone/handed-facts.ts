import type { SettledRow } from "./settled-store.ts";
import type { EventToInsert } from "./store.ts";

/** Facts kept at most, and the characters of their data: what is on its way between an append and the readers' look at it. */
const FACTS_MAX = 20_000;
const DATA_MAX = 16 * 1024 * 1024;

/** What this process has appended and its readers have not read yet. */
export type HandedFacts = {
  /** Keeps facts that were committed. The oldest are forgotten when they are too many: they stand on the log. */
  keep(facts: readonly EventToInsert[], recordedAt: Date): void;
  has(number: number): boolean;
  isEmpty(): boolean;
  /** Gives a fact as the log's table has it, and forgets it here; undefined where it is not known. */
  take(number: number, transaction: number): SettledRow | undefined;
};

type Handed = { readonly event: EventToInsert; readonly recordedAt: Date };

/** Makes an empty memory. */
export function createHandedFacts(): HandedFacts {
  const handed = new Map<number, Handed>();
  let characters = 0;

  function forget(number: number): Handed | undefined {
    const one = handed.get(number);
    if (one === undefined) return undefined;
    handed.delete(number);
    characters -= one.event.data.length;
    return one;
  }

  return {
    keep(facts, recordedAt) {
      for (const event of facts) {
        if (!isReadAsWritten(event)) continue;
        handed.set(event.number, { event, recordedAt });
        characters += event.data.length;
      }
      for (const number of handed.keys()) {
        if (handed.size <= FACTS_MAX && characters <= DATA_MAX) break;
        forget(number);
      }
    },
    has: (number) => handed.has(number),
    isEmpty: () => handed.size === 0,
    take(number, transaction) {
      const one = forget(number);
      return one === undefined ? undefined : rowOf(one, transaction);
    },
  };
}

/** A moment in milliseconds, in the form in which it is read. Others may lose digits on the way. */
const plainMoment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
/** Numbers that PostgreSQL may write in another way than JavaScript does. Texts may match as well, and are only read once more. */
const unusualNumber = /[[:,]-?\d+(?:[.eE]|\d{15})/;

/** Whether the database gives back the very text that it was given, but for spaces and the order of names. */
function isReadAsWritten({ effectiveAt, data }: EventToInsert): boolean {
  return plainMoment.test(effectiveAt) && !unusualNumber.test(data);
}

function rowOf({ event, recordedAt }: Handed, transaction: number): SettledRow {
  return {
    number: event.number,
    transaction,
    source: event.source,
    id: event.id,
    type: event.type,
    effective_at: new Date(event.effectiveAt),
    effective_micros: 0,
    recorded_at: recordedAt,
    recorded_micros: 0,
    correlation_id: event.correlationId,
    causation_id: event.causationId,
    stream: event.stream,
    sequence_number: event.sequenceNumber,
    data: event.data,
    bytes: event.data.length,
  };
}
