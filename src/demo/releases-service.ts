import {
  accountId,
  type DocumentOf,
  documentId,
  type LocationId,
  orderId,
  type Reservation,
} from "@crossdock/canonical";
import { type Company, warehouseAccount } from "./company.ts";
import type { DemoParts, Run } from "./parts.ts";

/** Orders looked at, the newest first: those that were on a floor when the program was killed are among them. */
const ORDERS_LOOKED_AT = 500;

type OrderRow = Awaited<ReturnType<DemoParts["orchestration"]["orderPage"]>>[number];

/**
 * Tells the warehouses again what they still have to ship: a simulated warehouse forgets its floor when the program is killed,
 * and a real one would not. Gives how many releases that were. Ended in order, the program leaves none.
 */
export async function releaseAgain(parts: DemoParts, company: Company, run: Run): Promise<number> {
  const skuOf = new Map(company.items.map((item) => [item.itemId, item.sku]));
  const orders = await parts.orchestration.orderPage({ limit: ORDERS_LOOKED_AT });
  let released = 0;
  for (const order of orders.filter(({ state }) => state === "promised" || state === "partly-shipped")) {
    const open = (await parts.availability.reservationsOfOrder(order.order_id)).filter(
      ({ state }) => state === "allocated" || state === "picked",
    );
    for (const [location, picks] of Map.groupBy(open, (pick) => pick.locationId)) {
      const document = releaseOf(order, { location, picks, skuOf });
      if (await tellAgain(parts, { order, document, run })) released += 1;
    }
  }
  return released;
}

function releaseOf(
  order: OrderRow,
  of: {
    readonly location: LocationId;
    readonly picks: readonly Reservation[];
    readonly skuOf: ReadonlyMap<string, string>;
  },
): DocumentOf<"warehouse-release"> {
  return {
    kind: "warehouse-release",
    orderId: orderId(order.order_id),
    orderNumber: order.order_number,
    locationId: of.location,
    lines: of.picks.map(({ lineId, itemId, lot, quantity }) => ({
      lineId,
      itemId,
      names: [{ scheme: "sku", value: of.skuOf.get(itemId) ?? "" }],
      ...(lot === "" ? {} : { lot }),
      quantity,
    })),
  };
}

type Again = {
  readonly order: OrderRow;
  readonly document: DocumentOf<"warehouse-release">;
  readonly run: Run;
};

/** Queues a release once more, unless the first one is still on its way. */
async function tellAgain(
  { database, integration }: DemoParts,
  { order, document, run }: Again,
): Promise<boolean> {
  const key = `${order.order_id}.${document.locationId}`;
  const paper = {
    accountId: accountId(warehouseAccount(document.locationId)),
    kind: document.kind,
    document,
    correlationId: order.correlation_id,
  };
  const first = await database.transaction((tx) => integration.enqueue(tx, { ...paper, key }));
  const status = await integration.document(documentId(first.documentId));
  if (status?.state !== "delivered") return false;
  await database.transaction((tx) =>
    integration.enqueue(tx, { ...paper, key: `${key}.again-${run.number}` }),
  );
  return true;
}
