import type { FactLog, LoggedFact, Subscriber } from "../backbone/index.ts";
import type { Governance } from "../governance/index.ts";
import type { Clock, Transaction, Wakeup } from "../platform/index.ts";
import { selectArchiveOfSnapshot } from "./archive/past-store.ts";
import { headerKey, headerOf, pageFault, type SnapshotHeader, type SnapshotPage } from "./snapshot.ts";
import { EXACT_MAX } from "./snapshot-hold.ts";
import {
  addPages,
  insertColumns,
  insertPages,
  type PageColumns,
  type PageToKeep,
} from "./snapshot-page-store.ts";
import { openSnapshots, recordHeader, type SnapshotToOpen } from "./snapshot-store.ts";
import { insertClaims, insertOutcomes, selectTakenFacts } from "./store.ts";

/** The reader that gathers pages. It has a cursor of its own, so a million rows never hold up the movements behind them. */
export const SNAPSHOT_SUBSCRIBER = "ledger-snapshots";
/** Pages gathered in one transaction: twenty thousand rows, a few megabytes. */
const PAGES_MAX = 20;
/** Topic on which those who take snapshots are woken. */
export const SNAPSHOTS_TOPIC = "snapshots";

type GatherDeps = {
  readonly clock: Clock;
  readonly factLog: FactLog;
  readonly governance: Governance;
  readonly wakeup: Wakeup;
};

/** Makes the reader that gathers the pages of snapshots. Nothing is posted here: a page alone may lack rows of its positions. */
export function createSnapshotSubscriber(deps: GatherDeps): Subscriber {
  return deps.factLog.subscribe({
    name: SNAPSHOT_SUBSCRIBER,
    types: ["StockSnapshotPage"],
    wantedFacts: PAGES_MAX,
    // Pages that were gathered are recognised by their outcome.
    rewindable: true,
    handle: (tx, facts) => gather(deps, tx, facts.filter(isPage)),
  });
}

/** Whether a fact is a page of a snapshot. */
export function isPage(fact: LoggedFact): fact is LoggedFact & SnapshotPage {
  return fact.type === "StockSnapshotPage";
}

async function gather(deps: GatherDeps, tx: Transaction, pages: readonly SnapshotPage[]): Promise<void> {
  const numbers = pages.map((page) => page.number);
  const taken = new Set((await selectTakenFacts(tx, numbers)).map((row) => row.event_number));
  const fresh = pages.filter((page) => !taken.has(page.number));
  if (fresh.length === 0) return;
  for (const page of fresh) {
    const fault = pageFault(page);
    if (fault !== undefined) throw new Error(fault);
  }
  const now = deps.clock.now();
  const opened = await open(deps, tx, fresh, now);
  await refuseLatePages(tx, fresh, opened);
  const kept = fresh.map((page) => toKeep(page, snapshotOf(opened, page)));
  const news = new Set((await insertPages(tx, kept)).map((row) => row.event_number));
  refuseLateUnits(
    fresh.filter((page) => news.has(page.number)),
    opened,
  );
  const columns = fresh
    .filter((page) => news.has(page.number) && !snapshotOf(opened, page).isDismissed)
    .map((page) => columnsOf(page, snapshotOf(opened, page).snapshotNumber));
  if (columns.length > 0) insertColumns(tx, columns);
  addPages(
    tx,
    kept.filter((page) => news.has(page.eventNumber)),
  );
  noteOutcomes(tx, { pages: fresh, opened, now });
  tx.afterCommit(() => deps.wakeup.signal(SNAPSHOTS_TOPIC));
}

type Opened = ReadonlyMap<
  string,
  {
    readonly snapshotNumber: number;
    readonly owner: string;
    readonly isDismissed: boolean;
    /** Whether something of it was posted. */
    readonly isBegun: boolean;
    /** What its rows summed to before; undefined where nobody knows. */
    readonly unitsCome: number | undefined;
  }
>;

function snapshotOf(opened: Opened, page: SnapshotPage) {
  const snapshot = opened.get(headerKey(headerOf(page)));
  if (snapshot === undefined) throw new Error(`the snapshot ${page.data.snapshotId} was not opened`);
  return snapshot;
}

