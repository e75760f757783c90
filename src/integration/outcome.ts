import type { FactType, MasterStatement, OrderId } from "@crossdock/canonical";
import type { MessageCounts } from "./message-store.ts";
import type { Obstacle } from "./obstacle.ts";

/** What a record said: a fact on the log, or something about master data. */
export type SaidKind = FactType | MasterStatement["type"];

/**
 * What became of a record. An order that was applied has its id by now. `inDoubtOf` is the id of the fact that it looks like, where it
 * counted nevertheless; `sameAs` the id of the fact that it is a duplicate of, where that is another than its own; `archivedIn` the archive
 * that its first telling lies in, so that nobody can say whether the two are the same.
 */
export type RecordOutcome =
  | {
      readonly is: "applied";
      readonly kind: SaidKind;
      readonly orderId?: OrderId;
      readonly inDoubtOf?: string;
    }
  | {
      readonly is: "duplicate";
      readonly kind: SaidKind;
      readonly sameAs?: string;
      readonly archivedIn?: string;
    }
  | { readonly is: "ignored"; readonly code?: "older-version"; readonly reason: string }
  | { readonly is: "parked"; readonly obstacle: Obstacle };

/** Whether something of master data was taken. */
export const appliesMaster = (outcome: RecordOutcome): boolean =>
  outcome.is === "applied" && outcome.kind === "MasterDataStated";

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
    duplicatesByFingerprint: outcomes.filter((one) => one.is === "duplicate" && one.sameAs !== undefined)
      .length,
    appliedInDoubt: outcomes.filter((one) => one.is === "applied" && one.inDoubtOf !== undefined).length,
    appliedMaster: outcomes.filter(appliesMaster).length,
  };
}
