import { type AccountId, accountSource, type ChannelId, type Reference } from "@crossdock/canonical";
import type { MappedRecord } from "@crossdock/connector-kit";
import type { FactLog, LoggedFact, NumberedFact } from "../backbone/index.ts";
import { APPEND_FACTS_MAX } from "../backbone/index.ts";
import type { Governance } from "../governance/index.ts";
import type { Clock, Ids, Transaction } from "../platform/index.ts";
import { acknowledgeDocuments } from "./document-store.ts";
import { contradiction } from "./obstacle.ts";
import type { RecordOutcome } from "./outcome.ts";
import { effectiveAtOf, referencesOf, type Translated, translate } from "./translate.ts";

export type ApplyDeps = {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly factLog: FactLog;
  readonly governance: Governance;
};

/** A record with where it comes from. */
export type RecordToApply = {
  readonly messageId: string;
  readonly accountId: AccountId;
  readonly channelId: ChannelId | undefined;
  readonly correlationId: string;
  readonly receivedAt: Date;
  /** Whether its sender tells an order again whenever anything about it changes, so that the first telling is the order. */
  readonly retellsOrders: boolean;
  /** Its place in the message. */
  readonly record: number;
  readonly mapped: MappedRecord;
};

/**
 * Makes facts of records, as far as they can be made: looks all their references up at once, appends what became a fact, and
 * gives one outcome a record, in order. A statement id that its source has used before, here or on the log, is a duplicate; one
 * that says something else under it is parked.
 */
export async function applyRecords(
  deps: ApplyDeps,
  tx: Transaction,
  records: readonly RecordToApply[],
): Promise<readonly RecordOutcome[]> {
  const now = deps.clock.now();
  const wanted = wantedReferences(records);
  const resolutions = await deps.governance.resolve(tx, wanted);
  const translations = records.map((record) =>
    translate(
      record.mapped,
      {
        accountId: record.accountId,
        channelId: record.channelId,
        recordId: `${record.messageId}/${record.record}`,
        receivedAt: record.receivedAt.toISOString(),
        now,
      },
      // A name means what it meant when it was said, however late that arrives.
      resolutions.at(effectiveAtOf(record.mapped) ?? now),
    ),
  );
  const facts = await numberFacts(deps, records, translations);
  const written = await append(
    deps,
    tx,
    facts.flatMap((fact) => fact ?? []),
  );
  await takeAcknowledgements(
    deps,
    tx,
    facts.filter((fact) => fact !== undefined && written.has(fact.number)),
  );
  const told = await toldOtherwise(
    deps,
    tx,
    facts.flatMap((fact, index) =>
      fact === undefined || written.has(fact.number) || isRetold(fact, records[index]) ? [] : [fact],
    ),
  );
  return translations.map((translated, index) => outcomeOf(translated, facts[index], { written, told }));
}

const isRetold = (fact: NumberedFact, record: RecordToApply | undefined): boolean =>
  fact.type === "OrderReceived" && record?.retellsOrders === true;

/** Of facts that stand on the log already, those that say something else now, with what was said first. */
async function toldOtherwise(
  deps: ApplyDeps,
  tx: Transaction,
  facts: readonly NumberedFact[],
): Promise<ReadonlyMap<number, LoggedFact>> {
  return facts.length === 0 ? new Map() : deps.factLog.contradictions(tx, facts);
}

function wantedReferences(records: readonly RecordToApply[]) {
  const items: Reference[] = [];
  const locations: Reference[] = [];
  for (const { mapped } of records) {
    const wanted = referencesOf(mapped);
    items.push(...wanted.items);
    locations.push(...wanted.locations);
  }
  return { items, locations };
}

/** Dresses what became a fact with a number; facts of one message keep the order of its records. */
async function numberFacts(
  deps: ApplyDeps,
  records: readonly RecordToApply[],
  translations: readonly Translated[],
): Promise<readonly (NumberedFact | undefined)[]> {
  const count = translations.filter((translated) => translated.is === "fact").length;
  const numbers: number[] = [];
  while (numbers.length < count) {
    numbers.push(...(await deps.factLog.takeNumbers(Math.min(APPEND_FACTS_MAX, count - numbers.length))));
  }
  const next = numbers.values();
  return records.map((record, index) => {
    const translated = translations[index];
    if (translated?.is !== "fact") return undefined;
    const { fact, id, effectiveAt, sequence } = translated.translated;
    const number = next.next().value;
    if (number === undefined) throw new Error(`fewer numbers were taken than the ${count} facts to number`);
    return {
      ...fact,
      number,
      id,
      effectiveAt,
      sequence,
      source: accountSource(record.accountId),
      correlationId: record.correlationId,
      causationId: record.messageId,
    };
  });
}

/** Appends in one order of ids over all pages, so that two transactions with the same facts never wait for each other in a ring. */
async function append(
  deps: ApplyDeps,
  tx: Transaction,
  facts: readonly NumberedFact[],
): Promise<ReadonlySet<number>> {
  const written = new Set<number>();
  const inOrder = facts.toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : a.number - b.number));
  for (let start = 0; start < inOrder.length; start += APPEND_FACTS_MAX) {
    const page = inOrder.slice(start, start + APPEND_FACTS_MAX);
    for (const number of await deps.factLog.appendFromOutside(tx, page)) written.add(number);
  }
  return written;
}

/** Notes a partner's word on our documents beside them. */
async function takeAcknowledgements(
  deps: ApplyDeps,
  tx: Transaction,
  facts: readonly (NumberedFact | undefined)[],
): Promise<void> {
  const told = facts.flatMap((fact) => (fact?.type === "DocumentAcknowledged" ? [fact.data] : []));
  if (told.length > 0) await acknowledgeDocuments(tx, told, deps.clock.now());
}

function outcomeOf(
  translated: Translated,
  fact: NumberedFact | undefined,
  {
    written,
    told,
  }: { readonly written: ReadonlySet<number>; readonly told: ReadonlyMap<number, LoggedFact> },
): RecordOutcome {
  switch (translated.is) {
    case "fact": {
      if (fact === undefined) throw new Error(`the fact ${translated.translated.id} was not numbered`);
      const before = told.get(fact.number);
      if (before !== undefined) return { is: "parked", obstacle: contradiction(before, fact) };
      if (!written.has(fact.number)) return { is: "duplicate" };
      return fact.type === "OrderReceived"
        ? { is: "applied", orderId: fact.data.orderId }
        : { is: "applied" };
    }
    case "ignored":
      return { is: "ignored", reason: translated.reason };
    case "obstructed":
      return { is: "parked", obstacle: translated.obstacle };
    default:
      return translated satisfies never;
  }
}
