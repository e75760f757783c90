import { type Measure, type ReservationId, toBaseUnits } from "@crossdock/canonical";
import {
  type Availabilities,
  type ChangeAnswer,
  type LifeChange,
  measureRefusalText,
  type StepAnswer,
} from "../availability/index.ts";
import type {
  Caller,
  ReservationChange,
  ReservationChanged,
  ReservationStep,
  ReservationsPort,
} from "../gateway/index.ts";
import type { Governance } from "../governance/index.ts";
import type { Database } from "../platform/index.ts";

type Parts = {
  readonly database: Database;
  readonly availability: Availabilities;
  readonly governance: Pick<Governance, "items">;
};

/** Reservations, as the gateway asks for them. */
export function reservationsPort({ database, availability, governance }: Parts): ReservationsPort {
  const stepAll = stepper(availability);

  async function step(
    id: ReservationId,
    what: "release" | "allocate",
    caller: Caller,
  ): Promise<ReservationStep> {
    const answer = (await stepAll([id], what, caller)).get(id);
    if (answer === undefined) throw new Error(`reservation ${id} was given no answer to ${what}`);
    return answer;
  }

  return {
    async reserve({ request, caller, idempotencyKey }) {
      const { clientId, correlationId } = caller;
      const given = await availability.reserve(request, { clientId, correlationId, key: idempotencyKey });
      if ("refused" in given)
        return given.refused === "key-reused" ? { is: "key-reused" } : { is: "unknown-channel" };
      return { is: "answered", answer: given.answer, replayed: given.replayed };
    },
    find: (id) => availability.reservation(id),
    release: (id, caller) => step(id, "release", caller),
    allocate: (id, caller) => step(id, "allocate", caller),
    stepAll,
    async change({ reservationId: id, change, caller }, keep) {
      const asked = await inBaseUnits(id, change);
      if ("is" in asked) return asked;
      const { clientId, correlationId } = caller;
      const answer = await availability.change(id, asked, {
        reason: `asked for by ${clientId}`,
        correlationId,
        keep: (tx, done) => keep(tx, toChanged(done)),
      });
      return toChanged(answer);
    },
    history: (id) => availability.history(id),
    sourcing: (id) => availability.sourcingOf(id),
    quote: (request) => availability.quote(request),
  };

  /** A change with its amount in the base units of the reservation's item. */
  async function inBaseUnits(
    id: ReservationId,
    change: ReservationChange,
  ): Promise<LifeChange | ReservationChanged> {
    if (change.kind !== "reduce" && change.kind !== "split") return change;
    const found = await availability.reservation(id);
    if (found === undefined) return refused("unknown-reservation", `There is no reservation ${id}.`);
    const items = await governance.items(database, [found.itemId]);
    const units = unitsOf(change.kind === "reduce" ? change.keep : change.quantity, items.get(found.itemId));
    if (typeof units !== "number") return units;
    return change.kind === "reduce"
      ? { kind: "reduce", keep: units }
      : { kind: "split", units, lineId: change.lineId };
  }
}

/** Takes one step for many reservations in one transaction. */
function stepper(availability: Availabilities): ReservationsPort["stepAll"] {
  return async (ids, what, { clientId, correlationId }) => {
    const reason = `asked for by ${clientId}`;
    const answers = await availability.step(ids, { step: what, reason, correlationId });
    return new Map([...answers].map(([id, answer]) => [id, toStep(answer)]));
  };
}

function toStep(answer: StepAnswer): ReservationStep {
  if (!answer.done) return { is: "refused", refusal: answer.refused };
  return { is: "done", reservation: answer.reservation, already: answer.already };
}

function unitsOf(
  measure: Measure,
  item: { readonly units: Parameters<typeof toBaseUnits>[1] } | undefined,
): number | ReservationChanged {
  if (item === undefined) return refused("not-possible", "Its item has gone from master data.");
  const measured = toBaseUnits(measure, item.units);
  if (!measured.ok) return refused("not-possible", measureRefusalText(measured.rejected));
  if (measured.delta >= 1) return measured.delta;
  return refused("not-possible", "At least one base unit is needed; release what shall keep nothing.");
}

const refused = (reason: "unknown-reservation" | "not-possible", message: string): ReservationChanged => ({
  is: "refused",
  refusal: { reason, message },
});

/** How a change of a reservation went. */
export function toChanged(answer: ChangeAnswer): ReservationChanged {
  if (!answer.done) return { is: "refused", refusal: answer.refused };
  const { reservation, already, made } = answer;
  return { is: "done", reservation, already, made };
}
