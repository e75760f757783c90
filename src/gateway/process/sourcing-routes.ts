import { ReservationRequest, SourcingQuote } from "@crossdock/canonical";
import type { Guards } from "../guard.ts";
import { operation } from "../operation.ts";
import { unknownChannel } from "../reservation-refusals.ts";
import type { ReservationsPort } from "../services.ts";
import { type App, refuse } from "../web.ts";

const quoteSchema = operation(
  {
    operationId: "quoteSourcing",
    tag: "Process",
    scope: "availability:read",
    summary: "Ask from where a request would be promised, and why",
    description:
      "Decides a request for reservations as it would be decided now, by all rules that hold, and keeps nothing. Of every location of the network it says what it would " +
      "give of each line, or why it gives nothing: with `ranked-lower` the criterion and what it comes to for both. Each line counts once against the client's " +
      "quota (`RateLimit`). Between this answer and a reservation others sell as well.",
  },
  { body: ReservationRequest },
  { 200: [SourcingQuote, "What would be promised, and why from there."] },
);

/** Adds the route that says from where something would be promised. */
export function addSourcingRoutes(
  app: App,
  reservations: Pick<ReservationsPort, "quote">,
  guards: Guards,
): void {
  const options = { onRequest: guards.needs("availability:read"), schema: quoteSchema };
  app.post("/process/v1/sourcing/quotes", options, async (request, reply) => {
    const refusal = guards.charge(request, reply, request.body.lines.length);
    if (refusal !== undefined) return refuse(reply, refusal);
    const quote = await reservations.quote(request.body);
    return quote ?? refuse(reply, unknownChannel(request.body.channelId));
  });
}
