import type { ReservationRequest, SourcingExplanation, SourcingQuote } from "@crossdock/canonical";
import type { Governance } from "../../governance/index.ts";
import type { Ledger } from "../../ledger/index.ts";
import type { Clock, Database, Transaction } from "../../platform/index.ts";
import { decide } from "../admission.ts";
import type { AdmissionRequest, Decision } from "../admission-request.ts";
import { withExpiries } from "../expiry-service.ts";
import { openPositions } from "../open-positions.ts";
import type { SeenVersion } from "../relocation/proposal.ts";
import { fromRequest } from "../request.ts";
import { selectRingFences } from "../ring-fence-store.ts";
import type { RuleBook } from "../rules/book.ts";
import { withoutSafetyStock } from "../rules/safety.ts";
import { openShelf, type Shelf } from "../shelf.ts";
import { sumExpiredHolds } from "../store.ts";
import type { LoadMemory } from "./load-service.ts";

export type QuoteDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly governance: Pick<Governance, "resolveItems">;
  readonly ledger: Pick<Ledger, "positionsOf">;
  readonly book: () => Promise<RuleBook>;
  readonly load: LoadMemory;
};

const ON_ONE_SNAPSHOT = { isolation: "repeatable read", readOnly: true } as const;
/** Where a request is refused before any location is looked at. */
const NOWHERE: SourcingExplanation = { method: "usual", criteria: [], parts: [] };

/**
 * What a request would be promised now and why from there, decided by the code of admission on one snapshot. Nothing is locked, written or
 * kept. Undefined when there is no such channel.
 */
export async function quoteSourcing(
  deps: QuoteDeps,
  asked: ReservationRequest,
): Promise<SourcingQuote | undefined> {
  const [book, items] = await Promise.all([
    deps.book(),
    deps.governance.resolveItems(asked.lines.map((line) => line.item)),
  ]);
  if (!book.channels.has(asked.channelId)) return undefined;
  const request: AdmissionRequest = { ...fromRequest(asked, items), explain: true };
  const shelf = await shelfFor(deps, book, request);
  const decision = decide(shelf.open(), book, request);
  return { ...toQuote(decision), bookVersion: book.version, asOf: deps.clock.now().toISOString() };
}

/** A shelf as it stands, without a lock: as often as it is wanted, each time as nothing had been taken. And the positions that it is of. */
export type ShelfSeen = { readonly open: () => Shelf; readonly versions: readonly SeenVersion[] };

/** Reads the shelf of requests of one channel. */
export async function shelfFor(
  deps: Omit<QuoteDeps, "governance" | "book">,
  book: RuleBook,
  request: Pick<AdmissionRequest, "channelId" | "lines">,
): Promise<ShelfSeen> {
  const load = book.sourcing.looksAtLoad ? await deps.load() : undefined;
  const seen = await deps.database.transaction((tx) => readShelf(deps, tx, book, request), ON_ONE_SNAPSHOT);
  return load === undefined ? seen : { ...seen, open: () => ({ ...seen.open(), load }) };
}

async function readShelf(
  { ledger, clock }: Pick<QuoteDeps, "ledger" | "clock">,
  tx: Transaction,
  book: RuleBook,
  { channelId, lines }: Pick<AdmissionRequest, "channelId" | "lines">,
): Promise<ShelfSeen> {
  const itemIds = [...new Set(lines.flatMap((line) => line.components.map((part) => String(part.itemId))))];
  const places = book.channels.get(channelId)?.locations ?? [];
  const now = clock.now();
  const [positions, expired] = await Promise.all([
    ledger.positionsOf(tx, itemIds, places),
    sumExpiredHolds(tx, { itemIds, now }),
  ]);
  const fenced = positions.filter((row) => row.channel_reserved > 0).map((row) => row.position_id);
  const fences = fenced.length === 0 ? [] : await selectRingFences(tx, fenced, [channelId]);
  const own = new Map<number, number>();
  const back = expired.filter((each) => each.channel_id === channelId && each.fenced > 0);
  for (const { position_id: id, units } of [
    ...fences.map((each) => ({ position_id: each.position_id, units: each.quantity })),
    ...back.map((each) => ({ position_id: each.position_id, units: each.fenced })),
  ])
    own.set(id, (own.get(id) ?? 0) + units);
  const free = expired.map((each) => ({ position_id: each.position_id, quantity: each.quantity, fenced: 0 }));
  const open = await withExpiries(tx, openPositions(positions, free), now);
  const shelved = withoutSafetyStock(book, open);
  return {
    open: () => openShelf(shelved, own.size === 0 ? undefined : new Map([[channelId, new Map(own)]])),
    versions: positions.map((row) => ({ positionId: row.position_id, version: row.version })),
  };
}

function toQuote({ promised, rejections, sourcing = NOWHERE }: Decision) {
  return {
    promised: promised.map(({ lineId, position, quantity }) => ({
      ...{ lineId, itemId: position.itemId, locationId: position.locationId, lot: position.lot, quantity },
    })),
    rejections: [...rejections],
    sourcing,
  };
}
