import { type Fact, itemId, locationId } from "@crossdock/canonical";
import type { FactLog, LoggedFact, LogPosition } from "../../backbone/index.ts";
import type { Governance, ResolvedItem } from "../../governance/index.ts";
import {
  lookBack,
  nextPastTransfers,
  openPastTransfers,
  type PastTransfer,
  type RecordedWindow,
  selectPositionsAt,
} from "../../ledger/index.ts";
import type { Database, Transaction } from "../../platform/index.ts";
import type { AdmissionLine } from "../admission-request.ts";
import {
  type AskedRow,
  nextPastAsked,
  openPastAsked,
  type PastExpiry,
  selectAskedItems,
  selectPastExpiries,
} from "../asked-store.ts";
import { readLotDays } from "../expiry-service.ts";
import { componentsOf } from "../request.ts";
import { selectAllRingFences } from "../ring-fence-store.ts";
import { selectReservations } from "../store.ts";
import { toLine } from "./gathered.ts";
import type { Happening } from "./happening.ts";
import { type Aside, type FactOfTransfer, openHistory, type PastPage } from "./history.ts";
import type { Start, StartFence } from "./sandbox.ts";

export type HistoryDeps = {
  readonly database: Database;
  readonly factLog: Pick<FactLog, "read" | "factsByNumber" | "positionBefore">;
  readonly governance: Pick<Governance, "items" | "itemsOfClasses">;
};

/** The past of a window, open for being read once. */
export type OpenHistory = {
  readonly start: Start;
  /** Positions of which more than one channel has ring-fences, so that whose units were whose at the beginning is a guess. */
  readonly unclearFences: number;
  /** What happened, in its order; one list for each page of transfers that was read. */
  happenings(): AsyncGenerator<{ readonly transfers: number; readonly happenings: readonly Happening[] }>;
};

/** Opens the past of a window in a transaction that sees one moment of the database. It locks nothing, and writes nothing. */
export async function openPast(
  deps: HistoryDeps,
  tx: Transaction,
  window: RecordedWindow,
): Promise<OpenHistory> {
  lookBack(tx);
  await openPastTransfers(tx, window);
  await openPastAsked(tx, window);
  const itemIds = await selectAskedItems(tx, window);
  const expiries = await selectPastExpiries(tx, window);
  const rows = await selectPositionsAt(tx, { from: window.from, itemIds });
  const places = rows.map((row) => ({
    positionId: row.position_id,
    itemId: itemId(row.item_id),
    locationId: locationId(row.location_id),
    lot: row.lot,
    available: row.available,
  }));
  const lotDaysOf = await readLotDays(tx, places);
  const positions = places.map((place) => ({ ...place, days: lotDaysOf(place) }));
  const fenced = rows.filter((row) => row.channel_reserved > 0);
  const { fences, unclear } = await fencesAtStart(tx, fenced);
  return {
    start: { positions, fences, holds: expiries.map(toHold) },
    unclearFences: unclear,
    happenings: () => readHappenings(deps, tx, { window, expiries }),
  };
}

const toHold = (row: PastExpiry) => ({
  reservationId: row.reservation_id,
  positionId: row.position_id,
  channelId: row.channel_id,
  units: row.quantity,
  fenced: row.fenced,
  expiresAt: row.expires_at.getTime(),
});

/**
 * What was set aside for whom when the window began. How much there was of a position is known; where it is of several channels it is shared
 * out in the order of what they have now.
 */
async function fencesAtStart(
  tx: Transaction,
  fenced: readonly { readonly position_id: number; readonly channel_reserved: number }[],
): Promise<{ readonly fences: readonly StartFence[]; readonly unclear: number }> {
  if (fenced.length === 0) return { fences: [], unclear: 0 };
  const rows = await selectAllRingFences(
    tx,
    fenced.map((row) => row.position_id),
  );
  const byPosition = Map.groupBy(rows, (row) => row.position_id);
  const fences: StartFence[] = [];
  let unclear = 0;
  for (const { position_id: positionId, channel_reserved: all } of fenced) {
    const channels = (byPosition.get(positionId) ?? []).toSorted((a, b) => b.quantity - a.quantity);
    if (channels.length > 1) unclear += 1;
    let left = all;
    for (const [place, { channel_id: channelId, quantity }] of channels.entries()) {
      const units = place === channels.length - 1 ? left : Math.min(left, quantity);
      left -= units;
      fences.push({ channelId, positionId, units });
    }
  }
  return { fences, unclear };
}

/** Facts of the log that move no stock and matter all the same. */
const ASIDE_TYPES: readonly Fact["type"][] = [
  "ReservationExtended",
  "RuleBookActivated",
  "AvailabilityPublished",
];
const ASIDE_PAGE = 1_000;

