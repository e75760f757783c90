import { accountOfSource, type Order, type Reservation } from "@crossdock/canonical";
import type { Governance } from "../governance/index.ts";
import type { Clock, Transaction } from "../platform/index.ts";
import { releases } from "./order.ts";
import type { Papers } from "./papers.ts";

export type ReleaseDeps = {
  readonly clock: Clock;
  readonly governance: Pick<Governance, "owners" | "namesFor">;
  readonly papers: Papers;
};

/** What warehouses shall pick of an order, and whose journey it belongs to. */
export type ToRelease = {
  readonly order: Order;
  readonly reservations: readonly Reservation[];
  readonly correlationId: string;
  readonly causationId?: string | undefined;
  /** Makes the paper another one than the first that its warehouse was sent for the order. */
  readonly again?: string | undefined;
};

/** Queues a release to each warehouse that has to pick, in the caller's transaction. Warehouses without a connector for it are left out. */
export async function queueReleases(
  { clock, governance, papers }: ReleaseDeps,
  tx: Transaction,
  { order, reservations, correlationId, causationId, again }: ToRelease,
): Promise<void> {
  const locations = [...new Set(reservations.map((reservation) => reservation.locationId))];
  const owners = await governance.owners(tx, "physical-stock", locations);
  const picked = reservations.map((reservation) => reservation.itemId);
  for (const locationId of locations) {
    const warehouse = accountOfSource(owners.at(locationId, clock.now().getTime()) ?? "");
    if (warehouse === undefined || !(await papers.supports(warehouse, "warehouse-release"))) continue;
    const names = await governance.namesFor(tx, picked, warehouse);
    const document = releases(order, reservations, names).get(locationId);
    if (document === undefined) continue;
    const key = [order.orderId, locationId, ...(again === undefined ? [] : [again])].join(".");
    const paper = { accountId: warehouse, kind: document.kind, key, document, correlationId };
    await papers.enqueue(tx, { ...paper, ...(causationId === undefined ? {} : { causationId }) });
  }
}
