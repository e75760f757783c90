import { accountSource, type Reference } from "@crossdock/canonical";
import { APPEND_FACTS_MAX, type FactLog, type LoggedFact, type NumberedFact } from "../backbone/index.ts";
import type { Governance } from "../governance/index.ts";
import type { Clock, Ids, Transaction } from "../platform/index.ts";
import { acknowledgeDocuments } from "./document-store.ts";
import { translateWithLots } from "./lot-said-service.ts";
import { applyMaster, masterIn } from "./master-service.ts";
import { appendNewest, type NewestFate, type VersionedCandidate } from "./newest-service.ts";
import { contradictedVersion, contradiction, mixedVersions, suspectDuplicate } from "./obstacle.ts";
import type { RecordOutcome } from "./outcome.ts";
import type { RecordToApply } from "./record.ts";
import { effectiveAtOf, type FactualRecord, referencesOf, type Translated, translate } from "./translate.ts";

export type ApplyDeps = {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly factLog: FactLog;
  readonly governance: Governance;
};

/**
 * Takes what records say about master data, and makes facts of the others, as far as they can be made: looks all their references up at once, appends what became a fact, and
 * gives one outcome a record, in order. A statement id that its source has used before, here or on the log, is a duplicate; one
 * that says something else under it is parked.
 */
export async function applyRecords(
  deps: ApplyDeps,
  tx: Transaction,
  records: readonly RecordToApply[],
): Promise<readonly RecordOutcome[]> {
  const factual = records.filter(isFactual);
  if (factual.length === records.length) return applyFacts(deps, tx, factual);
  const masters = new Map(records.map((record) => [record, masterIn(record)]));
  const stated = await applyMaster(
    deps,
    tx,
    [...masters.values()].flatMap((each) => each ?? []),
  );
  const facts = (await applyFacts(deps, tx, factual)).values();
  return records.map((record) => {
    const master = masters.get(record);
    const outcome = master === undefined ? facts.next().value : stated.get(master);
    if (outcome !== undefined) return outcome;
    throw new Error(`nothing became of record ${record.record} of ${record.messageId}`);
  });
}

type FactToApply = RecordToApply & { readonly mapped: FactualRecord };

const isFactual = (record: RecordToApply): record is FactToApply => record.mapped.is !== "master";

async function applyFacts(
  deps: ApplyDeps,
  tx: Transaction,
  records: readonly FactToApply[],
): Promise<readonly RecordOutcome[]> {
  const now = deps.clock.now();
  const wanted = wantedReferences(records);
  const resolutions = await deps.governance.resolve(tx, wanted);
  const translations = await translateWithLots(tx, records, (record, lots) =>
    translate(
      record.mapped,
      {
        accountId: record.accountId,
        channelId: record.channelId,
        recordId: `${record.messageId}/${record.record}`,
        receivedAt: record.receivedAt.toISOString(),
        now,
        lots,
      },
      // A name means what it meant when it was said, however late that arrives.
      resolutions.at(effectiveAtOf(record.mapped) ?? now),
    ),
  );
  const facts = await numberFacts(deps, records, translations);
  const candidates = candidatesOf(facts, records, translations);
  const fates = await appendNewest(deps.factLog, tx, { candidates, now });
  const isNew = (fact: NumberedFact) => fates.get(fact.number)?.is === "written";
  await takeAcknowledgements(
    deps,
    tx,
    facts.filter((fact) => fact !== undefined && isNew(fact)),
  );
  const retold = facts.flatMap((fact, index) =>
    fact === undefined || fates.get(fact.number)?.is !== "told" || isRetold(fact, records[index])
      ? []
      : [fact],
  );
  const found = { fates, ...(await toldBefore(deps, tx, retold)) };
  return translations.map((translated, index) => outcomeOf(translated, facts[index], found));
}

