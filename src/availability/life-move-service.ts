import {
  channelId,
  itemId,
  lineId,
  locationId,
  quantity,
  type ReservationRefusal,
  reservationId,
} from "@crossdock/canonical";
import { admit } from "./admission-service.ts";
import type { LifeChange } from "./life-change.ts";
import { type LifeRow, updateOrigin } from "./life-change-store.ts";
import { already, type ChangeAnswer, type Changing, done, Withdrawn } from "./life-changing-service.ts";
import { writeSteps } from "./life-service.ts";
import type { RuleBook } from "./rules/book.ts";

type Target = Extract<LifeChange, { kind: "move" }> & { readonly book: RuleBook };

/** What a move that was made before came to. */
export function movedBefore(
  { row, now }: Changing,
  to: Extract<LifeChange, { kind: "move" }>,
  came: readonly LifeRow[],
): ChangeAnswer | undefined {
  const there = came.filter(
    (each) => each.location_id === to.locationId && (to.lot === undefined || each.lot === to.lot),
  );
  return row.state === "released" && there.length > 0 ? already(row, now, there) : undefined;
}

/**
 * Gives the units back here and asks admission for as many there, in one transaction: it is decided by the channel's rules of now, with
 * the units back on the shelf. Where it cannot be, nothing has happened.
 */
export async function move(
  changing: Changing,
  state: "held" | "allocated",
  { locationId: to, lot, book }: Target,
): Promise<ChangeAnswer> {
  const { deps, tx, row, options } = changing;
  const channel = book.channels.get(row.channel_id);
  if (channel === undefined || !channel.locations.includes(to)) {
    const message = `The channel ${row.channel_id} does not sell from ${to}; it sells from ${channel?.locations.join(", ") ?? "nowhere"}.`;
    return { done: false, refused: { reason: "not-possible", message } };
  }
  const steps = [{ row, from: state, to: "released" as const, units: row.quantity }];
  await writeSteps(deps, tx, steps, {
    ...options,
    step: "release",
    reason: `moved to ${to}: ${options.reason}`,
  });
  const item = itemId(row.item_id);
  const line = {
    lineId: lineId(row.line_id),
    itemId: item,
    quantity: quantity(row.quantity),
    orderedUnit: quantity(1),
    components: [{ itemId: item, quantity: 1 }],
    locationId: locationId(to),
    lot,
  };
  const request = {
    channelId: channelId(row.channel_id),
    policy: "all-or-nothing" as const,
    lines: [line],
    refused: [],
  };
  const entry = {
    request,
    expiresAt: row.expires_at ?? undefined,
    correlationId: options.correlationId,
    cameFrom: reservationId(row.reservation_id),
  };
  const [admitted] = await admit(deps, tx, [entry], { book });
  const made = admitted?.reservations ?? [];
  if (made.length === 0) throw new Withdrawn(notThere(admitted?.decision.rejections[0], row));
  const ids = made.map((each) => each.reservationId);
  updateOrigin(tx, { ids, cameFrom: row.reservation_id, createdAt: row.created_at });
  return done({ ...row, state: "released", fenced: 0 }, made);
}

function notThere(
  rejection: { readonly shortBy?: number; readonly message: string } | undefined,
  row: LifeRow,
): ReservationRefusal {
  const message = rejection?.message ?? "There is nothing there.";
  return {
    reason: "insufficient-stock",
    message: `It stays where it is. At the other place: ${message}`,
    shortBy: quantity(rejection?.shortBy ?? row.quantity),
  };
}
