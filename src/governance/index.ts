/**
 * Who may say what: the master data that every part shares, the names that systems have for it, and the authority for each
 * measure.
 *
 * Terms: an *item* and a *location* have an immutable id; a *reference* (scheme, value, scope) is some system's name for one;
 * an *alias* is a reference that we know; the *owner* of a measure at a location is the only source that may change it.
 *
 * Invariants: a reference resolves to one thing or to none, never to a guess; units convert by exact fractions; where an
 * owner is named, others' statements change nothing.
 *
 * This part deliberately holds no stock, no orders and no secrets, and does not know which connector uses a scheme.
 */

export { type CalendarSaid, type LocationCalendar, usualCalendar } from "./calendar-service.ts";
export type { DockToStock, Hours, SpecialDay, Week } from "./calendar-text.ts";
export type { CountedThing, CountTolerances } from "./count-tolerance.ts";
export type { ToleranceSet } from "./count-tolerance-service.ts";
export type {
  CountScope,
  CountTolerance,
  CountToleranceChange,
  CountToleranceToSet,
} from "./count-tolerance-store.ts";
export { identityOf as masterIdentity } from "./decide.ts";
export type { DriftPolicy, DriftPolicyChange, DriftPolicyToSet, DriftScope } from "./drift-policy-store.ts";
export { FileRefused } from "./file-refused.ts";
export { readSheetFile } from "./file-service.ts";
export { type IdentityRefusal, type Survivor, survivorOf } from "./identity.ts";
export type { Identities, IdentityPlan, Merge, MergeAsked, SplitAsked } from "./identity-service.ts";
export type { PlacedRecord } from "./import-row.ts";
export type { ItemClasses } from "./item-class-store.ts";
export { LIKELY_MAX, type Likely, type LikelyReason } from "./likely.ts";
export type { LikelyLot, LotNamed, LotNames } from "./likely-lot-service.ts";
export type { LikelyNames, LikelyThing, UnknownName } from "./likely-service.ts";
export type { LikelyUnit } from "./likely-unit.ts";
export { isTimeZone } from "./location-decision.ts";
export { createLots, type LotConclusion, type Lots } from "./lot-service.ts";
export {
  type LotDisagreement,
  type LotName,
  selectLastDayChanges,
  selectLotExpiries,
  selectLotsPassing,
  selectTimeZones,
} from "./lot-store.ts";
export type { AliasToSave, CostToSave, ItemToSave, LocationToSave, Validity } from "./master.ts";
export type { Changer, ImportReport, MasterChanges, MasterImport } from "./master-changes-service.ts";
export type { Fields, MasterOutcome, MasterRefusal } from "./master-outcome.ts";
export type { Stocked } from "./master-service.ts";
export type { ChangeRow, LocationRow, LotRow } from "./master-store.ts";
export type { ItemNames } from "./name-store.ts";
export { EVERYWHERE, type Handover, OWNED_MEASURES, type OwnedMeasure, type Owners } from "./ownership.ts";
export type {
  JudgedStatement,
  OwnerAnswer,
  OwnerChange,
  Ownership,
  OwnershipToSave,
  OwnershipWitness,
} from "./ownership-service.ts";
export type { OwnerRow, OwnershipChangeRow, WrittenPoint } from "./ownership-store.ts";
export type { Resolution, Resolutions, ResolvedItem } from "./resolve.ts";
export { type Cost, createGovernance, type Governance } from "./service.ts";
