import { Type } from "typebox";
import type { Guards } from "../guard.ts";
import { FORM_PAGE_POLICY } from "../html.ts";
import { pageOf, pageParameters } from "../paging.ts";
import { seesAll } from "../process/shortfall-routes.ts";
import type { GatewayServices } from "../services.ts";
import { type App, nextAddress, refuse, sendPage } from "../web.ts";
import { shortfallPage } from "./shortfall-page.ts";

type Services = Pick<GatewayServices, "shortfalls" | "names">;

const schema = { hide: true, querystring: Type.Object(pageParameters) };

/** Adds the page of shortfalls. It names orders, so that whoever sees it must be allowed to see promises. */
export function addShortfallPage(app: App, { shortfalls, names }: Services, guards: Guards): void {
  const onRequest = [guards.asksPerson("reservations:read"), seesAll];
  app.get("/stock/shortfalls", { onRequest, schema }, async (request, reply) => {
    const found = await shortfalls.page(pageOf(request.query));
    if (found === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    const next = found.next === undefined ? undefined : nextAddress(request.url, found.next);
    const isFirstPage = request.query.after === undefined;
    const itemNames = await names.items([...new Set(found.rows.map((row) => row.itemId))]);
    return sendPage(
      reply,
      shortfallPage({ rows: found.rows, names: itemNames, next, isFirstPage }),
      FORM_PAGE_POLICY,
    );
  });
}
