import {
  channelId,
  itemId,
  lineId,
  locationId,
  orderId,
  quantity,
  quantityDelta,
  reservationId,
} from "@crossdock/canonical";
import type { RelocationProposals } from "../availability/index.ts";
import type {
  ReallocationProposals,
  Shortfall,
  ShortfallHit,
  ShortfallPolicy,
  ShortfallsPort,
} from "../gateway/index.ts";
import type { Orchestration, PolicyRow, ShortfallCase } from "../orchestration/index.ts";
import { numberCursor } from "./cursor.ts";
import { toChanged } from "./reservations.ts";

type Parts = {
  readonly orchestration: Pick<Orchestration, "shortfalls" | "relocations">;
};

/** Shortfalls, as the gateway asks for them. */
export function shortfallsPort({ orchestration }: Parts): ShortfallsPort {
  const { shortfalls, relocations } = orchestration;
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
    async proposals(id, units) {
      const found = await relocations.proposeRelocation(id, units);
      return "done" in found ? { is: "refused", refusal: found.refused } : toProposals(found);
    },
    async reallocate(
      { reservationId: id, locationId: toLocationId, units, versions, because, caller },
      keep,
    ) {
      const { correlationId } = caller;
      const wanted = { reservationId: id, toLocationId, units, versions, because, correlationId };
      const answer = await relocations.relocate({
        ...wanted,
        keep: (tx, done) => keep(tx, toChanged(done)),
      });
      return toChanged(answer);
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

function toProposals(found: RelocationProposals): ReallocationProposals {
  return {
    reservationId: reservationId(found.reservationId),
    units: quantity(found.units),
    offers: found.offers.map(({ locationId: place, units, lots, channelsHit }) => ({
      locationId: place,
      units: quantity(units),
      lots: lots.map((lot) => ({ ...lot, units: quantity(lot.units), leaves: quantityDelta(lot.leaves) })),
      channelsHit: [...channelsHit],
    })),
    notChosen: [...found.notChosen],
    versions: [...found.versions],
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
