import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from "fastify";
import type { Clock, CounterMetric, HistogramMetric, Log } from "../platform/index.ts";
import { KEY_PREFIX } from "./api-key.ts";
import type { Arrivals } from "./arrival-service.ts";
import type { KeyRing } from "./keys/ring.ts";
import { type GatewayLimits, RETRY_AFTER_SECONDS } from "./limits.ts";
import type { Load } from "./load.ts";
import { comesFromOwnPage } from "./own-page.ts";
import type { Occurrence } from "./problem.ts";
import { type Grant, SCOPES, type Scope } from "./scope.ts";
import { isWorthTelling, policyField, QUOTA_NAME, remainingField, type Throttle } from "./throttle.ts";
import { dress, refuse } from "./web.ts";

/** The hook that stands before a route. It calls back at once where it can, so that the hot path waits for nothing. */
export type Guard = (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction) => void;

/** Makes the hooks that stand before routes. */
export type Guards = {
  /** Needs an API key with this scope. */
  needs(scope: Scope): Guard;
  /** Takes an API key with this scope, or none: then the service behind decides whether the message is genuine. */
  takes(scope: Scope): Guard;
  /**
   * Needs an API key with this scope, and lets a browser ask for it (RFC 7617): the key is the password, the name is free. For pages
   * that only read: a browser sends such a key along by itself, so nothing that changes anything may take it.
   */
  asksPerson(scope: Scope): Guard;
  /** The same for what a form of a page of ours sends, and for nothing else: other sites' pages are refused (`foreign-page`). */
  asksPersonOnOwnPage(scope: Scope): Guard;
  /** Stands behind one of the others, before a route whose body is a file: it may take as long as it keeps coming. */
  takesFile(): Guard;
  /**
   * Charges a call for what it carries beyond its first line: a thousand in one call cost what a thousand calls do. Gives the
   * refusal where the quota has not as much left; nothing may have been done yet.
   */
  charge(request: FastifyRequest, reply: FastifyReply, lines: number): Occurrence | undefined;
  /** Whether the key of a request still allows it, for answers that last longer than a key may. */
  stillHas(request: FastifyRequest, scope: Scope): Promise<boolean>;
  /** Open to everyone: health, documentation. Neither counted as load nor throttled. */
  open(): Guard;
};

export type GuardOptions = {
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: GatewayLimits;
  readonly load: Load;
  readonly keys: KeyRing;
  readonly arrivals: Arrivals;
  readonly clients: Throttle;
  readonly addresses: Throttle;
  /** Milliseconds from an arbitrary start, with fractions. */
  readonly stopwatch: () => number;
  readonly seconds: HistogramMetric;
  /** How long streams lasted, which says nothing of how fast anything was answered. */
  readonly streamSeconds: HistogramMetric;
  readonly problems: CounterMetric;
  /** Called when an answer is out while the server is stopping, so that its connection does not linger. */
  readonly onLastAnswers: () => void;
};

export function createGuards(options: GuardOptions): Guards {
  const before = (decide: (passage: Passage) => void): Guard => {
    return (request, reply, done) => {
      dress(reply);
      const refusal = enter(options, request, reply);
      if (refusal === undefined) decide({ options, request, reply, done });
      else refuse(reply, refusal);
    };
  };
  return {
    needs: (scope) => before((passage) => checkKey(passage, needOf(scope, bearerOf(passage.request)))),
    takes: (scope) =>
      before((passage) => {
        // Another bearer token may be the connector's own.
        const bearer = bearerOf(passage.request);
        if (bearer?.startsWith(KEY_PREFIX) === true) checkKey(passage, needOf(scope, bearer));
        else pass(passage, undefined);
      }),
    asksPerson: (scope) =>
      before((passage) => {
        const key = bearerOf(passage.request) ?? passwordOf(passage.request);
        checkKey(passage, { scope, key, challenge: personChallenge });
      }),
    asksPersonOnOwnPage: (scope) =>
      before((passage) => {
        if (!comesFromOwnPage(passage.request)) {
          refuse(passage.reply, { code: "foreign-page" });
          return;
        }
        const key = passwordOf(passage.request);
        checkKey(passage, { scope, key, challenge: personChallenge });
      }),
    takesFile: () => (request, reply, done) => {
      if (options.arrivals.takeFile(request.raw, reply.raw)) done();
      else refuse(reply, { code: "overloaded", headers: { "retry-after": String(RETRY_AFTER_SECONDS) } });
    },
    charge(request, reply, lines) {
      return lines <= 1 ? undefined : throttleCaller({ options, request, reply }, lines - 1);
    },
    async stillHas(request, scope) {
      const key = bearerOf(request) ?? "";
      const recalled = options.keys.recall(key);
      const grant = recalled === "unseen" ? await options.keys.lookUp(key) : recalled;
      return grant?.scopes.has(scope) === true;
    },
    open: () => (_request, reply, done) => {
      dress(reply);
      done();
    },
  };
}

