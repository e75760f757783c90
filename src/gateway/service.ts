import swagger from "@fastify/swagger";
import { type FastifyInstance, fastify } from "fastify";
import { type Clock, type Ids, type Log, type Metrics, Terminal } from "../platform/index.ts";
import { type After, type Arrivals, afterMs, createArrivals } from "./arrival-service.ts";
import { correlationIdOf } from "./correlation.ts";
import { gatewayErrors } from "./errors.ts";
import { EXAMPLES } from "./examples.ts";
import { addAvailabilityChangeRoutes } from "./experience/availability-change-routes.ts";
import { addAvailabilityRoutes } from "./experience/availability-routes.ts";
import { addPartnerRoutes } from "./experience/partner-routes.ts";
import { addStorefrontRoutes } from "./experience/storefront-routes.ts";
import { addWarehouseRoutes } from "./experience/warehouse-routes.ts";
import { occurrenceOf } from "./fault-of.ts";
import { createGuards, type Guards } from "./guard.ts";
import { createKeyRing } from "./keys/ring.ts";
import {
  CLIENTS_REMEMBERED_MAX,
  CONNECTIONS_LOOK_MS,
  DEFAULT_LIMITS,
  FILE_ARRIVAL_MS_MAX,
  type GatewayLimits,
  KEEP_ALIVE_MS,
  MASTER_FILE_BYTES_MAX,
  PARAMETER_LENGTH_MAX,
  STOCK_FILE_BYTES_MAX,
  STREAM_SECONDS_BUCKETS,
} from "./limits.ts";
import { createLoad, type Load } from "./load.ts";
import { addHealthRoutes } from "./open/health-routes.ts";
import { addPageRoutes } from "./open/page-routes.ts";
import { documentHead, type Json, toPublished } from "./open-api.ts";
import { addBackorderPage } from "./pages/backorder-page-routes.ts";
import { addDifferencePage } from "./pages/difference-page-routes.ts";
import { addDisagreementPages } from "./pages/disagreement-page-routes.ts";
import { addDriftPages } from "./pages/drift-routes.ts";
import { addRulePages } from "./pages/rule-page-routes.ts";
import { addShortfallPage } from "./pages/shortfall-page-routes.ts";
import { addStockPages } from "./pages/stock-routes.ts";
import { addSupplyPage } from "./pages/supply-page-routes.ts";
import { addUnresolvedPages } from "./pages/unresolved-routes.ts";
import { addWhatIfPages } from "./pages/what-if-page-routes.ts";
import { addAtpRoutes } from "./process/atp-routes.ts";
import { addAvailabilityQueryRoutes } from "./process/availability-query-routes.ts";
import { addBackorderRoutes } from "./process/backorder-routes.ts";
import { addHoldLimitRoutes } from "./process/hold-limit-routes.ts";
import { addOrderRoutes } from "./process/order-routes.ts";
import { addReallocationRoutes } from "./process/reallocation-routes.ts";
import { addReservationBulkRoutes } from "./process/reservation-bulk-routes.ts";
import { addReservationChangeRoutes } from "./process/reservation-change-routes.ts";
import { addReservationRoutes } from "./process/reservation-routes.ts";
import { addRingFenceRoutes } from "./process/ring-fence-routes.ts";
import { addRuleDraftRoutes } from "./process/rule-draft-routes.ts";
import { addRuleRoutes } from "./process/rule-routes.ts";
import { addShortfallRoutes } from "./process/shortfall-routes.ts";
import { addSourcingRoutes } from "./process/sourcing-routes.ts";
import { addWhatIfRoutes } from "./process/what-if-routes.ts";
import { answerBrokenRequest, answerLate, setParsersAndChecks, setRefusals } from "./refusals.ts";
import type { GatewayServices } from "./services.ts";
import { addAuditRoutes } from "./system/audit-routes.ts";
import { addCountCaseRoutes } from "./system/count-case-routes.ts";
import { addCountToleranceRoutes } from "./system/count-tolerance-routes.ts";
import { addDeadLetterRoutes } from "./system/dead-letter-routes.ts";
import { addDecisionRoutes } from "./system/decision-routes.ts";
import { addDifferenceRoutes } from "./system/difference-routes.ts";
import { addDisagreementRoutes } from "./system/disagreement-routes.ts";
import { addDocumentRoutes } from "./system/document-routes.ts";
import { addDriftRoutes } from "./system/drift-routes.ts";
import { addEventRoutes } from "./system/event-routes.ts";
import { addExpectationRoutes } from "./system/expectation-routes.ts";
import { addFactRoutes } from "./system/fact-routes.ts";
import { addIdentityRoutes } from "./system/identity-routes.ts";
import { addIntakeRoutes } from "./system/intake-routes.ts";
import { addLotRoutes } from "./system/lot-routes.ts";
import { addMasterImportRoutes } from "./system/master-import-routes.ts";
import { addMasterRoutes } from "./system/master-routes.ts";
import { addMessageRoutes } from "./system/message-routes.ts";
import { addOwnershipRoutes } from "./system/ownership-routes.ts";
import { addParkedRoutes } from "./system/parked-routes.ts";
import { addPositionRoutes } from "./system/position-routes.ts";
import { addProposalRoutes } from "./system/proposal-routes.ts";
import { addRefusedDocumentRoutes } from "./system/refused-document-routes.ts";
import { addSnapshotFileRoutes } from "./system/snapshot-file-routes.ts";
import { addSnapshotRoutes } from "./system/snapshot-routes.ts";
import { addSupplyFileRoutes } from "./system/supply-file-routes.ts";
import { addSupplyRoutes } from "./system/supply-routes.ts";
import { addUnresolvedRoutes } from "./system/unresolved-routes.ts";
import { addVoidRoutes } from "./system/void-routes.ts";
import { createThrottle } from "./throttle.ts";
import { type App, dress, refuse, type SchemaTypes } from "./web.ts";

