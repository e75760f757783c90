import { checker } from "@crossdock/canonical";
import {
  type HttpFailure,
  type HttpRequest,
  type HttpResponse,
  isHttpFailure,
} from "@crossdock/connector-kit";
import { Type } from "typebox";
import { parseLossless } from "./lossless.ts";
import type { ShopifySettings } from "./settings.ts";

/** One call of the Admin API: a document of `documents.ts` and its variables. */
export type AdminCall = { readonly document: string; readonly variables: Readonly<Record<string, unknown>> };

/** State of the account's leaky bucket, in cost points. `restoreRate` is points per second. */
export type Bucket = {
  readonly maximumAvailable: number;
  readonly currentlyAvailable: number;
  readonly restoreRate: number;
};

/**
 * What came of a call. Only `unknown` may have had an effect that we were not told of; `denied` means that no call of this
 * account can succeed until someone mends it; `refused` that this one never will.
 */
export type AdminAnswer =
  | { readonly is: "data"; readonly data: unknown; readonly bucket?: Bucket | undefined }
  | { readonly is: "throttled"; readonly afterMs: number; readonly bucket?: Bucket | undefined }
  | { readonly is: "unsent"; readonly reason: string }
  | { readonly is: "unknown"; readonly reason: string }
  | { readonly is: "denied"; readonly reason: string }
  | { readonly is: "refused"; readonly reason: string; readonly bucket?: Bucket | undefined };

/** Wait when nothing can succeed until someone mends the account. */
export const DENIED_WAIT_MS = 60_000;
/** Wait when Shopify says "too much" without saying for how long. */
const THROTTLE_WAIT_MS_DEFAULT = 2_000;
/** Shortest wait after a throttled call, because other callers of the same shop fill the bucket's gaps as well. */
const THROTTLE_WAIT_MS_MIN = 500;
/** Longest wait that a partner's answer can impose on us; a larger number is a fault, not a plan. */
const THROTTLE_WAIT_MS_MAX = 60_000;

/** The HTTP request of a call. */
export function adminRequest(call: AdminCall, settings: ShopifySettings, accessToken: string): HttpRequest {
  return {
    method: "POST",
    url: settings.adminUrl,
    headers: {
      "content-type": "application/json",
      accept: "application/json",
      "x-shopify-access-token": accessToken,
    },
    body: JSON.stringify({ query: call.document, variables: call.variables }),
    timeoutMs: settings.requestTimeoutMs,
  };
}

const number = Type.Number();
const Answer = Type.Object({
  data: Type.Optional(Type.Unknown()),
  errors: Type.Optional(
    Type.Array(
      Type.Object({
        message: Type.Optional(Type.String()),
        extensions: Type.Optional(Type.Object({ code: Type.Optional(Type.String()) })),
      }),
    ),
  ),
  extensions: Type.Optional(
    Type.Object({
      cost: Type.Optional(
        Type.Object({
          requestedQueryCost: Type.Optional(Type.Union([number, Type.Null()])),
          throttleStatus: Type.Optional(
            Type.Object({ maximumAvailable: number, currentlyAvailable: number, restoreRate: number }),
          ),
        }),
      ),
    }),
  ),
});
type Answer = Type.Static<typeof Answer>;
type AnswerError = NonNullable<Answer["errors"]>[number];
const checkAnswer = checker(Answer);

/** Reads what came back, whatever it is: an answer, an error page of a proxy, nothing. Never throws. */
export function readAnswer(outcome: HttpResponse | HttpFailure): AdminAnswer {
  if (isHttpFailure(outcome)) return { is: outcome.sent ? "unknown" : "unsent", reason: outcome.failed };
  if (outcome.status === 429)
    return { is: "throttled", afterMs: retryAfterMs(outcome.headers["retry-after"]) };
  if (outcome.status >= 500) return { is: "unknown", reason: `Shopify answered HTTP ${outcome.status}` };
  if (outcome.status !== 200) return { is: "denied", reason: statusReason(outcome.status) };
  const answer = parseAnswer(outcome.body);
  if (answer === undefined) return { is: "unknown", reason: "Shopify's answer is not a GraphQL answer" };
  return judge(answer);
}

function parseAnswer(body: Uint8Array): Answer | undefined {
  try {
    const checked = checkAnswer(parseLossless(new TextDecoder("utf-8", { fatal: true }).decode(body)));
    return checked.ok ? checked.value : undefined;
  } catch {
    return undefined; // Bytes that are no JSON: the caller treats the outcome as unknown.
  }
}

function judge(answer: Answer): AdminAnswer {
  const bucket = answer.extensions?.cost?.throttleStatus;
  const errors = answer.errors ?? [];
  const codes = errors.map(({ extensions }) => extensions?.code);
  if (codes.includes("THROTTLED")) {
    const cost = answer.extensions?.cost?.requestedQueryCost ?? undefined;
    const refillMs = bucket === undefined ? THROTTLE_WAIT_MS_DEFAULT : waitMs(bucket, cost ?? 0);
    return { is: "throttled", afterMs: Math.max(refillMs, THROTTLE_WAIT_MS_MIN), bucket };
  }
  if (codes.includes("INTERNAL_SERVER_ERROR")) return { is: "unknown", reason: errorsText(errors) };
  if (codes.includes("ACCESS_DENIED") || codes.includes("SHOP_INACTIVE")) {
    return { is: "denied", reason: `${errorsText(errors)} (check the app's access scopes)` };
  }
  if (errors.length > 0) return { is: "refused", reason: errorsText(errors), bucket };
  return { is: "data", data: answer.data, bucket };
}

function errorsText(errors: readonly AnswerError[]): string {
  return errors
    .map(({ message, extensions }) => [extensions?.code, message].filter(Boolean).join(": "))
    .join("; ")
    .slice(0, 500);
}

function statusReason(status: number): string {
  switch (status) {
    case 401:
      return "Shopify does not accept the access token (HTTP 401): install the app again and store the new token";
    case 402:
    case 423:
      return `the shop is frozen or locked (HTTP ${status})`;
    case 403:
      return "the app may not do this (HTTP 403): check its access scopes";
    case 404:
      return "there is no such shop or API version (HTTP 404): check shopDomain and apiVersion";
    default:
      return `Shopify answered HTTP ${status}`;
  }
}

function retryAfterMs(header: string | undefined): number {
  const seconds = Number(header);
  if (header === undefined || !Number.isFinite(seconds) || seconds < 0) return THROTTLE_WAIT_MS_DEFAULT;
  return Math.min(Math.ceil(seconds * 1000), THROTTLE_WAIT_MS_MAX);
}

/**
 * How long until the bucket holds `points`, in milliseconds; 0 when it does already. More points than the bucket can hold
 * are a full bucket.
 */
export function waitMs(bucket: Bucket, points: number): number {
  const missing = Math.min(points, bucket.maximumAvailable) - bucket.currentlyAvailable;
  if (missing <= 0) return 0;
  if (bucket.restoreRate <= 0) return THROTTLE_WAIT_MS_MAX;
  return Math.min(Math.ceil((missing / bucket.restoreRate) * 1000), THROTTLE_WAIT_MS_MAX);
}
