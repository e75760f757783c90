import {
  type AccountId,
  accountSource,
  type Fact,
  itemId,
  locationId,
  quantity,
  quantityDelta,
  type Sequence,
  type StockFact,
} from "@crossdock/canonical";
import {
  type Availabilities,
  createAvailability,
  type PublicationSink,
} from "../../src/availability/index.ts";
import { createFactLog, type FactLog } from "../../src/backbone/index.ts";
import { createGovernance, createLots, type Governance, type Lots } from "../../src/governance/index.ts";
import { createLedger, type Ledger } from "../../src/ledger/index.ts";
import {
  createMetrics,
  type Database,
  type Ids,
  type Leases,
  localWakeup,
  type Metrics,
  openLeases,
  silentLog,
  systemIds,
  type Wakeup,
} from "../../src/platform/index.ts";
import { type ManualClock, manualClock } from "./clock.ts";

/** The parts below integration over one database, wired as the product wires them. */
export type Core = {
  readonly database: Database;
  readonly clock: ManualClock;
  readonly ids: Ids;
  readonly metrics: Metrics;
  readonly wakeup: Wakeup;
  readonly leases: Leases;
  readonly factLog: FactLog;
  readonly governance: Governance;
  readonly lots: Lots;
  readonly ledger: Ledger;
  readonly availability: Availabilities;
};

/** A sink that nobody listens to, for tests that publish nothing. */
export const deafSink: PublicationSink = {
  rowsPerCall: async () => undefined,
  publish: async () => ({ outcomes: [] }),
};

export type CoreOptions = {
  readonly clock?: ManualClock;
  readonly sink?: PublicationSink;
  /** Absent: nobody else is woken. */
  readonly wakeup?: Wakeup;
  /** Waited for after each look at positions: a process that is paused there goes on with what it saw before. */
  readonly pause?: () => Promise<void>;
};

/** Wires the core over a migrated database. */
export function openCore(database: Database, options: CoreOptions = {}): Core {
  const clock = options.clock ?? manualClock();
  const ids = systemIds();
  const wakeup = options.wakeup ?? localWakeup();
  const leases = openLeases({ database, ids, log: silentLog });
  const metrics = createMetrics();
  const shared = { database, clock, ids, wakeup, leases, log: silentLog, metrics };
  const factLog = createFactLog(shared);
  const governance = createGovernance({ database, clock });
  const lots = createLots({ database, clock, factLog, governance });
  const availability: Availabilities = createAvailability({
    ...shared,
    factLog,
    governance,
    ledger: () => (options.pause === undefined ? ledger : pausing(ledger, options.pause)),
    sink: options.sink ?? deafSink,
  });
  const ledger: Ledger = createLedger({
    ...shared,
    factLog,
    governance,
    earmarks: availability.earmarks,
  });
  return { database, clock, ids, metrics, wakeup, leases, factLog, governance, lots, ledger, availability };
}

function pausing(ledger: Ledger, pause: () => Promise<void>): Ledger {
  return {
    ...ledger,
    async positionsOf(...args) {
      const positions = await ledger.positionsOf(...args);
      await pause();
      return positions;
    },
  };
}

/** A fact from outside, told by a source under an id, at a minute of the test's day. */
export type Told = {
  readonly id: string;
  readonly minute: number;
  readonly fact: Fact;
  readonly account?: string;
  readonly sequence?: Sequence;
};

const dayStart = Date.parse("2026-03-02T00:00:00Z");

/** The instant of a minute of the test's day. */
export const atMinute = (minute: number): string => new Date(dayStart + minute * 60_000).toISOString();

/** Appends facts as an account's intake would; repeated ids are dropped by the log. */
export async function tell(core: Core, told: readonly Told[]): Promise<void> {
  const numbers = await core.factLog.takeNumbers(told.length);
  const facts = told.map(({ id, minute, fact, account = "wms-1", sequence }, index) => ({
    ...fact,
    number: numbers[index] ?? 0,
    id,
    source: accountSource(account as AccountId),
    effectiveAt: atMinute(minute),
    sequence,
    correlationId: `test-${id}`,
  }));
  await core.database.transaction((tx) => core.factLog.appendFromOutside(tx, facts));
}

export const widget = itemId("widget");
export const warehouse = locationId("wh-1");

/** Short ways to say what happens to one item at one warehouse. */
export const stock = {
  received: (units: number, item = widget, location = warehouse): StockFact => ({
    type: "StockReceived",
    data: { item, location, quantity: quantity(units) },
  }),
  counted: (units: number, item = widget, location = warehouse): StockFact => ({
    type: "StockCounted",
    data: { item, location, counted: quantity(units) },
  }),
  adjusted: (delta: number, item = widget, location = warehouse): StockFact => ({
    type: "StockAdjusted",
    data: { item, location, delta: quantityDelta(delta), reason: "test" },
  }),
  picked: (units: number, orderLine?: { orderId: string; lineId: string }): StockFact => ({
    type: "StockPicked",
    data: {
      item: widget,
      location: warehouse,
      quantity: quantity(units),
      ...(orderLine === undefined ? {} : { orderLine }),
    },
  }),
  shipped: (units: number, orderLine?: { orderId: string; lineId: string }): StockFact => ({
    type: "ShipmentDispatched",
    data: {
      location: warehouse,
      shipmentNumber: "S-1",
      cartons: [
        {
          lines: [
            { item: widget, quantity: quantity(units), ...(orderLine === undefined ? {} : { orderLine }) },
          ],
        },
      ],
    },
  }),
} as const;