export type GatewayOptions = {
  readonly services: GatewayServices;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Shown at `/` and in the OpenAPI document. */
  readonly version: string;
  /** Those that are left out have their defaults. */
  readonly limits?: Partial<GatewayLimits>;
  /** Believe `X-Forwarded-For`: only behind a proxy that sets it. It decides whose quota is used. */
  readonly trustProxy?: boolean;
  /** How time passes for what arrives; absent: as it does. */
  readonly after?: After;
};

/** The HTTP server of the product. */
export type Gateway = {
  /** Takes connections, and gives the address. Throws `gateway.address-in-use` and `gateway.address-refused`. */
  listen(where: { readonly host: string; readonly port: number }): Promise<{ readonly url: string }>;
  /** Answers a request without a network, for tests. */
  readonly inject: FastifyInstance["inject"];
  /** The published OpenAPI document. */
  document(): Json;
  /** Refuses what is new, answers what has begun, and closes every connection. */
  close(): Promise<void>;
  readonly app: App;
};

/** Builds the server: routes, checks, guards and documentation. It does not listen yet. */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const limits: GatewayLimits = { ...DEFAULT_LIMITS, ...options.limits };
  const load = createLoad(limits);
  const app = await createApp(options, limits);
  const arrivals = createArrivals({
    after: options.after ?? afterMs,
    limitMs: limits.requestTimeoutMs,
    onLate: (request, response) => answerLate(request, response, options.ids),
  });
  app.server.on("request", arrivals.watch);
  setParsersAndChecks(app);
  setRefusals(app, { limits, log: options.log });

  let document: Json | undefined;
  const published = () => {
    document ??= toPublished(app.swagger(), EXAMPLES);
    return document;
  };
  addRoutes(
    app,
    { ...options, load, document: published },
    guardsOf(app, { ...options, limits, load, arrivals }),
  );
  // The guards know of it before the framework closes anything, so that what is refused is refused with a problem.
  app.addHook("preClose", async () => load.stop());
  await app.ready();
  return {
    listen: (where) => listen(app, where),
    inject: app.inject.bind(app),
    document: published,
    close: () => app.close(),
    app,
  };
}

