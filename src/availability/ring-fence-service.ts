import {
  type ChannelId,
  channelId,
  type Fact,
  type ItemId,
  itemId,
  type LocationId,
  type Lot,
  locationId,
  type Quantity,
  quantity,
} from "@crossdock/canonical";
import type { FactLog } from "../backbone/index.ts";
import type { Ledger, LockedPosition } from "../ledger/index.ts";
import type { Clock, Database, KeepAnswer, Transaction } from "../platform/index.ts";
import { type LifeDeps, sweepExpired } from "./life-service.ts";
import { numberOf } from "./promise-record.ts";
import {
  changeRingFences,
  type RingFenceRow,
  selectRingFencePage,
  selectRingFences,
} from "./ring-fence-store.ts";
import { type Channel, type RuleBook, termsOf } from "./rules/book.ts";
import { withoutSafetyStock } from "./rules/safety.ts";

/** Stock to be set aside for a channel, or to be given back by it. */
export type RingFenceCommand = {
  readonly channelId: ChannelId;
  readonly itemId: ItemId;
  readonly locationId: LocationId;
  readonly lot: Lot;
  /** Base units, at least one. */
  readonly quantity: Quantity;
  readonly reason: string;
  readonly correlationId: string;
};

/** What is set aside for a channel at a position. */
export type RingFence = Pick<RingFenceCommand, "channelId" | "itemId" | "locationId" | "lot" | "quantity">;

export type RingFenceAnswer =
  /** What is set aside for the channel there now. */
  | { readonly done: RingFence }
  | {
      readonly refused: "unknown-channel" | "outside-network" | "insufficient-stock";
      readonly message: string;
    };

/** `keep` is given what was done in the transaction that does it, and no refusal. */
export type RingFences = {
  /** Takes units off what is there for all and keeps them for one channel. */
  setAside(command: RingFenceCommand, keep?: KeepAnswer<RingFenceAnswer>): Promise<RingFenceAnswer>;
  /** Gives units of a ring-fence, or all of it, back to all. */
  giveBack(command: RingFenceCommand, keep?: KeepAnswer<RingFenceAnswer>): Promise<RingFenceAnswer>;
  /** What is set aside, by channel. `next` is absent at the end. */
  list(page: {
    readonly channelId?: ChannelId | undefined;
    readonly itemId?: ItemId | undefined;
    readonly after?: string | undefined;
    readonly limit: number;
  }): Promise<{ readonly rows: readonly RingFence[]; readonly next?: string } | "bad-cursor">;
};

export type RingFenceDeps = LifeDeps & {
  readonly database: Database;
  readonly clock: Clock;
  readonly factLog: FactLog;
  readonly ledger: Pick<Ledger, "lockPositions" | "lockPositionsOf" | "post">;
  readonly book: () => Promise<RuleBook>;
};

/** Makes the door of ring-fences. */
export function createRingFences(deps: RingFenceDeps): RingFences {
  return {
    async setAside(command, keep) {
      const book = await deps.book();
      const asked: Move = { command, step: "set-aside", keep };
      const answer = await move(deps, book, asked);
      if (!("refused" in answer) || answer.refused !== "insufficient-stock") return answer;
      // A hold that has run out keeps nothing: what it had may be set aside, swept or not.
      return (await sweepExpired(deps)) === 0 ? answer : move(deps, book, asked);
    },
    giveBack: async (command, keep) => move(deps, await deps.book(), { command, step: "give-back", keep }),
    list: (page) => list(deps.database, page),
  };
}

type Move = {
  readonly command: RingFenceCommand;
  readonly step: "set-aside" | "give-back";
  readonly keep: KeepAnswer<RingFenceAnswer> | undefined;
};

/** One transaction: lock, decide, post, tell. */
async function move(
  deps: RingFenceDeps,
  book: RuleBook,
  { command, step, keep }: Move,
): Promise<RingFenceAnswer> {
  const channel = book.channels.get(command.channelId);
  if (channel === undefined)
    return { refused: "unknown-channel", message: `There is no channel ${command.channelId}.` };
  if (!channel.locations.includes(command.locationId)) {
    const message = `The channel ${command.channelId} does not sell from ${command.locationId}.`;
    return { refused: "outside-network", message };
  }
  return deps.database.transaction(async (tx) => {
    // All that the channel sells from: what others have protected is protected over the network, not at a place.
    const positions = await deps.ledger.lockPositionsOf(tx, [command.itemId], channel.locations);
    const position = positions.find(
      (row) => row.location_id === command.locationId && row.lot === command.lot,
    );
    const [fence] =
      position === undefined ? [] : await selectRingFences(tx, [position.position_id], [command.channelId]);
    const fenced = fence?.quantity ?? 0;
    const most = step === "give-back" ? fenced : unitsFree({ book, channel, positions, position }, command);
    if (position === undefined || command.quantity > most) return tooFew(command, step, most);
    await write(deps, tx, { command, step, position });
    const now = fenced + (step === "set-aside" ? command.quantity : -command.quantity);
    const answer = { done: { ...keysOf(command), quantity: quantity(now) } };
    await keep?.(tx, answer);
    return answer;
  });
}

