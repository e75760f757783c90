import type { OrderId } from "@crossdock/canonical";
import type { MessageCounts } from "./message-store.ts";
import type { Obstacle } from "./obstacle.ts";

/** What became of a record. An order that was applied has its id by now. */
export type RecordOutcome =
  | { readonly is: "applied"; readonly orderId?: OrderId }
  | { readonly is: "duplicate" }
  | { readonly is: "ignored"; readonly reason: string }
  | { readonly is: "parked"; readonly obstacle: Obstacle };

/** Counts a message's records by outcome. Every record is in exactly one of the counts. */
export function countOutcomes(messageId: string, outcomes: readonly RecordOutcome[]): MessageCounts {
  const count = (is: RecordOutcome["is"]) => outcomes.filter((outcome) => outcome.is === is).length;
  return {
    messageId,
    records: outcomes.length,
    applied: count("applied"),
    duplicates: count("duplicate"),
    ignored: count("ignored"),
    parked: count("parked"),
  };
}
