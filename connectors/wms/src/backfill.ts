import { createHash } from "node:crypto";
import { checker } from "@crossdock/canonical";
import {
  type Backfill,
  type BackfillAnswer,
  type BackfillRequest,
  type HttpResponse,
  isHttpFailure,
  type NeverUsed,
} from "@crossdock/connector-kit";
import { Type } from "typebox";
import { EVENTS_PER_MESSAGE_MAX } from "./event-schema.ts";
import { PART_KIND } from "./intake.ts";
import { REASON_LENGTH_MAX, retryAfterMs } from "./retry-after.ts";
import { settingsOf } from "./settings.ts";
import { SIGNING_SECRET, signatureHeaders } from "./signing.ts";

const number = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

/** What a warehouse answers to `GET <url>/events`: a batch like those that it posts, and what it never used. */
export const wmsBackfillSchema = Type.Object(
  {
    warehouse: Type.String({ description: "The warehouse that was asked for." }),
    events: Type.Array(Type.Unknown(), {
      maxItems: EVENTS_PER_MESSAGE_MAX,
      description:
        "The events with these numbers, each as it was posted: the same eventId and the same content.",
    }),
    never: Type.Optional(
      Type.Array(
        Type.Object(
          {
            first: number,
            last: number,
            because: Type.String({
              minLength: 1,
              maxLength: 200,
              description: "`the transaction was rolled back`.",
            }),
          },
          { additionalProperties: false },
        ),
        { maxItems: EVENTS_PER_MESSAGE_MAX, description: "Numbers that no event has, and never will." },
      ),
    ),
  },
  { title: "wms back-fill", additionalProperties: false },
);

const check = checker(wmsBackfillSchema);

/**
 * Asks the warehouse for events by their numbers: `GET <url>/events?warehouse=…&first=…&last=…`. A request has no body, so what is
 * signed is its query, byte for byte.
 */
export const backfillEvents: Backfill = async (request, io, account) => {
  const { url } = settingsOf(account);
  if (url === undefined) {
    return {
      is: "cannot",
      reason: "The account has no `url`, so its warehouse cannot be asked. Give it one.",
    };
  }
  const query = new URLSearchParams({
    warehouse: request.stream,
    first: String(request.first),
    last: String(request.last),
  }).toString();
  const outcome = await io.http({
    method: "GET",
    url: `${url.replace(/\/+$/, "")}/events?${query}`,
    headers: signatureHeaders(account.secret(SIGNING_SECRET), io.now(), Buffer.from(query)),
  });
  if (isHttpFailure(outcome)) return { is: "retry", reason: outcome.failed.slice(0, REASON_LENGTH_MAX) };
  if (outcome.status !== 200) {
    const afterMs = retryAfterMs(outcome.headers["retry-after"], io.now());
    const reason = `the warehouse answered ${outcome.status}`;
    return { is: "retry", reason, ...(afterMs === undefined ? {} : { afterMs }) };
  }
  return answerOf(outcome, request);
};

function answerOf(response: HttpResponse, request: BackfillRequest): BackfillAnswer {
  const checked = check(parsed(response.body));
  if (!checked.ok) return { is: "retry", reason: "the warehouse answered with something else than events" };
  const { warehouse, events, never = [] } = checked.value;
  if (warehouse !== request.stream) {
    return { is: "retry", reason: `the warehouse answered for ${JSON.stringify(warehouse.slice(0, 80))}` };
  }
  if (events.length === 0) return { is: "answered", parts: [], never: within(never, request) };
  // A batch like those that are posted: the intake reads both, and knows each event by its id.
  const body = Buffer.from(JSON.stringify({ warehouse, events }));
  const key = `backfill-sha256:${createHash("sha256").update(body).digest("hex")}`;
  return { is: "answered", parts: [{ key, kind: PART_KIND, body }], never: within(never, request) };
}

/** What never was, as far as it was asked for. */
function within(never: readonly NeverUsed[], { first, last }: BackfillRequest): readonly NeverUsed[] {
  return never
    .map((range) => ({ ...range, first: Math.max(range.first, first), last: Math.min(range.last, last) }))
    .filter((range) => range.first <= range.last);
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
}
