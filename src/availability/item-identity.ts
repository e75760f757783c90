import { type FactData, type ItemId, itemId, type Lot, locationId, quantity } from "@crossdock/canonical";
import type { PositionRow } from "../ledger/index.ts";

/** The statuses that units may be in and become those of another item. All others are promised to somebody, or on their way. */
const CONDITIONS = ["available", "quarantined", "damaged"] as const;
type Condition = (typeof CONDITIONS)[number];

/** Why units stand against a merge or a split. Stable; the detail has the numbers. */
export type IdentityBlock = {
  readonly reason: "units-promised" | "units-in-transit" | "insufficient-stock" | "not-whole";
  readonly detail: string;
};

/** Units at a place that become units of the other item: below zero where the books are. */
export type UnitsToMove = {
  readonly locationId: string;
  readonly lot: Lot;
  readonly status: Condition;
  readonly quantity: number;
  /** As units of the other item. */
  readonly becomes: number;
};

/** Units that a split asks for. */
export type UnitsWanted = Omit<UnitsToMove, "becomes">;

type Rate = { readonly numerator: bigint; readonly denominator: bigint };

/** Everything at positions that may move, as units of another item of which each base unit is `rate`. */
export function unitsToMove(rows: readonly PositionRow[], rate: number): readonly UnitsToMove[] {
  return rows.flatMap((row) =>
    CONDITIONS.flatMap((status) => {
      const units = row[status];
      if (units === 0) return [];
      const place = { locationId: row.location_id, lot: row.lot, status };
      return [{ ...place, quantity: units, becomes: units * rate }];
    }),
  );
}

const PROMISED = [
  ["held", (row: PositionRow) => row.held],
  ["allocated", (row: PositionRow) => row.allocated],
  ["picked", (row: PositionRow) => row.picked],
  ["set aside for channels", (row: PositionRow) => row.channel_reserved],
] as const;

/** What stands against a merge, place by place, with the numbers. */
export function blocksOf(rows: readonly PositionRow[]): readonly IdentityBlock[] {
  return rows.flatMap((row) => {
    const place = `${row.location_id}${row.lot === "" ? "" : `, lot ${row.lot}`}`;
    const promised = PROMISED.flatMap(([word, unitsOf]) =>
      unitsOf(row) === 0 ? [] : [`${unitsOf(row)} ${word}`],
    );
    const blocks: IdentityBlock[] = [];
    if (promised.length > 0)
      blocks.push({ reason: "units-promised", detail: `At ${place}: ${promised.join(", ")}.` });
    if (row.in_transit !== 0)
      blocks.push({ reason: "units-in-transit", detail: `On ${place}: ${row.in_transit} in transit.` });
    return blocks;
  });
}

/** What a split takes, or why it cannot: more than is there, or units that make no whole one of the other item. */
export function unitsToSplit(
  wanted: readonly UnitsWanted[],
  rows: readonly PositionRow[],
  rate: Rate,
): { readonly moves: readonly UnitsToMove[]; readonly blocks: readonly IdentityBlock[] } {
  const blocks: IdentityBlock[] = [];
  const moves = [...together(wanted)].flatMap((units) => {
    const { locationId: place, lot, status } = units;
    const there = rows.find((row) => row.location_id === place && row.lot === lot)?.[status] ?? 0;
    const where = `${status} at ${place}${lot === "" ? "" : `, lot ${lot}`}`;
    const scaled = BigInt(units.quantity) * rate.numerator;
    if (units.quantity > there) {
      const detail = `${units.quantity} were asked for, and ${Math.max(0, there)} are ${where}.`;
      blocks.push({ reason: "insufficient-stock", detail });
    }
    if (scaled % rate.denominator !== 0n) {
      const detail = `${units.quantity} ${where} are not a whole number of units of the other item.`;
      blocks.push({ reason: "not-whole", detail });
      return [];
    }
    return [{ ...units, becomes: Number(scaled / rate.denominator) }];
  });
  return { moves, blocks };
}

/** What is asked for of one place in several lines is asked for together. */
function together(wanted: readonly UnitsWanted[]): readonly UnitsWanted[] {
  const byPlace = new Map<string, UnitsWanted>();
  for (const units of wanted) {
    const key = JSON.stringify([units.locationId, units.lot, units.status]);
    byPlace.set(key, { ...units, quantity: units.quantity + (byPlace.get(key)?.quantity ?? 0) });
  }
  return [...byPlace.values()];
}

/** The facts that move units. Where the books are below zero, units of the other item make up for it. */
export function conversionsOf(
  moves: readonly UnitsToMove[],
  { from, into, reason }: { readonly from: string; readonly into: string; readonly reason: string },
): readonly FactData<"StockConverted">[] {
  return moves.map(({ locationId: place, lot, status, quantity: units, becomes }) => {
    const amount = (item: ItemId, count: number) => ({
      ...{ item, quantity: quantity(Math.abs(count)) },
      ...(lot === "" ? {} : { lot }),
    });
    const given = amount(itemId(from), units);
    const taken = amount(itemId(into), becomes);
    const sides = units > 0 ? { from: given, to: taken } : { from: taken, to: given };
    return { location: locationId(place), ...sides, status, reason };
  });
}
