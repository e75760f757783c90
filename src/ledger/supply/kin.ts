import type { MergedItem } from "../merged-expectation-store.ts";
import type { ArrivalRow, InTransitRow, SupplyLineRow } from "./store.ts";

/** Items with those that have become them. What was said of one under an earlier name is of it, in its own base units. */
export type Kin = {
  /** The items, and every one that has become one of them. An item that has become another is that one's, and is not among them. */
  readonly itemIds: readonly string[];
  /** What is told of an item that has become another, as told of that one. */
  as<Row extends { readonly item_id: string }>(row: Row, amounts: readonly (keyof Row & Amount)[]): Row;
};

type Amount = keyof SupplyLineRow | keyof ArrivalRow | keyof InTransitRow;

/** Puts items together with those that have become them. Nothing is moved, so nothing has to be moved back by a split. */
export function kinOf(itemIds: readonly string[], merged: readonly MergedItem[]): Kin {
  const became = new Map(merged.map((each) => [each.itemId, each]));
  const own = new Set(itemIds.filter((item) => !became.has(item)));
  const others = merged.filter(({ survivor }) => own.has(survivor)).map((each) => each.itemId);
  return {
    itemIds: [...own, ...others],
    as(row, amounts) {
      const now = became.get(row.item_id);
      if (now === undefined) return row;
      const converted = amounts.map((name) => [name, Number(row[name]) * now.units]);
      return { ...row, item_id: now.survivor, ...Object.fromEntries(converted) };
    },
  };
}

/** What is in transit of one transfer: what left under one name may have arrived under another. */
export function sumLanes(lanes: readonly InTransitRow[]): readonly InTransitRow[] {
  const transfers = Map.groupBy(lanes, (lane) =>
    JSON.stringify([lane.item_id, lane.from_location_id, lane.to_location_id, lane.transfer_number]),
  );
  return [...transfers.values()].flatMap((own) => {
    const [first] = own;
    if (first === undefined) return [];
    const expected = own.flatMap(({ expected_at: at }) => (at === null ? [] : [at.getTime()]));
    const outstanding = own.reduce((sum, each) => sum + each.outstanding, 0);
    if (outstanding <= 0) return [];
    return [
      {
        ...first,
        expected_at: expected.length === 0 ? null : new Date(Math.max(...expected)),
        dispatched: own.reduce((sum, each) => sum + each.dispatched, 0),
        outstanding,
      },
    ];
  });
}
