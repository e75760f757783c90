import { type ItemId, type LocationId, messageId, quantity, quantityDelta } from "@crossdock/canonical";
import type { DifferencesPort, DifferenceView } from "../gateway/index.ts";
import type { Integration, UnreadableStatement } from "../integration/index.ts";
import type { Hint, Ledger, NamedDifference, NumberDifference, TellingFact } from "../ledger/index.ts";
import type { Clock } from "../platform/index.ts";
import { driftCauses } from "./drift-causes.ts";

type Part = DifferenceView["parts"][number];

function toFact({
  factNumber,
  record,
  source,
  type,
  effectiveAt,
  units,
  because,
}: TellingFact): Part["facts"][number] {
  return {
    ...(factNumber === undefined ? {} : { factNumber }),
    ...(record === undefined
      ? {}
      : {
          messageId: messageId(record.messageId),
          messageLink: `/system/v1/messages/${record.messageId}`,
          record: record.record,
        }),
    ...{ source, type, effectiveAt, units: quantityDelta(units) },
    ...(because === undefined ? {} : { because }),
  };
}

const toPart = ({ units, facts, ...part }: NamedDifference): Part => ({
  ...part,
  units: quantityDelta(units),
  facts: facts.map(toFact),
});

function toHint(hint: Hint): DifferenceView["hints"][number] {
  if (hint.is !== "statement") return hint;
  const { state, ...statement } = hint.statement;
  return { is: "statement", state, statement: toFact(statement) };
}

function toTheirs(difference: NumberDifference, now: Date): DifferenceView["theirs"] {
  const { said, saidAt, word, factNumbers, watermark, counted } = difference;
  return {
    said: quantity(said),
    saidAt: saidAt.toISOString(),
    ageSeconds: Math.floor((now.getTime() - saidAt.getTime()) / 1_000),
    takenAs: word,
    factNumbers: [...new Set(factNumbers)],
    ...(watermark === undefined ? {} : { watermark: { stream: watermark.stream, number: watermark.number } }),
    counts: [...counted],
  };
}

/** Whether a statement names the item there; what names nothing that is known there may be about anything. */
const isAbout = (
  { itemIds, locationIds }: UnreadableStatement,
  { itemId, locationId }: { readonly itemId: ItemId; readonly locationId: LocationId },
): boolean => itemIds.includes(itemId) && (locationIds.length === 0 || locationIds.includes(locationId));

function toUnmeasured(statement: UnreadableStatement): DifferenceView["unmeasured"][number] {
  const { messageId: message, record, source, reason, detail } = statement;
  return {
    source,
    messageId: message,
    messageLink: `/system/v1/messages/${message}`,
    record,
    reason,
    detail,
  };
}

/**
 * Why our number is not another system's, as the gateway asks for it. The ledger knows what it has taken, and integration what it could
 * not give it; the two meet here.
 */
export function differencesPort(parts: {
  readonly ledger: Ledger;
  readonly integration: Pick<Integration, "openStock" | "intake">;
  readonly clock: Clock;
}): DifferencesPort {
  const { ledger, integration, clock } = parts;
  return {
    sources: ({ itemId, locationId }) => ledger.sourcesOfNumbers({ itemId, locationId }),
    async explain({ counts, ...asked }) {
      const { statements, unreadable, isCut } = await integration.openStock();
      const stated = statements.map(({ messageId: message, record, accountId: _, ...statement }) => ({
        ...statement,
        factNumber: undefined,
        record: { messageId: message, record },
      }));
      const answer = await ledger.explainDifference({ ...asked, counted: counts }, stated);
      if (answer.is === "nothing-said") return "nothing-said";
      if (answer.is === "archived") return { archive: answer.past.archive, archivedUntil: answer.past.until };
      const { ours, oursThen, said, owner, toldSince, parts: named, hints } = answer.difference;
      const sources = [...new Set([asked.source, ...(owner === undefined ? [] : [owner])])];
      const open = await Promise.all(
        sources.map(async (source) => ({
          source,
          causes: await driftCauses(integration, { source, rows_unresolved: 0 }),
        })),
      );
      const { itemId, locationId, lot, source, measure } = asked;
      return {
        ...{ itemId, locationId, source, measure },
        ...(lot === undefined ? {} : { lot }),
        ...(owner === undefined ? {} : { owner }),
        ours: quantityDelta(ours),
        oursThen: quantityDelta(oursThen),
        theirs: toTheirs(answer.difference, clock.now()),
        difference: quantityDelta(ours - said),
        parts: named.map(toPart),
        hints: hints.map(toHint),
        ...(toldSince === undefined ? {} : { toldSince: toldSince.toISOString() }),
        unmeasured: unreadable.filter((each) => isAbout(each, asked)).map(toUnmeasured),
        isWhole: !isCut,
        open: open.filter(({ causes }) => causes.length > 0),
      };
    },
  };
}
