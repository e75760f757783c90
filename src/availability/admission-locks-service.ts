import type { OpenStockRow } from "../ledger/index.ts";
import type { Transaction } from "../platform/index.ts";
import type { AdmissionDeps, Admitting, ToServe } from "./admission-entry.ts";
import { inTurn, isAnythingThere, requestOf, type Waiting } from "./backorders/line-up.ts";
import { reachBeyond, type SeenQueues } from "./backorders/seen-queues.ts";
import { type QueueRow, selectQueues, selectWaiting } from "./backorders/store.ts";
import { CHOICE_LOCATIONS_MIN } from "./chosen-places-service.ts";
import type { Usage } from "./limits/limit.ts";
import { selectUsage } from "./limits/store.ts";
import type { RequestToAdmit } from "./request-to-admit.ts";
import type { RuleBook } from "./rules/book.ts";
import {
  type ReservationRow,
  selectEarlyFulfilment,
  selectExpiredHolds,
  updateReservationState,
} from "./store.ts";

/** Expired holds that one decision sweeps in one statement; it repeats until none is left. */
export const SWEEP_MAX = 5_000;

const NO_USAGE: Usage = new Map();
const NO_QUEUES: readonly QueueRow[] = [];
const NOBODY: readonly Waiting[] = [];

type ToLook = Admitting &
  Touched & {
    readonly asked: readonly RequestToAdmit[];
    /** Whose limits are locked. */
    readonly limited: readonly string[];
    readonly now: Date;
  };

/** Locks what requests may touch, and reads what is decided on. Whoever waits for these items may need more: then that is locked too. */
export async function lookBehindLocks(deps: AdmissionDeps, tx: Transaction, of: ToLook) {
  const { book, answered, serve, asked, itemIds, orderIds, limited, now, isMove = false } = of;
  const look = async (places: readonly string[]) => {
    const [positions, expired, queues, before, early, usage] = await Promise.all([
      deps.ledger.lockPositionsOf(tx, itemIds, places),
      selectExpiredHolds(tx, { itemIds, locationIds: places, now, limit: SWEEP_MAX }),
      isMove ? NO_QUEUES : selectQueues(tx, itemIds),
      answered?.(),
      orderIds.length === 0 ? [] : selectEarlyFulfilment(tx, orderIds),
      limited.length === 0 ? NO_USAGE : selectUsage(tx, limited, now),
    ]);
    return { positions, expired, queues, before, early, usage, places };
  };
  let found = await look(of.locationIds);
  if (!isMove) deps.seenQueues.see(itemIds, found.queues);
  if (found.queues.length > 0 && reachBeyond(book, found.queues, new Set(of.locationIds)))
    found = await look(touchedBy(asked, book, { serve, seen: deps.seenQueues }).locationIds);
  const { positions, expired, places, before, early, usage } = found;
  const rest = await sweepRest(tx, { itemIds, locationIds: places, now, already: expired });
  const swept = [...expired, ...rest];
  const waiting = await whoWaits(tx, { positions, swept, queues: found.queues, now });
  return { positions, swept, before, early, usage, waiting };
}

/** Those who wait for what lies there, in their turn. Where nothing lies, as nearly always while somebody waits, nobody is asked for. */
async function whoWaits(
  tx: Transaction,
  at: {
    readonly positions: readonly OpenStockRow[];
    readonly swept: readonly ReservationRow[];
    readonly queues: readonly QueueRow[];
    readonly now: Date;
  },
): Promise<readonly Waiting[]> {
  if (at.queues.length === 0) return NOBODY;
  const itemIds = new Set(at.queues.map((row) => row.item_id));
  const comesBack = at.swept.some((row) => itemIds.has(row.item_id));
  if (!comesBack && !isAnythingThere(at.positions, itemIds)) return NOBODY;
  return inTurn(await selectWaiting(tx, [...itemIds], at.now));
}

