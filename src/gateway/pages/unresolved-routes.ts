import { AccountId } from "@crossdock/canonical";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { Guards } from "../guard.ts";
import { FORM_PAGE_POLICY } from "../html.ts";
import { UNRESOLVED_DECISIONS_MAX } from "../limits.ts";
import { pageOf, pageParameters } from "../paging.ts";
import type { GatewayServices } from "../services.ts";
import { accountsAsked, missingScope, scopeLacking } from "../system/unresolved-routes.ts";
import { type UnresolvedDecision, UnresolvedKind } from "../unresolved-views.ts";
import { type App, accountsOf, callerOf, nextAddress, refuse, sendPage } from "../web.ts";
import { formFields, takesForms } from "./form.ts";
import {
  decisionsIn,
  type FormDecision,
  type LotDecision,
  lotDecisionIn,
  type ProposalDecision,
  proposalIn,
} from "./unresolved-form.ts";
import { type UnresolvedAnswer, unresolvedPage } from "./unresolved-page.ts";

type Services = Pick<GatewayServices, "unresolved" | "names" | "lots">;

const path = "/stock/unresolved";
const querystring = Type.Object({
  account: Type.Optional(AccountId),
  kind: Type.Optional(UnresolvedKind),
  ...pageParameters,
});
const schema = { hide: true, querystring };
/** Names on one page: each has a form or two, and a person reads them all. */
const ROWS_SHOWN = 25;

type Asked = {
  readonly account?: AccountId;
  readonly kind?: UnresolvedKind;
  readonly after?: string;
  readonly limit?: number;
};
type PageRequest = FastifyRequest<{ Querystring: Asked }>;

/** Adds the page on which a person says what unknown names mean. */
export function addUnresolvedPages(app: App, services: Services, guards: Guards): void {
  app.get(path, { onRequest: guards.asksPerson("parked:read"), schema }, (request, reply) =>
    show(services, { request, reply, said: [] }),
  );
  takesForms(app, (scope) => {
    const onRequest = guards.asksPersonOnOwnPage("master-data:write");
    scope.post(path, { onRequest, schema }, async (request, reply) => {
      const find = (kind: string, text: string) =>
        kind === "location" ? services.names.locationNamed(text) : services.names.itemNamed(text);
      const lot = lotDecisionIn(formFields(request.body));
      if (lot !== undefined)
        return show(services, { request, reply, said: await concludeLot(services, request, lot) });
      const proposal = proposalIn(formFields(request.body));
      if (proposal !== undefined) {
        const lacking =
          proposal.decide === "reject" ? scopeLacking(request, [{ decide: "ignore" }]) : undefined;
        if (lacking !== undefined) return refuse(reply, missingScope(lacking));
        return show(services, { request, reply, said: await settle(services, request, proposal) });
      }
      const given = await decisionsIn(formFields(request.body), find);
      const decisions = given.filter((each): each is UnresolvedDecision => "decide" in each);
      const lacking = scopeLacking(request, decisions);
      if (lacking !== undefined) return refuse(reply, missingScope(lacking));
      return show(services, { request, reply, said: await carryOut(services, request, given) });
    });
  });
}

type Said = UnresolvedAnswer["said"];
const NOTHING = { rows: [] } as const;

async function carryOut(
  { unresolved }: Services,
  request: FastifyRequest,
  given: readonly FormDecision[],
): Promise<Said> {
  if (given.length > UNRESOLVED_DECISIONS_MAX) return [{ text: "That is too much at once.", isWrong: true }];
  const decisions = given.filter((each): each is UnresolvedDecision => "decide" in each);
  const wrong = given.flatMap((each) => ("wrong" in each ? [{ text: each.wrong, isWrong: true }] : []));
  const caller = callerOf(request);
  const results =
    decisions.length === 0 ? [] : await unresolved.decide({ decisions, caller, ...accountsOf(request) });
  const said = results.map((result, place) => {
    const name = decisions[place]?.waitsFor ?? "";
    const { outcome, detail = "", dropped } = result;
    if (outcome === "refused") return { text: `${name}: ${detail}`, isWrong: true };
    const text =
      dropped === undefined
        ? `${name} is ${decisions[place]?.kind === "lot" ? "told its lot" : "known"} now. What waited for it goes on by itself.`
        : `${name} is ignored now. ${String(dropped)} records were dropped, ${String(result.left ?? 0)} go on waiting because they say more than that.`;
    return { text, isWrong: false };
  });
  return [...wrong, ...said];
}

/** Takes or drops what a source said. */
async function settle(
  { unresolved }: Services,
  request: FastifyRequest,
  { decide, record, because }: ProposalDecision,
): Promise<Said> {
  const asked = { record, caller: callerOf(request), ...accountsOf(request) };
  const outcome =
    decide === "accept" ? await unresolved.accept(asked) : await unresolved.reject({ ...asked, because });
  if (outcome === undefined) return [{ text: "There is no such proposal any more.", isWrong: true }];
  const isWrong = outcome.state === "parked" || outcome.state === "waiting";
  const text = isWrong ? (outcome.detail ?? outcome.state) : `The proposal is settled: ${outcome.state}.`;
  return [{ text, isWrong }];
}

/** Keeps the day of a lot, or takes the other. */
async function concludeLot(
  { lots }: Services,
  request: FastifyRequest,
  { disagreementNumber, ...conclusion }: LotDecision,
): Promise<Said> {
  const asked = { ...conclusion, caller: callerOf(request), ...accountsOf(request) };
  const answer = await lots.conclude(disagreementNumber, asked);
  if (answer === undefined) return [{ text: "There is no such disagreement any more.", isWrong: true }];
  const { outcome, detail, disagreement } = answer;
  const { lot, sku, kept } = disagreement;
  const text = detail ?? `Lot ${lot} of ${sku} expires on ${kept.expiresOn ?? "no day"}.`;
  return [{ text, isWrong: outcome === "refused" }];
}

async function show(
  { unresolved, lots }: Services,
  {
    request,
    reply,
    said,
  }: { readonly request: PageRequest; readonly reply: FastifyReply; readonly said: Said },
): Promise<FastifyReply> {
  const { account, kind, limit = ROWS_SHOWN } = request.query;
  const reach = accountsAsked(request, account);
  const asked = { ...pageOf(request.query), limit, ...reach, kind };
  const maySeeLots = request.grant?.scopes.has("master-data:read") === true;
  const [found, sums, others, days] = await Promise.all([
    unresolved.page(asked),
    unresolved.sums(accountsOf(request)),
    unresolved.proposals({ limit: ROWS_SHOWN, ...reach }),
    maySeeLots ? lots.disagreements({ limit: ROWS_SHOWN, ...reach, state: "open" }) : NOTHING,
  ]);
  if (found === "bad-cursor" || others === "bad-cursor" || days === "bad-cursor")
    return refuse(reply, { code: "invalid-cursor" });
  const query = new URLSearchParams({
    ...(account === undefined ? {} : { account }),
    ...(kind === undefined ? {} : { kind }),
  }).toString();
  const answer: UnresolvedAnswer = {
    rows: found.rows,
    ...{ sums, said, proposals: others.rows, lots: days.rows },
    address: query === "" ? path : `${path}?${query}`,
    next: found.next === undefined ? undefined : nextAddress(request.url, found.next),
    mayDecide: request.grant?.scopes.has("master-data:write") === true,
  };
  return sendPage(reply, unresolvedPage(answer), FORM_PAGE_POLICY);
}
