import {
  type ConditionStatus,
  type ItemId,
  itemId,
  type Lot,
  locationId,
  quantity,
  type Status,
} from "@crossdock/canonical";
import type { ConversionFact, PositionRow } from "../ledger/index.ts";

/** Why units stand against a split. Stable; the detail has the numbers. */
export type IdentityBlock = {
  readonly reason: "insufficient-stock" | "not-whole";
  readonly detail: string;
};

/** Units at a place or on a lane that become units of the other item: below zero where the books are. */
export type UnitsToMove = {
  readonly locationId: string;
  readonly lot: Lot;
  readonly status: Status;
  readonly quantity: number;
  /** As units of the other item. */
  readonly becomes: number;
};

/** Units that a split asks for: of what is promised or on its way nothing is taken. */
export type UnitsWanted = Omit<UnitsToMove, "becomes" | "status"> & { readonly status: ConditionStatus };

type Rate = { readonly numerator: bigint; readonly denominator: bigint };

const UNITS_OF = [
  ["available", (row: PositionRow) => row.available],
  ["held", (row: PositionRow) => row.held],
  ["allocated", (row: PositionRow) => row.allocated],
  ["picked", (row: PositionRow) => row.picked],
  ["channel-reserved", (row: PositionRow) => row.channel_reserved],
  ["quarantined", (row: PositionRow) => row.quarantined],
  ["damaged", (row: PositionRow) => row.damaged],
  ["in-transit", (row: PositionRow) => row.in_transit],
] as const satisfies readonly (readonly [Status, (row: PositionRow) => number])[];

/** Everything at positions, as units of another item of which each base unit is `rate`. */
export function unitsToMove(rows: readonly PositionRow[], rate: number): readonly UnitsToMove[] {
  return rows.flatMap((row) =>
    UNITS_OF.flatMap(([status, unitsOf]) => {
      const units = unitsOf(row);
      if (units === 0) return [];
      const place = { locationId: row.location_id, lot: row.lot, status };
      return [{ ...place, quantity: units, becomes: units * rate }];
    }),
  );
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

/**
 * As of when units of a position become another item's: as of the merge, so that a count of the other one since has seen them. A position
 * that was counted under its own name since has not lost them by then: of what is left of that count they are units of the other after it.
 */
export function momentsOf(
  rows: readonly PositionRow[],
  { since, counted }: { readonly since: Date; readonly counted: ReadonlyMap<number, Date> },
): (units: UnitsToMove) => Date {
  const later = new Map<string, Date>();
  for (const row of rows) {
    const last = counted.get(row.position_id);
    const onHand = UNITS_OF.reduce(
      (sum, [status, unitsOf]) => sum + (status === "in-transit" ? 0 : unitsOf(row)),
      0,
    );
    if (last === undefined || onHand === 0) continue;
    later.set(`${row.location_id} ${row.lot}`, new Date(last.getTime() + 1));
  }
  return ({ locationId: place, lot }) => later.get(`${place} ${lot}`) ?? since;
}

/** The facts that move units. Where the books are below zero, units of the other item make up for it. */
export function conversionsOf(
  moves: readonly UnitsToMove[],
  {
    from,
    into,
    reason,
    momentOf,
  }: {
    readonly from: string;
    readonly into: string;
    readonly reason: string;
    readonly momentOf: (units: UnitsToMove) => Date;
  },
): readonly ConversionFact[] {
  return moves.map((move) => {
    const { locationId: place, lot, status, quantity: units, becomes } = move;
    const amount = (item: ItemId, count: number) => ({
      ...{ item, quantity: quantity(Math.abs(count)) },
      ...(lot === "" ? {} : { lot }),
    });
    const given = amount(itemId(from), units);
    const taken = amount(itemId(into), becomes);
    const sides = units > 0 ? { from: given, to: taken } : { from: taken, to: given };
    const data = { location: locationId(place), ...sides, status, reason };
    return { fact: { type: "StockConverted", data }, at: momentOf(move) };
  });
}
