import type { FactData } from "@crossdock/canonical";
import type { LoggedFact, Subscriber } from "../../backbone/index.ts";
import type { Governance } from "../../governance/index.ts";
import type { Queryable } from "../../platform/index.ts";
import { mergedItems } from "../expectation-service.ts";
import {
  type DecisionDeps,
  type DecisionOutcome,
  decideSupply,
  type SupplyDecision,
} from "./decision-service.ts";
import { type DueSupply, dueInTransit, dueLine } from "./due.ts";
import { kinOf, sumLanes } from "./kin.ts";
import { openLines, type SupplyLine } from "./open.ts";
import { settleSupply } from "./settle-service.ts";
import {
  type InTransitRow,
  type StatedLine,
  type SupplyLineRow,
  selectArrivals,
  selectInTransit,
  selectItemsPastDue,
  selectItemsWithSupply,
  selectKnownLines,
  selectSupplyLines,
  upsertSupplyLines,
} from "./store.ts";

/** The reader of what is said of supply. It has a cursor of its own: lines of purchase orders by the thousand hold up no movement. */
export const SUPPLY_SUBSCRIBER = "ledger-supply";

export type SupplyDeps = DecisionDeps & {
  readonly governance: Pick<Governance, "owners" | "merges">;
};

/** What is to come, and what reads of it. */
export type Supply = {
  readonly subscriber: Subscriber;
  /**
   * What is still to come of items, wherever it goes, by what the owners of `purchase-orders` say and what is in transit. What others say
   * is kept and does not count. `now` says who the owners are. What is to come of an item that has become another is that one's.
   */
  dueSupply(queryable: Queryable, itemIds: readonly string[], now: Date): Promise<readonly DueSupply[]>;
  /** Items of which something is to come, or is said to, in the order of their ids. */
  itemsWithSupply(
    queryable: Queryable,
    page: { readonly after: string; readonly limit: number },
  ): Promise<readonly string[]>;
  /** Items of which something may be overdue, in the order of their ids. */
  itemsPastDue(
    queryable: Queryable,
    page: { readonly after: string; readonly limit: number; readonly now: Date },
  ): Promise<readonly string[]>;
  /** Settles what came so long ago that nothing will be said of it any more. Gives how many arrivals went. */
  settle(): Promise<number>;
  /** Lines of a source by their names, as it said them last, whether they count or not. */
  linesOf: typeof selectKnownLines;
  /** Decides about a line that is overdue, as its source dates it. */
  decide(decision: SupplyDecision): Promise<DecisionOutcome>;
};

/** Opens the supply side of a ledger. */
export function createSupply(deps: SupplyDeps): Supply {
  const { factLog, governance } = deps;
  return {
    subscriber: factLog.subscribe({
      name: SUPPLY_SUBSCRIBER,
      types: ["SupplyExpected"],
      // What counts of a line is the same however often its statements are read.
      rewindable: true,
      async handle(tx, facts) {
        const lines = facts.flatMap(statedLine);
        if (lines.length > 0) upsertSupplyLines(tx, lines);
      },
    }),
    dueSupply: (queryable, itemIds, now) => dueSupply(governance, queryable, { itemIds, now }),
    itemsWithSupply: async (queryable, page) =>
      selectItemsWithSupply(queryable, page, await mergedItems({ governance, database: queryable })),
    itemsPastDue: async (queryable, page) =>
      selectItemsPastDue(queryable, page, await mergedItems({ governance, database: queryable })),
    settle: () => settleSupply(deps),
    linesOf: selectKnownLines,
    decide: (decision) => decideSupply(deps, decision),
  };
}

function statedLine(fact: LoggedFact): readonly StatedLine[] {
  if (fact.type !== "SupplyExpected") return [];
  const data: FactData<"SupplyExpected"> = fact.data;
  return [
    {
      ...{ source: fact.source, kind: data.kind, document: data.number, line: data.line ?? "" },
      ...{ itemId: data.item, locationId: data.location, fromLocationId: data.from, vendor: data.vendor },
      ...{ quantity: data.quantity, basis: data.counts, expectedAt: inMilliseconds(data.expectedAt) },
      leavesAt: data.leavesAt === undefined ? undefined : inMilliseconds(data.leavesAt),
      ...{ cancelled: data.cancelled ?? false, revision: data.revision ?? 0 },
      ...{ asOf: fact.effectiveAt, statementId: fact.id, eventNumber: fact.number },
    },
  ];
}