function candidatesOf(
  facts: readonly (NumberedFact | undefined)[],
  records: readonly RecordToApply[],
  translations: readonly Translated[],
): readonly VersionedCandidate[] {
  return records.flatMap(({ accountId, messageId, duplicates, isAnother }, index) => {
    const [fact, translated] = [facts[index], translations[index]];
    if (fact === undefined || translated?.is !== "fact") return [];
    const { version } = translated.translated;
    return [{ fact, accountId, messageId, rules: duplicates, isAnother, version }];
  });
}

const isRetold = (fact: NumberedFact, record: RecordToApply | undefined): boolean =>
  fact.type === "OrderReceived" && record?.retellsOrders === true;

/**
 * Of facts that were told before, those that say something else now, with what was said first; and those whose first telling is in an
 * archive, with its name.
 */
async function toldBefore(
  { factLog }: ApplyDeps,
  tx: Transaction,
  facts: readonly NumberedFact[],
): Promise<Pick<Found, "told" | "archived">> {
  if (facts.length === 0) return { told: new Map(), archived: new Map() };
  const [told, archived] = await Promise.all([
    factLog.contradictions(tx, facts),
    factLog.archivedTellings(tx, facts),
  ]);
  return { told, archived };
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

/** Notes a partner's word on our documents beside them. */
async function takeAcknowledgements(
  deps: ApplyDeps,
  tx: Transaction,
  facts: readonly (NumberedFact | undefined)[],
): Promise<void> {
  const told = facts.flatMap((fact) => (fact?.type === "DocumentAcknowledged" ? [fact.data] : []));
  if (told.length > 0) await acknowledgeDocuments(tx, told, deps.clock.now());
}

type Found = {
  readonly fates: ReadonlyMap<number, NewestFate>;
  readonly told: ReadonlyMap<number, LoggedFact>;
  readonly archived: ReadonlyMap<number, string>;
};

function outcomeOf(translated: Translated, fact: NumberedFact | undefined, found: Found): RecordOutcome {
  switch (translated.is) {
    case "fact":
      if (fact === undefined) throw new Error(`the fact ${translated.translated.id} was not numbered`);
      return outcomeOfFact(fact, found);
    case "ignored":
      return { is: "ignored", reason: translated.reason };
    case "obstructed":
      return { is: "parked", obstacle: translated.obstacle };
    default:
      return translated satisfies never;
  }
}

function outcomeOfFact(fact: NumberedFact, { fates, told, archived }: Found): RecordOutcome {
  const fate = fates.get(fact.number);
  if (fate === undefined) throw new Error(`nothing became of the fact ${fact.id}`);
  switch (fate.is) {
    case "written": {
      const order = fact.type === "OrderReceived" ? { orderId: fact.data.orderId } : {};
      const doubt = fate.inDoubtOf === undefined ? {} : { inDoubtOf: fate.inDoubtOf.id };
      return { is: "applied", kind: fact.type, ...order, ...doubt };
    }
    case "told": {
      const before = told.get(fact.number);
      if (before !== undefined) return { is: "parked", obstacle: contradiction(before, fact) };
      const archivedIn = archived.get(fact.number);
      return { is: "duplicate", kind: fact.type, ...(archivedIn === undefined ? {} : { archivedIn }) };
    }
    case "suspect":
      return fate.policy === "drop"
        ? { is: "duplicate", kind: fact.type, sameAs: fate.of.id }
        : { is: "parked", obstacle: suspectDuplicate(fact, fate.of) };
    case "older": {
      const { of, shown, factId } = fate.than;
      const reason = `Version ${fate.own} of ${of} changes nothing, because version ${shown} (${factId}) has counted.`;
      return { is: "ignored", code: "older-version", reason };
    }
    case "same":
      return { is: "duplicate", kind: fact.type, sameAs: fate.than.factId };
    case "differs":
      return { is: "parked", obstacle: contradictedVersion(fact, fate.than) };
    case "mixed":
      return { is: "parked", obstacle: mixedVersions(fact, fate) };
    default:
      return fate satisfies never;
  }
}