async function open(
  { governance }: GatherDeps,
  tx: Transaction,
  pages: readonly SnapshotPage[],
  now: Date,
): Promise<Opened> {
  const locationIds = [...new Set(pages.map((page) => page.data.location))];
  const owners = await governance.owners(tx, "physical-stock", locationIds);
  const toOpen = new Map<string, SnapshotToOpen>();
  for (const page of pages) {
    const header: SnapshotHeader = headerOf(page);
    const key = headerKey(header);
    if (toOpen.has(key)) continue;
    const owner = owners.at(header.locationId, header.takenAt.getTime()) ?? page.source;
    toOpen.set(key, { ...header, owner, eventNumber: page.number, correlationId: page.correlationId });
  }
  const records = await openSnapshots(tx, [...toOpen.values()], now);
  return new Map(
    records.map((row) => [
      headerKey(recordHeader(row)),
      {
        ...{ snapshotNumber: row.snapshot_number, owner: row.owner },
        ...{ isDismissed: row.state === "dismissed", isBegun: row.pass > 0 },
        unitsCome: row.units_come ?? undefined,
      },
    ]),
  );
}

/** What comes late of a snapshot that was taken is held against the same past. Where that has left, it waits among the dead letters. */
async function refuseLatePages(
  tx: Transaction,
  pages: readonly SnapshotPage[],
  opened: Opened,
): Promise<void> {
  for (const page of pages) {
    const { snapshotNumber, isBegun } = snapshotOf(opened, page);
    if (!isBegun) continue;
    const { locationId, takenAt, source, snapshotId } = headerOf(page);
    // Its rows are not gathered yet; of a partial one this looks at more positions than it needs.
    const asked = { snapshotNumber, locationId, takenAt, isFull: true };
    const archive = await selectArchiveOfSnapshot(tx, asked);
    if (archive === undefined) continue;
    throw new Error(
      `page ${page.data.page} of the snapshot ${snapshotId} of ${source} came after that was taken, and what it has to be held against lies in the archive ${archive}: restore it with crossdock archive --restore, and retry`,
    );
  }
}

/**
 * What comes late of a snapshot that was taken may bring it to more than can be counted. It cannot be held for that any more, since movements
 * have been held against it; so the page waits among the dead letters, and what was taken stays.
 */
function refuseLateUnits(pages: readonly SnapshotPage[], opened: Opened): void {
  const sums = new Map<number, number>();
  for (const page of pages) {
    const { snapshotNumber, isBegun, unitsCome } = snapshotOf(opened, page);
    if (!isBegun || unitsCome === undefined) continue;
    const sum = (sums.get(snapshotNumber) ?? unitsCome) + unitsOf(page);
    sums.set(snapshotNumber, sum);
    if (sum <= EXACT_MAX) continue;
    const { source, snapshotId } = headerOf(page);
    throw new Error(
      `page ${page.data.page} of the snapshot ${snapshotId} of ${source} came after that was taken, and brings it to more than ${EXACT_MAX} units, which is more than can be counted: dismiss it, and have its source correct the numbers in another snapshot`,
    );
  }
}

/** What the rows of a page sum to, as far as that is counted exactly. */
const unitsOf = ({ data }: SnapshotPage): number =>
  Math.min(
    data.counted.reduce((sum, units) => sum + units, 0),
    EXACT_MAX,
  );

/** The columns of a page, to be gathered. */
export function columnsOf(
  { number, data }: Pick<SnapshotPage, "number" | "data">,
  snapshotNumber: number,
): PageColumns {
  const { items, counted, lots, statuses } = data;
  return { snapshotNumber, eventNumber: number, rows: items.length, items, counted, lots, statuses };
}

function toKeep(page: SnapshotPage, { snapshotNumber }: { readonly snapshotNumber: number }): PageToKeep {
  const { data } = page;
  return {
    snapshotNumber,
    page: data.page,
    row: data.row ?? -1,
    eventNumber: page.number,
    rows: data.items.length,
    unresolved: data.unresolved ?? 0,
    pages: data.pages ?? null,
    units: unitsOf(page),
  };
}

/** Law 10, for whole snapshots: another's than the owner's is kept as a claim. */
function noteOutcomes(
  tx: Transaction,
  {
    pages,
    opened,
    now,
  }: { readonly pages: readonly SnapshotPage[]; readonly opened: Opened; readonly now: Date },
): void {
  const isClaim = (page: SnapshotPage) => snapshotOf(opened, page).owner !== page.source;
  const [claims, applied] = [pages.filter(isClaim), pages.filter((page) => !isClaim(page))];
  const numbersOf = (some: readonly SnapshotPage[]) => some.map((page) => page.number);
  if (applied.length > 0) insertOutcomes(tx, "applied", numbersOf(applied), now);
  if (claims.length === 0) return;
  insertOutcomes(tx, "claim", numbersOf(claims), now);
  const toClaim = claims.map((page) => ({
    number: page.number,
    source: page.source,
    locationId: page.data.location,
    owner: snapshotOf(opened, page).owner,
    effectiveAt: page.effectiveAt,
  }));
  insertClaims(tx, toClaim, now);
}
