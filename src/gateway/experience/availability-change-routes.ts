import { ChannelId, ItemId, type Reference } from "@crossdock/canonical";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { Log } from "../../platform/index.ts";
import type { After } from "../arrival-service.ts";
import type { AvailabilityChangesPort, AvailabilityWatch } from "../availability-changes-port.ts";
import { beginStream, type EventStream } from "../event-stream-service.ts";
import { invalidRequest } from "../fault-of.ts";
import { freshEnough, maxStalenessParameter } from "../freshness.ts";
import type { FreshnessPort } from "../freshness-port.ts";
import type { Guards } from "../guard.ts";
import {
  AVAILABILITY_ITEMS_MAX,
  RETRY_AFTER_SECONDS,
  STREAM_HEARTBEAT_MS,
  STREAM_RETRY_MS,
  STREAMS_MAX,
  STREAMS_PER_KEY_MAX,
} from "../limits.ts";
import { operation } from "../operation.ts";
import type { Occurrence } from "../problem.ts";
import { unknownChannel } from "../reservation-refusals.ts";
import { type App, refuse } from "../web.ts";

const SCOPE = "availability:read";
const named = { maxItems: AVAILABILITY_ITEMS_MAX, description: "Repeatable." };

const watchSchema = operation(
  {
    operationId: "watchAvailability",
    tag: "Experience",
    scope: SCOPE,
    summary: "Hear of changes of what a channel may sell",
    description:
      `Server-sent events. \`start\` names what is unknown; then comes \`availability\` with the figures of all items (up to ${AVAILABILITY_ITEMS_MAX}), and again with those that ` +
      "changed, each as it is at the moment of sending, and with `sources`, which say how old what is known of them may be; `maxStaleness` is looked at when the stream is opened. Who reads slowly gets the newest figure of each item, never a backlog. Send the last `id` as " +
      "`Last-Event-ID` to go on from there: what may have changed since comes first. `end` says why nothing more comes. " +
      `${STREAMS_PER_KEY_MAX} streams a key at most.`,
  },
  {
    querystring: Type.Object(
      {
        channel: ChannelId,
        sku: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 200 }), named)),
        item: Type.Optional(Type.Array(ItemId, named)),
        maxStaleness: maxStalenessParameter,
      },
      { additionalProperties: false },
    ),
  },
  { 200: [undefined, "The events, for as long as both sides like (`text/event-stream`)."] },
);

type Services = {
  readonly changes: AvailabilityChangesPort;
  readonly freshness: FreshnessPort;
  readonly guards: Guards;
  readonly after: After;
  readonly log: Log;
};

/** Streams that are open, by key. */
type Open = { readonly streams: Set<EventStream>; readonly byKey: Map<string, number> };

/** Adds the route of changes. Streams end when the server does. */
export function addAvailabilityChangeRoutes(app: App, services: Services): void {
  const open: Open = { streams: new Set(), byKey: new Map() };
  app.addHook("preClose", async () => {
    for (const stream of open.streams) stream.end();
  });
  const options = {
    onRequest: services.guards.needs(SCOPE),
    schema: watchSchema,
    // A stream without a body would never end.
    exposeHeadRoute: false,
  };
  app.get("/experience/v1/availability/changes", options, async (request, reply) => {
    const { channel: channelId, sku = [], item = [], maxStaleness } = request.query;
    const items: Reference[] = [
      ...[...new Set(sku)].map((value) => ({ scheme: "sku", value })),
      ...[...new Set(item)].map((value) => ({ scheme: "id", value })),
    ];
    if (items.length === 0 || items.length > AVAILABILITY_ITEMS_MAX) {
      const message = `must name 1 to ${AVAILABILITY_ITEMS_MAX} items, together with item`;
      return refuse(reply, invalidRequest([{ pointer: "/sku", message }]));
    }
    const fresh = await freshEnough(services.freshness, channelId, maxStaleness);
    if ("refusal" in fresh) return refuse(reply, fresh.refusal);
    const keyId = request.grant?.keyId ?? "";
    const refusal = take(open, keyId);
    if (refusal !== undefined) return refuse(reply, refusal);
    try {
      const answer = await services.changes.watch({ channelId, items, after: lastEventId(request) });
      if (answer.is === "unknown-channel") return refuse(reply, unknownChannel(channelId));
      const { watch, unknown } = answer;
      try {
        await tell(services, open, { request, reply, watch, start: { channelId, unknown, ...fresh.known } });
      } finally {
        watch.close();
      }
      return reply;
    } finally {
      giveBack(open, keyId);
    }
  });
}

