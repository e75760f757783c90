import { Type } from "typebox";
import type { Guards } from "../guard.ts";
import { FORM_PAGE_POLICY } from "../html.ts";
import { pageOf, pageParameters } from "../paging.ts";
import { backorderFilters } from "../process/backorder-routes.ts";
import { seesAll } from "../process/shortfall-routes.ts";
import type { GatewayServices } from "../services.ts";
import { type App, nextAddress, refuse, sendPage } from "../web.ts";
import { backorderPage } from "./backorder-page.ts";

type Services = Pick<GatewayServices, "backorders" | "names">;

const schema = { hide: true, querystring: Type.Object({ ...pageParameters, ...backorderFilters }) };

/** Adds the page of what waits for stock. It names orders, so that whoever sees it must be allowed to see promises. */
export function addBackorderPage(app: App, { backorders, names }: Services, guards: Guards): void {
  const onRequest = [guards.asksPerson("reservations:read"), seesAll];
  app.get("/stock/backorders", { onRequest, schema }, async (request, reply) => {
    const { itemId, channelId, orderId } = request.query;
    const asked = { ...pageOf(request.query), itemId, channelId, orderId, withEnded: false };
    const found = await backorders.page(asked);
    if (found === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    const next = found.next === undefined ? undefined : nextAddress(request.url, found.next);
    const itemNames = await names.items([...new Set(found.rows.map((row) => row.itemId))]);
    return sendPage(reply, backorderPage({ rows: found.rows, names: itemNames, next }), FORM_PAGE_POLICY);
  });
}
