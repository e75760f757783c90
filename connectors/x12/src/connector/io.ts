import {
  type Account,
  type ConnectorIo,
  type Delivery,
  type HttpResponse,
  isHttpFailure,
  type Rendered,
} from "@crossdock/connector-kit";
import { TOKEN_SECRET } from "./manifest.ts";
import { profileOf } from "./settings.ts";

/** A wait that a partner asks for is kept to this: an acknowledgement must not sleep for a week over a wrong header. */
const RETRY_AFTER_MS_MAX = 60 * 60 * 1_000;
/** How much of a partner's own words is repeated. */
const REASON_LENGTH_MAX = 300;

/** Statuses below 500 that say "later" and not "no". */
const LATER_STATUSES: readonly number[] = [408, 425, 429];

/**
 * Hands an interchange over: waits in the outbox for a partner that fetches, is posted to one that has an address. It may run
 * twice: the partner knows a repeated interchange by its control number.
 */
export async function deliver(
  { body, contentType, name }: Rendered,
  io: ConnectorIo,
  account: Account,
): Promise<Delivery> {
  const { delivery, requestTimeoutMs } = profileOf(account);
  if (delivery.how === "fetch") return { delivered: false, outcome: "fetch" };
  const bearer =
    delivery.bearer === true ? { authorization: `Bearer ${account.secret(TOKEN_SECRET)}` } : undefined;
  const outcome = await io.http({
    method: "POST",
    url: delivery.url,
    headers: { "content-type": contentType, "x-document-name": name, ...bearer },
    body,
    timeoutMs: requestTimeoutMs,
  });
  if (!isHttpFailure(outcome)) return deliveryOf(outcome, io.now());
  const { failed, sent } = outcome;
  return { delivered: false, outcome: sent ? "unknown" : "retry", reason: plain(failed) };
}

function deliveryOf(response: HttpResponse, now: Date): Delivery {
  const { status, headers, body } = response;
  if (status >= 200 && status < 300) return { delivered: true };
  const said = plain(new TextDecoder().decode(body.subarray(0, REASON_LENGTH_MAX)));
  const reason = `${status}: ${said === "" ? "the partner gave no reason" : said}`;
  if (status < 500 && !LATER_STATUSES.includes(status))
    return { delivered: false, outcome: "refused", reason };
  const afterMs = retryAfterMs(headers["retry-after"], now);
  return { delivered: false, outcome: "retry", reason, ...(afterMs === undefined ? {} : { afterMs }) };
}

/** Seconds or a date, RFC 9110 section 10.2.3. What is neither is not an answer to "when". */
function retryAfterMs(header: string | undefined, now: Date): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - now.getTime();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), RETRY_AFTER_MS_MAX);
}

/** One line of printable text, not too long. */
function plain(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cs}\ufffd]+/gu, " ").trim();
  return line.slice(0, REASON_LENGTH_MAX).toWellFormed();
}
