import { accountSource, itemId, locationId, quantity, quantityDelta } from "@crossdock/canonical";
import type {
  CountCase,
  CountCasesPort,
  CountToleranceChange as ToleranceChangeView,
  CountTolerance as ToleranceView,
} from "../gateway/index.ts";
import type { CountTolerance, CountToleranceChange, Governance } from "../governance/index.ts";
import type { Ledger, ListedCase } from "../ledger/index.ts";
import { numberCursor } from "./cursor.ts";

function toView(row: ListedCase): CountCase {
  const { currency, amount, quarantined, damaged, snapshot_number: snapshot } = row;
  return {
    caseNumber: String(row.case_number),
    source: row.source,
    locationId: locationId(row.location_id),
    itemId: itemId(row.item_id),
    lot: row.lot,
    positionId: String(row.position_id),
    countedAt: row.counted_at.toISOString(),
    counted: quantity(row.counted),
    ...(quarantined === null ? {} : { quarantined: quantity(quarantined) }),
    ...(damaged === null ? {} : { damaged: quantity(damaged) }),
    expected: quantityDelta(row.expected),
    difference: quantityDelta(row.counted - row.expected),
    ...(currency === null || amount === null ? {} : { money: { currency, amount } }),
    factNumber: String(row.event_number),
    ...(snapshot === null ? {} : { snapshotNumber: String(snapshot) }),
    ...(row.snapshot_id === null ? {} : { snapshotId: row.snapshot_id }),
    openedAt: row.opened_at.toISOString(),
    ...(row.accept_at === null ? {} : { acceptAt: row.accept_at.toISOString() }),
    state: row.state,
    ...closing(row),
  };
}

function closing({ closed_at: at, closed_by: by, closed_because: because }: ListedCase) {
  return at === null || by === null || because === null
    ? {}
    : { closed: { at: at.toISOString(), by, because } };
}

function toToleranceView({
  unitsMax,
  percentMax,
  valueMax,
  acceptAfterHours,
}: CountTolerance): ToleranceView {
  return {
    ...(unitsMax === null ? {} : { unitsMax }),
    ...(percentMax === null ? {} : { percentMax }),
    ...(valueMax === null ? {} : { valueMax }),
    ...(acceptAfterHours === null ? {} : { acceptAfterHours }),
  };
}

function toTolerance(view: ToleranceView | null): CountTolerance | undefined {
  const { unitsMax = null, percentMax = null, valueMax = null, acceptAfterHours = null } = view ?? {};
  return unitsMax === null && percentMax === null && valueMax === null
    ? undefined
    : { unitsMax, percentMax, valueMax, acceptAfterHours };
}

function toChange(row: CountToleranceChange): ToleranceChangeView {
  const { source, location_id: place, item_id: item, item_class: itemClass } = row;
  return {
    changeNumber: String(row.change_number),
    ...(source === null ? {} : { source }),
    ...(place === null ? {} : { locationId: locationId(place) }),
    ...(item === null ? {} : { itemId: itemId(item) }),
    ...(itemClass === null ? {} : { itemClass }),
    before: row.before === null ? null : toToleranceView(row.before),
    after: row.after === null ? null : toToleranceView(row.after),
    changedAt: row.changed_at.toISOString(),
    changedBy: row.changed_by,
  };
}

/** Lists that go from the newest number down go on below one. */
const below = (after: string | undefined) => numberCursor(after) ?? Number.MAX_SAFE_INTEGER;

/** Counts that wait for a decision, as the gateway asks for them. */
export function countCasesPort({
  ledger,
  governance,
}: {
  readonly ledger: Pick<Ledger, "countCases">;
  readonly governance: Governance;
}): CountCasesPort {
  const { countCases } = ledger;
  const find: CountCasesPort["find"] = async (caseNumber, { accountIds }) => {
    const found = await countCases.find(Number(caseNumber));
    const isSeen = accountIds?.map(accountSource).includes(found?.source ?? "") ?? true;
    return found === undefined || !isSeen ? undefined : toView(found);
  };
  return {
    find,
    async page({ after, limit, accountIds, ...filters }) {
      const before = below(after);
      if (before === "bad-cursor") return before;
      const listed = await countCases.page({
        ...filters,
        ...{ before, limit, sources: accountIds?.map(accountSource) },
      });
      const last = listed.length < limit ? undefined : listed.at(-1);
      return { rows: listed.map(toView), next: last === undefined ? undefined : String(last.case_number) };
    },
    async decide(caseNumber, { decision, because, caller, accountIds }) {
      if ((await find(caseNumber, { accountIds })) === undefined) return undefined;
      const { clientId: by, correlationId } = caller;
      const decided = { caseNumber: Number(caseNumber), decision, because, by, correlationId };
      const outcome = await countCases.decide(decided);
      const found = await find(caseNumber, { accountIds });
      return found === undefined || outcome === "unknown" ? undefined : { outcome, case: found };
    },
    setTolerance: ({ source, locationId: place, itemId: item, itemClass, tolerance, caller }) =>
      governance.setCountTolerance({
        ...{ source, locationId: place, itemId: item, itemClass },
        ...{ tolerance: toTolerance(tolerance), by: caller.clientId },
      }),
    async toleranceChanges({ after, limit, accountIds }) {
      const before = below(after);
      if (before === "bad-cursor") return before;
      const sources = accountIds?.map(accountSource);
      const rows = (await governance.countToleranceChanges({ before, limit, sources })).map(toChange);
      return { rows, next: rows.length < limit ? undefined : rows.at(-1)?.changeNumber };
    },
  };
}
