import { NEAR_HOURS_MAX } from "@crossdock/canonical";
import { Type } from "typebox";
import { isTimeZone } from "../../governance/index.ts";
import {
  availabilityParameters,
  horizonParameter,
  itemsAsked,
  unknownChannel,
} from "../experience/availability-routes.ts";
import { invalidRequest } from "../fault-of.ts";
import { freshEnough } from "../freshness.ts";
import type { Guards } from "../guard.ts";
import { operation } from "../operation.ts";
import type { GatewayServices } from "../services.ts";
import { AvailabilitySeriesAnswer } from "../views.ts";
import { type App, refuse } from "../web.ts";

const seriesSchema = operation(
  {
    operationId: "askAtpSeries",
    tag: "Process",
    scope: "availability:read",
    summary: "Ask how many a channel may promise over time",
    description:
      "Available to promise by the hour for the time near to now, and by the day up to the horizon, with everything that is to come and " +
      "what of it counts. A figure is what may be promised by its moment without what is promised later, or leaves later, being short; so the figures never fall.",
  },
  {
    querystring: Type.Object(
      {
        ...availabilityParameters,
        horizonDays: horizonParameter,
        nearHours: Type.Optional(
          Type.Integer({
            minimum: 0,
            maximum: NEAR_HOURS_MAX,
            description:
              "Hours that are shown one by one. Absent: what the rule `supply-horizon` says, and where there is none 48.",
          }),
        ),
        timeZone: Type.Optional(
          Type.String({
            maxLength: 64,
            description: "The IANA zone whose days are shown; UTC unless it says otherwise.",
          }),
        ),
      },
      { additionalProperties: false },
    ),
  },
  { 200: [AvailabilitySeriesAnswer, "One series for each item that is known."] },
);

type Services = Pick<GatewayServices, "availability" | "freshness">;

/** Adds the route of availability over time. */
export function addAtpRoutes(app: App, { availability, freshness }: Services, guards: Guards): void {
  const options = { onRequest: guards.needs("availability:read"), schema: seriesSchema };
  app.get("/process/v1/atp", options, async (request, reply) => {
    const { channel: channelId, timeZone = "UTC", nearHours } = request.query;
    const items = itemsAsked(request.query);
    if ("code" in items) return refuse(reply, items);
    if (!isTimeZone(timeZone)) {
      const message = "is no time zone of the IANA database, such as Europe/Berlin";
      return refuse(reply, invalidRequest([{ pointer: "/timeZone", message }]));
    }
    const { horizonDays, maxStaleness } = request.query;
    const fresh = await freshEnough(freshness, channelId, maxStaleness);
    if ("refusal" in fresh) return refuse(reply, fresh.refusal);
    const answer = await availability.series({ channelId, items, horizonDays, nearHours, timeZone });
    if (answer.is === "unknown-channel") return refuse(reply, unknownChannel(channelId));
    return { channelId, series: [...answer.figures], unknown: [...answer.unknown], ...fresh.known };
  });
}
