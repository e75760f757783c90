/** A wait that a warehouse asks for is kept to this: an order must not sleep for a week over a wrong header. */
export const RETRY_AFTER_MS_MAX = 60 * 60 * 1_000;
/** How much of a warehouse's own words is repeated. */
export const REASON_LENGTH_MAX = 300;

/** Seconds or a date, RFC 9110 section 10.2.3. What is neither is not an answer to "when". */
export function retryAfterMs(header: string | undefined, now: Date): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - now.getTime();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), RETRY_AFTER_MS_MAX);
}
