import { itemId, lineId, locationId, orderId, reservationId } from "@crossdock/canonical";
import type { IdentityAnswer, ItemIdentities } from "../availability/index.ts";
import type { Caller, IdentitiesPort, IdentityOutcome } from "../gateway/index.ts";

/** Merging and splitting, as the gateway asks for it. */
export function identitiesPort(identities: ItemIdentities): IdentitiesPort {
  return {
    async merge({ into, ...request }, keep) {
      const command = { ...commandOf(request), into };
      return toOutcome(await identities.merge(command, (tx, answer) => keep(tx, toOutcome(answer))));
    },
    async split({ into, names, units, ...request }, keep) {
      const wanted = units.map(({ lot = "", status = "available", ...place }) => ({ ...place, lot, status }));
      const command = { ...commandOf(request), into, names, units: wanted };
      return toOutcome(await identities.split(command, (tx, answer) => keep(tx, toOutcome(answer))));
    },
  };
}

type Shared = {
  readonly itemId: string;
  readonly validFrom?: string;
  readonly reason: string;
  readonly preview?: boolean;
  readonly caller: Caller;
};

const commandOf = ({ itemId: item, validFrom, reason, preview = false, caller }: Shared) => ({
  ...{ itemId: item, reason, preview, by: caller.clientId, correlationId: caller.correlationId },
  ...(validFrom === undefined ? {} : { since: new Date(validFrom) }),
});

const OUTCOMES = { done: "done", previewed: "previewed", refused: "refused" } as const;

function toOutcome(answer: IdentityAnswer): IdentityOutcome {
  const { is, since, names, moves, promises, lines, staying, stayingCount, refusals } = answer;
  return {
    ...{ outcome: OUTCOMES[is], itemId: itemId(answer.itemId), into: itemId(answer.into) },
    ...{ validFrom: since.toISOString(), names: [...names] },
    moves: moves.map((move) => ({ ...move, locationId: locationId(move.locationId) })),
    ...{ promises, orderLines: lines, stayingPromises: stayingCount },
    staying: staying.map((row) => ({
      reservationId: reservationId(row.reservation_id),
      ...(row.order_id === null ? {} : { orderId: orderId(row.order_id) }),
      ...{ lineId: lineId(row.line_id), locationId: locationId(row.location_id), lot: row.lot },
      ...{ quantity: row.quantity, state: row.state },
    })),
    refusals: refusals.map(({ reason, detail }) => ({ reason, detail })),
  };
}
