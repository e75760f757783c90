import type { Availabilities, BatchTaken } from "../availability/index.ts";
import type { SourcingPort, SourcingTaken } from "../gateway/index.ts";

/** From where many requests are promised together, as the gateway asks for it. */
export function sourcingPort(availability: Pick<Availabilities, "proposeBatch" | "takeBatch">): SourcingPort {
  return {
    async propose(question) {
      const found = await availability.proposeBatch(question);
      if (found === undefined) return undefined;
      const { note, byRules: planByRules, ...rest } = found;
      return { ...rest, planByRules, solverStatus: note.status, because: note.because };
    },
    async take({ caller: { clientId, correlationId }, ...command }, keep) {
      const taken = await availability.takeBatch({
        ...{ ...command, clientId, correlationId },
        keep: (tx, answer) => keep(tx, toTaken(answer)),
      });
      return toTaken(taken);
    },
  };
}

function toTaken(taken: BatchTaken): SourcingTaken {
  switch (taken.is) {
    case "taken":
      return { is: "taken", reservations: taken.admitted.map(({ reservations }) => reservations) };
    case "unknown-channel":
      return taken;
    case "changed": {
      const named =
        taken.positions.length === 0
          ? "what may be promised"
          : `position ${taken.positions.slice(0, 5).join(", ")}`;
      const message = `It is not as it was proposed any more: ${named} has changed. Nothing was taken.`;
      return { is: "refused", message };
    }
    case "not-as-asked":
      return {
        is: "refused",
        message: taken.message,
      };
    default:
      return taken satisfies never;
  }
}
