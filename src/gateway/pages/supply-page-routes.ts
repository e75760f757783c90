import {
  accountSource,
  checker,
  isRealMoment,
  type LocationId,
  SupplyKind,
  SupplyVerdict,
} from "@crossdock/canonical";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { Guards } from "../guard.ts";
import { FORM_PAGE_POLICY } from "../html.ts";
import { pageOf, pageParameters } from "../paging.ts";
import { speaksFor } from "../scope.ts";
import type { GatewayServices } from "../services.ts";
import type { SupplyDecisionAsked } from "../supply-port.ts";
import { SUPPLY_REFUSALS } from "../system/supply-routes.ts";
import { type App, callerOf, nextAddress, refuse, sendPage } from "../web.ts";
import { type FormFields, formFields, takesForms, typed } from "./form.ts";
import { type SupplyAnswer, type SupplyQuestion, supplyPage } from "./supply-page.ts";

type Services = Pick<GatewayServices, "supply" | "names">;
type Said = SupplyAnswer["said"];

const path = "/stock/supply";
const name = Type.Optional(Type.String({ maxLength: 200 }));
const querystring = Type.Object({ item: name, location: name, waiting: name, ...pageParameters });
const schema = { hide: true, querystring };
/** Lines on one page: each that is overdue has a form, and a person reads them all. */
const ROWS_SHOWN = 50;

type Asked = {
  readonly item?: string;
  readonly location?: string;
  readonly waiting?: string;
  readonly after?: string;
  readonly limit?: number;
};
type Request = FastifyRequest<{ Querystring: Asked }>;

/** Adds the page of what is to come, on which a person decides about what is overdue. */
export function addSupplyPage(app: App, services: Services, guards: Guards): void {
  app.get(path, { onRequest: guards.asksPerson("positions:read"), schema }, (request, reply) =>
    show(services, { request, reply, said: undefined }),
  );
  takesForms(app, (scope) => {
    const onRequest = guards.asksPersonOnOwnPage("supply:write");
    scope.post(path, { onRequest, schema }, async (request, reply) => {
      const said = await decide(services, request, formFields(request.body));
      return show(services, { request, reply, said });
    });
  });
}

async function show(
  services: Services,
  { request, reply, said }: { readonly request: Request; readonly reply: FastifyReply; readonly said: Said },
): Promise<FastifyReply> {
  const { item = "", location = "", waiting } = request.query;
  const asked = { item: item.trim(), location: location.trim(), waiting: waiting === "yes" };
  const found = await find(services, asked, request);
  if (found === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
  const mayDecide = request.grant?.scopes.has("supply:write") === true;
  return sendPage(reply, supplyPage(asked, { said, ...found, mayDecide }), FORM_PAGE_POLICY);
}

type Found = Omit<SupplyAnswer, "mayDecide"> | "bad-cursor";
const nothing = (text: string): Found => ({ rows: [], names: new Map(), said: { text, isWrong: true } });

async function find({ supply, names }: Services, asked: SupplyQuestion, request: Request): Promise<Found> {
  const itemId = asked.item === "" ? undefined : await names.itemNamed(asked.item);
  if (asked.item !== "" && itemId === undefined) return nothing(`No item has the name ${asked.item}.`);
  let locationId: LocationId | undefined;
  if (asked.location !== "") {
    locationId = await names.locationNamed(asked.location);
    if (locationId === undefined) return nothing(`No location has the name ${asked.location}.`);
  }
  const page = pageOf({ ...request.query, limit: request.query.limit ?? ROWS_SHOWN });
  const found = await supply.list({ ...page, itemId, locationId, waitingOnly: asked.waiting });
  if (found === "bad-cursor") return found;
  return {
    rows: found.rows,
    names: await names.items([...new Set(found.rows.map(({ input }) => input.itemId))]),
    next: found.next === undefined ? undefined : nextAddress(request.url, found.next),
  };
}

const readKind = checker(SupplyKind);
const readVerdict = checker(SupplyVerdict);

/** A decision out of what a form sent; or what is missing of it. The day is over when it ends in UTC. */
function decisionIn(fields: FormFields): Omit<SupplyDecisionAsked, "caller"> | { readonly problem: string } {
  const [kind, decision] = [readKind(typed(fields, "kind")), readVerdict(typed(fields, "decision"))];
  const [because, day] = [typed(fields, "because"), typed(fields, "until")];
  if (!kind.ok || !decision.ok) return { problem: "That is no decision about a line." };
  if (because === "" || because.length > 500) return { problem: "Say why, in up to 500 characters." };
  const until = `${day}T23:59:59Z`;
  if (day !== "" && !isRealMoment(until)) return { problem: `${day} is no day.` };
  const about = {
    source: typed(fields, "source"),
    document: typed(fields, "document"),
    line: typed(fields, "line"),
  };
  return {
    ...{ ...about, kind: kind.value, decision: decision.value, because },
    ...(day === "" || decision.value === "cancel" ? {} : { until }),
  };
}

async function decide({ supply }: Services, request: Request, fields: FormFields): Promise<Said> {
  const asked = decisionIn(fields);
  if ("problem" in asked) return { text: asked.problem, isWrong: true };
  if (!speaksFor(request.grant, asked.source, accountSource))
    return { text: `The key may not decide about what ${asked.source} says.`, isWrong: true };
  const answer = await supply.decide({ ...asked, caller: callerOf(request) });
  const line = `${asked.document}${asked.line === "" ? "" : `, line ${asked.line}`}`;
  if (answer.is === "decided") return { text: `Decided about ${line}.`, isWrong: false };
  if (answer.is === "unknown-line") return { text: `There is no line ${line} any more.`, isWrong: true };
  return { text: `${line}: ${SUPPLY_REFUSALS[answer.is]}`, isWrong: true };
}
