import {
  Availability,
  ChannelId,
  Instant,
  ItemId,
  LocationId,
  Quantity,
  Reference,
  referenceText,
} from "@crossdock/canonical";
import { type Static, Type } from "typebox";
import type { QueriedFigure, QueriedItem } from "../availability-query-port.ts";
import { CACHE_CONTROL_HEADERS, wantsFresh } from "../cache-control.ts";
import { freshEnough, freshnessFields, maxStalenessParameter } from "../freshness.ts";
import type { Guards } from "../guard.ts";
import { QUERY_ITEMS_MAX, QUERY_LOCATIONS_MAX } from "../limits.ts";
import { operation } from "../operation.ts";
import { unknownChannel } from "../reservation-refusals.ts";
import type { GatewayServices } from "../services.ts";
import { type App, refuse, sendJson } from "../web.ts";
import { joined, onceWritten, type Written, writtenAs } from "../written.ts";

const closed = { additionalProperties: false } as const;

const AvailabilityQuery = Type.Object(
  {
    channelId: ChannelId,
    items: Type.Array(Reference, {
      minItems: 1,
      maxItems: QUERY_ITEMS_MAX,
      description: "By any name that we know: `sku`, `gtin`, `id`, or a channel's own with its `scope`.",
    }),
    locations: Type.Optional(
      Type.Array(Reference, {
        minItems: 1,
        maxItems: QUERY_LOCATIONS_MAX,
        description: "By `code`, `gln` or `id`. Absent: the channel's whole network.",
      }),
    ),
    explain: Type.Optional(
      Type.Boolean({ default: false, description: "Gives the inputs of each figure as well." }),
    ),
  },
  { title: "AvailabilityQuery", ...closed },
);

const { formula, kit, availableToPromise } = Availability.properties;

const QueriedAvailability = Type.Object(
  {
    item: Reference,
    itemId: ItemId,
    sku: Type.Optional(Type.String()),
    availableToPromise,
    atLocations: Type.Unsafe<Quantity>({
      ...Quantity,
      description: "What the locations that were asked for can have promised together.",
    }),
    locations: Type.Array(Type.Object({ locationId: LocationId, availableToPromise: Quantity }, closed), {
      description: "How many could be promised from there alone. Those that can promise none are left out.",
    }),
    formula,
    kit,
  },
  { title: "QueriedAvailability", ...closed },
);
type QueriedAvailability = Static<typeof QueriedAvailability>;

const AvailabilityQueryAnswer = Type.Object(
  {
    channelId: ChannelId,
    items: Type.Array(QueriedAvailability),
    unknownItems: Type.Array(Reference, { description: "Names that mean nothing to us." }),
    unknownLocations: Type.Array(Reference),
    outsideNetwork: Type.Array(LocationId, {
      description: "Locations that were asked for and from which the channel does not sell.",
    }),
    bookVersion: Type.Integer({ minimum: 0, description: "The version of the rules that held." }),
    asOf: Instant,
    ...freshnessFields,
  },
  { title: "AvailabilityQueryAnswer", ...closed },
);

const querySchema = operation(
  {
    operationId: "queryAvailability",
    tag: "Process",
    scope: "availability:read",
    summary: "Ask for many items at many locations",
    description:
      `How many a channel may sell of up to ${QUERY_ITEMS_MAX} items, in all and from each of up to ${QUERY_LOCATIONS_MAX} locations, all of one moment (\`asOf\`). ` +
      "From one location may be promised what is on its shelf, and never more than the channel may sell in all; so the locations' figures are not to be added up: " +
      "`atLocations` is. `explain` gives the inputs. Each item counts once against the client's quota (`RateLimit`). Reserve to be sure: between this answer and a sale others sell as well.",
  },
  { querystring: Type.Object({ maxStaleness: maxStalenessParameter }, closed), body: AvailabilityQuery },
  { 200: [AvailabilityQueryAnswer, "One answer for each name that is known."] },
);

/** Adds the route of queries by item and location. */
export function addAvailabilityQueryRoutes(
  app: App,
  { availabilityQuery: port, freshness }: Pick<GatewayServices, "availabilityQuery" | "freshness">,
  guards: Guards,
): void {
  const options = {
    onRequest: guards.needs("availability:read"),
    schema: querySchema,
    config: { published: { headers: CACHE_CONTROL_HEADERS } },
  };
  app.post("/process/v1/availability/query", options, async (request, reply) => {
    const { channelId, items, locations, explain = false } = request.body;
    const refusal = guards.charge(request, reply, items.length);
    if (refusal !== undefined) return refuse(reply, refusal);
    const fresh = await freshEnough(freshness, channelId, request.query.maxStaleness);
    if ("refusal" in fresh) return refuse(reply, fresh.refusal);
    const answer = await port.query({
      channelId,
      items: once(items),
      locations: locations === undefined ? undefined : once(locations),
      fresh: wantsFresh(request.headers["cache-control"]),
    });
    if (answer.is === "unknown-channel") return refuse(reply, unknownChannel(channelId));
    const { is: _answered, items: found, ...rest } = answer;
    const parts = found.flatMap((each, index) => writtenItem(each, explain, index));
    const head = `${JSON.stringify({ channelId, ...rest, ...fresh.known }).slice(0, -1)},"items":[`;
    return sendJson(reply, joined(parts, { head, between: "", tail: "]}" }));
  });
}

const once = (names: readonly Reference[]): readonly Reference[] => [
  ...new Map(names.map((name) => [referenceText(name), name])).values(),
];

/** An item as JSON: its name as it was asked for, and what was found. */
function writtenItem({ item, found }: QueriedItem, explain: boolean, index: number): readonly Written[] {
  const name = `${index === 0 ? "" : ","}{"item":${JSON.stringify(item)},`;
  return [writtenAs(name), explain ? writtenAs(writtenWhole(found)) : writtenShort(found)];
}

const writtenShort = onceWritten((found: QueriedFigure) => JSON.stringify(toView(found, false)).slice(1));
const writtenWhole = (found: QueriedFigure): string => JSON.stringify(toView(found, true)).slice(1);

function toView(
  { figure, cells, atLocations }: QueriedFigure,
  explain: boolean,
): Omit<QueriedAvailability, "item"> {
  const { itemId, sku, availableToPromise: units } = figure;
  return {
    itemId,
    ...(sku === undefined ? {} : { sku }),
    availableToPromise: units,
    atLocations,
    locations: [...cells],
    ...(explain && figure.formula !== undefined ? { formula: figure.formula } : {}),
    ...(explain && figure.kit !== undefined ? { kit: figure.kit } : {}),
  };
}
