import type { Transaction } from "../platform/index.ts";
import { type AskedToKeep, toAskedLine } from "./asked.ts";
import { insertAsked } from "./asked-store.ts";

/**
 * Writes what was asked for where the promises do not tell it. `numbers`: those of the facts of the promises of the batch, one after the
 * other. It travels with the other writes, and of most batches there is nothing to be written.
 */
export function writeAsked(
  tx: Transaction,
  asked: readonly AskedToKeep[],
  of: { readonly numbers: readonly number[]; readonly bookVersion: number; readonly now: Date },
): void {
  if (asked.length === 0) return;
  const { numbers, bookVersion, now } = of;
  const rows = asked.map(({ entry, times, firstPromise, promises }) => {
    const { channelId, orderId, policy, locationsMax, destination, lines } = entry.request;
    const { correlationId, expiresAt, limits } = entry;
    return {
      ...{ times, channelId, orderId, policy, locationsMax, destination, correlationId },
      afterEvent: numbers[firstPromise - 1],
      eventNumbers: numbers.slice(firstPromise, firstPromise + promises),
      holdMs: expiresAt === undefined ? undefined : Math.max(1, expiresAt.getTime() - now.getTime()),
      limited: limits !== undefined,
      lines: lines.map(toAskedLine),
    };
  });
  insertAsked(tx, rows, { at: now, bookVersion });
}
