/**
 * How facts travel: one log in PostgreSQL, appended to in the caller's own transaction, read by subscribers that each have
 * a cursor, a speed and failures of their own.
 *
 * Terms: a *fact* on the log has a *number* (known to its writer beforehand) and a *position* (its place in the order that
 * readers see); a *subscriber* is a named reader whose cursor moves in the transaction of its effect.
 *
 * Invariants: a reader never skips a fact, however late its transaction commits; a fact from outside stands on the log once,
 * however often it is told; a subscriber's effect and its cursor commit together, so a crash repeats nothing and loses
 * nothing; a fact that a subscriber cannot take goes to the dead letters with its reason and does not stop its neighbours.
 *
 * The *seal* is a Merkle tree over the whole log, written behind it, with signed checkpoints: whoever kept one can tell that no fact
 * before it was changed, removed, added or moved. Nothing that appends knows of it.
 *
 * This part deliberately does not interpret facts, does not notify inside a writer's transaction, and does not order facts of
 * concurrent transactions by anything finer than those transactions.
 */
export type { CommitMoment, Committed } from "./commit-store.ts";
export {
  createDeadLetters,
  type DeadLetterFate,
  type DeadLetterRetry,
  type DeadLetters,
} from "./dead-letter-service.ts";
export {
  type DeadLetter,
  type DeadLetterId,
  type DeadLetterState,
  selectDeadLetters,
} from "./dead-letter-store.ts";
export { backboneErrors } from "./errors.ts";
export {
  APPEND_FACTS_MAX,
  LOG_TOPIC,
  type LoggedFact,
  type NumberedFact,
  type OwnFact,
  type ReadPage,
} from "./log.ts";
export { NUMBER_BLOCK_LIFETIME_MS } from "./numbers.ts";
export { isBefore, LOG_START, type LogPosition, parsePosition, positionText } from "./position.ts";
export type { Finding } from "./seal/audit.ts";
export { type AuditReport, FINDINGS_MAX } from "./seal/auditor-service.ts";
export { parseVerifier } from "./seal/note.ts";
export type { ConsistencyProof, FactName, InclusionProof } from "./seal/prover-service.ts";
export { createLogSeal, type LogSeal } from "./seal/service.ts";
export { createFactLog, type FactLog, type FactLogOptions } from "./service.ts";
export { raiseEpoch, type SubscriberLag, subscriberLags, unreadSince } from "./store.ts";
export { createStretches, type Stretches } from "./stretch-service.ts";
export type { Stretch, StretchHolds, StretchState } from "./stretch-store.ts";
export type { Subscriber, Subscription } from "./subscriber-service.ts";
