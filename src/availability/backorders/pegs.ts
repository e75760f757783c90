import { type Backorder, quantity, type SupplyInput } from "@crossdock/canonical";
import type { Waiting } from "./line-up.ts";

/** What one who waits is to get of what is to come, and when that suffices; undefined: it does not. */
export type Pegged = {
  readonly pegs: readonly NonNullable<Backorder["pegs"]>[number][];
  readonly promisedAt: string | undefined;
};

/** Units of one document that count and that nobody has been pegged to yet. */
type Left = { readonly supply: SupplyInput; readonly dueAt: string; units: number };

/** What of supply those who wait will have, by the supply that it is of. */
export type Pegging = {
  readonly byBackorder: ReadonlyMap<string, Pegged>;
  /** By `supplyName`. */
  readonly bySupply: ReadonlyMap<string, number>;
};

/** What names something that is to come. */
export const supplyName = ({
  kind,
  source,
  document,
  line,
  itemId,
  locationId,
  dueAt,
}: SupplyInput): string => JSON.stringify([kind, source, document, line, itemId, locationId, dueAt]);

/**
 * Pegs what is to come to those who wait: in their turn each has the earliest that nobody before him has, from where his channel sells. What
 * counts of a document is what the figures by date count; one of which nobody knows when it comes is pegged to nobody.
 */
export function pegInTurn(
  waiting: readonly Waiting[],
  supply: readonly SupplyInput[],
  networks: ReadonlyMap<string, ReadonlySet<string>>,
): Pegging {
  const left = supply
    .flatMap((each): Left[] =>
      each.dueAt === undefined || each.counted === 0
        ? []
        : [{ supply: each, dueAt: each.dueAt, units: each.counted }],
    )
    .toSorted((a, b) => Date.parse(a.dueAt) - Date.parse(b.dueAt));
  const byItem = Map.groupBy(left, (each) => String(each.supply.itemId));
  const byBackorder = new Map<string, Pegged>();
  for (const one of waiting) byBackorder.set(one.backorderId, peg(one, byItem, networks.get(one.channelId)));
  return {
    byBackorder,
    bySupply: new Map(
      left.flatMap((each): [string, number][] =>
        each.units === each.supply.counted
          ? []
          : [[supplyName(each.supply), each.supply.counted - each.units]],
      ),
    ),
  };
}

function peg(
  { parts, units, locationId, lot }: Waiting,
  byItem: ReadonlyMap<string, readonly Left[]>,
  network: ReadonlySet<string> | undefined,
): Pegged {
  const pegs: Pegged["pegs"][number][] = [];
  let suffices = network !== undefined && lot === undefined;
  for (const part of suffices ? parts : []) {
    let missing = units * part.quantity;
    for (const each of byItem.get(part.itemId) ?? []) {
      const place = each.supply.locationId;
      if (network?.has(place) !== true || (locationId !== undefined && locationId !== place)) continue;
      const taken = Math.min(missing, each.units);
      if (taken === 0) continue;
      each.units -= taken;
      missing -= taken;
      const { kind, document, line } = each.supply;
      pegs.push({
        kind,
        document,
        line,
        itemId: part.itemId,
        locationId: place,
        units: quantity(taken),
        dueAt: each.dueAt,
      });
    }
    suffices &&= missing === 0;
  }
  const latest = pegs.reduce((last, { dueAt }) => Math.max(last, Date.parse(dueAt)), 0);
  return { pegs, promisedAt: suffices && latest > 0 ? new Date(latest).toISOString() : undefined };
}

/** Whether somebody who was promised a day has to be told of another: hours of one day are nobody's plan, and what is overdue moves with the clock. */
export function isAnotherDay(before: Date | null, after: string | undefined): boolean {
  return before?.toISOString().slice(0, 10) !== after?.slice(0, 10);
}