/** Makes a request of each backorder that is to be served and of which everything was locked. */
export function turnOf({
  backorderIds,
  itemIds,
  orderIds,
}: ToServe): (waiting: Waiting) => readonly RequestToAdmit[] {
  const [items, orders] = [new Set(itemIds), new Set(orderIds)];
  return (waiting) => {
    const isLocked =
      waiting.parts.every((part) => items.has(part.itemId)) &&
      (waiting.orderId === undefined || orders.has(waiting.orderId));
    if (!isLocked || !backorderIds.has(waiting.backorderId)) return [];
    const { correlationId } = waiting;
    return [{ request: requestOf(waiting), expiresAt: undefined, correlationId, waits: waiting }];
  };
}

/** Whether requests may be decided before they lock: not where somebody waits, or is to. He goes before whoever asks, and that needs every lock. */
export function mayBeChosen(
  asked: readonly RequestToAdmit[],
  { itemIds, locationIds, orderIds }: Touched,
  seen: SeenQueues,
): boolean {
  if (asked.length === 0 || orderIds.length > 0 || locationIds.length < CHOICE_LOCATIONS_MIN) return false;
  if (itemIds.some((item) => seen.channelsOf(item).length > 0)) return false;
  return asked.every(({ request }) => request.policy !== "backorder");
}

/** Whether anybody waits for items, asked behind the locks of what was chosen. */
export async function isWaitedFor(
  { seenQueues }: Pick<AdmissionDeps, "seenQueues">,
  tx: Transaction,
  itemIds: readonly string[],
): Promise<boolean> {
  const queues = await selectQueues(tx, itemIds);
  if (queues.length > 0) seenQueues.see(itemIds, queues);
  return queues.length > 0;
}

/** How expired holds are found and ended at locations. */
export function sweeping(
  tx: Transaction,
  { locationIds, now }: { readonly locationIds: readonly string[]; readonly now: Date },
) {
  return {
    expiredOf: (itemIds: readonly string[]) =>
      selectExpiredHolds(tx, { itemIds, locationIds, now, limit: SWEEP_MAX }),
    sweepRest: (itemIds: readonly string[], already: readonly ReservationRow[]) =>
      sweepRest(tx, { itemIds, locationIds, now, already }),
  };
}

/** What requests may touch, each once. */
type Touched = {
  readonly itemIds: readonly string[];
  readonly locationIds: readonly string[];
  readonly orderIds: readonly string[];
};

/** What requests may touch, each once. Loops, because this runs over every request of every batch. */
export function touchedBy(
  requests: readonly RequestToAdmit[],
  book: RuleBook,
  { serve, seen }: { readonly serve: ToServe | undefined; readonly seen: SeenQueues },
): Touched {
  const itemIds = new Set<string>(serve?.itemIds);
  const channelIds = new Set<string>(serve?.channelIds);
  const orderIds = new Set<string>(serve?.orderIds);
  for (const { request } of requests) {
    channelIds.add(request.channelId);
    if (request.orderId !== undefined) orderIds.add(request.orderId);
    for (const line of request.lines) for (const part of line.components) itemIds.add(part.itemId);
  }
  for (const item of itemIds) for (const channel of seen.channelsOf(item)) channelIds.add(channel);
  const locationIds = new Set([...channelIds].flatMap((id) => book.channels.get(id)?.locations ?? []));
  return { itemIds: [...itemIds], locationIds: [...locationIds], orderIds: [...orderIds] };
}

type Sweep = {
  readonly itemIds: readonly string[];
  readonly locationIds: readonly string[];
  readonly now: Date;
  readonly already: readonly ReservationRow[];
};

/** The holds that did not fit into the first sweep. They are marked as they are read, so each round sees the next. */
async function sweepRest(tx: Transaction, sweep: Sweep): Promise<readonly ReservationRow[]> {
  const rest: ReservationRow[] = [];
  let last = sweep.already;
  while (last.length > 0) {
    await updateReservationState(tx, {
      ids: last.map((row) => row.reservation_id),
      from: ["held"],
      to: "expired",
      at: sweep.now,
    });
    if (last.length < SWEEP_MAX) return rest;
    last = await selectExpiredHolds(tx, { ...sweep, limit: SWEEP_MAX });
    rest.push(...last);
  }
  return rest;
}
