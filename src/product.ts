import {
  type Availabilities,
  createAvailability,
  type NoRules,
  type ReplayAsked,
  type ReplayOptions,
  type ReplayResult,
  replay,
} from "./availability/index.ts";
import {
  createFactLog,
  createLogSeal,
  type FactLog,
  type LogSeal,
  raiseEpoch,
  type Subscriber,
} from "./backbone/index.ts";
import { VERSION } from "./commands/version.ts";
import { BUILT_IN_CONNECTORS } from "./connectors.ts";
import {
  type ApiKeys,
  createApiKeys,
  createGateway,
  createKeyedAnswers,
  type Gateway,
  type GatewayLimits,
} from "./gateway/index.ts";
import { createGovernance, createLots, type Governance, type Lots } from "./governance/index.ts";
import { createIntegration, type Integration } from "./integration/index.ts";
import {
  createCheckpoints,
  createLedger,
  createRebuild,
  itemsWithPositions,
  type Ledger,
  observeDrift,
  type Rebuild,
} from "./ledger/index.ts";
import { observeReaders } from "./observability/index.ts";
import { createOrchestration, type Orchestration } from "./orchestration/index.ts";
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
  openWakeup,
  type SecretBox,
  systemClock,
  systemIds,
  type Wakeup,
} from "./platform/index.ts";
import { gatewayServices, readersOf } from "./ports/services.ts";
import { publicationSink } from "./ports/sink.ts";
import { createSweeper, type Sweeper } from "./ports/sweeper.ts";

/** All parts of the product over one database, joined. */
export type Product = {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly wakeup: Wakeup;
  readonly leases: Leases;
  readonly factLog: FactLog;
  readonly seal: LogSeal;
  readonly governance: Governance;
  readonly lots: Lots;
  readonly ledger: Ledger;
  readonly availability: Availabilities;
  readonly integration: Integration;
  readonly orchestration: Orchestration;
  readonly apiKeys: ApiKeys;
  readonly gateway: Gateway;
  /** Every reader of the log, in the order in which facts pass through them. */
  readonly subscribers: readonly Subscriber[];
  /** Starts the background work: readers, mapping, sending, publishing, sweeping. */
  startWork(): void;
  /** Does all background work that there is to do, then returns; for tests. */
  drain(): Promise<void>;
  /** Stops taking requests, finishes what was begun, and lets go of everything but the database. */
  close(): Promise<void>;
};

export type ProductOptions = {
  readonly database: Database;
  readonly databaseUrl: string;
  readonly secretBox: SecretBox;
  readonly log: Log;
  readonly clock?: Clock;
  readonly ids?: Ids;
  readonly wakeup?: Wakeup;
  /** Limits of the HTTP server that are not the defaults. */
  readonly limits?: Partial<GatewayLimits>;
  /** Bytes of stock that are remembered to answer what may be promised. */
  readonly memoryBytesMax?: number;
};

type Core = Pick<Product, "database" | "clock" | "ids" | "log" | "metrics" | "wakeup" | "leases">;
type Parts = Core &
  Pick<
    Product,
    "factLog" | "seal" | "governance" | "lots" | "ledger" | "availability" | "integration" | "orchestration"
  >;

/** Joins the parts. Each is given what it needs of the others, and nothing else. */
function openParts(
  core: Core,
  { secretBox, memoryBytesMax }: Pick<ProductOptions, "secretBox" | "memoryBytesMax">,
): Parts {
  const { database, clock } = core;
  const factLog = createFactLog(core);
  const seal = createLogSeal({ ...core, secretBox, recall: factLog.recall });
  const governance = createGovernance({
    ...{ database, clock, ids: core.ids },
    stocked: async (tx, itemIds) => new Set(await itemsWithPositions(tx, itemIds)),
  });
  const lots = createLots({ database, clock, factLog, governance });
  const integration = createIntegration({
    ...core,
    factLog,
    governance,
    secretBox,
    connectors: BUILT_IN_CONNECTORS,
  });
  const sink = publicationSink(integration);
  const availability: Availabilities = createAvailability({
    ...core,
    factLog,
    governance,
    sink,
    ledger: () => ledger,
    memoryBytesMax,
  });
  const ledger: Ledger = createLedger({
    ...core,
    factLog,
    governance,
    earmarks: availability.earmarks,
  });
  const papers = integration;
  const orchestration = createOrchestration({ ...core, factLog, governance, availability, papers });
  return { ...core, factLog, seal, governance, lots, ledger, availability, integration, orchestration };
}