async function createApp(options: GatewayOptions, limits: GatewayLimits): Promise<App> {
  const { ids } = options;
  const bare = fastify({
    bodyLimit: limits.bodyBytesMax,
    // The watch over arrivals is stricter with all that is no file.
    requestTimeout: FILE_ARRIVAL_MS_MAX,
    http: {
      requestTimeout: FILE_ARRIVAL_MS_MAX,
      headersTimeout: limits.requestTimeoutMs,
      connectionsCheckingInterval: Math.min(CONNECTIONS_LOOK_MS, limits.requestTimeoutMs),
    },
    keepAliveTimeout: KEEP_ALIVE_MS,
    routerOptions: { maxParamLength: PARAMETER_LENGTH_MAX },
    genReqId: (request) => correlationIdOf(request.headers, () => ids.next()),
    trustProxy: options.trustProxy ?? false,
    // The guards say it as a problem.
    return503OnClosing: false,
    forceCloseConnections: "idle",
    frameworkErrors(error, _request, reply) {
      dress(reply);
      refuse(reply, occurrenceOf(error, limits));
    },
    clientErrorHandler: (error, socket) => answerBrokenRequest(error, socket, ids),
  });
  const app: App = bare.withTypeProvider<SchemaTypes>();
  app.decorateRequest("grant", undefined);
  app.decorateRequest("bodyText", undefined);
  app.decorateRequest("sentType", undefined);
  app.decorateReply("problemCode", undefined);
  app.decorateReply("isStream", false);
  await app.register(swagger, {
    openapi: documentHead(options.version),
    convertConstToEnum: false,
    transform: ({ schema, url, route }) => ({ schema: { ...schema, ...route.config?.published }, url }),
  });
  return app;
}

type Inside = GatewayOptions & {
  readonly limits: GatewayLimits;
  readonly load: Load;
  readonly arrivals: Arrivals;
};

function guardsOf(app: App, options: Inside): Guards {
  const { clock, log, limits, load, arrivals, metrics, services } = options;
  metrics.gauge(
    { name: "gateway_requests_in_flight", help: "Requests being worked on." },
    () => load.requests,
  );
  return createGuards({
    clock,
    log,
    limits,
    load,
    arrivals,
    keys: createKeyRing({ apiKeys: services.apiKeys, clock }),
    clients: createThrottle(limits.clientQuota, CLIENTS_REMEMBERED_MAX),
    addresses: createThrottle(limits.addressQuota, CLIENTS_REMEMBERED_MAX),
    stopwatch: () => performance.now(),
    seconds: metrics.histogram({
      name: "gateway_request_seconds",
      help: "From the arrival of a request's head to the end of its answer.",
      labels: ["method", "route", "status"],
    }),
    streamSeconds: metrics.histogram(
      {
        name: "gateway_stream_seconds",
        help: "From the arrival of a request's head to the end of the stream that answered it.",
        labels: ["route"],
      },
      STREAM_SECONDS_BUCKETS,
    ),
    problems: metrics.counter({
      name: "gateway_problems_total",
      help: "Requests that were refused, by the code of the problem.",
      labels: ["code"],
    }),
    // A connection that has just become idle would otherwise be kept for as long as an idle one may be.
    onLastAnswers: () => setImmediate(() => app.server.closeIdleConnections()),
  });
}

type Composition = GatewayOptions & { readonly load: Load; readonly document: () => Json };

