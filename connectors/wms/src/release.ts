import { type DocumentOf, Quantity, type Reference } from "@crossdock/canonical";
import type { Account, RenderContext, Rendered, RenderRefusal } from "@crossdock/connector-kit";
import { Type } from "typebox";
import { settingsOf } from "./settings.ts";

/** Lines of one release: as many as an order has. */
export const RELEASE_LINES_MAX = 5_000;

const closed = { additionalProperties: false } as const;

/** A line of a release. `quantity` is in the item's smallest unit. */
const releaseLine = Type.Object(
  {
    lineId: Type.String({ description: "Comes back with every event about this line." }),
    sku: Type.Optional(Type.String()),
    gtin: Type.Optional(Type.String({ description: "Given instead of `sku` where the item has no SKU." })),
    lot: Type.Optional(Type.String()),
    quantity: Type.Unsafe<number>({ ...Quantity, minimum: 1 }),
  },
  closed,
);

/** The body of `POST <url>/orders`: what the warehouse shall pick and ship. */
export const wmsReleaseSchema = Type.Object(
  {
    releaseId: Type.String({ description: "Also the idempotency key: the same release twice is one order." }),
    orderId: Type.String({ description: "Comes back with every event about this order." }),
    orderNumber: Type.String({ description: "The number that the customer knows." }),
    warehouse: Type.String(),
    shipBy: Type.Optional(Type.String()),
    lines: Type.Array(releaseLine, { minItems: 1, maxItems: RELEASE_LINES_MAX }),
  },
  { title: "wms release", ...closed },
);
export type WmsRelease = Type.Static<typeof wmsReleaseSchema>;

type ReleaseDocument = DocumentOf<"warehouse-release">;
type DocumentLine = ReleaseDocument["lines"][number];
type Name = { readonly sku: string } | { readonly gtin: string };

/**
 * Writes a release as the warehouse reads it. Refused when a line has no name that the warehouse knows, or nothing to pick:
 * an order with a line left out would be shipped short without anyone having decided that.
 */
export function renderRelease(
  document: ReleaseDocument,
  context: RenderContext,
  account: Account,
): Rendered | RenderRefusal {
  const { orderId, orderNumber, locationId, shipBy, lines } = document;
  const { warehouseCodes = {} } = settingsOf(account);
  if (lines.length === 0 || lines.length > RELEASE_LINES_MAX) {
    return { refused: `A release has 1 to ${RELEASE_LINES_MAX} lines, and this one has ${lines.length}.` };
  }
  const rendered: WmsRelease["lines"] = [];
  for (const line of lines) {
    const name = nameOf(line.names, account);
    if (name === undefined) {
      return {
        refused: `Line ${line.lineId}: item ${line.itemId} has no SKU and no GTIN; add it as an alias.`,
      };
    }
    if (line.quantity < 1) return { refused: `Line ${line.lineId} asks for nothing.` };
    rendered.push(releaseLineOf(line, name));
  }
  const release: WmsRelease = {
    releaseId: context.documentId,
    orderId,
    orderNumber,
    warehouse: Object.hasOwn(warehouseCodes, locationId)
      ? (warehouseCodes[locationId] ?? locationId)
      : locationId,
    ...(shipBy === undefined ? {} : { shipBy }),
    lines: rendered,
  };
  const body = new TextEncoder().encode(JSON.stringify(release));
  return { body, contentType: "application/json", name: context.documentId };
}

function releaseLineOf({ lineId, lot, quantity }: DocumentLine, name: Name): WmsRelease["lines"][number] {
  const ofLot = lot === undefined || lot === "" ? {} : { lot };
  return { lineId, ...name, ...ofLot, quantity };
}

/** The name that the warehouse knows: a SKU before a GTIN, and never one that belongs to somebody else's account. */
function nameOf(names: readonly Reference[], { accountId }: Account): Name | undefined {
  const known = names.filter(({ scope = "" }) => scope === "" || scope === accountId);
  const sku = known.find(({ scheme }) => scheme === "sku");
  if (sku !== undefined) return { sku: sku.value };
  const gtin = known.find(({ scheme }) => scheme === "gtin");
  return gtin === undefined ? undefined : { gtin: gtin.value };
}