/** As everything else here keeps moments: what is beyond a millisecond nobody means. */
const inMilliseconds = (instant: string): string => new Date(instant).toISOString();

async function dueSupply(
  governance: SupplyDeps["governance"],
  queryable: Queryable,
  { itemIds, now }: { readonly itemIds: readonly string[]; readonly now: Date },
): Promise<readonly DueSupply[]> {
  const kin = kinOf(itemIds, await mergedItems({ governance, database: queryable }));
  const [said, under] = await Promise.all([
    selectSupplyLines(queryable, kin.itemIds),
    selectInTransit(queryable, kin.itemIds),
  ]);
  const rows = said.map((row) => kin.as(row, ["quantity", "settled"]));
  const lanes = sumLanes(under.map((lane) => kin.as(lane, ["dispatched", "outstanding"])));
  const stated = await ownersOnly(governance, queryable, { rows, now });
  const since = Math.min(...stated.map(({ row }) => row.first_as_of.getTime()));
  const arrivals =
    stated.length === 0
      ? []
      : await selectArrivals(queryable, {
          itemIds: kin.itemIds,
          documents: [...new Set(stated.map(({ row }) => row.document))],
          since: new Date(since),
        });
  const came = arrivals
    .map((arrival) => kin.as(arrival, ["quantity"]))
    .map((row) => ({
      ...{ kind: row.kind, itemId: row.item_id, locationId: row.location_id, document: row.document },
      ...{ line: row.line, arrivedAt: row.arrived_at.getTime(), quantity: row.quantity },
    }));
  const lines = openLines(stated, came);
  return [
    ...lines.filter(({ open }) => open > 0).map((line) => dueLine(line, line.line.row)),
    ...lanes.map((lane) => dueInTransit(lane, etaOf(lane, rows))),
  ];
}

type Stated = SupplyLine & { readonly row: SupplyLineRow };

/**
 * Law 10 for supply: what counts is what the owner of today says. Supply is not something that happened but something that is so until
 * it is said otherwise, and who takes over says all that is open.
 */
async function ownersOnly(
  governance: SupplyDeps["governance"],
  queryable: Queryable,
  { rows, now }: { readonly rows: readonly SupplyLineRow[]; readonly now: Date },
): Promise<readonly Stated[]> {
  if (rows.length === 0) return [];
  const locationIds = [...new Set(rows.map((row) => row.location_id))];
  const owners = await governance.owners(queryable, "purchase-orders", locationIds);
  return rows
    .filter((row) => (owners.at(row.location_id, now.getTime()) ?? row.source) === row.source)
    .map((row) => ({
      ...{ source: row.source, kind: row.kind, document: row.document, line: row.line },
      ...{ itemId: row.item_id, locationId: row.location_id, quantity: row.quantity, basis: row.basis },
      expectedAt: row.expected_at.getTime(),
      ...{ asOf: row.as_of.getTime(), firstAsOf: row.first_as_of.getTime() },
      ...{ settled: row.settled, row },
    }));
}

/** A carrier that told no time leaves what was expected before the transfer left. */
function etaOf(lane: InTransitRow, rows: readonly SupplyLineRow[]): Date | undefined {
  if (lane.expected_at !== null || lane.transfer_number === "") return lane.expected_at ?? undefined;
  const planned = rows.filter(
    (row) =>
      row.kind === "transfer" &&
      row.document === lane.transfer_number &&
      row.item_id === lane.item_id &&
      row.location_id === lane.to_location_id,
  );
  const last = Math.max(...planned.map((row) => row.expected_at.getTime()));
  return planned.length === 0 ? undefined : new Date(last);
}
