import type { ReservationRefusal } from "@crossdock/canonical";
import { type Availabilities, locationsMaxOf } from "../availability/index.ts";
import type { Database, Transaction } from "../platform/index.ts";
import { queueReleases, type ReleaseDeps } from "./release-service.ts";
import { selectOrder } from "./store.ts";

type RelocationDeps = ReleaseDeps & {
  readonly database: Database;
  readonly availability: Pick<Availabilities, "relocate" | "proposeRelocation" | "reservation">;
};

/** Lets units of a promise come from another location, and asks where they could. */
export type Relocations = Pick<Availabilities, "relocate" | "proposeRelocation">;

/**
 * Makes the door by which units of a promise go to another location. Of an order, that location is sent a release for them; the one that
 * they were promised at is not called off, because no system that we know has a paper for it: a person tells it, or it picks short. An
 * order whose locations are limited was decided as a whole, and is left as it is.
 */
export function createRelocation(deps: RelocationDeps): Relocations {
  const { availability } = deps;
  return {
    proposeRelocation: async (id, units) =>
      (await limitOf(deps, id)) ?? availability.proposeRelocation(id, units),
    relocate: async (wanted) =>
      (await limitOf(deps, wanted.reservationId)) ??
      availability.relocate({
        ...wanted,
        async keep(tx, answer) {
          if (answer.done) await tellWarehouses(deps, tx, { made: answer.made, ...wanted });
          await wanted.keep?.(tx, answer);
        },
      }),
  };
}

/** Why a promise of an order may not be taken apart; what an order says of its locations never changes. */
async function limitOf(
  { database, availability }: RelocationDeps,
  id: string,
): Promise<{ readonly done: false; readonly refused: ReservationRefusal } | undefined> {
  const { orderId } = (await availability.reservation(id)) ?? {};
  const order = orderId === undefined ? undefined : await selectOrder(database, orderId);
  const { locationsMax } = order === undefined ? {} : locationsMaxOf(order.content);
  if (locationsMax === undefined) return undefined;
  const message = `Its order may come from ${locationsMax} locations at most, and was decided as a whole; place it anew.`;
  return { done: false, refused: { reason: "not-possible", message } };
}

type Moved = {
  readonly made: Parameters<typeof queueReleases>[2]["reservations"];
  readonly correlationId: string;
};

async function tellWarehouses(
  deps: RelocationDeps,
  tx: Transaction,
  { made, correlationId }: Moved,
): Promise<void> {
  const [first] = made;
  const order = first?.orderId === undefined ? undefined : await selectOrder(tx, first.orderId);
  if (order === undefined || first === undefined) return;
  const again = first.reservationId;
  await queueReleases(deps, tx, { order: order.content, reservations: made, correlationId, again });
}
