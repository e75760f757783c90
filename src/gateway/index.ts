/**
 * How the outside gets in: the HTTP server, who may use it and how much, and what every answer looks like. System APIs take
 * in what happens, process APIs promise, experience APIs tell channels.
 *
 * Terms: a *port* is what the gateway needs of another part, named for the gateway's use of it; a *scope* is one thing that an
 * API key allows; a *grant* is what a verified key allows; a *problem* is an answer that refuses, with a stable code.
 *
 * Invariants: nothing is allowed that a key does not name; every answer carries its correlation id, and every refusal says
 * what to do; a request that repeats an idempotency key has one effect and one answer; everything that a caller can send has
 * a limit with a name; what goes wrong here is logged and never shown.
 *
 * This part deliberately decides nothing about stock or orders, stores nothing but keys and kept answers, and is the only one
 * that knows HTTP statuses.
 */
export { createKeyedAnswers, type KeyedAnswers } from "./answers/service.ts";
export type { StoredKey } from "./api-key.ts";
export type { BackorderChangeAsked, BackorderChanged, BackordersPort } from "./backorder-port.ts";
export type { CountCasesPort } from "./count-case-port.ts";
export type * from "./count-case-views.ts";
export type * from "./dead-letter-views.ts";
export type { DifferencesPort } from "./difference-port.ts";
export type * from "./difference-views.ts";
export type * from "./disagreement-port.ts";
export type * from "./disagreement-views.ts";
export type * from "./drift-cause-views.ts";
export type { DriftPort, DriftSummary } from "./drift-port.ts";
export { gatewayErrors } from "./errors.ts";
export type * from "./expectation-views.ts";
export type * from "./expectations-port.ts";
export type { FreshnessPort } from "./freshness-port.ts";
export type { IdentitiesPort, IdentityOutcome } from "./identity-port.ts";
export type * from "./identity-views.ts";
export type * from "./intake-views.ts";
export { type ApiKeySummary, type ApiKeys, type ApiKeyToIssue, createApiKeys } from "./keys/service.ts";
export {
  DEFAULT_LIMITS,
  type GatewayLimits,
  IMPORT_RESULTS_MAX,
  KEY_BELIEVED_MS,
  type Quota,
} from "./limits.ts";
export type * from "./lot-port.ts";
export type * from "./lot-views.ts";
export type { LotRowView, MasterPort } from "./master-port.ts";
export type * from "./master-views.ts";
export type { Json } from "./open-api.ts";
export type * from "./ownership-port.ts";
export type * from "./ownership-views.ts";
export type * from "./partner-port.ts";
export type * from "./position-views.ts";
export { type Fault, PROBLEM_CODES, PROBLEM_KINDS, type Problem, type ProblemCode } from "./problem.ts";
export type * from "./rule-views.ts";
export type * from "./rules-port.ts";
export { ALL_SCOPES, type Grant, SCOPES, type Scope } from "./scope.ts";
export { createGateway, type Gateway, type GatewayOptions } from "./service.ts";
export type * from "./services.ts";
export type { ShortfallsPort } from "./shortfall-port.ts";
export type * from "./shortfall-views.ts";
export type * from "./snapshot-file-port.ts";
export type * from "./snapshot-file-views.ts";
export type { SnapshotsPort } from "./snapshot-port.ts";
export type * from "./snapshot-views.ts";
export { readColumns, stockFileFaults } from "./stock-file-columns.ts";
export type * from "./storefront-port.ts";
export type { SupplyFileRequest, SupplyFilesPort } from "./supply-file-port.ts";
export type { SupplyFileAnswer } from "./supply-file-views.ts";
export type { UnresolvedPort } from "./unresolved-port.ts";
export type * from "./unresolved-views.ts";
export type * from "./views.ts";
export type * from "./void-views.ts";
export type * from "./warehouse-port.ts";
export type * from "./what-if-port.ts";
export type * from "./what-if-views.ts";
