import { backboneErrors } from "../backbone/index.ts";
import { isOutcomeUnknown, isRetryable, Retryable, Terminal } from "../platform/index.ts";
import { RETRY_AFTER_SECONDS } from "./limits.ts";
import type { Fault, Occurrence } from "./problem.ts";

/** What a parser or a check found wrong with a request, on its way through the framework to the error handler. */
export class RequestFault extends Error {
  readonly occurrence: Occurrence;

  constructor(occurrence: Occurrence, options?: ErrorOptions) {
    super(occurrence.code, options);
    this.name = "RequestFault";
    this.occurrence = occurrence;
  }
}

/** A request that breaks its schema. */
export function invalidRequest(errors: readonly Fault[]): Occurrence {
  const [first] = errors;
  const more = errors.length > 1 ? `, and ${errors.length - 1} more` : "";
  const detail = first === undefined ? {} : { detail: `${first.pointer} ${first.message}${more}.` };
  return { code: "invalid-request", ...detail, errors };
}

const retryAfter = (seconds: number) => ({ "retry-after": String(seconds) });

/**
 * What an error means to the caller. This is the only place where codes become statuses; what is not known here is a fault
 * of ours, and the caller learns nothing of it but the correlation id.
 */
export function occurrenceOf(error: unknown, limits: { readonly bodyBytesMax: number }): Occurrence {
  if (error instanceof RequestFault) return error.occurrence;
  if (isOutcomeUnknown(error)) return { code: "outcome-unknown", headers: retryAfter(RETRY_AFTER_SECONDS) };
  if (isRetryable(error)) {
    const delayMs = error instanceof Retryable ? (error.delayMs ?? 0) : 0;
    const seconds = Math.max(RETRY_AFTER_SECONDS, Math.ceil(delayMs / 1_000));
    return { code: "temporarily-unavailable", headers: retryAfter(seconds) };
  }
  if (error instanceof Terminal && error.code === backboneErrors.factsArchived.code)
    return { code: "facts-archived", detail: `${error.message}.` };
  return frameworkOccurrence(error, limits) ?? { code: "internal-error" };
}

/** Faults that the framework finds before a handler is asked (fastify.dev, Errors). */
function frameworkOccurrence(
  error: unknown,
  limits: { readonly bodyBytesMax: number },
): Occurrence | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  switch (error.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return {
        code: "body-too-large",
        detail: `The body is larger than bodyBytesMax, ${limits.bodyBytesMax} bytes.`,
        more: { limit: "bodyBytesMax", limitBytes: limits.bodyBytesMax },
      };
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return { code: "unsupported-media-type", detail: "This operation takes application/json." };
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
      return { code: "malformed-request", detail: "The body is not as long as Content-Length says." };
    case "FST_ERR_BAD_URL":
      return { code: "malformed-request", detail: "The path has a broken percent-encoding." };
    case "FST_ERR_MAX_PARAM_LENGTH":
      return { code: "not-found", detail: "A part of the path is longer than any id." };
    default:
      return isClientFault(error) ? { code: "malformed-request" } : undefined;
  }
}

// The request's own stream failed: the caller went away in the middle of the body.
function isClientFault(error: Error): boolean {
  return "statusCode" in error && error.statusCode === 400;
}
