import { Backorder, BackorderId, ChannelId, Instant, ItemId, Measure, OrderId } from "@crossdock/canonical";
import { Type } from "typebox";
import type { BackorderChangeAsked, BackorderChanged } from "../backorder-port.ts";
import type { Guards } from "../guard.ts";
import { changeOnce, jsonAnswer, type Outcome } from "../keyed.ts";
import { IDEMPOTENCY_HEADERS, operation } from "../operation.ts";
import { pageOf, pageParameters } from "../paging.ts";
import type { GatewayServices } from "../services.ts";
import { type App, callerOf, nextLink, refuse } from "../web.ts";
import { seesAll } from "./shortfall-routes.ts";

const path = "/process/v1/backorders";
const one = { params: Type.Object({ backorderId: BackorderId }) };
const closed = { additionalProperties: false } as const;
const because = Type.String({
  minLength: 3,
  maxLength: 500,
  description: "Why; it is kept with the change.",
});

const BackorderList = Type.Object(
  { backorders: Type.Array(Backorder), next: Type.Optional(Type.String()) },
  { title: "BackorderList", ...closed },
);

/** A backorder after a change. */
const BackorderChangeAnswer = Type.Object(
  {
    backorder: Backorder,
    already: Type.Boolean({ description: "Nothing had to be done: it was so before." }),
  },
  { title: "BackorderChangeAnswer", ...closed },
);

/** Which of them a list is about. */
export const backorderFilters = {
  itemId: Type.Optional({ ...ItemId, description: "Those that wait for it, as a part of a kit too." }),
  channelId: Type.Optional(ChannelId),
  orderId: Type.Optional(OrderId),
};

const listSchema = operation(
  {
    operationId: "listBackorders",
    tag: "Process",
    scope: "reservations:read",
    summary: "List what waits for stock",
    description:
      "Units of lines that could not be promised and wait, in the order in which they came. New units of an item are for them before anybody " +
      "else, as far as the rules of their channels let them have any.",
  },
  {
    querystring: Type.Object(
      {
        ...pageParameters,
        ...backorderFilters,
        state: Type.Optional(
          Type.Union([Type.Literal("waiting"), Type.Literal("all")], {
            description: "`all`: those that have ended too. `waiting` when absent.",
          }),
        ),
      },
      closed,
    ),
  },
  { 200: [BackorderList, "A page of backorders."] },
);

const readSchema = operation(
  {
    operationId: "readBackorder",
    tag: "Process",
    scope: "reservations:read",
    summary: "Read a backorder",
  },
  one,
  { 200: [Backorder, "The backorder as it stands."] },
);

const cancelSchema = operation(
  {
    operationId: "cancelBackorder",
    tag: "Process",
    scope: "reservations:write",
    summary: "Cancel a backorder",
    description:
      "What still waits of it waits no longer. What was promised of it stays promised. Cancelling twice is a success that says so.",
  },
  { ...one, body: Type.Object({ because }, { title: "BackorderCancellation", ...closed }) },
  { 200: [BackorderChangeAnswer, "It waits no longer."] },
);

const reduceSchema = operation(
  {
    operationId: "reduceBackorder",
    tag: "Process",
    scope: "reservations:write",
    summary: "Let fewer units of a backorder wait",
    description: "It keeps its place. For more, ask anew: who asks for more comes later.",
  },
  { ...one, body: Type.Object({ waiting: Measure, because }, { title: "BackorderReduction", ...closed }) },
  { 200: [BackorderChangeAnswer, "So many wait now."] },
);

const moment = Type.Union([Instant, Type.Null()]);
const dateSchema = operation(
  {
    operationId: "dateBackorder",
    tag: "Process",
    scope: "reservations:write",
    summary: "Change when a backorder is wanted, and until when it waits",
    description: "What is left out stays; null removes it. It keeps its place.",
  },
  {
    ...one,
    body: Type.Object(
      { needBy: Type.Optional(moment), until: Type.Optional(moment), because },
      { title: "BackorderDates", minProperties: 2, ...closed },
    ),
  },
  { 200: [BackorderChangeAnswer, "It is so now."] },
);

type Services = Pick<GatewayServices, "backorders" | "keyedAnswers"> & {
  readonly log: Parameters<typeof changeOnce>[1]["log"];
};

/** Adds the routes of what waits for stock. They name orders of every account. */
export function addBackorderRoutes(app: App, services: Services, guards: Guards): void {
  const { backorders } = services;
  const onRead = [guards.needs("reservations:read"), seesAll];
  app.get(path, { onRequest: onRead, schema: listSchema }, async (request, reply) => {
    const { state, itemId, channelId, orderId } = request.query;
    const filters = { itemId, channelId, orderId, withEnded: state === "all" };
    const page = await backorders.page({ ...pageOf(request.query), ...filters });
    if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
    return { backorders: [...page.rows], ...(page.next === undefined ? {} : { next: page.next }) };
  });
  app.get(`${path}/:backorderId`, { onRequest: onRead, schema: readSchema }, async (request, reply) => {
    const { backorderId } = request.params;
    const found = await backorders.find(backorderId);
    return found ?? refuse(reply, { code: "not-found", detail: `There is no backorder ${backorderId}.` });
  });
  addChanges(app, services, guards);
}

function addChanges(app: App, services: Services, guards: Guards): void {
  const onRequest = guards.needs("reservations:write");
  const config = { published: { headers: IDEMPOTENCY_HEADERS } };
  type Asked = { readonly change: BackorderChangeAsked; readonly because: string };
  const changing = (request: Parameters<typeof callerOf>[0], backorderId: BackorderId, asked: Asked) => ({
    ...asked,
    backorderId,
    caller: callerOf(request),
  });
  app.post(`${path}/:backorderId/cancel`, { onRequest, schema: cancelSchema, config }, (request, reply) => {
    const asked: Asked = { change: { kind: "cancel" }, because: request.body.because };
    const command = changing(request, request.params.backorderId, asked);
    return changeOnce(reply, services, {
      change: (keep) => services.backorders.change(command, keep),
      outcomeOf,
    });
  });
  app.post(`${path}/:backorderId/reduce`, { onRequest, schema: reduceSchema, config }, (request, reply) => {
    const { waiting, because: why } = request.body;
    const asked: Asked = { change: { kind: "reduce", waiting }, because: why };
    const command = changing(request, request.params.backorderId, asked);
    return changeOnce(reply, services, {
      change: (keep) => services.backorders.change(command, keep),
      outcomeOf,
    });
  });
  app.post(`${path}/:backorderId/dates`, { onRequest, schema: dateSchema, config }, (request, reply) => {
    const { needBy, until, because: why } = request.body;
    const change = {
      kind: "date" as const,
      ...(needBy === undefined ? {} : { needBy: toDate(needBy) }),
      ...(until === undefined ? {} : { until: toDate(until) }),
    };
    const command = changing(request, request.params.backorderId, { change, because: why });
    return changeOnce(reply, services, {
      change: (keep) => services.backorders.change(command, keep),
      outcomeOf,
    });
  });
}

const toDate = (text: string | null): Date | null => (text === null ? null : new Date(text));

const CODES = {
  "unknown-backorder": "not-found",
  "wrong-state": "backorder-not-changeable",
  "not-possible": "backorder-not-changeable",
} as const;

function outcomeOf(changed: BackorderChanged): Outcome {
  if (changed.is === "refused") return { code: CODES[changed.reason], detail: changed.message };
  return jsonAnswer(200, { backorder: changed.backorder, already: changed.already });
}
