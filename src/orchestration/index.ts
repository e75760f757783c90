/**
 * What happens next: an order is promised, released to its warehouses, acknowledged, and its shipments are announced.
 *
 * Terms: an *order* is what a channel asked for, line by line; its *state* follows from what was promised and shipped; a *part* is
 * what one unit of a line takes off the shelf; a *shortfall* is a position of which less is there than is promised, with the promises
 * that it hits.
 *
 * Invariants: a kit is told as shipped in whole kits only, once all parts of one have left; an order is decided once, in the transaction that reads it off the log, together with its promises, its papers and the
 * facts about them; a promise never exceeds the order; every paper has a key of its own, so that it is written once.
 *
 * This part deliberately maps no vendor's format and calls no other system: it queues documents, and integration delivers them.
 */
export { orchestrationErrors } from "./errors.ts";
export type { Paper, Papers } from "./papers.ts";
export type { Relocations } from "./relocation-service.ts";
export {
  createOrchestration,
  ORDERS_SUBSCRIBER,
  type Orchestration,
  type OrchestrationOptions,
  type OrderWithLines,
} from "./service.ts";
export { YIELDS, type Yield } from "./shortfall/policy.ts";
export {
  createShortfalls,
  type PolicyToSay,
  type ShortfallCase,
  type Shortfalls,
} from "./shortfall/service.ts";
export type { PolicyRow } from "./shortfall/store.ts";
export type { OrderLineRow, OrderRow } from "./store.ts";
