import { quantity } from "@crossdock/canonical";
import type { PlannedTransfer } from "../ledger/index.ts";
import { leftAt, type OpenPosition, type Shelf } from "./shelf.ts";

/** A ring-fence that lies open for the request of its channel: its units are on the shelf together with what is there for all. */
type OpenFence = {
  readonly units: number;
  /** What was available to all: may be below zero, where facts have taken it there. */
  readonly available: number;
  /** What was on the shelf when it was opened: nobody's shortage takes from what is set aside. */
  readonly opened: number;
};

/** The open ring-fences of one channel, by position. */
export type OpenFences = ReadonlyMap<number, OpenFence>;

const NONE: OpenFences = new Map();

/** Puts what is set aside for a channel on the shelf, for a request of this channel; but not where its lot is `tooOld` for it. */
export function openFences(
  shelf: Shelf,
  channelId: string,
  tooOld: ReadonlyMap<number, unknown> = NONE,
): OpenFences {
  const own = shelf.fences.get(channelId);
  if (own === undefined) return NONE;
  const open = new Map<number, OpenFence>();
  for (const [positionId, units] of own) {
    if (tooOld.has(positionId)) continue;
    const available = shelf.left.get(positionId) ?? 0;
    const opened = Math.max(0, available) + units;
    shelf.left.set(positionId, opened);
    open.set(positionId, { units, available, opened });
  }
  return open;
}

/** How much of a position is there for all, and how much for the channel alone, after what the request has taken so far. */
export function partsAt(
  shelf: Shelf,
  fences: OpenFences,
  position: OpenPosition,
): { readonly available: number; readonly ringFenced: number } {
  const left = leftAt(shelf, position);
  const fence = fences.get(position.positionId);
  if (fence === undefined) return { available: left, ringFenced: 0 };
  const taken = Math.max(0, fence.opened - left);
  const ringFenced = Math.max(0, fence.units - taken);
  return { available: left - ringFenced + Math.min(0, fence.available), ringFenced };
}

/**
 * Takes what a request has not used of its channel's ring-fences off the shelf again. `taken`: units that it took, by position, one after
 * the other; gives how many of each came out of the ring-fence. The channel's own units go first: what is left is there for all.
 */
export function closeFences(
  shelf: Shelf,
  { channelId, fences }: { readonly channelId: string; readonly fences: OpenFences },
  taken: readonly { readonly positionId: number; readonly units: number }[],
): readonly number[] {
  const left = new Map([...fences].map(([positionId, { units }]) => [positionId, units]));
  const used = taken.map(({ positionId, units }) => {
    const fenced = Math.min(units, left.get(positionId) ?? 0);
    if (fenced > 0) left.set(positionId, (left.get(positionId) ?? 0) - fenced);
    return fenced;
  });
  const own = shelf.fences.get(channelId);
  for (const [positionId, { units, available, opened }] of fences) {
    const unused = left.get(positionId) ?? 0;
    const onShelf = shelf.left.get(positionId) ?? 0;
    shelf.left.set(positionId, onShelf - (opened - available) + (units - unused));
    own?.set(positionId, unused);
  }
  return used;
}

/** A transfer off the shelf or back to it, of which some units leave, or enter, the ring-fence instead. */
export function throughFence(transfer: PlannedTransfer, fenced: number): readonly PlannedTransfer[] {
  if (fenced === 0) return [transfer];
  const part = (units: number, shelf: "available" | "channel-reserved"): PlannedTransfer => ({
    ...transfer,
    quantity: quantity(units),
    fromStatus: transfer.fromStatus === "available" ? shelf : transfer.fromStatus,
    toStatus: transfer.toStatus === "available" ? shelf : transfer.toStatus,
  });
  const rest = transfer.quantity - fenced;
  return rest === 0
    ? [part(fenced, "channel-reserved")]
    : [part(fenced, "channel-reserved"), part(rest, "available")];
}
