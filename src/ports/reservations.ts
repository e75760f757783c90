import type { ReservationId } from "@crossdock/canonical";
import type { Availabilities } from "../availability/index.ts";
import type { Caller, ReservationStep, ReservationsPort } from "../gateway/index.ts";

/** Reservations, as the gateway asks for them. */
export function reservationsPort(availability: Availabilities): ReservationsPort {
  async function step(
    id: ReservationId,
    what: "release" | "allocate",
    caller: Caller,
  ): Promise<ReservationStep> {
    const reason = `asked for by ${caller.clientId}`;
    const answers = await availability.step([id], {
      step: what,
      reason,
      correlationId: caller.correlationId,
    });
    const answer = answers.get(id);
    if (answer === undefined) throw new Error(`reservation ${id} was given no answer to ${what}`);
    if (!answer.done) return { is: "refused", refusal: answer.refused };
    return { is: "done", reservation: answer.reservation, already: answer.already };
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
  };
}
