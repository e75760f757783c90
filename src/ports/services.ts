import type { Availabilities } from "../availability/index.ts";
import { createDeadLetters, type FactLog, type LogSeal, type Subscriber } from "../backbone/index.ts";
import type { ApiKeysPort, GatewayServices, KeyedAnswersPort } from "../gateway/index.ts";
import type { Governance, Lots } from "../governance/index.ts";
import type { Integration } from "../integration/index.ts";
import type { Ledger } from "../ledger/index.ts";
import type { Orchestration } from "../orchestration/index.ts";
import type { Clock, Database, Log } from "../platform/index.ts";
import { availabilityPort } from "./availability.ts";
import { availabilityChangesPort } from "./availability-changes.ts";
import { availabilityQueryPort } from "./availability-query.ts";
import { backordersPort } from "./backorders.ts";
import { countCasesPort } from "./count-cases.ts";
import { deadLettersPort } from "./dead-letters.ts";
import { differencesPort } from "./differences.ts";
import { disagreementsPort } from "./disagreements.ts";
import { documentsPort } from "./documents.ts";
import { driftPort } from "./drift.ts";
import { expectationsPort } from "./expectations.ts";
import { freshnessPort } from "./freshness.ts";
import { healthPort } from "./health.ts";
import { identitiesPort } from "./identities.ts";
import { intakePort } from "./intake.ts";
import { lotsPort } from "./lots.ts";
import { masterPort } from "./master.ts";
import { messagesPort, parkedPort, statementsPort } from "./messages.ts";
import { namesPort } from "./names.ts";
import { ordersPort } from "./orders.ts";
import { ownershipPort } from "./ownership.ts";
import { partnerPort } from "./partner.ts";
import { positionsPort } from "./positions.ts";
import { reservationsPort } from "./reservations.ts";
import { ringFencesPort } from "./ring-fences.ts";
import { rulesPort } from "./rules.ts";
import { shortfallsPort } from "./shortfalls.ts";
import { snapshotFilesPort } from "./snapshot-files.ts";
import { snapshotsPort } from "./snapshots.ts";
import { sourcingPort } from "./sourcing.ts";
import { storefrontPort } from "./storefront.ts";
import { supplyPort } from "./supply.ts";
import { supplyFilesPort } from "./supply-files.ts";
import { unresolvedPort } from "./unresolved.ts";
import { warehousePort } from "./warehouse.ts";
import { whatIfPort } from "./what-if.ts";

/** The parts that stand behind the gateway. */
export type PartsBehind = {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly factLog: FactLog;
  readonly seal: LogSeal;
  readonly governance: Governance;
  readonly lots: Lots;
  readonly ledger: Ledger;
  readonly availability: Availabilities;
  readonly integration: Integration;
  readonly orchestration: Orchestration;
};

/** Everything behind the gateway, in the gateway's own words. */
export function gatewayServices(
  parts: PartsBehind,
  own: { readonly apiKeys: ApiKeysPort; readonly keyedAnswers: KeyedAnswersPort },
): GatewayServices {
  return {
    messages: messagesPort(parts.integration),
    statements: statementsPort(parts.integration),
    documents: documentsPort(parts.integration),
    parked: parkedPort(parts.integration),
    unresolved: unresolvedPort(parts),
    intake: intakePort(parts.integration, parts.log),
    deadLetters: deadLettersPort(createDeadLetters(parts), readersOf(parts)),
    reservations: reservationsPort(parts),
    supplyFiles: supplyFilesPort(parts),
    supply: supplyPort(parts.availability, parts.ledger),
    holdLimits: parts.availability.holdLimits,
    backorders: backordersPort(parts),
    ringFences: ringFencesPort(parts.availability.ringFences, parts.governance),
    rules: rulesPort(parts),
    whatIf: whatIfPort(parts.availability.whatIf),
    shortfalls: shortfallsPort(parts),
    orders: ordersPort(parts),
    availability: availabilityPort(parts.availability, parts.governance),
    storefront: storefrontPort(parts.availability, parts.governance),
    partner: partnerPort(parts, ordersPort(parts)),
    warehouse: warehousePort(parts),
    freshness: freshnessPort(parts),
    availabilityQuery: availabilityQueryPort(parts),
    sourcing: sourcingPort(parts.availability),
    availabilityChanges: availabilityChangesPort(parts.availability, parts.governance),
    positions: positionsPort(parts.ledger),
    snapshots: snapshotsPort(parts),
    countCases: countCasesPort(parts),
    drift: driftPort(parts),
    snapshotFiles: snapshotFilesPort(parts),
    master: masterPort(parts.governance),
    lots: lotsPort(parts.lots),
    expectations: expectationsPort(parts.ledger),
    ownership: ownershipPort(parts),
    disagreements: disagreementsPort(parts.ledger, parts.clock),
    differences: differencesPort(parts),
    identities: identitiesPort(parts.availability.itemIdentities),
    names: namesPort(parts.governance, parts.database),
    events: parts.factLog,
    audit: parts.seal,
    health: healthPort(parts.database),
    ...own,
  };
}

/** Every reader of the log, in the order in which facts pass through them. */
export function readersOf(
  parts: Pick<PartsBehind, "ledger" | "orchestration" | "availability" | "lots">,
): readonly Subscriber[] {
  const { ledger, orchestration, availability, lots } = parts;
  return [
    lots.subscriber,
    ...[ledger.subscriber, ledger.supply.subscriber, ledger.snapshotSubscriber],
    ...[orchestration.subscriber, availability.dirtyMarker, availability.backorders.subscriber],
  ];
}
