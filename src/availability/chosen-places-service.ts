import { lockOpenStock, type OpenStockRow, selectOpenStock } from "../ledger/index.ts";
import type { Transaction } from "../platform/index.ts";
import type { Decision } from "./admission-request.ts";
import { type Decided, itemsToLockWhole, placesToLock } from "./places-to-lock.ts";
import type { Shelf } from "./shelf.ts";
import { layOut } from "./shelf-service.ts";
import type { ReservationRow } from "./store.ts";

/** From one location there is nothing to choose: what lies there is locked at once, which saves a flight. */
export const CHOICE_LOCATIONS_MIN = 2;

/** What was chosen by what was seen is not there behind the locks: to be decided again in another transaction, with every place locked. */
export class SeenOtherwise extends Error {
  constructor(requests: number) {
    super(`${requests} requests were decided by what had changed when it was locked`);
    this.name = "SeenOtherwise";
  }
}

type Deciding<Request, Admitted> = Pick<Decided, "book"> & {
  readonly requests: readonly (Decided["requests"][number] & Request)[];
  readonly itemIds: readonly string[];
  readonly locationIds: readonly string[];
  readonly now: Date;
  /** Which of the requests were decided before; asked behind the locks. */
  readonly answered: (() => Promise<ReadonlySet<Request>>) | undefined;
  /** Holds of items that have run out. */
  readonly expiredOf: (itemIds: readonly string[]) => Promise<readonly ReservationRow[]>;
  /** Marks holds that have run out, and those that did not fit into the list; gives these. */
  readonly sweepRest: (
    itemIds: readonly string[],
    already: readonly ReservationRow[],
  ) => Promise<readonly ReservationRow[]>;
  /** Whether somebody waits for the items: he goes first, and every place must be locked. Asked behind the locks. */
  readonly isWaitedFor: () => Promise<boolean>;
  readonly decide: (shelf: Shelf, before: ReadonlySet<Request> | undefined) => readonly Admitted[];
};

/**
 * Decides by what is seen without a lock, and then locks the places that were chosen, instead of every place of every item: an order of
 * three lines in a network of twelve locks three rows and not thirty-six. Behind the locks it is looked whether they are as they were
 * seen; where they are not it is decided again, and what asks for a place that is not locked then throws `SeenOtherwise`.
 */
export async function decideThenLock<Request, Admitted extends { readonly decision: Decision }>(
  tx: Transaction,
  work: Deciding<Request, Admitted>,
): Promise<{
  readonly requests?: undefined;
  readonly admitted: readonly Admitted[];
  readonly swept: readonly ReservationRow[];
}> {
  const { requests, book, itemIds, locationIds, now } = work;
  const [seen, expired] = await Promise.all([
    selectOpenStock(tx, itemIds, locationIds),
    work.expiredOf(itemIds),
  ]);
  const shelf = await layOut(tx, { requests, book, positions: seen, swept: expired, now });
  const admitted = work.decide(shelf, undefined);
  const whole = itemsToLockWhole({ requests, admitted, book, positions: seen, expired });
  const places = placesToLock({ admitted, positions: seen }, whole);
  const [locked, again, isWaitedFor, before] = await Promise.all([
    places.length === 0 ? [] : lockOpenStock(tx, places),
    whole.size === 0 ? [] : work.expiredOf([...whole]),
    work.isWaitedFor(),
    work.answered?.(),
  ]);
  if (isWaitedFor) throw new SeenOtherwise(requests.length);
  const swept = [...again, ...(await work.sweepRest([...whole], again))];
  const hasChanged = haveChanged(seen, locked) || !areSame(expired, swept);
  if (!hasChanged && (before === undefined || before.size === 0)) return { admitted, swept };

  const fresh = new Map(locked.map((row) => [row.position_id, row]));
  const positions = seen.map((row) => fresh.get(row.position_id) ?? row);
  const decided = work.decide(await layOut(tx, { requests, book, positions, swept, now }), before);
  const needed = itemsToLockWhole({ requests, admitted: decided, book, positions, expired: swept });
  const isLocked = new Set(places);
  if (
    ![...needed].every((item) => whole.has(item)) ||
    !placesToLock({ admitted: decided, positions }, needed).every((id) => isLocked.has(id))
  ) {
    throw new SeenOtherwise(requests.length);
  }
  return { admitted: decided, swept };
}

/** Whether positions were moved between being seen and being locked. */
function haveChanged(seen: readonly OpenStockRow[], locked: readonly OpenStockRow[]): boolean {
  const versions = new Map(seen.map((row) => [row.position_id, row.version]));
  return locked.some((row) => versions.get(row.position_id) !== row.version);
}

function areSame(some: readonly ReservationRow[], others: readonly ReservationRow[]): boolean {
  return (
    some.length === others.length &&
    some.every((row, at) => row.reservation_id === others[at]?.reservation_id)
  );
}
