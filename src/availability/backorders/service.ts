import type { Backorder } from "@crossdock/canonical";
import type { FactLog, LoggedFact, Subscriber } from "../../backbone/index.ts";
import type { AdmissionDeps } from "../admission-entry.ts";
import { admit } from "../admission-service.ts";
import { TOUCHING_TYPES, touchedItems } from "../touched.ts";
import {
  type BackorderAnswer,
  type ChangingDeps,
  type ChangingOptions,
  changeBackorder,
  endOverdue,
} from "./changing-service.ts";
import type { BackorderChange } from "./life.ts";
import { inTurn, type Waiting } from "./line-up.ts";
import { type PegDeps, pegsOf, tellDates } from "./pegs-service.ts";
import {
  type BackorderPage,
  type BackorderRow,
  markChanged,
  selectBackorderPage,
  selectBackorders,
  selectDueQueues,
  selectWaiting,
  toBackorder,
  updateOffered,
} from "./store.ts";

/** The reader that notes which items may be offered again to those who wait. */
export const BACKORDERS_SUBSCRIBER = "availability-backorders";
/** Items that are looked up at once. */
const ITEMS_PER_LOOK = 100;
/** Backorders that have their turn in one transaction: the positions of their items stay locked until it commits. */
const TURNS_MAX = 500;

export type BackorderDeps = AdmissionDeps &
  ChangingDeps &
  PegDeps & { readonly factLog: FactLog; readonly ledger: AdmissionDeps["ledger"] & PegDeps["ledger"] };

/** What waits for stock. */
export type Backorders = {
  /** A page in the order in which they came; `next`: the queue number after which it goes on. */
  page(
    page: BackorderPage,
  ): Promise<{ readonly rows: readonly Backorder[]; readonly next: number | undefined }>;
  find(id: string): Promise<Backorder | undefined>;
  change(id: string, change: BackorderChange, options: ChangingOptions): Promise<BackorderAnswer>;
  /** Offers items that have changed to those who wait for them; gives how many promises came of it. */
  offer(): Promise<number>;
  /** Lets every item be offered again: what no fact tells of is found then. */
  lookAgain(): Promise<number>;
  /** Ends those whose time is over. */
  endOverdue(): Promise<number>;
  /** Notes, as facts come in, which items may be offered again. */
  readonly subscriber: Subscriber;
};

/** Opens what waits for stock. */
export function createBackorders(deps: BackorderDeps): Backorders {
  const { database, factLog } = deps;
  return {
    async page(page) {
      const rows = await selectBackorderPage(database, page);
      const last = rows.length < page.limit ? undefined : rows.at(-1)?.queue_number;
      return { rows: await withPegs(deps, rows), next: last };
    },
    async find(id) {
      const [found] = await withPegs(deps, await selectBackorders(database, [id]));
      return found;
    },
    change: (id, change, options) => changeBackorder(deps, id, change, options),
    offer: () => offerAll(deps),
    lookAgain: () => database.transaction((tx) => markChanged(tx, undefined)),
    endOverdue: () => endOverdue(deps),
    subscriber: factLog.subscribe({
      name: BACKORDERS_SUBSCRIBER,
      types: [...TOUCHING_TYPES, "SupplyExpected", "SupplyDecided"],
      // An item that is offered once too often is looked at in vain.
      rewindable: true,
      async handle(tx, facts) {
        const items = facts.some(isForAll) ? undefined : [...new Set(facts.flatMap(itemsOf))];
        if (items === undefined || items.length > 0) await markChanged(tx, items);
      },
    }),
  };
}

/** Backorders as callers see them, with what is to come for those that wait. */
async function withPegs(deps: BackorderDeps, rows: readonly BackorderRow[]): Promise<readonly Backorder[]> {
  const waiting = rows.filter((row) => row.state === "waiting");
  const items = [...new Set(waiting.flatMap((row) => row.part_item_ids))];
  const now = deps.clock.now();
  if (items.length === 0) return rows.map((row) => toBackorder(row, now));
  const { byBackorder } = await pegsOf(deps, deps.database, await deps.book(), items);
  return rows.map((row) => {
    const pegs = byBackorder.get(row.backorder_id)?.pegs ?? [];
    return { ...toBackorder(row, now), ...(pegs.length === 0 ? {} : { pegs: [...pegs] }) };
  });
}

/** Other rules, and what a person decides about a document, may be about any item. */
const isForAll = ({ type }: LoggedFact): boolean => type === "RuleBookActivated" || type === "SupplyDecided";

const itemsOf = (fact: LoggedFact): readonly string[] =>
  fact.type === "SupplyExpected" ? [fact.data.item] : touchedItems(fact);

/** Offers every item that has changed. What changes while it is offered is offered again. */
async function offerAll(deps: BackorderDeps): Promise<number> {
  let made = 0;
  for (let after = ""; ; ) {
    const due = await selectDueQueues(deps.database, { after, limit: ITEMS_PER_LOOK });
    const byItem = [...Map.groupBy(due, (row) => row.item_id)];
    for (const [itemId, rows] of byItem) {
      made += await offerItem(deps, itemId);
      await tellDates(deps, itemId);
      await updateOffered(deps.database, rows);
    }
    const last = byItem.at(-1)?.[0];
    if (last === undefined || byItem.length < ITEMS_PER_LOOK) return made;
    after = last;
  }
}

/** Lets everybody who waits for an item have a turn. Who comes before keeps what is there for him, served in this transaction or not. */
async function offerItem(deps: BackorderDeps, itemId: string): Promise<number> {
  const waiting = inTurn(await selectWaiting(deps.database, [itemId], deps.clock.now()));
  let made = 0;
  for (let from = 0; from < waiting.length; from += TURNS_MAX)
    made += await serve(deps, waiting.slice(from, from + TURNS_MAX));
  return made;
}

async function serve(deps: BackorderDeps, turns: readonly Waiting[]): Promise<number> {
  const each = <Value>(of: (waiting: Waiting) => readonly Value[]) => [...new Set(turns.flatMap(of))];
  const toServe = {
    backorderIds: new Set(turns.map(({ backorderId }) => backorderId)),
    itemIds: each(({ parts }) => parts.map((part) => part.itemId)),
    channelIds: each(({ channelId }) => [channelId]),
    orderIds: each(({ orderId }) => (orderId === undefined ? [] : [orderId])),
  };
  const book = await deps.book();
  const admitted = await deps.database.transaction((tx) => admit(deps, tx, [], { book, serve: toServe }));
  return admitted.reduce((sum, { reservations }) => sum + reservations.length, 0);
}
