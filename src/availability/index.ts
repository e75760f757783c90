/**
 * What may be promised, to whom, and what each channel was told.
 *
 * Terms: a *channel* sells from a network of locations under rules (buffer, cap, quantities protected for it, or for its group); the
 * *book* is all rules that hold at a time, and has versions; *ATP* is what a channel may promise now; a *reservation* is one promise of one order line at one location; an *ordered unit* is what was ordered as one,
 * a case say; a *ring-fence* is stock at a place that is set aside for one channel, and may be *given back*; *admission* decides requests that wait at the same moment together; a *backorder* is what of a line waits
 * for stock, and its *turn* comes before anybody who asks later; a *publication* is the number that a channel account was
 * last told for an item.
 *
 * Invariants: no admission promises more than ATP, whatever runs beside it (what a decision rests on is locked, and the
 * ledger's check refuses what slips); a location is promised whole ordered units; a line keeps what it was promised less what has left, from wherever; a
 * request with a key is decided once; a caller is answered after the commit, never before; a hold stops counting at its expiry,
 * swept or not; nobody is promised what another who waits longer could be; what is set aside for a channel is promised to no other, and goes back there when its promise ends without it; a
 * channel is sent the value of the moment of sending.
 *
 * This part deliberately holds no stock of its own (the ledger does), sends nothing itself (it is given a sink), and knows nothing
 * of orders beyond the line that a reservation is for. That items are merged and split here is for the order of the locks: what is
 * promised must be looked at under the locks under which units are moved; what names mean is governance's to say.
 */
export type { AdmissionRefusal, Decision } from "./admission.ts";
export type { BackorderAnswer } from "./backorders/changing-service.ts";
export type { BackorderChange, BackorderRefusal } from "./backorders/life.ts";
export type { Backorders } from "./backorders/service.ts";
export type { PublicationSink } from "./call-service.ts";
export type { Cell, FigureWithCells } from "./cells.ts";
export type { CellsAnswer, CellsAsked } from "./cells-service.ts";
export { endOfDay, startOfDay } from "./dated/local-time.ts";
export type { By, DatedAvailabilities, DatedQuestion, SeriesQuestion } from "./dated/service.ts";
export { availabilityErrors } from "./errors.ts";
export type { Figure, FiguresAt } from "./figure.ts";
export type { IdentityBlock, UnitsToMove, UnitsWanted } from "./item-identity.ts";
export type {
  IdentityAnswer,
  IdentityChange,
  IdentityCommand,
  ItemIdentities,
} from "./item-identity-service.ts";
export type { ReserveAnswer, ReserveContext } from "./keyed-admission-service.ts";
export type { LifeChange } from "./life-change.ts";
export type { ChangeAnswer } from "./life-changing-service.ts";
export type { StepAnswer } from "./life-service.ts";
export type { HoldLimit } from "./limits/limit.ts";
export type { HoldLimits } from "./limits/service.ts";
export { orderedUnitOf } from "./ordered-unit.ts";
export type { Asking } from "./read-service.ts";
export type { Offer } from "./relocation/proposal.ts";
export type { Relocation, RelocationProposals } from "./relocation/service.ts";
export { locationsMaxOf, measureRefusalText } from "./request.ts";
export type { RingFence, RingFenceAnswer, RingFenceCommand, RingFences } from "./ring-fence-service.ts";
export type { BookRule } from "./rules/book.ts";
export type { ChangedRule } from "./rules/changed.ts";
export type { RuleFault } from "./rules/check.ts";
export type { Acting, DraftAnswer, DraftEdit, RuleDrafting } from "./rules/draft-service.ts";
export type { DraftRow, StepRow } from "./rules/draft-store.ts";
export type { Effect, EffectSum } from "./rules/effect-store.ts";
export type { DraftWhole, RuleReading } from "./rules/reading-service.ts";
export { SHEET_HEADINGS, sheetLine } from "./rules/sheet.ts";
export { readRuleFile } from "./rules/sheet-service.ts";
export type { VersionRow } from "./rules/store.ts";
export type { ChannelToSave, RuleToSave } from "./rules/to-load.ts";
export {
  type Availabilities,
  type AvailabilityOptions,
  createAvailability,
  type OrderPromise,
  type OrderToPromise,
} from "./service.ts";
export { type Showing, type ShownState, shownState } from "./shown-state.ts";
export type { BatchPlan, BatchSum, Taking } from "./sourcing/batch/plan.ts";
export type {
  BatchAsked,
  BatchProposal,
  BatchTaken,
  BatchToTake,
  SolverNote,
} from "./sourcing/batch/proposal-service.ts";
export { type StandingPromise, standingPromises } from "./standing-promise-store.ts";
export type { Untold } from "./untold-service.ts";
export type { Watch, WatchAsked, Watching, WatchRound } from "./watch/service.ts";
export type { NoRules } from "./what-if/books-service.ts";
export type { AskDifference, NotReproduced } from "./what-if/comparison.ts";
export {
  type PlayedRules,
  type ReplayAsked,
  type ReplayOptions,
  type ReplayResult,
  replay,
} from "./what-if/replay-service.ts";
export { parseRuleSet, type RuleSet, ruleSetText } from "./what-if/rule-set.ts";
export type { RunAnswer, RunAsked, WhatIf } from "./what-if/run-service.ts";
export type { RunRow } from "./what-if/run-store.ts";
export type { ChannelTally } from "./what-if/tally.ts";
