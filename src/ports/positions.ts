import {
  itemId,
  locationId,
  messageId,
  quantity,
  quantityDelta,
  reservationId,
  toCloudEvent,
} from "@crossdock/canonical";
import type { ExplainedTransfer, PositionsPort, PositionView } from "../gateway/index.ts";
import type { Explanation, Ledger, PositionRow } from "../ledger/index.ts";

/** A position as the gateway shows it. */
export function toPositionView(row: PositionRow): PositionView {
  const onHand =
    row.available +
    row.held +
    row.allocated +
    row.picked +
    row.channel_reserved +
    row.quarantined +
    row.damaged;
  return {
    positionId: String(row.position_id),
    itemId: itemId(row.item_id),
    locationId: locationId(row.location_id),
    lot: row.lot,
    onHand: quantityDelta(onHand),
    statuses: {
      available: quantityDelta(row.available),
      held: quantityDelta(row.held),
      allocated: quantityDelta(row.allocated),
      picked: quantityDelta(row.picked),
      "channel-reserved": quantityDelta(row.channel_reserved),
      quarantined: quantityDelta(row.quarantined),
      damaged: quantityDelta(row.damaged),
      "in-transit": quantityDelta(row.in_transit),
    },
    uncovered: quantity(row.uncovered),
    version: row.version,
  };
}

/** A transfer with the fact behind it, and the message that the fact came in, where it came from outside. */
function toExplained(transfer: Explanation["transfers"][number]): ExplainedTransfer {
  const { fact } = transfer;
  const causation = fact?.source.startsWith("/accounts/") ? fact.causationId : undefined;
  return {
    transferId: String(transfer.transfer_id),
    from: {
      positionId: String(transfer.from_position_id),
      locationId: locationId(transfer.from_location_id),
      status: transfer.from_status,
    },
    to: {
      positionId: String(transfer.to_position_id),
      locationId: locationId(transfer.to_location_id),
      status: transfer.to_status,
    },
    quantity: quantity(transfer.quantity),
    reason: transfer.reason,
    effectiveAt: transfer.effective_at.toISOString(),
    recordedAt: transfer.recorded_at.toISOString(),
    ...(transfer.reservation_id === null ? {} : { reservationId: reservationId(transfer.reservation_id) }),
    ...(causation === undefined ? {} : { messageId: messageId(causation) }),
    ...(fact === undefined ? {} : { fact: toCloudEvent(fact) }),
  };
}

/** A cursor of these lists: a whole number, or undefined when the text is not one. */
function toNumber(text: string | undefined): number | "bad-cursor" | undefined {
  if (text === undefined) return;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  return value ?? "bad-cursor";
}

/** Positions and their explanations, as the gateway asks for them. */
export function positionsPort(ledger: Ledger): PositionsPort {
  return {
    async page({ after, limit, itemId: item, locationId: location }) {
      const from = toNumber(after);
      if (from === "bad-cursor") return from;
      const rows = await ledger.positionPage({ itemId: item, locationId: location, after: from ?? 0, limit });
      const next = rows.length < limit ? undefined : rows.at(-1)?.position_id;
      return { rows: rows.map(toPositionView), next: next === undefined ? undefined : String(next) };
    },
    async find(positionId) {
      const id = toNumber(positionId);
      const row = typeof id === "number" ? await ledger.position(id) : undefined;
      return row === undefined ? undefined : toPositionView(row);
    },
    async explain(positionId, { after, limit }) {
      const id = toNumber(positionId);
      const before = toNumber(after);
      if (before === "bad-cursor") return before;
      const explained = typeof id === "number" ? await ledger.explain(id, { before, limit }) : undefined;
      if (explained === undefined) return;
      return {
        position: toPositionView(explained.position),
        transfers: explained.transfers.map(toExplained),
        ...(explained.next === undefined ? {} : { next: String(explained.next) }),
      };
    },
  };
}
