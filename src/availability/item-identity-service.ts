import type { Reference } from "@crossdock/canonical";
import type { Governance, IdentityRefusal, Merge, SplitAsked } from "../governance/index.ts";
import type { PositionRow } from "../ledger/index.ts";
import type { Database, KeepAnswer, Transaction } from "../platform/index.ts";
import {
  conversionsOf,
  type IdentityBlock,
  momentsOf,
  type UnitsToMove,
  type UnitsWanted,
  unitsToMove,
  unitsToSplit,
} from "./item-identity.ts";
import {
  carryOver,
  countOf,
  holdItem,
  type MergedPromiseDeps,
  PromisedMeanwhile,
} from "./merged-promise-service.ts";
import { type StayingRow, selectEarlyOf, selectStaying } from "./merged-promise-store.ts";

/** What merging and splitting have in common. */
export type IdentityCommand = {
  readonly itemId: string;
  /** From when on names lead to the other item, and as of when its units are moved; now when absent. Never ahead of now. */
  readonly since?: Date | undefined;
  readonly reason: string;
  /** Looks at everything and changes nothing. */
  readonly preview: boolean;
  readonly by: string;
  readonly correlationId: string;
};

export type IdentityAnswer = {
  /** `previewed` and `refused` have changed nothing. */
  readonly is: "done" | "previewed" | "refused";
  readonly itemId: string;
  readonly into: string;
  readonly since: Date;
  /** Names that lead to the other item from then on. */
  readonly names: readonly string[];
  readonly moves: readonly UnitsToMove[];
  /** Promises that are of the other item from then on, and order lines of which something was promised, picked or shipped. */
  readonly promises: number;
  readonly lines: number;
  /**
   * Of a split that undoes a merge: open promises that were of the other item before. They stay with the item that they are of now, at most
   * `STAYING_TOLD_MAX` of `stayingCount`.
   */
  readonly staying: readonly StayingRow[];
  readonly stayingCount: number;
  readonly refusals: readonly IdentityChange[];
};

/** Promises that are told one by one when a split leaves them where they are. */
export const STAYING_TOLD_MAX = 500;
const NONE_STAY = { staying: [], stayingCount: 0 } as const;

/** Why it is refused, or would be. */
export type IdentityChange = IdentityRefusal | IdentityBlock;

/** Items that turn out to be one, or two (docs/decisions/0039, 0054). `keep` is given the answer in the transaction of its change. */
export type ItemIdentities = {
  /** An item becomes another one: its names lead there, and all its units and promises go there, in one transaction. */
  merge(
    command: IdentityCommand & { readonly into: string },
    keep?: KeepAnswer<IdentityAnswer>,
  ): Promise<IdentityAnswer>;
  /** Names and units of an item become those of another one, which is there or is made. Undoes a merge, too. */
  split(
    command: IdentityCommand & {
      readonly into: SplitAsked["into"];
      readonly names: readonly Reference[];
      readonly units: readonly UnitsWanted[];
    },
    keep?: KeepAnswer<IdentityAnswer>,
  ): Promise<IdentityAnswer>;
  /**
   * Moves on what late statements have brought to items that have become others. Gives how much it moved; none when it is quiet.
   * It may run anywhere, twice and at once.
   */
  follow(): Promise<number>;
};

export type IdentityDeps = MergedPromiseDeps & {
  readonly database: Database;
  readonly governance: Governance;
};

/** Makes the door of merging and splitting. */
export function createItemIdentities(deps: IdentityDeps): ItemIdentities {
  return {
    merge: (command, keep) => merge(deps, command, keep),
    split: (command, keep) => split(deps, command, keep),
    follow: () => follow(deps),
  };
}

const changerOf = ({ by, correlationId }: IdentityCommand) => ({ by, correlationId });

/** How often a merge begins again because an order was promised while it locked what it moves. */
const ATTEMPTS_MAX = 5;

async function merge(
  deps: IdentityDeps,
  command: IdentityCommand & { readonly into: string },
  keep: KeepAnswer<IdentityAnswer> | undefined,
): Promise<IdentityAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await deps.database.transaction((tx) => mergeIn(deps, tx, command, keep));
    } catch (error) {
      if (!(error instanceof PromisedMeanwhile) || attempt === ATTEMPTS_MAX) throw error;
    }
  }
}