/** Takes room for a stream, or says why there is none. */
function take({ streams, byKey }: Open, keyId: string): Occurrence | undefined {
  const own = byKey.get(keyId) ?? 0;
  const headers = { "retry-after": String(RETRY_AFTER_SECONDS) };
  if (own >= STREAMS_PER_KEY_MAX) {
    return { code: "too-many-streams", detail: `The key has ${own} streams open already.`, headers };
  }
  if (streams.size >= STREAMS_MAX) return { code: "overloaded", headers };
  byKey.set(keyId, own + 1);
  return undefined;
}

function giveBack({ byKey }: Open, keyId: string): void {
  const left = (byKey.get(keyId) ?? 1) - 1;
  if (left > 0) byKey.set(keyId, left);
  else byKey.delete(keyId);
}

function lastEventId({ headers }: FastifyRequest): string | undefined {
  const field = headers["last-event-id"];
  return typeof field === "string" && field !== "" ? field : undefined;
}

type Telling = {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly watch: AvailabilityWatch;
  readonly start: { readonly channelId: ChannelId; readonly unknown: readonly Reference[] };
};

async function tell(services: Services, { streams }: Open, telling: Telling): Promise<void> {
  const { request, reply, watch, start } = telling;
  const stream = beginStream(reply, services.after, STREAM_RETRY_MS);
  streams.add(stream);
  stream.over.addEventListener("abort", () => watch.close(), { once: true });
  try {
    await stream.send({ event: "start", data: start });
    const because = await tellRounds(services, stream, telling);
    if (because !== undefined) await stream.send({ event: "end", data: { because } });
  } catch (err) {
    // The reader comes again with the last id that it has, and is told everything since.
    services.log.warn({ event: "gateway.stream-broken", correlationId: request.id, err });
  } finally {
    streams.delete(stream);
    stream.end();
  }
}

/** Tells rounds until the stream is over; gives why it ends, where that is ours to say. */
async function tellRounds(
  { guards, after, freshness }: Services,
  stream: EventStream,
  { request, watch, start }: Telling,
): Promise<string | undefined> {
  let next = watch.next();
  while (!stream.over.aborted) {
    const round = await Promise.race([next, quiet(after, stream.over, next)]);
    if (stream.over.aborted) return undefined;
    if (!(await guards.stillHas(request, SCOPE))) {
      // What is under way ends with the watch; nobody waits for it any more.
      next.catch(() => undefined);
      return "The API key is no longer valid, or may no longer read availability.";
    }
    if (round === "quiet") await stream.send({ id: watch.cursor() });
    else if (round === undefined) return "The channel is no more.";
    else {
      const availability = round.figures.map(({ itemId, sku, availableToPromise, asOf }) => {
        return { itemId, sku, availableToPromise, asOf };
      });
      const { sources } = await freshness.of(start.channelId, false);
      await stream.send({ event: "availability", id: round.cursor, data: { availability, sources } });
      next = watch.next();
    }
  }
  next.catch(() => undefined);
  return undefined;
}

/** Waits for as long as nothing may be said; called off by whatever ends the waiting. */
function quiet(after: After, over: AbortSignal, other: Promise<unknown>): Promise<"quiet"> {
  return new Promise((done) => {
    const callOff = after(STREAM_HEARTBEAT_MS, end);
    function end(): void {
      callOff();
      over.removeEventListener("abort", end);
      done("quiet");
    }
    over.addEventListener("abort", end, { once: true });
    other.then(end, end);
  });
}
