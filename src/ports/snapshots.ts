import { accountSource, itemId, locationId, quantityDelta } from "@crossdock/canonical";
import type { DriftView, SnapshotsPort, SnapshotView } from "../gateway/index.ts";
import type { DriftRow, Ledger, ListedSnapshot } from "../ledger/index.ts";

function toView({ record, missing }: ListedSnapshot): SnapshotView {
  const { watermark_stream: stream, watermark_number: number } = record;
  return {
    snapshotNumber: String(record.snapshot_number),
    snapshotId: record.snapshot_id,
    source: record.source,
    locationId: locationId(record.location_id),
    takenAt: record.taken_at.toISOString(),
    scope: record.scope,
    conditions: record.conditions,
    ...(stream === null || number === null ? {} : { watermark: { stream, number } }),
    state: record.state === "ready" ? "taking" : record.state,
    pages: {
      come: record.pages_come,
      ...(record.pages === null ? {} : { count: record.pages }),
      missing: [...missing],
    },
    rows: { come: record.rows_come, unresolved: record.rows_unresolved },
    firstCameAt: record.first_come_at.toISOString(),
    lastCameAt: record.last_come_at.toISOString(),
    positions: {
      toTake: record.positions_total,
      taken: record.positions_done,
      corrected: record.positions_changed,
    },
    units: { found: record.units_found, missing: record.units_missing },
    ...(record.applied_at === null ? {} : { appliedAt: record.applied_at.toISOString() }),
  };
}

function toDrift(row: DriftRow): DriftView {
  return {
    itemId: itemId(row.item_id),
    locationId: locationId(row.location_id),
    lot: row.lot,
    status: row.status,
    difference: quantityDelta(row.difference),
  };
}

const driftCursor = (row: DriftRow): string => `${row.event_number}~${row.transfer_id}`;

/** Where a list of differences goes on; undefined when the text is none of ours. */
function parseDriftCursor(text: string | undefined) {
  if (text === undefined) return { eventNumber: 0, transferId: 0 };
  const match = /^(\d{1,15})~(\d{1,15})$/.exec(text);
  return match === null ? undefined : { eventNumber: Number(match[1]), transferId: Number(match[2]) };
}

/** Snapshots, as the gateway asks for them. */
export function snapshotsPort(ledger: Ledger): SnapshotsPort {
  const find: SnapshotsPort["find"] = async (snapshotNumber, { accountIds }) => {
    const found = await ledger.snapshots.find(Number(snapshotNumber));
    const isSeen = accountIds?.map(accountSource).includes(found?.record.source ?? "") ?? true;
    return found === undefined || !isSeen ? undefined : toView(found);
  };
  return {
    find,
    async page({ after, limit, accountIds, locationId: place }) {
      if (after !== undefined && !/^\d{1,15}$/.test(after)) return "bad-cursor";
      const listed = await ledger.snapshots.page({
        before: after === undefined ? Number.MAX_SAFE_INTEGER : Number(after),
        limit,
        sources: accountIds?.map(accountSource),
        locationId: place,
      });
      const next = listed.length < limit ? undefined : listed.at(-1)?.record.snapshot_number;
      return { rows: listed.map(toView), next: next === undefined ? undefined : String(next) };
    },
    async drift(snapshotNumber, { after: cursor, limit, ...reach }) {
      const after = parseDriftCursor(cursor);
      if (after === undefined) return "bad-cursor";
      if ((await find(snapshotNumber, reach)) === undefined) return undefined;
      const rows = await ledger.snapshots.drift({ snapshotNumber: Number(snapshotNumber), after, limit });
      const last = rows.length < limit ? undefined : rows.at(-1);
      return { rows: rows.map(toDrift), next: last === undefined ? undefined : driftCursor(last) };
    },
  };
}