/** What a route wants of its caller, the key that the caller shows, and how a missing or wrong one is asked for. */
type Need = {
  readonly scope: Scope;
  readonly key: string | undefined;
  readonly challenge: (error?: string, scope?: string) => Readonly<Record<string, string>>;
};

const needOf = (scope: Scope, key: string | undefined): Need => ({ scope, key, challenge: bearerChallenge });

/** One request on its way past the guard. */
type Passage = {
  readonly options: GuardOptions;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly done: HookHandlerDoneFunction;
};

/** Takes the request in, if there is room, and sees to it that its room is given back however it ends. */
function enter(options: GuardOptions, request: FastifyRequest, reply: FastifyReply): Occurrence | undefined {
  const { load, stopwatch } = options;
  if (load.stopping) {
    return { code: "stopping", headers: { connection: "close", "retry-after": String(RETRY_AFTER_SECONDS) } };
  }
  const bodyBytes = expectedBytes(request, options.limits);
  if (!load.admit(bodyBytes)) {
    return { code: "overloaded", headers: { "retry-after": String(RETRY_AFTER_SECONDS) } };
  }
  const startedAt = stopwatch();
  reply.raw.once("close", () => {
    load.release(bodyBytes);
    tell(options, reply, stopwatch() - startedAt);
    if (load.stopping) options.onLastAnswers();
  });
  const encoding = request.headers["content-encoding"];
  return encoding === undefined || encoding === "identity" ? undefined : { code: "unsupported-encoding" };
}

/** What a body may come to. One of unknown length is counted at its largest. */
function expectedBytes({ headers }: FastifyRequest, { bodyBytesMax }: GatewayLimits): number {
  const length = headers["content-length"];
  if (length !== undefined) return Math.min(Number(length) || 0, bodyBytesMax);
  return headers["transfer-encoding"] === undefined ? 0 : bodyBytesMax;
}

function tell(
  { seconds, streamSeconds, problems, log }: GuardOptions,
  reply: FastifyReply,
  ms: number,
): void {
  const { request, statusCode: status, problemCode } = reply;
  const route = request.routeOptions.url ?? "";
  if (reply.isStream) streamSeconds.observe(ms / 1_000, { route });
  else seconds.observe(ms / 1_000, { method: request.method, route, status });
  if (problemCode !== undefined) problems.add({ code: problemCode });
  log.debug({
    event: "gateway.answered",
    correlationId: request.id,
    method: request.method,
    route,
    status,
    ms,
  });
}

