import { STATUSES } from "@crossdock/canonical";
import { Type } from "typebox";
import type { Guards } from "../guard.ts";
import { FORM_PAGE_POLICY } from "../html.ts";
import type { GatewayServices } from "../services.ts";
import { statusesOf } from "../system/difference-routes.ts";
import { type App, sendPage } from "../web.ts";
import { type DifferenceAnswer, type DifferenceQuestion, differencePage } from "./difference-page.ts";
import { sourceName, sourceTyped } from "./words.ts";

type Services = Pick<GatewayServices, "differences" | "names">;

const typed = Type.Optional(Type.String({ maxLength: 200 }));
const querystring = Type.Object({
  ...{ item: typed, location: typed, lot: typed, source: typed, measure: typed, counts: typed },
});

/** Adds the page that says why our number is not another system's. */
export function addDifferencePage(app: App, services: Services, guards: Guards): void {
  const schema = { hide: true, querystring };
  const onRequest = guards.asksPerson("positions:read");
  app.get("/stock/difference", { onRequest, schema }, async (request, reply) => {
    const asked = questionOf(request.query);
    return sendPage(reply, differencePage(asked, await answerTo(services, asked)), FORM_PAGE_POLICY);
  });
}

type Typed = { readonly [Name in keyof DifferenceQuestion]?: string };

function questionOf({
  item = "",
  location = "",
  lot = "",
  source = "",
  measure,
  counts = "",
}: Typed): DifferenceQuestion {
  return {
    ...{ item: item.trim(), location: location.trim(), lot: lot.trim(), source: source.trim() },
    measure: measure === "available" ? "available" : "on-hand",
    counts: counts.trim(),
  };
}

const nothing = (problem?: string): DifferenceAnswer => ({ sources: [], problem });

async function answerTo(
  { differences, names }: Services,
  asked: DifferenceQuestion,
): Promise<DifferenceAnswer> {
  if (asked.item === "" || asked.location === "") return nothing();
  const [itemId, locationId] = await Promise.all([
    names.itemNamed(asked.item),
    names.locationNamed(asked.location),
  ]);
  if (itemId === undefined) return nothing(`No item has the name ${asked.item}.`);
  if (locationId === undefined) return nothing(`No location has the name ${asked.location}.`);
  const sources = await differences.sources({ itemId, locationId });
  if (asked.source === "") return { sources };
  const counts = asked.counts === "" ? undefined : statusesOf(asked.counts);
  if (asked.counts !== "" && counts === undefined)
    return { sources, problem: `${asked.counts} is no list of ${STATUSES.join(", ")}.` };
  const source = sourceTyped(asked.source);
  const lot = asked.lot === "" ? undefined : asked.lot;
  const found = await differences.explain({
    itemId,
    locationId,
    lot,
    source,
    measure: asked.measure,
    counts,
  });
  if (found === "nothing-said")
    return { sources, problem: `${sourceName(source)} has said no number of it.` };
  if ("archive" in found)
    return { sources, problem: `The moment of their number lies in the archive ${found.archive}.` };
  return { sources, difference: found, name: (await names.items([itemId])).get(itemId) };
}
