import { checker, Instant, MessageId } from "@crossdock/canonical";
import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { CountCase } from "../count-case-views.ts";
import type { Guards } from "../guard.ts";
import { FORM_PAGE_POLICY } from "../html.ts";
import { pageOf, pageParameters } from "../paging.ts";
import type { PositionView } from "../position-views.ts";
import { reaches } from "../scope.ts";
import type { GatewayServices, MomentAsked, Reach } from "../services.ts";
import { momentOf } from "../system/moment.ts";
import { archivedMoment } from "../system/position-routes.ts";
import { type App, accountsOf, nextAddress, refuse, sendPage } from "../web.ts";
import { explanationPage } from "./explanation-page.ts";
import { messagePage } from "./message-page.ts";
import { type StockAnswer, type StockQuestion, stockPage } from "./stock-page.ts";

type Services = Pick<GatewayServices, "positions" | "names" | "messages" | "countCases">;

/** Pages are for people, and not part of the published document. */
const hidden = { hide: true };
const name = Type.Optional(Type.String({ maxLength: 200 }));
const readInstant = checker(Instant);
const NOTHING = { positions: [], names: new Map() };

/** Adds the pages on which a person finds a stock position and reads why it is what it is. */
export function addStockPages(app: App, services: Services, guards: Guards): void {
  addStockList(app, services, guards);
  addExplanation(app, services, guards);
  addMessage(app, services, guards);
}

function addStockList(app: App, services: Services, guards: Guards): void {
  const schema = { ...hidden, querystring: Type.Object({ item: name, location: name, ...pageParameters }) };
  app.get("/stock", { onRequest: guards.asksPerson("positions:read"), schema }, async (request, reply) => {
    const { item = "", location = "" } = request.query;
    const asked = { item: item.trim(), location: location.trim() };
    const answer = await findStock(services, asked, request);
    return sendPage(reply, stockPage(asked, answer), FORM_PAGE_POLICY);
  });
}

async function findStock(
  { positions, names }: Services,
  asked: StockQuestion,
  request: FastifyRequest<{ Querystring: { readonly after?: string; readonly limit?: number } }>,
): Promise<StockAnswer> {
  const [itemId, locationId] = await Promise.all([
    asked.item === "" ? undefined : names.itemNamed(asked.item),
    asked.location === "" ? undefined : names.locationNamed(asked.location),
  ]);
  if (asked.item !== "" && itemId === undefined)
    return { ...NOTHING, problem: `No item has the name ${asked.item}.` };
  if (asked.location !== "" && locationId === undefined)
    return { ...NOTHING, problem: `No location has the name ${asked.location}.` };
  const page = await positions.page({ ...pageOf(request.query), itemId, locationId });
  if (page === "bad-cursor")
    return { ...NOTHING, problem: "This address is not one of ours. Ask again above." };
  if ("archive" in page) return { ...NOTHING, problem: `That past lies in the archive ${page.archive}.` };
  return {
    positions: page.rows,
    names: await names.items([...new Set(page.rows.map((row) => row.itemId))]),
    next: page.next === undefined ? undefined : nextAddress(request.url, page.next),
  };
}

function addExplanation(app: App, services: Services, guards: Guards): void {
  const { positions, names } = services;
  const typed = Type.Optional(Type.String({ maxLength: 40 }));
  const schema = {
    ...hidden,
    params: Type.Object({ positionId: Type.String({ pattern: "^\\d{1,15}$" }) }),
    querystring: Type.Object({ at: typed, believedAt: typed, ...pageParameters }),
  };
  const onRequest = guards.asksPerson("positions:read");
  app.get("/stock/:positionId", { onRequest, schema }, async (request, reply) => {
    const { positionId } = request.params;
    const { at = "", believedAt = "" } = request.query;
    const asked = { at: at.trim(), believedAt: believedAt.trim() };
    const { moment, problem } = momentTyped(asked);
    const explanation = await positions.explain(positionId, { ...pageOf(request.query), ...moment });
    if (explanation === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (explanation === undefined)
      return refuse(reply, { code: "not-found", detail: `There is no position ${positionId}.` });
    if ("archive" in explanation) return refuse(reply, archivedMoment(explanation));
    const { itemId } = explanation.position;
    const next = explanation.next === undefined ? undefined : nextAddress(request.url, explanation.next);
    const called = (await names.items([itemId])).get(itemId);
    const waiting = await waitingCounts(services, explanation.position, accountsOf(request));
    const content = explanationPage(explanation, { name: called, next, asked, problem, waiting });
    return sendPage(reply, content, FORM_PAGE_POLICY);
  });
}

/** Open cases of an item at a location that are looked through for those of one lot. */
const WAITING_MAX = 100;

async function waitingCounts(
  { countCases }: Services,
  { positionId, itemId, locationId }: PositionView,
  reach: Reach,
): Promise<readonly CountCase[]> {
  const page = await countCases.page({ limit: WAITING_MAX, state: "open", itemId, locationId, ...reach });
  return page === "bad-cursor" ? [] : page.rows.filter((one) => one.positionId === positionId);
}

/** The moment that a person typed. One that cannot be read is said, and the present is shown. */
function momentTyped(asked: { readonly at: string; readonly believedAt: string }): {
  readonly moment: MomentAsked;
  readonly problem?: string;
} {
  const given = Object.fromEntries(Object.entries(asked).filter(([, text]) => text !== ""));
  const unreadable = Object.values(given).find((text) => !readInstant(text).ok);
  const moment = unreadable === undefined ? momentOf(given) : undefined;
  if (moment !== undefined && !("faults" in moment)) return { moment };
  const text = unreadable ?? Object.values(given).join(" or ");
  return {
    moment: {},
    problem: `${text} is no moment. Write it like 2026-11-23T09:30:00Z. This is how things stand now.`,
  };
}

function addMessage(app: App, { messages }: Services, guards: Guards): void {
  const schema = { ...hidden, params: Type.Object({ messageId: MessageId }) };
  const onRequest = guards.asksPerson("messages:read");
  app.get("/stock/messages/:messageId", { onRequest, schema }, async (request, reply) => {
    const { messageId } = request.params;
    const status = await messages.find(messageId);
    // Messages out of reach are as good as absent, as everywhere.
    if (status === undefined || !reaches(request.grant, status.accountId))
      return refuse(reply, { code: "not-found", detail: `There is no message ${messageId}.` });
    return sendPage(reply, messagePage(status, await messages.content(messageId)));
  });
}
