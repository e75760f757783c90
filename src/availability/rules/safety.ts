import type { OpenPosition } from "../shelf.ts";
import { isTooOld } from "../shelf-life.ts";
import { type BookRule, goodsOfItem, type RuleBook, ruleWhere } from "./book.ts";

/** The rule that says how much of an item stays at a place: the item's before its class's and everything's, the place's before everywhere's. */
export function safetyRule(
  book: RuleBook,
  item: string,
  location: string,
): BookRule<"safety-stock"> | undefined {
  if (book.safetyStocks.size === 0) return undefined;
  return ruleWhere(book.safetyStocks, goodsOfItem(book, item), location);
}

/**
 * How many units of each lot at one place are kept back: as many as the rule says in all, of what is there, from the fullest lots first, so
 * that the small ones can be sold out.
 */
export function keptOfLots(units: number, lots: readonly number[]): readonly number[] {
  let missing = units;
  const kept = lots.map(() => 0);
  const fullestFirst = lots
    .map((_, index) => index)
    .toSorted((a, b) => (lots[b] ?? 0) - (lots[a] ?? 0) || a - b);
  for (const index of fullestFirst) {
    const part = Math.min(missing, Math.max(0, lots[index] ?? 0));
    kept[index] = part;
    missing -= part;
  }
  return kept;
}

/**
 * Positions without what stays there as safety stock. It is nobody's to promise, whatever the channel, so it does not come onto the shelf;
 * and what stays at one place is no more than lies there, so it takes nothing from another. What has expired is no safety.
 */
export function withoutSafetyStock(
  book: RuleBook,
  positions: readonly OpenPosition[],
): readonly OpenPosition[] {
  if (book.safetyStocks.size === 0) return positions;
  const byPlace = Map.groupBy(positions, ({ itemId, locationId }) => `${itemId} ${locationId}`);
  const left: OpenPosition[] = [];
  for (const lots of byPlace.values()) {
    const [first] = lots;
    const rule = first === undefined ? undefined : safetyRule(book, first.itemId, first.locationId);
    const kept = keptOfLots(
      rule?.rule.units ?? 0,
      lots.map(({ available, daysLeft }) => (isTooOld(daysLeft, 0) ? 0 : available)),
    );
    left.push(
      ...lots.map((lot, index) => {
        const [available, safetyStock] = [lot.available - (kept[index] ?? 0), kept[index] ?? 0];
        return safetyStock === 0 ? lot : { ...lot, available, safetyStock };
      }),
    );
  }
  return left;
}
