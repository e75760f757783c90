import { type AccountId, accountSource } from "@crossdock/canonical";
import type { Ordering } from "@crossdock/connector-kit";
import type { DeadLetters } from "../backbone/index.ts";
import type { Clock, Database } from "../platform/index.ts";
import type { Accounts } from "./account-service.ts";
import { type ShownRule, shownRules } from "./duplicates.ts";
import { type Equation, equationOf, isBalanced } from "./equation.ts";
import { type MissingNumbers, missingNumbers } from "./gap.ts";
import { selectRemembered, tallyMessages, tallyParked } from "./intake-store.ts";
import { SUSPECT_DUPLICATE } from "./obstacle.ts";
import { selectGaps } from "./stream-store.ts";

/** Gaps that are shown with an account; those that have been missing longest are never left out. */
const GAPS_SHOWN_MAX = 100;

/** Duplicates that were recognised, by layer; those of the second, by what was done with them. */
export type DuplicateCounts = {
  /** The same message again: same key, same bytes. */
  readonly delivery: number;
  /** A statement whose id had counted before. */
  readonly id: number;
  /** A statement that says what another has said under an id of its own. */
  readonly fingerprint: {
    readonly held: number;
    readonly released: number;
    readonly duplicate: number;
    readonly accepted: number;
  };
};

/** How the intake of one account stands. */
export type IntakeStanding = {
  readonly accountId: AccountId;
  readonly connector: string;
  readonly ordering: Ordering;
  readonly equation: Equation;
  readonly isBalanced: boolean;
  readonly duplicates: DuplicateCounts;
  /** What is missing from its streams, the longest missing first. */
  readonly gaps: readonly MissingNumbers[];
  readonly rules: readonly (ShownRule & {
    readonly remembered: number;
    readonly rememberedSince: Date | undefined;
  })[];
};

export type IntakeDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly accounts: Accounts;
  readonly deadLetters: Pick<DeadLetters, "countOf">;
};

/** Counts what became of everything that an account sent. Undefined when there is no such account. */
export async function intakeOf(deps: IntakeDeps, accountId: AccountId): Promise<IntakeStanding | undefined> {
  const { database, accounts, deadLetters } = deps;
  const summary = await accounts.get(accountId);
  if (summary === undefined) return undefined;
  // One snapshot: what is mapped meanwhile would be in one count and not in the other.
  const [messages, parked, remembered, deadFacts, gaps] = await database.transaction(
    async (tx) => [
      await tallyMessages(tx, accountId),
      await tallyParked(tx, { accountId, suspect: SUSPECT_DUPLICATE }),
      await selectRemembered(tx, accountId),
      await deadLetters.countOf(accountSource(accountId), tx),
      await selectGaps(tx, { accountId, limit: GAPS_SHOWN_MAX }),
    ],
    { isolation: "repeatable read" },
  );
  const { records: all, applied, duplicates, ignored, repeated } = messages;
  const records = { all, applied, duplicates, ignored };
  const equation = equationOf({ repeated, messages, records, parked, deadFacts });
  const byKind = new Map(remembered.map((row) => [row.kind, row]));
  const byFingerprint = messages.duplicates_by_fingerprint + parked.dropped_as_duplicate;
  return {
    accountId,
    connector: summary.connector,
    ordering: summary.ordering,
    equation,
    isBalanced: isBalanced(equation),
    gaps: gaps.map((row) => missingNumbers(row, deps.clock.now())),
    duplicates: {
      delivery: repeated,
      id: duplicates - byFingerprint,
      fingerprint: {
        held: parked.held,
        released: parked.released,
        duplicate: byFingerprint,
        accepted: messages.applied_in_doubt,
      },
    },
    rules: shownRules(summary.duplicates).map((shown) => ({
      ...shown,
      remembered: byKind.get(shown.kind)?.remembered ?? 0,
      rememberedSince: byKind.get(shown.kind)?.since,
    })),
  };
}
