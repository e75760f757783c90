import { EVENT_TYPE_PREFIX, FACT_TYPES, type FactType, toCloudEvent } from "@crossdock/canonical";
import { Type } from "typebox";
import { isBefore, LOG_START, type LogPosition, parsePosition, positionText } from "../../backbone/index.ts";
import { invalidRequest } from "../fault-of.ts";
import type { Guards } from "../guard.ts";
import { EVENT_TYPES_MAX } from "../limits.ts";
import { operation } from "../operation.ts";
import { pageOf, pageParameters } from "../paging.ts";
import type { EventsPort } from "../services.ts";
import { EventPage } from "../views.ts";
import { type App, nextLink, refuse } from "../web.ts";

/** CloudEvents 1.0, JSON event format, section 4: a batch is an array of events. */
const BATCH_MEDIA_TYPE = "application/cloudevents-batch+json";

const listSchema = operation(
  {
    operationId: "listEvents",
    tag: "System",
    scope: "events:read",
    summary: "Read the log of facts",
    description:
      "Facts as CloudEvents, in log order. Keep `next` and ask again from there: nothing is skipped and nothing comes twice. " +
      `With \`Accept: ${BATCH_MEDIA_TYPE}\` the answer is the bare array, and \`next\` stands in the \`Link\` field. \`limit\` counts ` +
      "facts read, so a page of few types may be empty while `next` goes on. Whoever has caught up is answered with no events; a " +
      "cursor beyond the log's end, as after a restore from a backup, is refused.",
  },
  {
    querystring: Type.Object(
      {
        ...pageParameters,
        type: Type.Optional(
          Type.Array(Type.String({ maxLength: 100 }), {
            maxItems: EVENT_TYPES_MAX,
            description: "Types wanted, with or without `crossdock.`; all when absent. Repeatable.",
          }),
        ),
      },
      { additionalProperties: false },
    ),
  },
  { 200: [EventPage, "A page of the log."] },
);

/** Adds the route of the log. */
export function addEventRoutes(app: App, events: EventsPort, guards: Guards): void {
  const options = { onRequest: guards.needs("events:read"), schema: listSchema };
  app.get("/system/v1/events", options, async (request, reply) => {
    const { after, limit } = pageOf(request.query);
    const from = after === undefined ? LOG_START : parsePosition(after);
    if (from === undefined) return refuse(reply, { code: "invalid-cursor" });
    const types = typesOf(request.query.type);
    if (types === "unknown") {
      const message = `must be among ${FACT_TYPES.join(", ")}`;
      return refuse(reply, invalidRequest([{ pointer: "/type", message }]));
    }
    const page = await events.read({ after: from, limit, ...(types === undefined ? {} : { types }) });
    const endBefore = isBefore(from, page.end) ? undefined : await endBeforeCursor(events, from);
    if (endBefore !== undefined) {
      const end = positionText(endBefore);
      const detail = `The log ends at ${end}, before the cursor ${positionText(from)}.`;
      return refuse(reply, { code: "cursor-beyond-end", detail, more: { end } });
    }
    const next = positionText(page.end);
    const batch = page.facts.map(toCloudEvent);
    reply.header("link", nextLink(request.url, next));
    if (!wantsBatch(request.headers.accept)) return { events: batch, next, isLast: page.isLast };
    return reply.header("content-type", BATCH_MEDIA_TYPE).send(JSON.stringify(batch));
  });
}

/** Where the log ends, if that is before a cursor: whoever has caught up stands at the end, and nobody was ever sent beyond it. */
async function endBeforeCursor(events: EventsPort, from: LogPosition): Promise<LogPosition | undefined> {
  const end = await events.end();
  return isBefore(end, from) ? end : undefined;
}

function wantsBatch(accept: string | undefined): boolean {
  return accept?.includes(BATCH_MEDIA_TYPE) === true;
}

/** Types of facts by their names on the wire; absent when all are wanted. */
function typesOf(names: readonly string[] | undefined): readonly FactType[] | undefined | "unknown" {
  if (names === undefined) return undefined;
  const wanted = new Set(
    names.map((name) => (name.startsWith(EVENT_TYPE_PREFIX) ? name.slice(EVENT_TYPE_PREFIX.length) : name)),
  );
  const types = FACT_TYPES.filter((type) => wanted.has(type));
  return types.length === wanted.size ? types : "unknown";
}
