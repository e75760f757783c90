import {
  ChannelId,
  HORIZON_DAYS_MAX,
  Instant,
  ItemId,
  isRealMoment,
  type Reference,
} from "@crossdock/canonical";
import type { FastifyReply } from "fastify";
import { Type } from "typebox";
import type { AvailabilityAnswered, Figure } from "../availability-port.ts";
import { CACHE_CONTROL_HEADERS, wantsFresh } from "../cache-control.ts";
import { invalidRequest } from "../fault-of.ts";
import { freshEnough, maxStalenessParameter } from "../freshness.ts";
import type { Guards } from "../guard.ts";
import { AVAILABILITY_ITEMS_MAX } from "../limits.ts";
import { operation } from "../operation.ts";
import type { Occurrence } from "../problem.ts";
import type { GatewayServices } from "../services.ts";
import { AvailabilityAnswer } from "../views.ts";
import { type App, refuse, sendJson } from "../web.ts";
import { joined, onceWritten } from "../written.ts";

const sku = Type.String({ minLength: 1, maxLength: 200 });

/** The parameters that say of what availability is asked. */
export const availabilityParameters = {
  channel: ChannelId,
  sku: Type.Optional(Type.Array(sku, { maxItems: AVAILABILITY_ITEMS_MAX, description: "Repeatable." })),
  item: Type.Optional(Type.Array(ItemId, { maxItems: AVAILABILITY_ITEMS_MAX, description: "Repeatable." })),
  maxStaleness: maxStalenessParameter,
};

/** How far ahead is looked. */
export const horizonParameter = Type.Optional(
  Type.Integer({
    minimum: 1,
    maximum: HORIZON_DAYS_MAX,
    description:
      "Days ahead that are looked at. Absent: what the rule `supply-horizon` says, and where there is none 180.",
  }),
);

const DAY = "^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])$";

const askSchema = operation(
  {
    operationId: "askAvailability",
    tag: "Experience",
    scope: "availability:read",
    summary: "Ask how many a channel may sell",
    description:
      "Available to promise, now, with the formula and its inputs; a kit's with those of its components. Items by `sku`, by `item` (our id), or both; " +
      `${AVAILABILITY_ITEMS_MAX} at most. Reserve to be sure: between this answer and a sale others sell as well. With \`by\` also what may be ` +
      "promised by then, with everything that is to come, as far as no later promise is short for it. A day is over when it ends at the " +
      "place that the goods are at. `sources` says how old what is known of each source may be; with `maxStaleness` older is refused. " +
      "The answer is of one moment, at most a tenth of a second ago; `Cache-Control: no-cache` asks for now.",
  },
  {
    querystring: Type.Object(
      {
        ...availabilityParameters,
        by: Type.Optional(
          Type.Union([Type.String({ pattern: DAY }), Instant], {
            description: "A moment or a day: 2026-11-27T12:00:00Z, or 2026-11-27.",
          }),
        ),
        horizonDays: horizonParameter,
      },
      { additionalProperties: false },
    ),
  },
  { 200: [AvailabilityAnswer, "One answer for each item that is known."] },
);

/** The items of a query, each once; or what is wrong with them. */
export function itemsAsked({
  sku: skus = [],
  item: ids = [],
}: {
  readonly sku?: readonly string[] | undefined;
  readonly item?: readonly string[] | undefined;
}): readonly Reference[] | Occurrence {
  const items: Reference[] = [
    ...[...new Set(skus)].map((value) => ({ scheme: "sku", value })),
    ...[...new Set(ids)].map((value) => ({ scheme: "id", value })),
  ];
  if (items.length > 0 && items.length <= AVAILABILITY_ITEMS_MAX) return items;
  const message = `must name 1 to ${AVAILABILITY_ITEMS_MAX} items, together with item`;
  return invalidRequest([{ pointer: "/sku", message }]);
}

/** What is answered about a channel that there is not. */
export function unknownChannel(channel: ChannelId): Occurrence {
  return { code: "unknown-channel", detail: `There is no channel ${channel}.` };
}

type Services = Pick<GatewayServices, "availability" | "freshness">;

/** Adds the route of availability. */
export function addAvailabilityRoutes(app: App, { availability, freshness }: Services, guards: Guards): void {
  const options = {
    onRequest: guards.needs("availability:read"),
    schema: askSchema,
    config: { published: { headers: CACHE_CONTROL_HEADERS } },
  };
  app.get("/experience/v1/availability", options, async (request, reply) => {
    const { channel: channelId, by: text, horizonDays, maxStaleness } = request.query;
    const items = itemsAsked(request.query);
    if ("code" in items) return refuse(reply, items);
    const by = text === undefined ? undefined : byOf(text);
    if (by === "no-moment") {
      return refuse(reply, invalidRequest([{ pointer: "/by", message: "is a day that no calendar has" }]));
    }
    const enough = await freshEnough(freshness, channelId, maxStaleness);
    if ("refusal" in enough) return refuse(reply, enough.refusal);
    const fresh = wantsFresh(request.headers["cache-control"]);
    const recalled = fresh ? undefined : availability.recall({ channelId, items });
    const answer = recalled ?? (await availability.ask({ channelId, items, fresh }));
    if (answer.is === "unknown-channel") return refuse(reply, unknownChannel(channelId));
    if (by === undefined) return sendAnswer(reply, answer, channelId, enough.known);
    const dated = await availability.askBy({ channelId, items, horizonDays, by });
    if (dated.is === "unknown-channel") return refuse(reply, unknownChannel(channelId));
    return sendAnswer(reply, answer, channelId, { ...enough.known, dated: dated.figures });
  });
}

/** A figure as JSON, up to its moment. */
const writtenFigure = onceWritten((figure: Figure) => `${JSON.stringify(figure).slice(0, -1)},"asOf":`);

/** What an answer says beside its figures, as JSON without its braces. */
const writtenRest = onceWritten((rest: object) => JSON.stringify(rest).slice(1, -1));

type Answered = Extract<AvailabilityAnswered, { readonly is: "answered" }>;

function sendAnswer(reply: FastifyReply, answer: Answered, channelId: ChannelId, rest: object): FastifyReply {
  const { asOf, figures, unknown } = answer;
  const moment = `${JSON.stringify(asOf)}}`;
  const tail = `],"unknown":${unknown.length === 0 ? "[]" : JSON.stringify(unknown)},${writtenRest(rest).text}}`;
  const answered = joined(figures.map(writtenFigure), {
    head: `{"channelId":${JSON.stringify(channelId)},"availability":[`,
    between: `${moment},`,
    tail: figures.length === 0 ? tail : `${moment}${tail}`,
  });
  return sendJson(reply, answered);
}

function byOf(text: string): { readonly instant: string } | { readonly day: string } | "no-moment" {
  const isDay = !text.includes("T");
  if (!isRealMoment(isDay ? `${text}T00:00:00Z` : text)) return "no-moment";
  return isDay ? { day: text } : { instant: text };
}
