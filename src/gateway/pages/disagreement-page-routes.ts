import type { LocationId } from "@crossdock/canonical";
import { Type } from "typebox";
import type { Guards } from "../guard.ts";
import { FORM_PAGE_POLICY } from "../html.ts";
import { pageOf, pageParameters } from "../paging.ts";
import type { GatewayServices, PageRequest } from "../services.ts";
import { sendDisagreementFile } from "../system/disagreement-routes.ts";
import { type App, nextAddress, refuse, sendPage } from "../web.ts";
import { type DisagreementAnswer, type DisagreementQuestion, disagreementPage } from "./disagreement-page.ts";
import { sourceTyped } from "./words.ts";

type Services = Pick<GatewayServices, "disagreements" | "names">;

/** The largest disagreements that a file has: more than anybody reads, and few enough to be made while a browser waits. */
const FILE_ROWS_MAX = 10_000;

const typed = Type.Optional(Type.String({ maxLength: 200 }));
const querystring = Type.Object({
  source: typed,
  location: typed,
  unitsMin: typed,
  sort: typed,
  ...pageParameters,
});
const schema = { hide: true, querystring };

/** Adds the page of disagreements, and the file that it leads to. */
export function addDisagreementPages(app: App, services: Services, guards: Guards): void {
  const onRequest = guards.asksPerson("positions:read");
  app.get("/stock/disagreements", { onRequest, schema }, async (request, reply) => {
    const asked = questionOf(request.query);
    const found = await find(services, asked, pageOf(request.query));
    if (found === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    const next = found.next === undefined ? undefined : nextAddress(request.url, found.next);
    return sendPage(reply, disagreementPage(asked, { ...found, next }), FORM_PAGE_POLICY);
  });
  app.get("/stock/disagreements.csv", { onRequest, schema }, async (request, reply) => {
    const found = await find(services, questionOf(request.query), { limit: FILE_ROWS_MAX });
    return sendDisagreementFile(reply, found === "bad-cursor" ? [] : found.rows);
  });
}

type Typed = { readonly [Name in "source" | "location" | "unitsMin" | "sort"]?: string };

function questionOf({ source = "", location = "", unitsMin = "", sort }: Typed): DisagreementQuestion {
  return {
    source: source.trim(),
    location: location.trim(),
    unitsMin: unitsMin.trim(),
    sort: sort === "money" ? "money" : "units",
  };
}

const nothing = (problem: string): DisagreementAnswer => ({ rows: [], names: new Map(), problem });

async function find(
  { disagreements, names }: Services,
  asked: DisagreementQuestion,
  page: PageRequest,
): Promise<DisagreementAnswer | "bad-cursor"> {
  const unitsMin = asked.unitsMin === "" ? 1 : Number(asked.unitsMin);
  if (!Number.isSafeInteger(unitsMin) || unitsMin < 1)
    return nothing(`${asked.unitsMin} is no number of units.`);
  let locationId: LocationId | undefined;
  if (asked.location !== "") {
    locationId = await names.locationNamed(asked.location);
    if (locationId === undefined) return nothing(`No location has the name ${asked.location}.`);
  }
  const found = await disagreements.page({
    ...page,
    source: asked.source === "" ? undefined : sourceTyped(asked.source),
    locationId,
    unitsMin,
    sortBy: asked.sort,
  });
  if (found === "bad-cursor") return found;
  const itemIds = [...new Set(found.rows.map((row) => row.itemId))];
  return { rows: found.rows, next: found.next, names: await names.items(itemIds) };
}
