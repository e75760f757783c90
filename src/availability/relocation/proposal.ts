import {
  type ChannelId,
  channelId,
  type ItemId,
  type LineId,
  type LocationId,
  type OrderId,
  quantity,
} from "@crossdock/canonical";
import { type AdmissionRequest, decide } from "../admission.ts";
import type { RuleBook } from "../rules/book.ts";
import { withoutSafetyStock } from "../rules/safety.ts";
import { type OpenPosition, openShelf, type Shelf } from "../shelf.ts";

/** A promise of which units may go to another location. */
export type PromiseToRelocate = {
  readonly channelId: ChannelId;
  readonly orderId: OrderId | undefined;
  readonly lineId: LineId;
  readonly itemId: ItemId;
  readonly positionId: number;
  readonly locationId: LocationId;
  /** Units of it that came out of what is set aside for its channel: they go back there first. */
  readonly fenced: number;
};

/** How stock stands around a promise: what its channel sells from, and where it is now. */
export type StockAround = {
  readonly book: RuleBook;
  readonly positions: readonly OpenPosition[];
  readonly fences: Shelf["fences"];
  /** Positions at which the same line of the order is promised something already. */
  readonly taken: ReadonlySet<number>;
};

/** Units of a lot that would be taken, and what is left of it for everybody after that. */
export type LotTaken = {
  readonly positionId: number;
  readonly lot: string;
  readonly units: number;
  readonly leaves: number;
};

/** A location that could give units, what that leaves there, and who else sells from it. */
export type Offer = {
  readonly locationId: LocationId;
  readonly units: number;
  readonly lots: readonly LotTaken[];
  /** Other channels that sell from there: they have fewer to sell afterwards. */
  readonly channelsHit: readonly ChannelId[];
};

/** A location of the network that can give nothing, and why. */
export type NotChosen = { readonly locationId: LocationId; readonly because: string };

export type Proposals = { readonly offers: readonly Offer[]; readonly notChosen: readonly NotChosen[] };

/** What is asked of admission for units that go elsewhere. The commit asks exactly this. */
export function relocationRequest(
  promise: Omit<PromiseToRelocate, "positionId" | "fenced">,
  {
    units,
    to,
    policy,
  }: { readonly units: number; readonly to: LocationId; readonly policy: AdmissionRequest["policy"] },
): AdmissionRequest {
  const { channelId: channel, orderId, lineId, itemId } = promise;
  const line = { lineId, itemId, quantity: quantity(units), orderedUnit: quantity(1), locationId: to };
  return {
    channelId: channel,
    ...(orderId === undefined ? {} : { orderId }),
    policy,
    lines: [{ ...line, components: [{ itemId, quantity: 1 }] }],
    refused: [],
  };
}

/** The shelf once units of the promise lie there again. */
function shelfWithout(around: StockAround, promise: PromiseToRelocate, units: number): Shelf {
  const own = Math.min(units, promise.fenced);
  const positions = around.positions.map((position) =>
    position.positionId === promise.positionId
      ? { ...position, available: position.available + units - own }
      : position,
  );
  const fences = new Map([...around.fences].map(([channel, fence]) => [channel, new Map(fence)]));
  if (own > 0) {
    const fence = fences.get(promise.channelId) ?? new Map<number, number>();
    fence.set(promise.positionId, (fence.get(promise.positionId) ?? 0) + own);
    fences.set(promise.channelId, fence);
  }
  // A promise is not new where it moves: what its place is short by takes nothing from what the others have.
  const each = positions.map((position) => ({ ...position, available: Math.max(0, position.available) }));
  return openShelf(withoutSafetyStock(around.book, each), fences);
}

/** How many of so many units a location can give, decided as admission will decide it. */
function offerOf(around: StockAround, promise: PromiseToRelocate, asked: { units: number; to: LocationId }) {
  const shelf = shelfWithout(around, promise, asked.units);
  const decision = decide(shelf, around.book, relocationRequest(promise, { ...asked, policy: "partial" }));
  const units = decision.promised.reduce((sum, each) => sum + each.quantity, 0);
  return { shelf, units, ...decision };
}

/** A location's offer for a promise, or why there is none. What it can give of fewer units is asked again with those alone given back. */
function judge(
  around: StockAround,
  promise: PromiseToRelocate,
  asked: { readonly units: number; readonly to: LocationId },
): Offer | NotChosen {
  const { to } = asked;
  let offer = offerOf(around, promise, asked);
  let wanted = asked.units;
  while (offer.units > 0 && offer.units < wanted) {
    wanted = offer.units;
    offer = offerOf(around, promise, { units: wanted, to });
  }
  if (offer.units === 0)
    return { locationId: to, because: offer.rejections[0]?.message ?? "There is nothing there." };
  if (offer.promised.some(({ position }) => around.taken.has(position.positionId)))
    return { locationId: to, because: "The line is promised units there already." };
  const lots = offer.promised.map(({ position, quantity: units }) => ({
    positionId: position.positionId,
    lot: position.lot,
    units,
    leaves: offer.shelf.left.get(position.positionId) ?? 0,
  }));
  const channelsHit = [...around.book.channels.values()]
    .filter((channel) => channel.channelId !== promise.channelId && channel.locations.includes(to))
    .map((channel) => channelId(channel.channelId));
  return { locationId: to, units: offer.units, lots, channelsHit };
}

/**
 * Where else units of a promise could come from: every other location of its channel's network, decided by the rules that hold, with
 * the units back on the shelf. Those that can give most come first, and of these the one that the channel sells from first.
 */
export function proposalsFor(around: StockAround, promise: PromiseToRelocate, units: number): Proposals {
  const network = around.book.channels.get(promise.channelId)?.locations ?? [];
  const judged = network
    .filter((location) => location !== promise.locationId)
    .map((to) => judge(around, promise, { units, to }));
  return {
    offers: judged.flatMap((each) => ("units" in each ? [each] : [])).toSorted((a, b) => b.units - a.units),
    notChosen: judged.flatMap((each) => ("units" in each ? [] : [each])),
  };
}

/** A position as it stood when something was proposed. */
export type SeenVersion = { readonly positionId: number; readonly version: number };

/** Positions that are not any more as they were seen, in the order of their ids. */
export function changedSince(seen: readonly SeenVersion[], now: readonly SeenVersion[]): readonly number[] {
  const before = new Map(seen.map(({ positionId, version }) => [positionId, version]));
  const after = new Map(now.map(({ positionId, version }) => [positionId, version]));
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((positionId) => before.get(positionId) !== after.get(positionId))
    .toSorted((a, b) => a - b);
}
