import type { ReservationAnswer, ReservationRefusal, ReservationRequest } from "@crossdock/canonical";
import { invalidRequest } from "./fault-of.ts";
import type { Occurrence, ProblemCode } from "./problem.ts";

/** Two lines of one name could not be told apart in the answer: it names a line by its id. */
export function repeatedLine(lines: ReservationRequest["lines"]): Occurrence | undefined {
  const known = new Set<string>();
  const index = lines.findIndex(({ lineId }) => known.size === known.add(lineId).size);
  const line = lines[index];
  if (line === undefined) return undefined;
  const errors = [{ pointer: `/lines/${index}/lineId`, message: "is the id of another line too" }];
  const detail = `Two lines are called ${line.lineId}. Number the lines of a request, then ask again.`;
  return { ...invalidRequest(errors), detail };
}

/** The refusal of a request of which nothing was reserved; undefined where something was. */
export function rejectionOf({ outcome, rejections }: ReservationAnswer): Occurrence | undefined {
  if (outcome !== "rejected") return undefined;
  return { code: problemOf(rejections), more: { rejections } };
}

/** Where stock is short, asking again may help; where names are wrong, it does not. */
function problemOf(rejections: ReservationAnswer["rejections"]): ProblemCode {
  const reasons = new Set(rejections.map(({ reason }) => reason));
  if (reasons.has("insufficient-stock")) return "insufficient-stock";
  if (reasons.has("hold-limit")) return "hold-limit";
  return reasons.has("split-limit") ? "split-limit" : "unresolvable-lines";
}

/** The refusal to reserve for a channel that there is not. */
export function unknownChannel(channelId: string): Occurrence {
  return { code: "unknown-channel", detail: `There is no channel ${channelId}.` };
}

/** What each refusal of a step or a change is called in problems. */
export const REFUSAL_CODES: Readonly<Record<ReservationRefusal["reason"], ProblemCode>> = {
  "unknown-reservation": "not-found",
  expired: "reservation-expired",
  "wrong-state": "reservation-wrong-state",
  "not-possible": "reservation-change-not-possible",
  "insufficient-stock": "insufficient-stock",
  "hold-limit": "hold-limit",
};

/** The refusal of a step of a reservation's life. */
export function stepRefusal({ reason, message }: ReservationRefusal): Occurrence {
  return { code: REFUSAL_CODES[reason], detail: message };
}
