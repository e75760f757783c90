import { ID_LENGTH_MAX } from "@crossdock/canonical";
import { type Static, Type } from "typebox";
import type { Guards } from "../guard.ts";
import type { HoldLimitOf } from "../hold-limit-port.ts";
import { changeOnce, jsonAnswer } from "../keyed.ts";
import { IDEMPOTENCY_HEADERS, operation } from "../operation.ts";
import type { GatewayServices } from "../services.ts";
import { type App, callerOf } from "../web.ts";

const path = "/process/v1/hold-limits";
const closed = { additionalProperties: false } as const;
const units = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

const limits = {
  openHoldsMax: Type.Optional(units),
  unitsPerItemMax: Type.Optional(units),
  shareMaxPermille: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 1_000,
      description: "Of what there is of an item for its channel, its own holds included.",
    }),
  ),
  holdSecondsMax: Type.Optional(Type.Integer({ minimum: 1, maximum: 31_536_000 })),
};

/** What the holds of a client, or through a channel, may come to. */
export const HoldLimitView = Type.Object(
  { subject: Type.String({ description: "`client:` or `channel:` and its id." }), ...limits },
  { title: "HoldLimit", ...closed },
);
export type HoldLimitView = Static<typeof HoldLimitView>;

const HoldLimitRequest = Type.Object(
  {
    ...limits,
    because: Type.String({ minLength: 3, maxLength: 500, description: "Why; it is kept with the change." }),
  },
  { title: "HoldLimitRequest", ...closed },
);

const HoldLimitList = Type.Object(
  { limits: Type.Array(HoldLimitView) },
  { title: "HoldLimitList", ...closed },
);

const setSchema = operation(
  {
    operationId: "setHoldLimit",
    tag: "Process",
    scope: "protections:write",
    summary: "Limit what a client or a channel may hold",
    description:
      "Holds keep stock from everybody else. Sets all limits of a client or a channel; what is left out is not limited. A request that would " +
      "pass one is refused as a whole with `hold-limit` and the numbers. Holds that were taken before do not count.",
  },
  {
    params: Type.Object({
      kind: Type.Union([Type.Literal("client"), Type.Literal("channel")]),
      id: Type.String({ minLength: 1, maxLength: ID_LENGTH_MAX }),
    }),
    body: HoldLimitRequest,
  },
  { 200: [HoldLimitView, "It is so within two seconds everywhere."] },
);

const listSchema = operation(
  {
    operationId: "listHoldLimits",
    tag: "Process",
    scope: "availability:read",
    summary: "List what clients and channels may hold",
  },
  {},
  { 200: [HoldLimitList, "All limits."] },
);

type Services = Pick<GatewayServices, "holdLimits" | "keyedAnswers"> & {
  readonly log: Parameters<typeof changeOnce>[1]["log"];
};

/** Adds the routes of what may be held. */
export function addHoldLimitRoutes(app: App, services: Services, guards: Guards): void {
  const { holdLimits } = services;
  const onRequest = guards.needs("protections:write");
  const config = { published: { headers: IDEMPOTENCY_HEADERS } };
  app.put(`${path}/:kind/:id`, { onRequest, schema: setSchema, config }, (request, reply) => {
    const { kind, id } = request.params;
    const { because, ...limit } = request.body;
    const { clientId: by, correlationId } = callerOf(request);
    const setting = { limit: { subject: `${kind}:${id}`, ...limit }, by, because, correlationId };
    return changeOnce(reply, services, {
      change: (keep) => holdLimits.set(setting, keep),
      outcomeOf: (view: HoldLimitOf) => jsonAnswer(200, view),
    });
  });
  const read = guards.needs("availability:read");
  app.get(path, { onRequest: read, schema: listSchema }, async () => ({
    limits: [...(await holdLimits.list())],
  }));
}
