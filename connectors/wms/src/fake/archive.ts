import { type FakeAnswer, type FakeCall, jsonAnswer } from "@crossdock/connector-kit/testing";
import type { WmsEvent } from "../event-schema.ts";
import { authenticateCall } from "./gate.ts";

/** Events that the archive keeps; older ones are gone, as in a real warehouse. */
export const EVENTS_ARCHIVED_MAX = 50_000;

/** What a warehouse has said, by its numbers, for whoever asks for it again. */
export type Archive = {
  keep(event: WmsEvent): void;
  /** A number that was used up by something that was undone. */
  skip(sequence: number, because: string): void;
  handle(call: FakeCall): FakeAnswer;
  asked(): number;
};

/** Opens the archive of a warehouse. */
export function archiveOf({
  code,
  secrets,
}: {
  readonly code: string;
  readonly secrets: readonly string[];
}): Archive {
  const events = new Map<number, WmsEvent>();
  const skipped = new Map<number, string>();
  let asked = 0;

  return {
    keep(event) {
      events.set(event.sequence, event);
      for (const oldest of events.size > EVENTS_ARCHIVED_MAX ? events.keys().take(1) : [])
        events.delete(oldest);
    },
    skip: (sequence, because) => {
      skipped.set(sequence, because);
    },
    handle(call) {
      asked += 1;
      const body = Buffer.from(call.query.toString());
      const problem = authenticateCall({ ...call, body }, secrets);
      if (problem !== undefined) return jsonAnswer(401, { message: problem });
      const [first, last] = [Number(call.query.get("first")), Number(call.query.get("last"))];
      if (call.query.get("warehouse") !== code)
        return jsonAnswer(404, { message: "there is no such warehouse" });
      if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last) || last < first) {
        return jsonAnswer(400, { message: "first and last must be numbers, in this order" });
      }
      const isAsked = (sequence: number) => sequence >= first && sequence <= last;
      return jsonAnswer(200, {
        warehouse: code,
        events: [...events.values()].filter(({ sequence }) => isAsked(sequence)),
        never: [...skipped]
          .filter(([sequence]) => isAsked(sequence))
          .map(([sequence, because]) => ({ first: sequence, last: sequence, because })),
      });
    },
    asked: () => asked,
  };
}
