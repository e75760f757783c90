import { LocationId } from "@crossdock/canonical";
import type { FastifyReply } from "fastify";
import { Type } from "typebox";
import { csvText } from "../csv.ts";
import type { DisagreementsPort } from "../disagreement-port.ts";
import { DisagreementPage, type DisagreementView } from "../disagreement-views.ts";
import type { Guards } from "../guard.ts";
import { operation } from "../operation.ts";
import { pageOf, pageParameters } from "../paging.ts";
import { type App, nextLink, refuse } from "../web.ts";

const path = "/system/v1/disagreements";

const querystring = Type.Object(
  {
    source: Type.Optional(
      Type.String({ maxLength: 80, description: "As facts name it, for example `/accounts/erp`." }),
    ),
    location: Type.Optional(LocationId),
    unitsMin: Type.Optional(
      Type.Integer({ minimum: 1, description: "The least difference; 1 when absent." }),
    ),
    sort: Type.Optional(Type.Union([Type.Literal("units"), Type.Literal("money")])),
    ...pageParameters,
  },
  { additionalProperties: false },
);

const about = { tag: "System", scope: "positions:read" } as const;
const description =
  "Of each system that does not own the stock of a place: the last that it said of a position by its own time, what we had then and have " +
  "now, and the difference in units and in money. What its last full snapshot did not list, it says is not there. The largest first.";

const listSchema = operation(
  {
    ...about,
    operationId: "listDisagreements",
    summary: "List where other systems' stock is not ours",
    description,
  },
  { querystring },
  { 200: [DisagreementPage, "A page of disagreements."] },
);
const fileSchema = operation(
  {
    ...about,
    operationId: "downloadDisagreements",
    summary: "Download a page of disagreements as CSV",
    description: `${description} The header field \`Link\` leads to the next page.`,
  },
  { querystring },
  { 200: [undefined, "A CSV file in UTF-8."] },
);

/** Adds the routes of the report of disagreements. */
export function addDisagreementRoutes(app: App, disagreements: DisagreementsPort, guards: Guards): void {
  const onRequest = guards.needs("positions:read");
  app.get(path, { onRequest, schema: listSchema }, async (request, reply) => {
    const { source, location: locationId, unitsMin = 1, sort: sortBy = "units" } = request.query;
    const asked = { ...pageOf(request.query), source, locationId, unitsMin, sortBy };
    const page = await disagreements.page(asked);
    if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
    return { disagreements: page.rows, next: page.next };
  });
  app.get(`${path}.csv`, { onRequest, schema: fileSchema }, async (request, reply) => {
    const { source, location: locationId, unitsMin = 1, sort: sortBy = "units" } = request.query;
    const asked = { ...pageOf(request.query), source, locationId, unitsMin, sortBy };
    const page = await disagreements.page(asked);
    if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
    return sendDisagreementFile(reply, page.rows);
  });
}

/** Answers with disagreements as a CSV file. */
export function sendDisagreementFile(reply: FastifyReply, rows: readonly DisagreementView[]): FastifyReply {
  return reply
    .header("content-type", "text/csv; charset=utf-8")
    .header("content-disposition", 'attachment; filename="disagreements.csv"')
    .send(csvText(HEADER, rows.map(toCells)));
}

const HEADER = [
  ...["source", "location", "item", "lot", "said", "said at", "age in seconds", "fact"],
  ...["ours then", "ours now", "difference", "currency", "amount"],
];

function toCells(row: DisagreementView): readonly (string | number)[] {
  return [
    ...[
      row.source,
      row.locationId,
      row.itemId,
      row.lot,
      row.said,
      row.saidAt,
      row.ageSeconds,
      row.factNumber,
    ],
    ...[row.oursThen, row.oursNow, row.difference, row.money?.currency ?? ""],
    row.money?.amount ?? "",
  ];
}