function addRoutes(app: App, options: Composition, guards: Guards): void {
  const { services, log } = options;
  const keyed = { keyedAnswers: services.keyedAnswers, log };
  addMessageRoutes(app, services.messages, guards);
  addDecisionRoutes(app, services.messages, guards);
  addFactRoutes(app, { ...keyed, statements: services.statements }, guards);
  addSnapshotRoutes(app, { ...keyed, ...services }, guards);
  addSnapshotFileRoutes(app, { files: services.snapshotFiles, fileBytesMax: STOCK_FILE_BYTES_MAX }, guards);
  addDocumentRoutes(app, services.documents, guards);
  addRefusedDocumentRoutes(app, services.documents, guards);
  addExpectationRoutes(app, services.expectations, guards);
  addPositionRoutes(app, services.positions, guards);
  addOwnershipRoutes(app, services.ownership, guards);
  addDisagreementRoutes(app, services.disagreements, guards);
  addDifferenceRoutes(app, services.differences, guards);
  addEventRoutes(app, services.events, guards);
  addAuditRoutes(app, services.audit, guards);
  addMasterRoutes(app, { ...keyed, master: services.master }, guards);
  addIdentityRoutes(app, { ...keyed, identities: services.identities }, guards);
  addMasterImportRoutes(app, { master: services.master, fileBytesMax: MASTER_FILE_BYTES_MAX }, guards);
  addParkedRoutes(app, services.parked, guards);
  addLotRoutes(app, { ...keyed, lots: services.lots }, guards);
  addProposalRoutes(app, services.unresolved, guards);
  addUnresolvedRoutes(app, { ...keyed, unresolved: services.unresolved }, guards);
  addDriftRoutes(app, { ...keyed, snapshots: services.snapshots }, guards);
  addCountCaseRoutes(app, { ...keyed, countCases: services.countCases }, guards);
  addCountToleranceRoutes(app, services.countCases, guards);
  addIntakeRoutes(app, services.intake, guards);
  addVoidRoutes(app, services.intake, guards);
  addDeadLetterRoutes(app, services.deadLetters, guards);
  addReservationRoutes(app, services, guards);
  addReservationBulkRoutes(app, { ...services, log }, guards);
  addReservationChangeRoutes(app, { ...keyed, reservations: services.reservations }, guards);
  addHoldLimitRoutes(app, { ...keyed, holdLimits: services.holdLimits }, guards);
  addBackorderRoutes(app, { ...keyed, backorders: services.backorders }, guards);
  addRingFenceRoutes(app, { ...keyed, ringFences: services.ringFences }, guards);
  addRuleRoutes(app, services.rules, guards);
  addWhatIfRoutes(app, services.whatIf, guards);
  const files = { rules: services.rules, fileBytesMax: MASTER_FILE_BYTES_MAX };
  addRuleDraftRoutes(app, { ...keyed, ...files }, guards);
  addShortfallRoutes(app, services.shortfalls, guards);
  addReallocationRoutes(app, { ...keyed, shortfalls: services.shortfalls }, guards);
  addOrderRoutes(app, { ...keyed, orders: services.orders }, guards);
  addExperienceRoutes(app, services, guards);
  addSupplyRoutes(app, services.supply, guards);
  addSupplyFileRoutes(app, { files: services.supplyFiles, fileBytesMax: MASTER_FILE_BYTES_MAX }, guards);
  addAtpRoutes(app, services, guards);
  const { availabilityChanges: changes, freshness } = services;
  addAvailabilityChangeRoutes(app, { changes, freshness, guards, log, after: options.after ?? afterMs });
  addAvailabilityQueryRoutes(app, services, guards);
  addSourcingRoutes(
    app,
    { ...keyed, reservations: services.reservations, sourcing: services.sourcing },
    guards,
  );
  addHealthRoutes(app, { ...options, health: services.health }, guards);
  addPages(app, options, guards);
}

/** What shops, portals and scanners ask. */
function addExperienceRoutes(app: App, services: GatewayServices, guards: Guards): void {
  addAvailabilityRoutes(app, services, guards);
  addStorefrontRoutes(app, services, guards);
  addPartnerRoutes(app, services.partner, guards);
  addWarehouseRoutes(app, services.warehouse, guards);
}

/** The pages for people. */
function addPages(app: App, options: Composition, guards: Guards): void {
  const { services } = options;
  addPageRoutes(app, options, guards);
  addSupplyPage(app, services, guards);
  addStockPages(app, services, guards);
  addRulePages(app, services, guards);
  addWhatIfPages(app, services.whatIf, guards);
  addDriftPages(app, { ...options, ...services }, guards);
  addDisagreementPages(app, services, guards);
  addDifferencePage(app, services, guards);
  addShortfallPage(app, services, guards);
  addBackorderPage(app, services, guards);
  addUnresolvedPages(app, services, guards);
}

async function listen(app: App, where: { host: string; port: number }): Promise<{ url: string }> {
  try {
    return { url: await app.listen(where) };
  } catch (error) {
    throw listenError(error, `${where.host}:${where.port}`);
  }
}

function listenError(error: unknown, address: string): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "EADDRINUSE":
      return new Terminal(gatewayErrors.addressInUse, `${address} is in use by another program`, {
        cause: error,
      });
    case "EACCES":
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return new Terminal(gatewayErrors.addressRefused, `cannot listen on ${address} (${code})`, {
        cause: error,
      });
    default:
      return error;
  }
}
