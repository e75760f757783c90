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
export { type Resolution, type ResolvedItem, resolveReferences } from "./resolve.ts";
export {
  createGovernance,
  type Governance,
  type ItemToSave,
  type LocationToSave,
} from "./service.ts";
export type { AliasToSave, ItemNames, OwnershipToSave } from "./store.ts";