async function* readHappenings(
  deps: HistoryDeps,
  tx: Transaction,
  { window, expiries }: { readonly window: RecordedWindow; readonly expiries: readonly PastExpiry[] },
): AsyncGenerator<{ readonly transfers: number; readonly happenings: readonly Happening[] }> {
  const history = openHistory(new Set(expiries.map((row) => row.reservation_id)));
  const asked = readAhead(() => nextPastAsked(tx));
  const aside = asideOf(deps, window);
  for (;;) {
    const transfers = await nextPastTransfers(tx);
    const last = transfers.at(-1);
    if (last === undefined) break;
    const until = (row: AskedRow) => row.transfer_after < last.transfer_id;
    const page: PastPage = {
      transfers,
      factOf: await factsOf(deps, tx, transfers),
      asked: await asked.while(until),
      aside: await aside.while(({ at }) => at < last.recorded_at.getTime()),
      channelOf: await channelsOf(tx, transfers),
    };
    yield { transfers: transfers.length, happenings: history.take(page) };
  }
  const rest = {
    transfers: [],
    factOf: () => undefined,
    asked: await asked.while(() => true),
    aside: await aside.while(() => true),
    channelOf: () => undefined,
  };
  yield { transfers: 0, happenings: [...history.take(rest), ...history.end()] };
}

/** Reads pages as far as a condition holds, and remembers what is beyond. */
function readAhead<Row>(next: () => Promise<readonly Row[]>) {
  let ahead: readonly Row[] = [];
  let isOver = false;
  return {
    async while(holds: (row: Row) => boolean): Promise<readonly Row[]> {
      const taken: Row[] = [];
      for (;;) {
        const end = ahead.findIndex((row) => !holds(row));
        taken.push(...(end < 0 ? ahead : ahead.slice(0, end)));
        ahead = end < 0 ? [] : ahead.slice(end);
        if (ahead.length > 0 || isOver) return taken;
        ahead = await next();
        isOver = ahead.length === 0;
      }
    },
  };
}

/** What the log says of a window that moved no stock. */
function asideOf({ factLog, database, governance }: HistoryDeps, { from, to }: RecordedWindow) {
  let after: LogPosition | undefined;
  let isOver = false;
  return readAhead<Aside>(async () => {
    after ??= await factLog.positionBefore(from);
    const found: Aside[] = [];
    while (after !== undefined && !isOver && found.length === 0) {
      const page = await factLog.read({ after, limit: ASIDE_PAGE, types: ASIDE_TYPES });
      const facts = page.facts.filter((fact) => Date.parse(fact.recordedAt) < to.getTime());
      isOver = page.isLast || facts.length < page.facts.length;
      after = page.end;
      const items = await governance.items(database, [...new Set(facts.flatMap(toldItem))]);
      found.push(...facts.flatMap((fact) => toAside(fact, items)));
    }
    return found;
  });
}

const toldItem = (fact: LoggedFact): string[] =>
  fact.type === "AvailabilityPublished" ? [fact.data.itemId] : [];

function toAside(fact: LoggedFact, items: ReadonlyMap<string, ResolvedItem>): Aside[] {
  const at = Date.parse(fact.recordedAt);
  switch (fact.type) {
    case "ReservationExtended": {
      const { reservationId, expiresAt } = fact.data;
      return [{ kind: "extended", at, reservationId, until: Date.parse(expiresAt) }];
    }
    case "RuleBookActivated":
      return [{ kind: "rules", at, version: fact.data.version }];
    case "AvailabilityPublished": {
      const { accountId, channelId } = fact.data;
      const item = items.get(fact.data.itemId);
      return item === undefined ? [] : [{ kind: "told", at, accountId, channelId, line: oneOf(item) }];
    }
    default:
      return [];
  }
}

/** A line that asks for one unit of an item: how many of it there are is asked for with it. */
const oneOf = (item: ResolvedItem): AdmissionLine => ({
  ...toLine({ lineId: "1", itemId: item.itemId, quantity: 1 }),
  components: componentsOf(item),
});

/** What the log says of transfers of promises, and of what persons set aside. */
async function factsOf(
  { factLog }: HistoryDeps,
  tx: Transaction,
  transfers: readonly PastTransfer[],
): Promise<PastPage["factOf"]> {
  const wanted = transfers.filter(({ reason }) =>
    ["reserve", "allocate", "ring-fence", "give-back"].includes(reason),
  );
  const numbers = [...new Set(wanted.map((transfer) => transfer.event_number))];
  const facts = numbers.length === 0 ? [] : await factLog.factsByNumber(tx, numbers);
  const found = new Map(facts.map((fact) => [fact.number, toFactOfTransfer(fact)]));
  return (number) => found.get(number);
}

function toFactOfTransfer(fact: LoggedFact): FactOfTransfer {
  if (fact.type === "StockReserved") return fact;
  const isFence = fact.type === "StockRingFenced" || fact.type === "RingFenceGivenBack";
  return { type: "other", channelId: isFence ? fact.data.channelId : undefined };
}

/** Whose the reservations are that give units back to a ring-fence. */
async function channelsOf(
  tx: Transaction,
  transfers: readonly PastTransfer[],
): Promise<PastPage["channelOf"]> {
  const ids = transfers.flatMap((each) =>
    each.to_status === "channel-reserved" ? (each.reservation_id ?? []) : [],
  );
  if (ids.length === 0) return () => undefined;
  const rows = await selectReservations(tx, [...new Set(ids)]);
  const channels = new Map(rows.map((row) => [row.reservation_id, row.channel_id]));
  return (id) => channels.get(id);
}
