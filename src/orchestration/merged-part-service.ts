import type { FactData } from "@crossdock/canonical";
import type { LoggedFact } from "../backbone/index.ts";
import { type Governance, survivorOf } from "../governance/index.ts";
import type { Transaction } from "../platform/index.ts";
import { isOf } from "./merged-part.ts";
import { convertPart, type PartRow, rememberName, type ShippedPart, selectParts } from "./store.ts";

/** A promise on the log that is one of another item, because its own was merged into that. */
export type Converted = LoggedFact & {
  readonly type: "ReservationConverted";
  readonly data: FactData<"ReservationConverted">;
};

/** Whether a fact says that a promise is one of another item. */
export function isConverted(fact: LoggedFact): fact is Converted {
  return fact.type === "ReservationConverted";
}

/** Lets the parts of lines be of the items that their promises are of. In the order of the log: an item may become a third one. */
export async function takeConversions(tx: Transaction, facts: readonly Converted[]): Promise<void> {
  for (const { data } of facts) {
    const { orderId, lineId, itemId: from, quantity, into } = data;
    if (orderId === undefined) continue;
    const units = into.quantity / quantity;
    await convertPart(tx, { orderId, lineId, from, into: into.itemId, units });
  }
}

/**
 * The parts of orders that units were shipped for. A shipment may name an item that a part's was merged into, or that was merged into
 * it: the parts learn the name first. Nearly always every name is known, and nothing is asked.
 */
export async function partsShipped(
  { governance }: { readonly governance: Governance },
  tx: Transaction,
  shipped: readonly ShippedPart[],
): Promise<readonly PartRow[]> {
  const orderIds = [...new Set(shipped.map(({ orderId }) => orderId))];
  const parts = await selectParts(tx, orderIds);
  const ofLine = (asked: ShippedPart) =>
    parts.filter(({ orderId, lineId }) => orderId === asked.orderId && lineId === asked.lineId);
  const strays = shipped.filter((asked) => !ofLine(asked).some((part) => isOf(part, asked.itemId)));
  if (strays.length === 0) return parts;
  const merges = await governance.merges(tx);
  if (merges.length === 0) return parts;
  for (const stray of strays) {
    const named = survivorOf(stray.itemId, merges);
    for (const { orderId, lineId, itemId } of ofLine(stray)) {
      const kept = survivorOf(itemId, merges);
      if (kept.itemId !== named.itemId) continue;
      const line = { orderId, lineId, into: kept.itemId };
      if (itemId !== kept.itemId) await convertPart(tx, { ...line, from: itemId, units: kept.units });
      if (stray.itemId !== kept.itemId)
        await rememberName(tx, { ...line, from: stray.itemId, units: named.units });
    }
  }
  return selectParts(tx, orderIds);
}
