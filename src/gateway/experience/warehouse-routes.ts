import {
  Instant,
  ItemId,
  LineId,
  LocationId,
  Lot,
  OrderId,
  Quantity,
  QuantityDelta,
} from "@crossdock/canonical";
import { Type } from "typebox";
import type { Guards } from "../guard.ts";
import { FORM_PAGE_POLICY } from "../html.ts";
import { operation } from "../operation.ts";
import { warehousePage } from "../pages/warehouse-page.ts";
import type { WarehousePort } from "../warehouse-port.ts";
import { type App, refuse, sendPage } from "../web.ts";

const closed = { additionalProperties: false } as const;

const ScanAnswer = Type.Object(
  {
    locationId: LocationId,
    item: Type.Object({ itemId: ItemId, sku: Type.String(), description: Type.String() }, closed),
    read: Type.Object(
      {
        gtin: Type.Optional(Type.String()),
        lot: Type.Optional(Lot),
        expiresOn: Type.Optional(
          Type.String({ description: "A day, as the barcode has it: (17), or (15)." }),
        ),
        serial: Type.Optional(Type.String()),
      },
      { ...closed, description: "What the barcode said beside the item." },
    ),
    lots: Type.Array(
      Type.Object(
        {
          positionId: Type.String(),
          lot: Lot,
          expiresOn: Type.Optional(Type.String({ description: "A day, as master data has it." })),
          onHand: QuantityDelta,
          available: QuantityDelta,
          held: Quantity,
          allocated: Quantity,
          picked: QuantityDelta,
          setAside: Quantity,
          quarantined: QuantityDelta,
          damaged: QuantityDelta,
        },
        closed,
      ),
      {
        description:
          "What lies there, the lot that expires first at the top; of the scanned lot alone, where one was.",
      },
    ),
    toPick: Type.Array(
      Type.Object(
        { orderId: Type.Optional(OrderId), lineId: LineId, lot: Lot, units: Quantity, promisedAt: Instant },
        closed,
      ),
      { description: "Promised from there and not picked yet, the earliest promise first." },
    ),
  },
  { title: "ScanAnswer", ...closed },
);

const asked = {
  location: Type.String({ minLength: 1, maxLength: 200, description: "Its code, GLN, or id." }),
  code: Type.String({
    minLength: 1,
    maxLength: 200,
    description:
      "What was scanned or typed: a SKU, a GTIN, our id, or a barcode with GS1 application identifiers, with or without its symbology identifier.",
  }),
};

const schema = operation(
  {
    operationId: "scanStock",
    tag: "Experience",
    scope: "warehouse:read",
    summary: "Ask what lies at a place of what was scanned",
    description:
      "One item at one location, lot by lot, with what of it has to be picked. Of a GS1 barcode the GTIN (01, 02), lot (10), serial (21) and days " +
      "(15, 17) are read, and a lot narrows the answer to it.",
  },
  { querystring: Type.Object(asked, closed) },
  { 200: [ScanAnswer, "What lies there, and what has to be picked."] },
);

const typed = Type.Object({
  location: Type.Optional(Type.String({ maxLength: 200 })),
  code: Type.Optional(Type.String({ maxLength: 200 })),
});

/** Adds the route, and the page for a telephone, of what scanners ask. */
export function addWarehouseRoutes(app: App, warehouse: WarehousePort, guards: Guards): void {
  const options = { onRequest: guards.needs("warehouse:read"), schema };
  app.get("/experience/v1/warehouse/scan", options, async (request, reply) => {
    const answer = await warehouse.scan(request.query);
    if (answer.is === "unreadable")
      return refuse(reply, { code: "unreadable-barcode", detail: answer.message });
    if (answer.is !== "found") return refuse(reply, { code: "not-found", detail: answer.message });
    const { scanned } = answer;
    return { ...scanned, lots: [...scanned.lots], toPick: [...scanned.toPick] };
  });
  const person = guards.asksPerson("warehouse:read");
  const pageSchema = { hide: true, querystring: typed };
  app.get("/warehouse", { onRequest: person, schema: pageSchema }, async (request, reply) => {
    const { location = "", code = "" } = request.query;
    const isAsked = location.trim() !== "" && code.trim() !== "";
    const answer = isAsked
      ? await warehouse.scan({ location: location.trim(), code: code.trim() })
      : undefined;
    return sendPage(reply, warehousePage({ location, code, answer }), FORM_PAGE_POLICY);
  });
}
