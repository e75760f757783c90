import type { SupplyInput } from "@crossdock/canonical";
import type { Governance } from "../../governance/index.ts";
import { asksForDecision, type Ledger } from "../../ledger/index.ts";
import type { Clock, Database } from "../../platform/index.ts";
import type { RuleBook } from "../rules/book.ts";
import { supplyInput } from "./inputs.ts";

type Deps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly governance: Pick<Governance, "calendars">;
  readonly ledger: Pick<Ledger, "supply">;
};

/** A line of what is to come, and whether a person has to decide about it. */
export type ListedSupply = { readonly input: SupplyInput; readonly waits: boolean };

export type SupplyPage = {
  /** The item that the page before ended with; empty: the first. */
  readonly after: string;
  readonly limit: number;
  readonly itemId?: string | undefined;
  readonly locationId?: string | undefined;
  /** Only what is overdue and waits for a person. */
  readonly waitingOnly: boolean;
};

export type SupplyPageFound = {
  readonly rows: readonly ListedSupply[];
  /** The item that the page ended with; undefined on the last page. */
  readonly next: string | undefined;
};

/** Items looked at for one page. */
const ITEMS_PER_LOOK = 200;

/**
 * What is to come, item by item. The page ends after the item with which it has `limit` lines, because an item's lines are only known
 * together.
 */
export async function listSupply(deps: Deps, book: RuleBook, page: SupplyPage): Promise<SupplyPageFound> {
  const { database, clock, ledger, governance } = deps;
  const now = clock.now();
  const rows: ListedSupply[] = [];
  for (let from = page.after; ; ) {
    const items = await itemsOf(deps, page, from);
    const due = (await ledger.supply.dueSupply(database, items, now))
      .map((each) => ({ each, waits: asksForDecision(each, now) }))
      .filter(({ each, waits }) => {
        const isThere = page.locationId === undefined || page.locationId === each.locationId;
        return isThere && (waits || !page.waitingOnly);
      });
    const places = due.map(({ each }) => each.locationId);
    const calendars = places.length === 0 ? new Map() : await governance.calendars(database, places);
    const byItem = Map.groupBy(due, ({ each }) => each.itemId);
    for (const item of items) {
      for (const { each, waits } of byItem.get(item) ?? []) {
        const weighing = { now: now.getTime(), terms: book.supply, calendar: calendars.get(each.locationId) };
        rows.push({ input: supplyInput(each, weighing), waits });
      }
      if (rows.length >= page.limit && page.itemId === undefined) return { rows, next: item };
    }
    const last = items.at(-1);
    if (last === undefined || items.length < ITEMS_PER_LOOK) return { rows, next: undefined };
    from = last;
  }
}

function itemsOf(
  { database, clock, ledger }: Deps,
  { itemId, waitingOnly }: SupplyPage,
  after: string,
): Promise<readonly string[]> {
  if (itemId !== undefined) return Promise.resolve([itemId]);
  const look = { after, limit: ITEMS_PER_LOOK };
  return waitingOnly
    ? ledger.supply.itemsPastDue(database, { ...look, now: clock.now() })
    : ledger.supply.itemsWithSupply(database, look);
}
