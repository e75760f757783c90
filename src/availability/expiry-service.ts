import { selectLotExpiries, selectTimeZones } from "../governance/index.ts";
import type { Queryable, Transaction } from "../platform/index.ts";
import type { OpenPosition } from "./shelf.ts";
import { daysLeftAt, type LotDaysOf, type LotPlace } from "./shelf-life.ts";

const UNDATED: LotDaysOf = () => undefined;

/** Finds until when lots are good. Items without lots, which nearly all are, are not asked about. */
export function readLotDays(
  queryable: Queryable,
  places: readonly LotPlace[],
): Promise<LotDaysOf> | LotDaysOf {
  const ofLots = places.filter(({ lot }) => lot !== "");
  return ofLots.length === 0 ? UNDATED : lookUp(queryable, ofLots);
}

async function lookUp(queryable: Queryable, places: readonly LotPlace[]): Promise<LotDaysOf> {
  const [expiries, zones] = await Promise.all([
    selectLotExpiries(queryable, [...new Set(places.map(({ itemId }) => itemId))]),
    selectTimeZones(queryable, [...new Set(places.map(({ locationId }) => locationId))]),
  ]);
  return ({ itemId, locationId, lot }) => {
    const expiresOn = expiries.get(itemId)?.get(lot);
    return expiresOn === undefined ? undefined : { expiresOn, timeZone: zones.get(locationId) ?? "UTC" };
  };
}

/** Notes when the lots of positions expire, and how long that is from a moment. */
export function withExpiries(
  tx: Transaction,
  positions: readonly OpenPosition[],
  now: Date,
): Promise<readonly OpenPosition[]> | readonly OpenPosition[] {
  return positions.some(({ lot }) => lot !== "") ? readExpiries(tx, positions, now) : positions;
}

async function readExpiries(
  tx: Transaction,
  positions: readonly OpenPosition[],
  now: Date,
): Promise<readonly OpenPosition[]> {
  const lotDaysOf = await readLotDays(tx, positions);
  return positions.map((position) => {
    const days = lotDaysOf(position);
    if (days === undefined) return position;
    return { ...position, expiresOn: days.expiresOn, daysLeft: daysLeftAt(days, now.getTime()) };
  });
}
