import { itemId } from "@crossdock/canonical";
import type { OpenStockRow } from "../ledger/index.ts";
import type { AdmissionRequest, Decision } from "./admission-request.ts";
import { isRuled, type RuleBook } from "./rules/book.ts";

/** Requests, what was decided of them, and by what. */
export type Decided = {
  readonly requests: readonly { readonly request: AdmissionRequest }[];
  readonly admitted: readonly { readonly decision: Decision }[];
  readonly book: RuleBook;
  readonly positions: readonly OpenStockRow[];
  readonly expired: readonly { readonly item_id: string }[];
};

const itemsOf = (request: AdmissionRequest) =>
  request.lines.flatMap((line) => line.components.map((part) => part.itemId));

/**
 * Items of which every position has a say in what was decided: those that a rule speaks of, because rules are about all places together;
 * those of which a place is below zero, or has units that are set aside, or that a hold gives back; and those that were refused, because
 * nobody is told that something is not there before all places were asked.
 */
export function itemsToLockWhole(decided: Decided): ReadonlySet<string> {
  const { requests, admitted, book, positions, expired } = decided;
  const whole = new Set<string>(expired.map((row) => row.item_id));
  for (const row of positions) if (row.available < 0 || row.channel_reserved > 0) whole.add(row.item_id);
  requests.forEach(({ request }, at) => {
    const channel = book.channels.get(request.channelId);
    const isRefused = (admitted[at]?.decision.rejections.length ?? 0) > 0;
    for (const item of itemsOf(request)) {
      if (isRefused || (channel !== undefined && isRuled(book, channel, itemId(item)))) whole.add(item);
    }
  });
  return whole;
}

/** Positions that must not change until what was decided is written, rising: all of some items, and of the others those chosen. */
export function placesToLock(
  { admitted, positions }: Pick<Decided, "admitted" | "positions">,
  whole: ReadonlySet<string>,
): readonly number[] {
  const places = new Set(positions.filter((row) => whole.has(row.item_id)).map((row) => row.position_id));
  for (const { decision } of admitted)
    for (const { position } of decision.promised) places.add(position.positionId);
  return [...places].toSorted((a, b) => a - b);
}
