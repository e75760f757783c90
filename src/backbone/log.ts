import type { Fact, FactContext, RecordedFact } from "@crossdock/canonical";
import { NUMBER_BLOCK_SIZE } from "./numbers.ts";
import type { LogPosition } from "./position.ts";

/** Topic on which processes wake each other when facts were appended. */
export const LOG_TOPIC = "log";

/** Most facts that one append may carry: a transaction that writes more holds back every reader for too long. */
export const APPEND_FACTS_MAX = NUMBER_BLOCK_SIZE;

/** A fact that is ready to be appended: its writer has taken the number and may refer to it. */
export type NumberedFact = Fact & FactContext & { readonly number: number };

/** A fact as it stands on the log, with its number. */
export type LoggedFact = RecordedFact & { readonly number: number };

/** A fact that was decided here, before it has a number: when, and as part of which journey. */
export type OwnFact = {
  readonly fact: Fact;
  readonly at: Date;
  readonly correlationId: string;
  readonly causationId?: string | undefined;
};

/**
 * Which page of the log to read: at most `limit` facts of any type (absent: every one is wanted), and `wantedMax` of the wanted ones.
 * With `near` it ends where the oldest transaction of the whole server begins, which costs nothing to know; otherwise transactions of
 * other databases hold nothing back.
 */
export type PageRequest = {
  readonly after: LogPosition;
  readonly limit: number;
  readonly types?: readonly string[];
  readonly wantedMax?: number;
  readonly near?: boolean | undefined;
};

/**
 * A page of the log. `end` is where the next page starts, also when nothing on this one was of a wanted type. `isLast`: nothing settled
 * stood after it when it was read, which for a page that is remembered was a moment ago.
 */
export type ReadPage = {
  readonly facts: readonly LoggedFact[];
  readonly end: LogPosition;
  readonly isLast: boolean;
  readonly isRemembered?: boolean;
};
