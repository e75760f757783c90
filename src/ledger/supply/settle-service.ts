import type { Governance } from "../../governance/index.ts";
import type { Clock, Database, Transaction } from "../../platform/index.ts";
import { mergedItems } from "../expectation-service.ts";
import { settle } from "./settle.ts";
import {
  deleteArrivals,
  lockLinesOf,
  markSettled,
  reduceArrivals,
  type SettleLineRow,
  selectArrivalsBefore,
  selectItemsToSettle,
  setSettled,
} from "./settle-store.ts";

/**
 * How old an arrival is before it is settled, in milliseconds: 400 days, so that last year's orders are still told line by line. What is
 * dated before that and told later is not set off against it any more.
 */
export const SETTLED_AFTER_MS = 400 * 86_400_000;
/** Items that are settled in one transaction: few enough to hold their lines for a moment only. */
const ITEMS_AT_ONCE = 100;

export type SettlingDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly governance: Pick<Governance, "merges">;
};

/**
 * Settles old arrivals, item by item, and gives how many went. Items that are one with others are left out: their lines are told in units
 * of their own.
 */
export async function settleSupply({ database, clock, governance }: SettlingDeps): Promise<number> {
  const before = new Date(clock.now().getTime() - SETTLED_AFTER_MS);
  const without = (await mergedItems({ governance, database })).flatMap(({ itemId, survivor }) => [
    itemId,
    survivor,
  ]);
  let gone = 0;
  for (let after = ""; ; ) {
    const page = { after, before, limit: ITEMS_AT_ONCE, without };
    const items = await selectItemsToSettle(database, page);
    const last = items.at(-1);
    if (last === undefined) return gone;
    gone += await database.transaction((tx) => settleItems(tx, items, before));
    after = last;
  }
}

async function settleItems(tx: Transaction, items: readonly string[], before: Date): Promise<number> {
  const lines = (await lockLinesOf(tx, items)).map(toLine);
  const arrivals = (await selectArrivalsBefore(tx, items, before)).map((row) => ({
    ...{ eventNumber: row.event_number, kind: row.kind, itemId: row.item_id, locationId: row.location_id },
    ...{
      document: row.document,
      line: row.line,
      arrivedAt: row.arrived_at.getTime(),
      quantity: row.quantity,
    },
  }));
  const [linesOf, arrivalsOf] = [
    Map.groupBy(lines, (line) => line.itemId),
    Map.groupBy(arrivals, (arrival) => arrival.itemId),
  ];
  const found = items.map((item) => settle(linesOf.get(item) ?? [], arrivalsOf.get(item) ?? []));
  const settled = found.flatMap((each) => each.lines);
  const less = found.flatMap((each) => each.arrivals);
  const [gone, reduced] = [less.filter(({ left }) => left === 0), less.filter(({ left }) => left > 0)];
  const touched = items.filter((_, place) => (found[place]?.arrivals.length ?? 0) > 0);
  if (touched.length === 0) return 0;
  setSettled(
    tx,
    settled.map(({ line, settled: units }) => ({ ...line, units })),
  );
  deleteArrivals(
    tx,
    gone.map(({ arrival }) => arrival.eventNumber),
  );
  reduceArrivals(
    tx,
    reduced.map(({ arrival, left }) => ({ eventNumber: arrival.eventNumber, left })),
  );
  markSettled(tx, touched, before);
  return gone.length;
}

const toLine = (row: SettleLineRow) => ({
  ...{ source: row.source, kind: row.kind, document: row.document, line: row.line, itemId: row.item_id },
  ...{ locationId: row.location_id, quantity: row.quantity, basis: row.basis, settled: row.settled },
  expectedAt: row.expected_at.getTime(),
  ...{ asOf: row.as_of.getTime(), firstAsOf: row.first_as_of.getTime() },
});
