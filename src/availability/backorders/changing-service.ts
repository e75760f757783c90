import { type Backorder, quantity } from "@crossdock/canonical";
import type { FactLog, OwnFact } from "../../backbone/index.ts";
import type { Ledger } from "../../ledger/index.ts";
import type { Clock, Database, Transaction } from "../../platform/index.ts";
import type { RuleBook } from "../rules/book.ts";
import { type BackorderChange, type BackorderRefusal, decideBackorder, type Standing } from "./life.ts";
import {
  type BackorderRow,
  leaveQueues,
  lockBackorder,
  markChanged,
  nameOf,
  selectBackorders,
  selectOverdue,
  toBackorder,
  updateStanding,
} from "./store.ts";

export type ChangingDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly factLog: FactLog;
  readonly ledger: Pick<Ledger, "lockPositionsOf">;
  readonly book: () => Promise<RuleBook>;
};

/** How a change went. `already`: it was so before. */
export type BackorderAnswer =
  | { readonly done: true; readonly already: boolean; readonly backorder: Backorder }
  | { readonly done: false; readonly refused: BackorderRefusal };

/** Who changes it, why, and what is to be committed with it. */
export type ChangingOptions = {
  readonly by: string;
  readonly because: string;
  readonly correlationId: string;
  readonly keep?: (tx: Transaction, answer: BackorderAnswer) => Promise<void>;
};

/** Changes a backorder in a transaction of its own. */
export async function changeBackorder(
  deps: ChangingDeps,
  id: string,
  change: BackorderChange,
  options: ChangingOptions,
): Promise<BackorderAnswer> {
  const book = await deps.book();
  return deps.database.transaction(async (tx) => {
    const answer = await changeWithin(deps, tx, { id, change, options, book });
    await options.keep?.(tx, answer);
    return answer;
  });
}

type Wanted = {
  readonly id: string;
  readonly change: BackorderChange;
  readonly options: ChangingOptions;
  readonly book: RuleBook;
};

async function changeWithin(deps: ChangingDeps, tx: Transaction, wanted: Wanted): Promise<BackorderAnswer> {
  const { id, change, options, book } = wanted;
  const row = await lockForTurn(deps, tx, id, book);
  if (row === undefined) {
    const message = `There is no backorder ${id}.`;
    return { done: false, refused: { reason: "unknown-backorder", message } };
  }
  const now = deps.clock.now();
  const life = { ...row, orderedUnit: row.ordered_unit, needBy: row.need_by };
  const decision = decideBackorder(life, change, now);
  if ("refused" in decision) return { done: false, refused: decision.refused };
  if ("already" in decision) return { done: true, already: true, backorder: toBackorder(row, now) };
  const fact = changedFact(row, decision.to, { ...options, now });
  await write(deps, tx, { row, to: decision.to, fact, now });
  return { done: true, already: false, backorder: toBackorder(rowAfter(row, decision.to), now) };
}

/** Locks a backorder against being served: first the positions from which it may be, in the lock order of the program. */
async function lockForTurn(
  { ledger }: ChangingDeps,
  tx: Transaction,
  id: string,
  book: RuleBook,
): Promise<BackorderRow | undefined> {
  const [seen] = await selectBackorders(tx, [id]);
  if (seen === undefined) return undefined;
  await ledger.lockPositionsOf(tx, seen.part_item_ids, [
    ...(book.channels.get(seen.channel_id)?.locations ?? []),
  ]);
  return lockBackorder(tx, id);
}

const rowAfter = (row: BackorderRow, { quantity: units, state, needBy, until }: Standing): BackorderRow => ({
  ...row,
  ...{ quantity: units, state, until, need_by: needBy },
});

type ToWrite = {
  readonly row: BackorderRow;
  readonly to: Standing;
  readonly fact: OwnFact;
  readonly now: Date;
};

async function write(
  { factLog }: ChangingDeps,
  tx: Transaction,
  { row, to, fact, now }: ToWrite,
): Promise<void> {
  const facts = await factLog.number([fact]);
  updateStanding(tx, row.backorder_id, to, now);
  if (to.state !== "waiting") leaveQueues(tx, [row.backorder_id], row.part_item_ids);
  // Who waits behind it may have what was kept for it.
  await markChanged(tx, row.part_item_ids);
  factLog.append(tx, facts);
}

type Told = Pick<ChangingOptions, "by" | "because" | "correlationId"> & { readonly now: Date };

function changedFact(
  row: BackorderRow,
  to: Standing,
  { by, because, correlationId, now: at }: Told,
): OwnFact {
  const before = quantity(row.quantity - row.served);
  if (to.state !== "waiting") {
    const data = { ...nameOf(row), quantity: before, how: "cancelled" as const, by, because };
    return { fact: { type: "BackorderEnded", data }, at, correlationId };
  }
  const data = {
    ...nameOf(row),
    ...{ waiting: quantity(to.quantity - row.served), before, by, because },
    ...(to.needBy === null ? {} : { needBy: to.needBy.toISOString() }),
    ...(to.until === null ? {} : { until: to.until.toISOString() }),
  };
  return { fact: { type: "BackorderChanged", data }, at, correlationId };
}

/** Backorders that are ended in one round at most. */
const OVERDUE_MAX = 200;

/** Ends backorders whose time is over; gives how many. That they are served no longer does not depend on it. */
export async function endOverdue(deps: ChangingDeps): Promise<number> {
  const overdue = await selectOverdue(deps.database, deps.clock.now(), OVERDUE_MAX);
  const book = await deps.book();
  for (const id of overdue) {
    await deps.database.transaction(async (tx) => {
      const row = await lockForTurn(deps, tx, id, book);
      const now = deps.clock.now();
      if (row === undefined || row.state !== "waiting" || row.until === null || row.until > now) return;
      const to: Standing = {
        ...{ quantity: row.quantity, state: "expired" },
        needBy: row.need_by,
        until: row.until,
      };
      const data = { ...nameOf(row), quantity: quantity(row.quantity - row.served), how: "expired" as const };
      const fact: OwnFact = {
        fact: { type: "BackorderEnded", data },
        at: now,
        correlationId: row.correlation_id,
      };
      await write(deps, tx, { row, to, fact, now });
    });
  }
  return overdue.length;
}
