import {
  type Account,
  type ConnectorIo,
  type Delivery,
  type HttpResponse,
  isHttpFailure,
  type Rendered,
} from "@crossdock/connector-kit";
import { REASON_LENGTH_MAX, retryAfterMs } from "./retry-after.ts";
import { settingsOf } from "./settings.ts";
import { SIGNING_SECRET, signatureHeaders } from "./signing.ts";

/** Statuses below 500 that say "later" and not "no". */
const LATER_STATUSES = [408, 425, 429];
const ALREADY_KNOWN_STATUS = 409;

/**
 * Posts a rendered release to `<url>/orders`. Its name is the idempotency key, so that sending it twice is one order. An
 * account without `url` answers `fetch`.
 */
export async function deliverRelease(
  { body, contentType, name }: Rendered,
  io: ConnectorIo,
  account: Account,
): Promise<Delivery> {
  const { url } = settingsOf(account);
  if (url === undefined) return { delivered: false, outcome: "fetch" };
  const outcome = await io.http({
    method: "POST",
    url: `${url.replace(/\/+$/, "")}/orders`,
    headers: {
      "content-type": contentType,
      "idempotency-key": name,
      ...signatureHeaders(account.secret(SIGNING_SECRET), io.now(), body),
    },
    body,
  });
  if (isHttpFailure(outcome)) {
    const { failed, sent } = outcome;
    return {
      delivered: false,
      outcome: sent ? "unknown" : "retry",
      reason: failed.slice(0, REASON_LENGTH_MAX),
    };
  }
  return answerOf(outcome, io.now());
}

function answerOf(response: HttpResponse, now: Date): Delivery {
  const { status } = response;
  if (status === ALREADY_KNOWN_STATUS || (status >= 200 && status < 300)) {
    const reference = fieldOf(response, ["reference"]);
    return { delivered: true, ...(reference === undefined ? {} : { reference }) };
  }
  const reason = `${status}: ${reasonOf(response)}`;
  if (status >= 500 || LATER_STATUSES.includes(status)) {
    const afterMs = retryAfterMs(response.headers["retry-after"], now);
    return { delivered: false, outcome: "retry", reason, ...(afterMs === undefined ? {} : { afterMs }) };
  }
  return { delivered: false, outcome: "refused", reason };
}

/** What the warehouse says about it, on one line: a field of its JSON, or the beginning of whatever else it sent. */
function reasonOf(response: HttpResponse): string {
  const said = fieldOf(response, ["message", "detail", "error", "title"]) ?? textOf(response);
  return said === "" ? "the warehouse gave no reason" : said;
}

function textOf({ body }: HttpResponse): string {
  return plain(new TextDecoder().decode(body.subarray(0, REASON_LENGTH_MAX * 4)));
}

function fieldOf({ body }: HttpResponse, names: readonly string[]): string | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    if (typeof value !== "object" || value === null) return undefined;
    const found = names
      .map((name): unknown => Reflect.get(value, name))
      .find((text) => typeof text === "string");
    return typeof found === "string" && plain(found) !== "" ? plain(found) : undefined;
  } catch {
    // An answer need not be JSON: its status has already said what matters.
    return undefined;
  }
}

/** Text that can be stored and shown: without control characters, whole characters only, not too long. */
function plain(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cs}]+/gu, " ").trim();
  return line.slice(0, REASON_LENGTH_MAX).toWellFormed();
}
