import { itemId } from "@crossdock/canonical";
import type { FactLog, OwnFact } from "../../backbone/index.ts";
import type { Governance } from "../../governance/index.ts";
import type { Ledger } from "../../ledger/index.ts";
import type { Clock, Database, Queryable } from "../../platform/index.ts";
import { supplyInput } from "../dated/inputs.ts";
import type { RuleBook } from "../rules/book.ts";
import { inTurn } from "./line-up.ts";
import { isAnotherDay, type Pegging, pegInTurn } from "./pegs.ts";
import { type BackorderRow, lockWaiting, nameOf, selectWaiting, updatePromisedAt } from "./store.ts";

export type PegDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly factLog: FactLog;
  readonly governance: Pick<Governance, "calendars">;
  readonly ledger: Pick<Ledger, "supply">;
  readonly book: () => Promise<RuleBook>;
};

/** Pegs what is to come of items to everybody who waits for them, or for a kit of them, as it stands now. */
export async function pegsOf(
  deps: Pick<PegDeps, "clock" | "governance" | "ledger">,
  queryable: Queryable,
  book: RuleBook,
  itemIds: readonly string[],
): Promise<Pegging> {
  const now = deps.clock.now();
  const own = await selectWaiting(queryable, itemIds, now);
  if (own.length === 0) return NOTHING_PEGGED;
  const parts = [...new Set(own.flatMap((one) => one.parts.map((part) => String(part.itemId))))];
  const isWider = parts.some((part) => !itemIds.includes(part));
  const waiting = inTurn(isWider ? await selectWaiting(queryable, parts, now) : own);
  const due = await deps.ledger.supply.dueSupply(queryable, parts, now);
  const places = [...new Set(due.map((each) => each.locationId))];
  const calendars = places.length === 0 ? undefined : await deps.governance.calendars(queryable, places);
  const supply = due.map((each) =>
    supplyInput(each, { now: now.getTime(), terms: book.supply, calendar: calendars?.get(each.locationId) }),
  );
  const networks = new Map(
    [...book.channels].map(([id, channel]): [string, ReadonlySet<string>] => [
      id,
      new Set(channel.locations),
    ]),
  );
  return pegInTurn(waiting, supply, networks);
}

const NOTHING_PEGGED: Pegging = { byBackorder: new Map(), bySupply: new Map() };

/** Tells those who wait for an item when what is to come suffices for them, where that is another day than they were told; gives how many. */
export async function tellDates(deps: PegDeps, item: string): Promise<number> {
  const book = await deps.book();
  return deps.database.transaction(async (tx) => {
    const rows = await lockWaiting(tx, item);
    if (rows.length === 0) return 0;
    const { byBackorder } = await pegsOf(deps, tx, book, [itemId(item)]);
    const dateOf = (row: BackorderRow) => byBackorder.get(row.backorder_id)?.promisedAt;
    const changed = rows.filter((row) => isAnotherDay(row.promised_at, dateOf(row)));
    if (changed.length === 0) return 0;
    const at = deps.clock.now();
    const facts = await deps.factLog.number(changed.map((row) => datedFact(row, dateOf(row), at)));
    updatePromisedAt(
      tx,
      changed.map((row) => ({ id: row.backorder_id, promisedAt: dateOf(row) ?? null })),
    );
    deps.factLog.append(tx, facts);
    return changed.length;
  });
}

function datedFact(row: BackorderRow, promisedAt: string | undefined, at: Date): OwnFact {
  const before = row.promised_at?.toISOString();
  const data = {
    ...nameOf(row),
    ...(promisedAt === undefined ? {} : { promisedAt }),
    ...(before === undefined ? {} : { before }),
  };
  return { fact: { type: "BackorderDated", data }, at, correlationId: row.correlation_id };
}
