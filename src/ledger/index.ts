/**
 * What stock exists: a double-entry ledger of quantities.
 *
 * Terms: a *position* is item × location × lot with an amount in each status; a *transfer* moves a whole number of units from one
 * (location, status) to another; *virtual* locations (supplier, customer, count variance, scrap, lanes) are the other side of
 * what enters or leaves; a *count* is an absolute statement and becomes a transfer with count variance.
 *
 * Invariants: positions equal the sum of their transfers, and the positions of an item sum to zero over all locations; a fact
 * counts once; any order and repetition of the same facts ends in the same on-hand; `available` falls below what is promised only
 * through a fact from outside, which the `uncovered` column bounds (docs/decisions/0008).
 *
 * This part deliberately does not decide promises: availability asks it to lock positions and to post. It moves promised stock
 * through `Earmarks`, an interface of its own that availability implements.
 */

export type { ArchiveRule } from "./archive/holds.ts";
export type { ArchivedPast } from "./archive/past-store.ts";
export {
  type ArchiveCheck,
  checkArchive,
  type RestoreOutcome,
  restoreArchive,
} from "./archive/restore-service.ts";
export {
  type ArchiveDeps,
  type ArchiveOutcome,
  type ArchiveReport,
  archiveStretches,
} from "./archive/service.ts";
export type { Balances } from "./balances.ts";
export { type Checkpoints, type CheckpointsOptions, createCheckpoints } from "./checkpoint-service.ts";
export type { CaseState } from "./count-case.ts";
export type { CountCases } from "./count-case-list-service.ts";
export type { CaseList, ListedCase } from "./count-case-report-store.ts";
export type { CaseOutcome } from "./count-case-service.ts";
export type { CaseDecision } from "./count-case-store.ts";
export type {
  DifferenceName,
  Hint,
  Measure,
  NamedDifference,
  OpenStatement,
  TellingFact,
} from "./differences/difference.ts";
export type {
  Difference as NumberDifference,
  DifferenceAnswer,
  DifferenceAsked,
} from "./differences/service.ts";
export type { DisagreementList, DisagreementPlace, DisagreementRow } from "./disagreement-store.ts";
export type { DriftAsked, DriftDay, DriftItem } from "./drift-store.ts";
export { type DriftSummary, observeDrift } from "./drift-summary-service.ts";
export type { SummaryAsked, SummaryDay, SummaryItem, SummaryPlace } from "./drift-summary-store.ts";
export type { EarmarkSplit, Earmarks, EarmarkUse, Settlement } from "./earmark.ts";
export type { ExpectationPage, OpenTransfer, ReceiptDifference } from "./expectation-store.ts";
export { type LineStep, laneId, type TransferReason } from "./movement.ts";
export { lockOpenStock, type OpenStockRow, selectOpenStock } from "./open-stock-store.ts";
export { type Difference, differenceText } from "./rebuild.ts";
export { createRebuild, type Rebuild, type RebuildOptions, type RebuildReport } from "./rebuild-service.ts";
export {
  countPastTransfers,
  lookBack,
  nextPastTransfers,
  openPastTransfers,
  type PastPosition,
  type PastTransfer,
  type RecordedWindow,
  selectPositionsAt,
} from "./replay-store.ts";
export {
  createLedger,
  LEDGER_SUBSCRIBER,
  type Ledger,
  type LedgerOptions,
} from "./service.ts";
export type { TooMany } from "./snapshot-hold.ts";
export type { HoldOutcome } from "./snapshot-hold-service.ts";
export type { HoldDecision, SnapshotHold } from "./snapshot-hold-store.ts";
export type { Rehearsed, RehearsedPages } from "./snapshot-rehearsal-service.ts";
export type { DriftTrend, ListedSnapshot, Snapshots } from "./snapshot-report-service.ts";
export type { DriftRow } from "./snapshot-report-store.ts";
export type { SnapshotRecord } from "./snapshot-store.ts";
export {
  itemsWithPositions,
  type LockedPosition,
  type PositionRow,
  selectFactsOfReservation,
} from "./store.ts";
export type { DecisionOutcome, SupplyDecision } from "./supply/decision-service.ts";
export { asksForDecision, type DueSupply } from "./supply/due.ts";
export type { Supply } from "./supply/service.ts";
export type { KnownLine } from "./supply/store.ts";
export type { Moment } from "./time.ts";
export type { ExplainedRow, Explanation, TransferPlace } from "./time-service.ts";
export type { ConversionContext, ConversionFact, PlannedTransfer, TouchedPosition } from "./transfer.ts";
export { sumUncovered, type UncoveredRow, uncoveredPositions } from "./uncovered-store.ts";
