/** A gateway with everything behind it in memory, and a clock that stands still. */

import { randomBytes } from "node:crypto";
import { accountId, quantity, type RecordedFact } from "@crossdock/canonical";
import { type ManualClock, manualClock } from "#test/clock.ts";
import { hashApiKey, makeApiKey } from "../../src/gateway/api-key.ts";
import type { After } from "../../src/gateway/arrival-service.ts";
import {
  ALL_SCOPES,
  createGateway,
  type Gateway,
  type GatewayLimits,
  type GatewayServices,
  type HealthCheck,
  type StoredKey,
} from "../../src/gateway/index.ts";
import { createMetrics, type Ids, type Log, type LogFields, seededIds } from "../../src/platform/index.ts";
import { memoryAudit } from "./audit-port.ts";
import { memoryBackorders } from "./backorder-port.ts";
import { memoryChanges } from "./changes-port.ts";
import { memoryCountCases } from "./count-case-port.ts";
import { memorySupply } from "./dated-port.ts";
import { memoryDifferences } from "./difference-port.ts";
import { memoryDisagreements } from "./disagreement-port.ts";
import { memoryDrift } from "./drift-port.ts";
import { memoryPartner, memoryWarehouse } from "./experience-ports.ts";
import { memoryFreshness } from "./freshness-port.ts";
import { memoryHoldLimits } from "./hold-limit-port.ts";
import { memoryIdentities } from "./identity-port.ts";
import { memoryDeadLetters, memoryIntake } from "./intake-ports.ts";
import { memoryKeyedAnswers } from "./keyed-port.ts";
import { memoryLots } from "./lot-port.ts";
import { memoryMaster } from "./master-memory.ts";
import { memoryOwnership } from "./ownership-port.ts";
import {
  berlin,
  bolt,
  channel,
  memoryAvailability,
  memoryDocuments,
  memoryEvents,
  memoryMessages,
  memoryNames,
  memoryOrders,
  memoryParked,
  memoryPositions,
  memoryReservations,
  memoryStatements,
  NOW,
  warehouse,
} from "./ports.ts";
import { memoryQuery } from "./query-port.ts";
import { memoryRingFences } from "./ring-fence-port.ts";
import { memoryRules } from "./rules-port.ts";
import { memoryShortfalls } from "./shortfall-port.ts";
import { memorySnapshotFiles } from "./snapshot-file-port.ts";
import { memorySnapshots } from "./snapshot-port.ts";
import { memorySourcing } from "./sourcing-port.ts";
import { memoryExpectations } from "./stock-ports.ts";
import { memoryStorefront } from "./storefront-port.ts";
import { memorySupplyFiles } from "./supply-file-port.ts";
import { memoryUnresolved } from "./unresolved-port.ts";
import { memoryWhatIf } from "./what-if-port.ts";

type KeyOptions = {
  readonly scopes?: readonly string[];
  readonly accounts?: readonly string[];
  readonly client?: string;
  readonly expiresAt?: Date;
};

/** One received fact, so that there is something to read and explain. */
export const receivedFact: RecordedFact = {
  type: "StockReceived",
  data: { item: bolt, location: berlin, quantity: quantity(9) },
  source: `/accounts/${warehouse}`,
  id: "receipt-1",
  effectiveAt: NOW,
  recordedAt: NOW,
  correlationId: "journey-1",
  causationId: "msg-1",
  position: "8.1",
};

/** Lines that were logged, for tests that ask what operators see. */
function memoryLog(lines: (LogFields & { level: string })[]): Log {
  const at = (level: string) => (fields: LogFields) => {
    lines.push({ level, ...fields });
  };
  const log: Log = {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: () => log,
  };
  return log;
}

function memoryServices(ids: Ids, facts: readonly RecordedFact[]) {
  return {
    messages: memoryMessages(ids),
    statements: memoryStatements(),
    documents: memoryDocuments(),
    parked: memoryParked(),
    unresolved: memoryUnresolved(),
    deadLetters: memoryDeadLetters(),
    intake: memoryIntake(),
    reservations: memoryReservations(ids),
    orders: memoryOrders(ids),
    availability: memoryAvailability(),
    supplyFiles: memorySupplyFiles(),
    freshness: memoryFreshness(),
    availabilityQuery: memoryQuery(),
    sourcing: memorySourcing(),
    availabilityChanges: memoryChanges(),
    positions: memoryPositions(facts),
    snapshots: memorySnapshots(),
    countCases: memoryCountCases(),
    drift: memoryDrift(),
    snapshotFiles: memorySnapshotFiles(),
    master: memoryMaster(),
    lots: memoryLots(),
    expectations: memoryExpectations(),
    ownership: memoryOwnership(),
    disagreements: memoryDisagreements(),
    differences: memoryDifferences(),
    identities: memoryIdentities(),
    names: memoryNames(),
    events: memoryEvents(facts),
    audit: memoryAudit(),
    ringFences: memoryRingFences(),
    supply: memorySupply(),
    holdLimits: memoryHoldLimits(),
    backorders: memoryBackorders(),
    rules: memoryRules(),
    whatIf: memoryWhatIf(),
    storefront: memoryStorefront(),
    partner: memoryPartner(),
    warehouse: memoryWarehouse(),
    shortfalls: memoryShortfalls(),
    keyedAnswers: memoryKeyedAnswers(ids),
  };
}

export type World = Awaited<ReturnType<typeof createWorld>>;

/** Builds a gateway; `replace` puts other services in the place of those in memory. */
export async function createWorld(
  options: {
    readonly limits?: Partial<GatewayLimits>;
    readonly replace?: Partial<GatewayServices>;
    readonly after?: After;
  } = {},
) {
  const clock: ManualClock = manualClock(NOW);
  const ids = seededIds(clock, 7);
  const lines: (LogFields & { level: string })[] = [];
  const keys = new Map<string, StoredKey>();
  const facts: RecordedFact[] = [receivedFact];
  const checks: HealthCheck[] = [{ name: "database", ok: true }];
  let keyLookUps = 0;

  const apiKeys = {
    async find(keyId: string) {
      keyLookUps += 1;
      return keys.get(keyId);
    },
  };
  const memory = { ...memoryServices(ids, facts), apiKeys, health: { checks: async () => [...checks] } };
  const services: GatewayServices = { ...memory, ...options.replace };
  const metrics = createMetrics();
  const gateway: Gateway = await createGateway({
    services,
    clock,
    ids,
    log: memoryLog(lines),
    metrics,
    version: "0.1.0",
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    ...(options.after === undefined ? {} : { after: options.after }),
  });

  function key(wanted: KeyOptions = {}): string {
    const made = makeApiKey({ id: randomBytes(9), secret: randomBytes(32) });
    keys.set(made.keyId, {
      keyId: made.keyId,
      keyHash: hashApiKey(made.text),
      clientId: wanted.client ?? "tester",
      scopes: wanted.scopes ?? ALL_SCOPES,
      accountIds: wanted.accounts?.map(accountId),
      expiresAt: wanted.expiresAt,
    });
    return made.text;
  }

  return { clock, memory, gateway, lines, keys, facts, checks, metrics, key, keyLookUps: () => keyLookUps };
}

/** Header fields of a request by the holder of a key. */
export function by(key: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { authorization: `Bearer ${key}`, ...more };
}

/** A reservation of bolts. */
export function boltRequest(units: number, more: object = {}): object {
  return {
    channelId: channel,
    lines: [
      { lineId: "1", item: { scheme: "sku", value: "BOLT-M8" }, quantity: { value: units, unit: "EA" } },
    ],
    ...more,
  };
}
