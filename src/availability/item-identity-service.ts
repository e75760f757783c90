import type { Reference } from "@crossdock/canonical";
import type { Governance, IdentityPlan, IdentityRefusal, Merge, SplitAsked } from "../governance/index.ts";
import type { Ledger, PositionRow } from "../ledger/index.ts";
import type { Clock, Database, KeepAnswer, Transaction } from "../platform/index.ts";
import {
  blocksOf,
  conversionsOf,
  type IdentityBlock,
  type UnitsToMove,
  type UnitsWanted,
  unitsToMove,
  unitsToSplit,
} from "./item-identity.ts";

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
  readonly refusals: readonly IdentityChange[];
};

/** Why it is refused, or would be. */
export type IdentityChange = IdentityRefusal | IdentityBlock;

/** Items that turn out to be one, or two (docs/decisions/0039). `keep` is given the answer in the transaction of its change. */
export type ItemIdentities = {
  /** An item becomes another one: its names lead there, and all its units move there, in one transaction. */
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
   * Moves on what late statements have brought to items that have become others. Gives how many facts it took; none when it is quiet.
   * It may run anywhere, twice and at once.
   */
  follow(): Promise<number>;
};

export type IdentityDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly governance: Governance;
  readonly ledger: Pick<Ledger, "stockOf" | "lockPositionsOf" | "convert">;
};

/** Makes the door of merging and splitting. */
export function createItemIdentities(deps: IdentityDeps): ItemIdentities {
  return {
    merge: (command, keep) => merge(deps, command, keep),
    split: (command, keep) => split(deps, command, keep),
    follow: () => follow(deps),
  };
}

type Found = { readonly moves: readonly UnitsToMove[]; readonly blocks: readonly IdentityBlock[] };

const changerOf = ({ by, correlationId }: IdentityCommand) => ({ by, correlationId });

function merge(
  deps: IdentityDeps,
  command: IdentityCommand & { readonly into: string },
  keep: KeepAnswer<IdentityAnswer> | undefined,
): Promise<IdentityAnswer> {
  const { itemId, into } = command;
  const since = command.since ?? deps.clock.now();
  return deps.database.transaction(async (tx) => {
    const plan = await deps.governance.planMerge(tx, { itemId, into, since, changer: changerOf(command) });
    return carryOut(deps, tx, { command, since, plan, keep }, (rows): Found => {
      return { moves: unitsToMove(rows, Number(plan.factor.numerator)), blocks: blocksOf(rows) };
    });
  });
}

function split(
  deps: IdentityDeps,
  command: Parameters<ItemIdentities["split"]>[0],
  keep: KeepAnswer<IdentityAnswer> | undefined,
): Promise<IdentityAnswer> {
  const { itemId, into, names, units } = command;
  const since = command.since ?? deps.clock.now();
  return deps.database.transaction(async (tx) => {
    const asked = { itemId, into, names, since, changer: changerOf(command) };
    const plan = await deps.governance.planSplit(tx, asked);
    return carryOut(deps, tx, { command, since, plan, keep }, (rows) =>
      unitsToSplit(units, rows, plan.factor),
    );
  });
}

type Planned = {
  readonly command: IdentityCommand;
  readonly since: Date;
  readonly plan: IdentityPlan;
  readonly keep: KeepAnswer<IdentityAnswer> | undefined;
};

/** Looks at the stock under its locks, and writes names and facts unless something stands against it. */
async function carryOut(
  deps: IdentityDeps,
  tx: Transaction,
  { command, since, plan, keep }: Planned,
  find: (rows: readonly PositionRow[]) => Found,
): Promise<IdentityAnswer> {
  const { itemId, reason, correlationId } = command;
  const { into, names } = plan;
  const rows = await rowsOf(deps, tx, itemId, into);
  const { moves, blocks } = find(rows);
  const refusals = [...plan.refusals, ...blocks];
  const answer = { itemId, into, since, names, moves, refusals };
  if (command.preview) return { is: "previewed", ...answer };
  if (refusals.length > 0) return { is: "refused", ...answer };
  await plan.write();
  const conversions = conversionsOf(moves, { from: itemId, into, reason });
  await deps.ledger.convert(tx, conversions, { at: since, correlationId });
  const done = { is: "done", ...answer } as const;
  await keep?.(tx, done);
  return done;
}

/** Where there is anything of an item: what is at real places is locked, together with the other item's; lanes hold still by themselves. */
async function rowsOf(
  { ledger }: IdentityDeps,
  tx: Transaction,
  itemId: string,
  into: string,
): Promise<readonly PositionRow[]> {
  const seen = await ledger.stockOf(tx, [itemId]);
  const lanes = seen.filter((row) => row.in_transit !== 0);
  const places = [...new Set(seen.filter((row) => row.in_transit === 0).map((row) => row.location_id))];
  const locked = places.length === 0 ? [] : await ledger.lockPositionsOf(tx, [itemId, into], places);
  return [...locked.filter((row) => row.item_id === itemId), ...lanes];
}

/** How often units are followed at once: an item may have become one that has become another. */
const FOLLOWED_ROUNDS_MAX = 20;

async function follow(deps: IdentityDeps): Promise<number> {
  let facts = 0;
  for (let round = 0; round < FOLLOWED_ROUNDS_MAX; round += 1) {
    const merges = await deps.governance.merges(deps.database);
    if (merges.length === 0) return facts;
    const rows = await deps.ledger.stockOf(
      deps.database,
      merges.map(({ itemId }) => itemId),
    );
    const left = new Set(unitsLeft(rows));
    if (left.size === 0) return facts;
    for (const { itemId } of merges) {
      if (left.has(itemId)) facts += await followOne(deps, itemId);
    }
  }
  return facts;
}

const unitsLeft = (rows: readonly PositionRow[]): readonly string[] =>
  rows.filter((row) => unitsToMove([row], 1).length > 0).map((row) => row.item_id);

/** Moves on what is left on one item, while it stays merged. */
function followOne(deps: IdentityDeps, itemId: string): Promise<number> {
  return deps.database.transaction(async (tx) => {
    const held: Merge | undefined = await deps.governance.holdMerge(tx, itemId);
    if (held === undefined) return 0;
    const { into, since, units } = held;
    const moves = unitsToMove(await rowsOf(deps, tx, itemId, into), units);
    const conversions = conversionsOf(moves, { from: itemId, into, reason: `became ${into}` });
    // As of the merge: a count of the other item after it has seen these units already.
    await deps.ledger.convert(tx, conversions, { at: since, correlationId: `merge-${itemId}` });
    return conversions.length;
  });
}
