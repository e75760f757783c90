import { CORRELATION_ID_LENGTH_MAX } from "./limits.ts";

/** Names of the header fields, in lower case as Node gives them. */
export const CORRELATION_FIELD = "x-correlation-id";
const TRACE_FIELD = "traceparent";

// What may stand in a log line, a header field and a URL without being escaped.
const safeId = new RegExp(`^[A-Za-z0-9._~:@=+/-]{1,${CORRELATION_ID_LENGTH_MAX}}$`);

// W3C Trace Context, section 3.2: version, trace id, parent id, flags. Later versions may append fields.
const traceParent = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-|$)/;
const noTrace = "0".repeat(32);

type Fields = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * The id of the journey that a request belongs to: the caller's own, else its trace id, else a new one. An id that cannot
 * be used is replaced; the caller sees which in the answer.
 */
export function correlationIdOf(fields: Fields, newId: () => string): string {
  const given = fields[CORRELATION_FIELD];
  if (typeof given === "string" && safeId.test(given)) return given;
  const trace = fields[TRACE_FIELD];
  const traceId = typeof trace === "string" ? traceParent.exec(trace)?.[1] : undefined;
  return traceId === undefined || traceId === noTrace ? newId() : traceId;
}