type Stock = {
  readonly book: RuleBook;
  readonly channel: Channel;
  readonly positions: readonly LockedPosition[];
  readonly position: LockedPosition | undefined;
};

/** Units that may be set aside at a position: what is available there, and not protected for others over the network. */
function unitsFree(
  { book, channel, positions, position }: Stock,
  { itemId: item }: RingFenceCommand,
): number {
  const open = withoutSafetyStock(
    book,
    positions.map((row) => ({
      positionId: row.position_id,
      itemId: item,
      locationId: locationId(row.location_id),
      lot: row.lot,
      available: row.available,
    })),
  );
  const inNetwork = open.reduce((sum, row) => sum + row.available, 0);
  const there = open.find((row) => row.positionId === position?.position_id)?.available ?? 0;
  const free = inNetwork - termsOf(book, channel, item).protectedForOthers;
  return Math.max(0, Math.min(there, free));
}

function tooFew(command: RingFenceCommand, step: Move["step"], most: number): RingFenceAnswer {
  const where = `of ${command.itemId} at ${command.locationId}`;
  const message =
    step === "set-aside"
      ? `${command.quantity} units ${where} were to be set aside; ${most} are available and not protected for others.`
      : `${command.quantity} units ${where} were to be given back; ${most} are set aside for ${command.channelId}.`;
  return { refused: "insufficient-stock", message };
}

async function write(
  deps: RingFenceDeps,
  tx: Transaction,
  { command, step, position }: Omit<Move, "keep"> & { readonly position: LockedPosition },
): Promise<void> {
  const at = deps.clock.now();
  const { reason, correlationId, quantity: units } = command;
  const data = { ...keysOf(command), quantity: units, reason };
  const isSetAside = step === "set-aside";
  const fact: Fact = { type: isSetAside ? "StockRingFenced" : "RingFenceGivenBack", data };
  const facts = await deps.factLog.number([{ fact, at, correlationId }]);
  const id = position.position_id;
  deps.ledger.post(tx, [
    {
      fromPositionId: id,
      fromStatus: isSetAside ? "available" : "channel-reserved",
      toPositionId: id,
      toStatus: isSetAside ? "channel-reserved" : "available",
      quantity: units,
      reason: isSetAside ? "ring-fence" : "give-back",
      effectiveAt: at.toISOString(),
      eventNumber: numberOf(facts, 0),
    },
  ]);
  const row = { ...position, channel_id: command.channelId, units: isSetAside ? units : -units };
  changeRingFences(tx, [row]);
  deps.factLog.append(tx, facts);
}

function keysOf({ channelId: channel, itemId: item, locationId: location, lot }: RingFenceCommand) {
  return { channelId: channel, itemId: item, locationId: location, lot };
}

async function list(
  database: Database,
  page: Parameters<RingFences["list"]>[0],
): ReturnType<RingFences["list"]> {
  const after = page.after === undefined ? { channelId: "", positionId: 0 } : parseCursor(page.after);
  if (after === undefined) return "bad-cursor";
  const { channelId: channel, itemId: item, limit } = page;
  const rows = await selectRingFencePage(database, { channelId: channel, itemId: item, after, limit });
  const last = rows.at(-1);
  const next =
    last === undefined || rows.length < limit ? {} : { next: `${last.position_id}.${last.channel_id}` };
  return { rows: rows.map(toRingFence), ...next };
}

/** Reads a cursor: the last row's position and channel. */
function parseCursor(text: string): { channelId: string; positionId: number } | undefined {
  const match = /^(\d{1,15})\.(.+)$/.exec(text);
  return match === null ? undefined : { positionId: Number(match[1]), channelId: match[2] ?? "" };
}

function toRingFence(row: RingFenceRow): RingFence {
  return {
    channelId: channelId(row.channel_id),
    itemId: itemId(row.item_id),
    locationId: locationId(row.location_id),
    lot: row.lot,
    quantity: quantity(row.quantity),
  };
}
