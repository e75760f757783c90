import { type Fact, itemId, locationId } from "@crossdock/canonical";
import type { FactLog } from "../../backbone/index.ts";
import {
  type LotName,
  selectLastDayChanges,
  selectLotsPassing,
  selectTimeZones,
} from "../../governance/index.ts";
import type { Ledger } from "../../ledger/index.ts";
import type { Clock, Database, Ids, Transaction } from "../../platform/index.ts";
import { dayAt } from "../dated/local-time.ts";
import { placesOf, type RuleBook, rulesOfKind } from "../rules/book.ts";
import { lockChangeSeen, moveDay, selectChangeSeen, selectNewDays, updateChangeSeen } from "./store.ts";

/** Lots named by one fact at most. */
const LOTS_PER_FACT = 1_000;
/** Changes of master data looked at in one transaction. */
const CHANGES_MAX = 1_000;

export type AgeingDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly factLog: FactLog;
  readonly ledger: Pick<Ledger, "positionsOf">;
  readonly book: () => Promise<RuleBook>;
};

/**
 * Says which lots may be sent to fewer since a day began where they lie, and which have another last day than was known; gives how many.
 * What may be promised does not depend on it, as every decision looks at the day itself: this is for those who have been told a number.
 */
export async function ageLots(deps: AgeingDeps): Promise<number> {
  return (await beginDays(deps)) + (await followChanges(deps));
}

/** Days of shelf life that anybody asks for: on the day on which a lot has fewer, somebody's figure changes. */
function daysAskedFor(book: RuleBook): readonly number[] {
  const asked = rulesOfKind(book.rules.values(), "minimum-shelf-life").map(({ rule }) => rule.days);
  return [...new Set([0, ...asked])];
}

async function beginDays(deps: AgeingDeps): Promise<number> {
  const { database, clock } = deps;
  const book = await deps.book();
  const zones = await selectTimeZones(database, placesOf(book));
  const now = clock.now().getTime();
  const today = [...zones].map(([place, zone]) => ({ locationId: place, day: dayAt(now, zone) }));
  const begun = await selectNewDays(database, today);
  const daysBefore = daysAskedFor(book);
  let lots = 0;
  for (const { location_id: place, day, before } of begun) {
    lots += await database.transaction(async (tx) => {
      if (!(await moveDay(tx, { locationId: place, day }, before)) || before === null) return 0;
      // Where a place is given another calendar, its day may become the one before: then lots are good again.
      const [from, until] = before < day ? [before, day] : [day, before];
      const passing = await selectLotsPassing(tx, { from, until, daysBefore });
      const there = await lyingAt(deps, tx, place, passing);
      await tell(deps, tx, there, { because: "day-began", locationId: locationId(place), day });
      return there.length;
    });
  }
  return lots;
}

/** Those of lots that lie at a place. */
async function lyingAt(
  { ledger }: AgeingDeps,
  tx: Transaction,
  place: string,
  lots: readonly LotName[],
): Promise<readonly LotName[]> {
  if (lots.length === 0) return [];
  const items = [...new Set(lots.map((lot) => lot.item_id))];
  const rows = await ledger.positionsOf(tx, items, [place]);
  const there = new Set(rows.map(nameOf));
  return lots.filter((lot) => there.has(nameOf(lot)));
}

const nameOf = ({ item_id: item, lot }: LotName): string => JSON.stringify([item, lot]);

type Why = Omit<Extract<Fact, { type: "ShelfLifeChanged" }>["data"], "lots">;

async function tell(
  { factLog, clock, ids }: AgeingDeps,
  tx: Transaction,
  lots: readonly LotName[],
  why: Why,
): Promise<void> {
  if (lots.length === 0) return;
  const correlationId = ids.next();
  const at = clock.now();
  const chunks = Array.from({ length: Math.ceil(lots.length / LOTS_PER_FACT) }, (_, chunk) =>
    lots.slice(chunk * LOTS_PER_FACT, (chunk + 1) * LOTS_PER_FACT),
  );
  const facts = chunks.map((named): Fact => {
    const data = { ...why, lots: named.map(({ item_id: item, lot }) => ({ itemId: itemId(item), lot })) };
    return { type: "ShelfLifeChanged", data };
  });
  factLog.append(tx, await factLog.number(facts.map((fact) => ({ fact, at, correlationId }))));
}

async function followChanges(deps: AgeingDeps): Promise<number> {
  const { database } = deps;
  const waiting = await selectLastDayChanges(database, await selectChangeSeen(database), 1);
  if (waiting.length === 0) return 0;
  return database.transaction(async (tx) => {
    const changes = await selectLastDayChanges(tx, await lockChangeSeen(tx), CHANGES_MAX);
    const last = changes.at(-1);
    if (last === undefined) return 0;
    await updateChangeSeen(tx, last.change_id);
    const lots = [...new Map(changes.map((change) => [nameOf(change), change])).values()];
    await tell(deps, tx, lots, { because: "last-day-corrected" });
    return lots.length;
  });
}
