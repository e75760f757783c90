import { type LocationId, locationId } from "@crossdock/canonical";
import { laneId, type PositionRow } from "../ledger/index.ts";
import type { Company } from "./company.ts";
import type { DemoParts } from "./parts.ts";

/** Positions read at a time. */
const PAGE_ROWS = 1_000;

/** Goods between two warehouses when the program ended. */
export type OnTheRoad = {
  readonly sku: string;
  readonly from: string;
  readonly to: string;
  readonly quantity: number;
};

/** What the simulated warehouses go on from. A warehouse that is in no map has reported nothing yet. */
export type Holdings = {
  /** Units on hand by SKU, by warehouse. */
  readonly onHand: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** The number of each warehouse's next event. */
  readonly nextNumber: ReadonlyMap<string, number>;
  readonly onTheRoad: readonly OnTheRoad[];
};

/**
 * Asks the ledger what lies where: a simulated warehouse keeps nothing when the program ends, so it takes for the truth what
 * it has told. What it had not told yet never happened.
 */
export async function readHoldings(parts: DemoParts, company: Company): Promise<Holdings> {
  const skuOf = new Map(company.items.map((item) => [item.itemId, item.sku]));
  const onHand = new Map<string, ReadonlyMap<string, number>>();
  for (const { locationId: warehouse } of company.warehouses) {
    const held = new Map<string, number>();
    for (const row of await positionsAt(parts, warehouse)) {
      const sku = skuOf.get(row.item_id);
      if (sku !== undefined) held.set(sku, (held.get(sku) ?? 0) + onHandOf(row));
    }
    if (held.size > 0) onHand.set(warehouse, held);
  }
  return {
    onHand,
    nextNumber: await nextNumbers(parts, company),
    onTheRoad: onHand.size === 0 ? [] : await goodsOnTheRoad(parts, company, skuOf),
  };
}

async function positionsAt(parts: DemoParts, location: string): Promise<PositionRow[]> {
  const rows: PositionRow[] = [];
  for (let after = 0; ; ) {
    const page = await parts.ledger.positionPage({ locationId: location, after, limit: PAGE_ROWS });
    rows.push(...page);
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_ROWS) return rows;
    after = last.position_id;
  }
}

function onHandOf(row: PositionRow): number {
  const { available, held, allocated, picked, channel_reserved, quarantined, damaged } = row;
  return Math.max(0, available + held + allocated + picked + channel_reserved + quarantined + damaged);
}

async function nextNumbers(parts: DemoParts, company: Company): Promise<ReadonlyMap<string, number>> {
  const streams = await parts.integration.streams();
  return new Map(
    company.warehouses.flatMap(({ locationId: warehouse, code }): [string, number][] => {
      const stream = streams.find((row) => row.stream === code);
      return stream === undefined ? [] : [[warehouse, stream.highest + 1]];
    }),
  );
}

async function goodsOnTheRoad(
  parts: DemoParts,
  company: Company,
  skuOf: ReadonlyMap<string, string>,
): Promise<OnTheRoad[]> {
  const places = company.warehouses.map((warehouse): LocationId => locationId(warehouse.locationId));
  const lanes = places.flatMap((from) => places.filter((to) => to !== from).map((to) => ({ from, to })));
  const found = await Promise.all(
    lanes.map(async ({ from, to }) => {
      const rows = await positionsAt(parts, laneId(from, to));
      return rows
        .filter((row) => row.in_transit > 0)
        .map((row) => ({ sku: skuOf.get(row.item_id) ?? "", from, to, quantity: row.in_transit }));
    }),
  );
  return found.flat().filter((goods) => goods.sku !== "");
}
