import { type Fact, itemId, locationId } from "@crossdock/canonical";
import type { FactLog } from "../backbone/index.ts";
import type { Clock, Transaction } from "../platform/index.ts";
import { tellCheckpoints } from "./checkpoint-service.ts";
import { foldTransfers, type PositionDelta } from "./position-delta.ts";
import { insertTransfers, type LockedPosition, updatePositions } from "./store.ts";
import type { PlannedTransfer } from "./transfer.ts";

/**
 * Posts what outside facts have moved, and tells the log which positions changed. Gives these positions. Most of it is sent and not
 * waited for: an error shows at the commit.
 */
export async function postTransfers(
  deps: { readonly clock: Clock; readonly factLog: FactLog },
  tx: Transaction,
  posting: {
    readonly positions: readonly LockedPosition[];
    readonly transfers: readonly PlannedTransfer[];
    readonly correlationId: string;
  },
): Promise<void> {
  const { positions, transfers, correlationId } = posting;
  const now = deps.clock.now();
  const changes = foldTransfers(transfers);
  const changed = changedPositions(positions, changes);
  const events = await deps.factLog.number(changed.map((fact) => ({ fact, at: now, correlationId })));
  if (transfers.length > 0) insertTransfers(tx, transfers, now);
  tellCheckpoints(tx, transfers, now);
  if (changes.length > 0) updatePositions(tx, changes, true);
  deps.factLog.append(tx, events);
}

/** Positions in one `PositionsChanged`: readers want the list, and one row of the log must stay small. */
const CHANGED_POSITIONS_MAX = 1_000;

function changedPositions(positions: readonly LockedPosition[], changes: readonly PositionDelta[]): Fact[] {
  const rows = new Map(positions.map((row) => [row.position_id, row]));
  const changed = changes.flatMap(({ positionId, transfers }) => {
    const row = rows.get(positionId);
    return row === undefined ? [] : [changedPosition(row, transfers)];
  });
  const facts: Fact[] = [];
  for (let start = 0; start < changed.length; start += CHANGED_POSITIONS_MAX) {
    const page = changed.slice(start, start + CHANGED_POSITIONS_MAX);
    facts.push({ type: "PositionsChanged", data: { positions: page } });
  }
  return facts;
}

function changedPosition(row: LockedPosition, transfers: number) {
  return {
    itemId: itemId(row.item_id),
    locationId: locationId(row.location_id),
    lot: row.lot,
    version: row.version + transfers,
  };
}