function checkKey(passage: Passage, need: Need): void {
  const { options, request, reply, done } = passage;
  const { key } = need;
  if (key === undefined) {
    refuse(reply, { code: "unauthenticated", headers: need.challenge() });
    return;
  }
  const recalled = options.keys.recall(key);
  if (recalled !== "unseen") {
    authorise(passage, need, recalled);
    return;
  }
  // Looking up costs a query, so strangers may not ask for it as often as they like.
  const refusal = throttle(options.addresses, request.ip, passage);
  if (refusal !== undefined) {
    refuse(reply, refusal);
    return;
  }
  options.keys.lookUp(key).then(
    (grant) => authorise(passage, need, grant),
    (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
  );
}

function authorise(passage: Passage, { scope, challenge }: Need, grant: Grant | undefined): void {
  if (grant === undefined) {
    refuse(passage.reply, { code: "invalid-api-key", headers: challenge("invalid_token") });
    return;
  }
  if (!grant.scopes.has(scope)) {
    refuse(passage.reply, {
      code: "missing-scope",
      detail: `This needs the scope ${scope} (${SCOPES[scope]}), which the key ${grant.keyId} does not have.`,
      more: { missingScope: scope },
      headers: challenge("insufficient_scope", scope),
    });
    return;
  }
  pass(passage, grant);
}

function pass(passage: Passage, grant: Grant | undefined): void {
  const { request, reply, done } = passage;
  request.grant = grant;
  const refusal = throttleCaller(passage);
  if (refusal === undefined) done();
  else refuse(reply, refusal);
}

/** Where a request came from, for what is asked of its quota. */
type Charged = Pick<Passage, "options" | "request" | "reply">;

function throttleCaller(charged: Charged, cost?: number): Occurrence | undefined {
  const { options, request } = charged;
  const { grant, ip } = request;
  return grant === undefined
    ? throttle(options.addresses, ip, charged, cost)
    : throttle(options.clients, grant.clientId, charged, cost);
}

function throttle(
  throttle: Throttle,
  who: string,
  { options, reply }: Charged,
  cost?: number,
): Occurrence | undefined {
  const { quota } = throttle;
  const taken = throttle.take(who, options.clock.now().getTime(), cost);
  if (isWorthTelling(taken.bucket, quota)) {
    reply.header("ratelimit-policy", policyField(quota));
    reply.header("ratelimit", remainingField(taken.bucket, quota));
  }
  if (taken.allowed) return undefined;
  return {
    code: "rate-limited",
    detail: `More than ${quota.perSecond} requests, or lines of calls that carry many, a second are not taken; there is room again in ${taken.retryAfterSeconds} s.`,
    more: { "violated-policies": [QUOTA_NAME] },
    headers: { "retry-after": String(taken.retryAfterSeconds) },
  };
}

/** The API key of a request, as it was sent; other schemes belong to the connectors. */
function bearerOf({ headers }: FastifyRequest): string | undefined {
  const { authorization } = headers;
  if (authorization === undefined || authorization.length < 7) return undefined;
  return authorization.slice(0, 7).toLowerCase() === "bearer " ? authorization.slice(7).trim() : undefined;
}

/** The password of a browser's login, which is the API key. */
function passwordOf({ headers }: FastifyRequest): string | undefined {
  const [, encoded] = /^basic +([A-Za-z0-9+/=]+)$/i.exec(headers.authorization ?? "") ?? [];
  if (encoded === undefined) return undefined;
  const login = Buffer.from(encoded, "base64").toString("utf8");
  const colon = login.indexOf(":");
  return colon < 0 ? undefined : login.slice(colon + 1);
}

/** `WWW-Authenticate` that makes a browser ask (RFC 7617). A key that lacks the scope is not asked for again: it would not help. */
function personChallenge(error?: string): Readonly<Record<string, string>> {
  if (error === "insufficient_scope") return {};
  return {
    "www-authenticate": 'Basic realm="Crossdock: any name, and an API key as the password", charset="UTF-8"',
  };
}

/** `WWW-Authenticate` (RFC 6750, section 3). */
function bearerChallenge(error?: string, scope?: string): Readonly<Record<string, string>> {
  const parts = [
    'realm="crossdock"',
    ...(error === undefined ? [] : [`error="${error}"`]),
    ...(scope === undefined ? [] : [`scope="${scope}"`]),
  ];
  return { "www-authenticate": `Bearer ${parts.join(", ")}` };
}
