import {
  type Fact,
  itemId,
  locationId,
  messageId,
  quantity,
  quantityDelta,
  reservationId,
  toCloudEvent,
} from "@crossdock/canonical";
import type {
  ArchivedMoment,
  ExplainedTransfer,
  Explanation as ExplanationView,
  PositionsPort,
  PositionView,
} from "../gateway/index.ts";
import type {
  ArchivedPast,
  Balances,
  ExplainedRow,
  Explanation,
  Ledger,
  Moment,
  PositionRow,
  TransferPlace,
} from "../ledger/index.ts";
import { numberCursor } from "./cursor.ts";

/** Units by status as the gateway shows them. */
function toStatuses(balances: Balances): PositionView["statuses"] {
  return {
    available: quantityDelta(balances.available),
    held: quantityDelta(balances.held),
    allocated: quantityDelta(balances.allocated),
    picked: quantityDelta(balances.picked),
    "channel-reserved": quantityDelta(balances["channel-reserved"]),
    quarantined: quantityDelta(balances.quarantined),
    damaged: quantityDelta(balances.damaged),
    "in-transit": quantityDelta(balances["in-transit"]),
  };
}

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
    statuses: toStatuses({
      ...row,
      "channel-reserved": row.channel_reserved,
      "in-transit": row.in_transit,
    }),
    uncovered: quantity(row.uncovered),
    version: row.version,
  };
}

/** Why something happened, in the words of who said it; undefined where they gave none. */
function becauseOf({ data }: Fact): string | undefined {
  return "reason" in data && data.reason !== undefined && data.reason !== "" ? data.reason : undefined;
}

/** A transfer with the fact behind it, and the message that the fact came in, where it came from outside. */
function toExplained(transfer: ExplainedRow): ExplainedTransfer {
  const { fact } = transfer;
  const because = fact === undefined ? undefined : becauseOf(fact);
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
    ...(because === undefined ? {} : { because }),
    effectiveAt: transfer.effective_at.toISOString(),
    recordedAt: transfer.recorded_at.toISOString(),
    balance: toStatuses(transfer.balances),
    ...(transfer.reservation_id === null ? {} : { reservationId: reservationId(transfer.reservation_id) }),
    ...(causation === undefined
      ? {}
      : { messageId: messageId(causation), messageLink: `/system/v1/messages/${causation}` }),
    ...(fact === undefined ? {} : { fact: toCloudEvent(fact) }),
  };
}

function toArchivedMoment(past: ArchivedPast | undefined): ArchivedMoment | undefined {
  return past === undefined ? undefined : { archive: past.archive, archivedUntil: past.until };
}

/** A place among a position's transfers as a cursor: the number of the fact, and the transfer's own. */
function toPlace(text: string | undefined): TransferPlace | "bad-cursor" | undefined {
  if (text === undefined) return;
  const match = /^(\d{1,15})\.(\d{1,15})$/.exec(text);
  return match === null ? "bad-cursor" : { eventNumber: Number(match[1]), transferId: Number(match[2]) };
}

function toExplanation(explained: Explanation, { at, believedAt }: Moment): ExplanationView {
  const { position, totals, balanced, archived, opening, transfers, next } = explained;
  return {
    position: toPositionView(position),
    ...(at === undefined ? {} : { at: at.toISOString() }),
    ...(believedAt === undefined ? {} : { believedAt: believedAt.toISOString() }),
    totals: totals.map(({ reason, balances, transfers: count }) => ({
      reason,
      statuses: toStatuses(balances),
      transfers: count,
    })),
    balanced,
    archived: archived.map((past) => ({ ...past, until: past.until.toISOString() })),
    opening: toStatuses(opening),
    transfers: transfers.map(toExplained),
    ...(next === undefined ? {} : { next: `${next.eventNumber}.${next.transferId}` }),
  };
}

/** Positions and their explanations, as the gateway asks for them. */
export function positionsPort(ledger: Ledger): PositionsPort {
  return {
    async page({ after, ...asked }) {
      const from = numberCursor(after);
      if (from === "bad-cursor") return from;
      const rows = await ledger.positionPage({ ...asked, after: from ?? 0 });
      const past = await ledger.archiveOf(
        rows.map((row) => row.position_id),
        asked,
      );
      const gone = toArchivedMoment(past);
      if (gone !== undefined) return gone;
      const next = rows.length < asked.limit ? undefined : rows.at(-1)?.position_id;
      return { rows: rows.map(toPositionView), next: next === undefined ? undefined : String(next) };
    },
    async find(positionId, moment) {
      const id = numberCursor(positionId);
      if (typeof id !== "number") return undefined;
      const row = await ledger.position(id, moment);
      const past = moment === undefined ? undefined : await ledger.archiveOf([id], moment);
      return toArchivedMoment(past) ?? (row === undefined ? undefined : toPositionView(row));
    },
    async explain(positionId, { after, ...asked }) {
      const id = numberCursor(positionId);
      const before = toPlace(after);
      if (before === "bad-cursor") return before;
      if (typeof id !== "number") return undefined;
      const past = toArchivedMoment(await ledger.archiveOf([id], asked));
      if (past !== undefined) return past;
      const explained = await ledger.explain(id, { ...asked, before });
      return explained === undefined ? undefined : toExplanation(explained, asked);
    },
  };
}
