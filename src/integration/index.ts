/**
 * How systems stay in step: what other systems send becomes facts on the log, and our documents and figures reach them.
 *
 * Terms: an *account* is one configured connection of a *connector*; a *message* is raw bytes with the key by which a second
 * delivery is recognised; a *record* is one thing that a message says; a record that cannot become a fact is *parked*, either
 * *waiting* for a reference and going on by itself, or *parked* for a person; a *document* is what we send; a *gap* is what is
 * missing from a numbered stream; a *suspect* message has the key of another one and other bytes.
 *
 * Invariants: a message is stored before it is acknowledged, and once, however often it is delivered; records = applied +
 * duplicate + ignored + parked, per message and by a constraint; a record that cannot go on never holds up its neighbours;
 * a document is rendered once, with a number of a gapless sequence, and every delivery of it carries the same bytes; the
 * documents of an account leave in their order, and a slow partner holds up nobody else. Everything may be killed at any
 * moment and run in several processes over one database.
 *
 * This part deliberately knows no vendor (connectors come in by the kit's types), moves no stock and decides no order (the
 * ledger and orchestration read its facts), and does not say what a channel is told (availability does), only how.
 */
export type {
  AccountChange,
  AccountRefusal,
  AccountSummary,
  AccountToCreate,
} from "./account.ts";
export type { AccountAnswer, Accounts, ConnectedAccount } from "./account-service.ts";
export type { RuleChangeRow } from "./account-store.ts";
export type { VoidPlace, VoidRow } from "./backfill-store.ts";
export { directConnector } from "./direct.ts";
export type { DocumentStatus, DocumentToSend, Enqueued, FetchedDocument } from "./document.ts";
export type { DocumentPage, Documents } from "./documents-service.ts";
export {
  DUPLICATE_POLICIES,
  type DuplicatePolicy,
  type DuplicateRule,
  type DuplicateRules,
  type ShownRule,
  shownRules,
  WINDOW_DAYS_MAX,
} from "./duplicates.ts";
export type { Equation } from "./equation.ts";
export { integrationErrors } from "./errors.ts";
export { GRACE_MS, type MissingNumbers } from "./gap.ts";
export type { IgnoredName } from "./ignored.ts";
export type { IgnoredNames, Ignoring } from "./ignored-service.ts";
export type { IgnoredPlace } from "./ignored-store.ts";
export { DELIVERY_BYTES_MAX, type DeliveryIn, PARTS_MAX, type PartReceipt, type Receipt } from "./inbox.ts";
export type { DuplicateCounts, IntakeStanding } from "./intake-service.ts";
export { type HttpIo, type HttpIoOptions, openHttpIo } from "./io.ts";
export type { LotSaid, LotsOfUnits, LotToSay } from "./lot-said-service.ts";
export { NOT_THE_OWNER } from "./master.ts";
export type { MessageStatus, Messages, RawMessageContent } from "./messages-service.ts";
export type { Obstacle } from "./obstacle.ts";
export type { OpenStock, OpenStockStatement, UnreadableStatement } from "./open-statements-service.ts";
export type { RecordOutcome } from "./outcome.ts";
export type { ParkedAnswer, ParkedId, ParkedRecord } from "./parked.ts";
export type { ParkedPage, ParkedRecords } from "./parked-service.ts";
export type { Proposal, Proposals } from "./proposal-service.ts";
export type { PublishAnswer, RowToPublish } from "./publish.ts";
export type { Publishing } from "./publish-service.ts";
export {
  createIntegration,
  type Integration,
  type IntegrationOptions,
  type NumbersToVoid,
} from "./service.ts";
export { SNAPSHOT_FIELDS, type SnapshotColumnRules, type SnapshotField } from "./snapshot-columns.ts";
export type { CheckedFile, SnapshotFileHeader, StoredFile } from "./snapshot-file.ts";
export type { PlaceTaken, ResolvedPage, SnapshotFiles } from "./snapshot-file-service.ts";
export type { Heard, Standing, StreamStanding } from "./standing-service.ts";
export type { VoidOutcome } from "./stream-service.ts";
export type { Submission, SubmissionAnswer } from "./submission-service.ts";
export {
  type CellMoment,
  readSupplyHeadings,
  readSupplyLine,
  type SheetSupply,
  SUPPLY_HEADINGS,
  type SupplyFault,
} from "./supply-sheet.ts";
export type { Awaited, Unresolved, UnresolvedId, UnresolvedKind, UnresolvedSum } from "./unresolved.ts";
export type { UnresolvedNames } from "./unresolved-service.ts";
export type { StatedAmount, UnresolvedPlace } from "./unresolved-store.ts";