async function mergeIn(
  deps: IdentityDeps,
  tx: Transaction,
  command: IdentityCommand & { readonly into: string },
  keep: KeepAnswer<IdentityAnswer> | undefined,
): Promise<IdentityAnswer> {
  const { itemId: from, into, reason, correlationId } = command;
  const since = command.since ?? deps.clock.now();
  const plan = await deps.governance.planMerge(tx, {
    itemId: from,
    into,
    since,
    changer: changerOf(command),
  });
  const becoming = { from, into, units: Number(plan.factor.numerator) };
  const held = await holdItem(deps, tx, becoming, "everywhere");
  const moves = unitsToMove(held.rows, becoming.units);
  const { names, refusals } = plan;
  const answer = { itemId: from, into, since, names, moves, ...countOf(held), ...NONE_STAY, refusals };
  if (command.preview) return { is: "previewed", ...answer };
  if (refusals.length > 0) return { is: "refused", ...answer };
  await plan.write();
  const momentOf = await momentsAt(deps, tx, held.rows, since);
  const conversions = conversionsOf(moves, { from, into, reason, momentOf });
  await carryOver(deps, tx, held, { ...becoming, conversions, since, reason, correlationId });
  const done = { is: "done", ...answer } as const;
  await keep?.(tx, done);
  return done;
}

/** As of when what stands at positions of an item becomes another's. */
async function momentsAt(
  { ledger }: IdentityDeps,
  tx: Transaction,
  rows: readonly PositionRow[],
  since: Date,
) {
  return momentsOf(rows, { since, counted: await ledger.countedSince(tx, rows, since) });
}

function split(
  deps: IdentityDeps,
  command: Parameters<ItemIdentities["split"]>[0],
  keep: KeepAnswer<IdentityAnswer> | undefined,
): Promise<IdentityAnswer> {
  const { itemId, names, units, reason, correlationId } = command;
  const since = command.since ?? deps.clock.now();
  return deps.database.transaction(async (tx) => {
    const asked = { itemId, into: command.into, names, since, changer: changerOf(command) };
    const plan = await deps.governance.planSplit(tx, asked);
    const { into } = plan;
    const rows = await rowsOf(deps, tx, itemId, into);
    const { moves, blocks } = unitsToSplit(units, rows, plan.factor);
    const refusals = [...plan.refusals, ...blocks];
    const stay = await stayingOf(tx, { of: itemId, was: into });
    const answer = {
      itemId,
      into,
      since,
      names: plan.names,
      moves,
      promises: 0,
      lines: 0,
      ...stay,
      refusals,
    };
    if (command.preview) return { is: "previewed", ...answer };
    if (refusals.length > 0) return { is: "refused", ...answer };
    await plan.write();
    const conversions = conversionsOf(moves, { from: itemId, into, reason, momentOf: () => since });
    await deps.ledger.convert(tx, conversions, { correlationId });
    const done = { is: "done", ...answer } as const;
    await keep?.(tx, done);
    return done;
  });
}

/** What was promised of one item and stays promised of the other. */
async function stayingOf(tx: Transaction, items: { readonly of: string; readonly was: string }) {
  const rows = await selectStaying(tx, { ...items, limit: STAYING_TOLD_MAX });
  return { staying: rows, stayingCount: rows[0]?.total ?? 0 };
}

/** What is of an item at real places, locked together with the other item's. */
async function rowsOf(
  { ledger }: IdentityDeps,
  tx: Transaction,
  itemId: string,
  into: string,
): Promise<readonly PositionRow[]> {
  const seen = await ledger.stockOf(tx, [itemId]);
  const places = [...new Set(seen.filter((row) => row.in_transit === 0).map((row) => row.location_id))];
  const locked = places.length === 0 ? [] : await ledger.lockPositionsOf(tx, [itemId, into], places);
  return locked.filter((row) => row.item_id === itemId);
}

/** How often units are followed at once: an item may have become one that has become another. */
const FOLLOWED_ROUNDS_MAX = 20;

async function follow(deps: IdentityDeps): Promise<number> {
  let moved = 0;
  for (let round = 0; round < FOLLOWED_ROUNDS_MAX; round += 1) {
    const merges = await deps.governance.merges(deps.database);
    if (merges.length === 0) return moved;
    const items = merges.map(({ itemId }) => itemId);
    const [stock, early] = await Promise.all([
      deps.ledger.stockOf(deps.database, items),
      selectEarlyOf(deps.database, items),
    ]);
    const left = new Set([...stock, ...early].map((row) => row.item_id));
    if (left.size === 0) return moved;
    for (const itemId of items) {
      if (left.has(itemId)) moved += await followOne(deps, itemId);
    }
  }
  return moved;
}

/** Moves on what is left on one item, while it stays merged. */
function followOne(deps: IdentityDeps, itemId: string): Promise<number> {
  return deps.database.transaction(async (tx) => {
    const merged: Merge | undefined = await deps.governance.holdMerge(tx, itemId);
    if (merged === undefined) return 0;
    const { into, since, units } = merged;
    const held = await holdItem(deps, tx, { from: itemId, into }, "where-balances-say-so");
    const reason = `became ${into}`;
    const momentOf = await momentsAt(deps, tx, held.rows, since);
    const conversions = conversionsOf(unitsToMove(held.rows, units), {
      from: itemId,
      into,
      reason,
      momentOf,
    });
    const correlationId = `merge-${itemId}`;
    await carryOver(deps, tx, held, { from: itemId, into, units, conversions, since, reason, correlationId });
    return conversions.length + countOf(held).lines;
  });
}
