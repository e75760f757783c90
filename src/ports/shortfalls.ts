import {
  channelId,
  itemId,
  lineId,
  locationId,
  orderId,
  quantity,
  reservationId,
} from "@crossdock/canonical";
import type { Shortfall, ShortfallHit, ShortfallPolicy, ShortfallsPort } from "../gateway/index.ts";
import type { PolicyRow, ShortfallCase, Shortfalls } from "../orchestration/index.ts";
import { numberCursor } from "./cursor.ts";

/** Shortfalls, as the gateway asks for them. */
export function shortfallsPort(shortfalls: Shortfalls): ShortfallsPort {
  return {
    async page({ after: cursor, limit }) {
      const after = numberCursor(cursor) ?? 0;
      if (after === "bad-cursor") return after;
      const { cases, next } = await shortfalls.cases({ after, limit });
      return { rows: cases.map(toShortfall), next: next === undefined ? undefined : String(next) };
    },
    async find(positionId) {
      const found = await shortfalls.caseOf(positionId);
      return found === undefined ? undefined : toShortfall(found);
    },
    policies: async () => (await shortfalls.policies()).map(toPolicy),
    async policyHistory({ after, limit }) {
      const before = numberCursor(after);
      if (before === "bad-cursor") return before;
      const rows = await shortfalls.policyHistory({ before, limit });
      const last = rows.length < limit ? undefined : rows.at(-1)?.policy_number;
      return { rows: rows.map(toPolicy), next: last === undefined ? undefined : String(last) };
    },
    setPolicy: (channel, { rank, yields, because }, { clientId: saidBy, correlationId }) =>
      shortfalls.setPolicy({ channelId: channel, rank, yields, because, saidBy, correlationId }),
  };
}

function toShortfall({ position, missing, beyondPromises, hits }: ShortfallCase): Shortfall {
  return {
    positionId: String(position.position_id),
    itemId: itemId(position.item_id),
    locationId: locationId(position.location_id),
    lot: position.lot,
    version: position.version,
    promised: quantity(position.held + position.allocated),
    missing: quantity(missing),
    beyondPromises: quantity(beyondPromises),
    hits: hits.map(toHit),
  };
}

function toHit({ promise, units }: ShortfallCase["hits"][number]): ShortfallHit {
  const { order } = promise;
  return {
    reservationId: reservationId(promise.reservationId),
    channelId: channelId(promise.channelId),
    ...(promise.orderId === undefined ? {} : { orderId: orderId(promise.orderId) }),
    ...(order === undefined ? {} : { orderNumber: order.orderNumber }),
    lineId: lineId(promise.lineId),
    state: promise.state,
    promised: quantity(promise.kept),
    units: quantity(units),
    promisedAt: promise.promisedAt.toISOString(),
    ...(order?.shipBy === undefined ? {} : { shipBy: order.shipBy.toISOString() }),
  };
}

const toPolicy = (row: PolicyRow): ShortfallPolicy => ({
  channelId: channelId(row.channel_id),
  rank: row.rank,
  yields: row.yields,
  because: row.because,
  saidBy: row.said_by,
  saidAt: row.said_at.toISOString(),
});
