import { Type } from "typebox";
import type { Clock, Log, Metrics } from "../../platform/index.ts";
import type { Guards } from "../guard.ts";
import { READINESS_REUSED_MS, READINESS_TIMEOUT_MS } from "../limits.ts";
import type { Load } from "../load.ts";
import { operation } from "../operation.ts";
import type { HealthPort } from "../services.ts";
import { type HealthCheck, Readiness } from "../views.ts";
import type { App } from "../web.ts";

const liveSchema = operation(
  {
    operationId: "isAlive",
    tag: "Operations",
    summary: "Is the process alive?",
    description:
      "Answers as long as the process turns over. Asks nothing of the database: a restart would not mend that.",
  },
  {},
  { 200: [Type.Object({ status: Type.Literal("live") }), "It is."] },
);

const readySchema = operation(
  {
    operationId: "isReady",
    tag: "Operations",
    summary: "Should requests be sent here?",
    description: `Each check by name. The answer may be ${READINESS_REUSED_MS} ms old.`,
  },
  {},
  { 200: [Readiness, "Yes."], 503: [Readiness, "Not now; the checks say why."] },
);

const metricsSchema = operation(
  { operationId: "readMetrics", tag: "Operations", summary: "Metrics in the Prometheus text format" },
  {},
  { 200: [undefined, "Prometheus text."] },
);

type Options = {
  readonly health: HealthPort;
  readonly metrics: Metrics;
  readonly load: Load;
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
};

/** Adds the routes for whatever watches over the server. */
export function addHealthRoutes(app: App, options: Options, guards: Guards): void {
  const { metrics } = options;
  const onRequest = guards.open();

  app.get("/health/live", { onRequest, schema: liveSchema }, async () => ({ status: "live" }));

  const readiness = readinessOf(options);
  app.get("/health/ready", { onRequest, schema: readySchema }, async (_request, reply) => {
    const answer = await readiness();
    reply.code(answer.status === "ready" ? 200 : 503);
    return answer;
  });

  app.get("/metrics", { onRequest, schema: metricsSchema }, async (_request, reply) =>
    reply.header("content-type", metrics.contentType).send(await metrics.text()),
  );
}

/** Runs the checks, at most once a `READINESS_REUSED_MS` however often it is asked. */
function readinessOf({ health, load, clock, log, version }: Options): () => Promise<Readiness> {
  let last: { readonly atMs: number; readonly checks: Promise<readonly HealthCheck[]> } | undefined;
  return async () => {
    const nowMs = clock.now().getTime();
    if (last === undefined || nowMs - last.atMs > READINESS_REUSED_MS) {
      last = { atMs: nowMs, checks: boundedChecks(health, log) };
    }
    const stopping: readonly HealthCheck[] = load.stopping
      ? [{ name: "server", ok: false, detail: "is stopping" }]
      : [];
    const checks = [...stopping, ...(await last.checks)];
    return { status: checks.every((check) => check.ok) ? "ready" : "not-ready", version, checks };
  };
}

async function boundedChecks(health: HealthPort, log: Log): Promise<readonly HealthCheck[]> {
  const timeout = Promise.withResolvers<readonly HealthCheck[]>();
  const late = { name: "checks", ok: false, detail: `no answer within ${READINESS_TIMEOUT_MS} ms` };
  const timer = setTimeout(() => timeout.resolve([late]), READINESS_TIMEOUT_MS);
  try {
    return await Promise.race([health.checks(), timeout.promise]);
  } catch (error) {
    log.warn({ event: "gateway.readiness-failed", err: error });
    return [{ name: "checks", ok: false, detail: "could not be made" }];
  } finally {
    clearTimeout(timer);
  }
}
