import { type Fact, type FactData, itemId, locationId } from "@crossdock/canonical";
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
  if (transfers.length > 0) insertTransfers(tx, transfers, now);
  tellCheckpoints(tx, transfers, now);
  if (changes.length > 0) updatePositions(tx, changes, true);
  await tellChanged(deps, tx, { changed: changedPositions(positions, changes), correlationId, now });
}

type ChangedPosition = FactData<"PositionsChanged">["positions"][number];

/** Tells the log which positions changed. */
export async function tellChanged(
  { factLog }: { readonly factLog: FactLog },
  tx: Transaction,
  told: { readonly changed: readonly ChangedPosition[]; readonly correlationId: string; readonly now: Date },
): Promise<void> {
  const { changed, correlationId, now: at } = told;
  const pages: Fact[] = [];
  for (let start = 0; start < changed.length; start += CHANGED_POSITIONS_MAX) {
    const positions = changed.slice(start, start + CHANGED_POSITIONS_MAX);
    pages.push({ type: "PositionsChanged", data: { positions } });
  }
  factLog.append(tx, await factLog.number(pages.map((fact) => ({ fact, at, correlationId }))));
}

/** Positions in one `PositionsChanged`: readers want the list, and one row of the log must stay small. */
const CHANGED_POSITIONS_MAX = 1_000;

function changedPositions(
  positions: readonly LockedPosition[],
  changes: readonly PositionDelta[],
): readonly ChangedPosition[] {
  const rows = new Map(positions.map((row) => [row.position_id, row]));
  return changes.flatMap(({ positionId, transfers }) => {
    const row = rows.get(positionId);
    return row === undefined ? [] : [changedPosition(row, transfers)];
  });
}

function changedPosition(row: LockedPosition, transfers: number): ChangedPosition {
  return {
    itemId: itemId(row.item_id),
    locationId: locationId(row.location_id),
    lot: row.lot,
    version: row.version + transfers,
  };
}
