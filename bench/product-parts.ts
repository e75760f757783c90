import { type Availabilities, createAvailability } from "../src/availability/index.ts";
import { createFactLog, type FactLog } from "../src/backbone/index.ts";
import { createGovernance, type Governance } from "../src/governance/index.ts";
import { createLedger, type Ledger } from "../src/ledger/index.ts";
import {
  type Clock,
  createMetrics,
  type Database,
  type Ids,
  type Leases,
  type Log,
  localWakeup,
  type Metrics,
  openLeases,
  silentLog,
  systemClock,
  systemIds,
  type Wakeup,
} from "../src/platform/index.ts";

/** The product's parts over a database, for setting things up there before its server is asked. */
export type ProductParts = {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly wakeup: Wakeup;
  readonly leases: Leases;
  readonly factLog: FactLog;
  readonly governance: Governance;
  readonly ledger: Ledger;
  readonly availability: Availabilities;
};

/** Opens the parts. Nothing runs in the background. */
export function openParts(database: Database): ProductParts {
  const ids = systemIds();
  const shared = {
    database,
    clock: systemClock,
    ids,
    leases: openLeases({ database, ids, log: silentLog }),
    wakeup: localWakeup(),
    log: silentLog,
    metrics: createMetrics(),
  };
  const factLog = createFactLog(shared);
  const governance = createGovernance(shared);
  const availability: Availabilities = createAvailability({
    ...shared,
    factLog,
    governance,
    ledger: () => ledger,
    // Nothing is published from here.
    sink: { rowsPerCall: async () => undefined, publish: async () => ({ outcomes: [] }) },
  });
  const ledger: Ledger = createLedger({ ...shared, factLog, governance, earmarks: availability.earmarks });
  return { ...shared, factLog, governance, ledger, availability };
}