/** Opens what rebuilds the ledger, over a migrated database. What it repairs the readers hear of at their next look at the log. */
export function openRebuild(options: { readonly database: Database; readonly log: Log }): Rebuild {
  const { database, log } = options;
  const clock = systemClock;
  const factLog = createFactLog({ database, clock, ids: systemIds(clock), wakeup: localWakeup(), log });
  return createRebuild({ database, clock, factLog, governance: createGovernance({ database, clock }), log });
}

/** Opens what plays the past under other rules, over a migrated database. It writes nothing. */
export function openWhatIf(options: {
  readonly database: Database;
  readonly log: Log;
}): (asked: ReplayAsked, options: ReplayOptions) => Promise<ReplayResult | NoRules> {
  const { database, log } = options;
  const clock = systemClock;
  const factLog = createFactLog({ database, clock, ids: systemIds(clock), wakeup: localWakeup(), log });
  const deps = { database, factLog, governance: createGovernance({ database, clock }) };
  return (asked, playing) => replay(deps, asked, playing);
}

/** Opens the product over a migrated database. Nothing runs and nothing listens yet. */
export async function openProduct(options: ProductOptions): Promise<Product> {
  const { database, log } = options;
  const clock = options.clock ?? systemClock;
  const ids = options.ids ?? systemIds(clock);
  const wakeup = options.wakeup ?? openWakeup(options.databaseUrl, { log });
  const metrics = createMetrics({ includeProcess: true });
  const leases = openLeases({ database, ids, log });
  const core: Core = { database, clock, ids, log, metrics, wakeup, leases };
  const { raised } = await raiseEpoch(database);
  if (raised) log.warn({ event: "backbone.epoch-raised" });
  observeReaders(core);
  observeDrift(core);
  const parts = openParts(core, options);
  const apiKeys = createApiKeys({ database, clock });
  const keyedAnswers = createKeyedAnswers({ database, clock, ids });
  const gateway = await createGateway({
    ...core,
    services: gatewayServices(parts, { apiKeys, keyedAnswers }),
    version: VERSION,
    limits: options.limits ?? {},
  });
  const sweeper = createSweeper({ ...parts, keyedAnswers, checkpoints: createCheckpoints(core) });
  const subscribers = readersOf(parts);
  return { ...parts, apiKeys, gateway, subscribers, ...working(parts, subscribers, sweeper, gateway) };
}

/** The background work, as one thing that starts and stops. */
function working(
  { seal, integration, availability, ledger, wakeup, leases }: Parts,
  subscribers: readonly Subscriber[],
  sweeper: Sweeper,
  gateway: Gateway,
): Pick<Product, "startWork" | "drain" | "close"> {
  return {
    startWork() {
      for (const subscriber of subscribers) subscriber.start();
      ledger.snapshotWorker.start();
      integration.start();
      availability.publisher.start();
      availability.whatIf.startWork();
      sweeper.start();
      seal.start();
    },
    async drain() {
      const read = async () => {
        for (const subscriber of subscribers) await subscriber.drain();
      };
      // Messages make facts, facts make documents and publications, and those may bring messages back.
      for (let rounds = 0; rounds < 3; rounds += 1) {
        await integration.drain();
        await read();
        if ((await ledger.snapshotWorker.drain()) > 0) await read();
        if ((await availability.itemIdentities.follow()) > 0) await read();
        if ((await availability.backorders.offer()) > 0) await read();
        await availability.publisher.drain();
      }
      await integration.drain();
    },
    async close() {
      await gateway.close();
      await availability.whatIf.stopWork();
      await Promise.all([seal.stop(), sweeper.stop(), availability.publisher.stop(), integration.stop()]);
      await Promise.all([
        ledger.snapshotWorker.stop(),
        ...subscribers.map((subscriber) => subscriber.stop()),
      ]);
      await leases.close();
      await wakeup.close();
    },
  };
}
