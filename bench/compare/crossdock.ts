import {
  accountId,
  accountSource,
  channelId,
  type Fact,
  itemId,
  lineId,
  locationId,
  orderId,
  quantity,
  type Reservation,
} from "@crossdock/canonical";
import { sql } from "../../src/platform/index.ts";
import type { ProductParts } from "../product-parts.ts";
import { type Ask, STOCK_PLACES, type Stockroom, type Told } from "./stockroom.ts";

type Parts = Pick<ProductParts, "database" | "factLog" | "governance" | "ledger" | "availability">;

/** Two channels over two places; doing it again changes nothing. */
export async function setUpChannels({ availability }: Parts): Promise<void> {
  await availability.saveChannels([
    { channelId: "everywhere", name: "Everywhere", locationIds: STOCK_PLACES },
    { channelId: "second", name: "Second", locationIds: ["wh-2"] },
  ]);
}

let named = 0;
const nextName = (what: string) => {
  named += 1;
  return `${what}-${process.pid}-${named}`;
};

/** The product as it is wired, without HTTP. Its channels must have been set up. */
export function crossdockRoom(parts: Parts): Stockroom {
  const { database, availability, governance, ledger } = parts;

  async function say(facts: readonly Fact[]): Promise<void> {
    const numbers = await parts.factLog.takeNumbers(facts.length);
    const told = facts.map((fact, at) => ({
      ...fact,
      number: numbers[at] ?? 0,
      id: nextName("fact"),
      source: accountSource(accountId("wms")),
      effectiveAt: new Date().toISOString(),
      correlationId: "compare",
    }));
    await database.transaction((tx) => parts.factLog.appendFromOutside(tx, told));
    await ledger.subscriber.drain();
  }

  return {
    version: async () => "Crossdock",
    async receive(item, place, units) {
      const plain = { itemId: item, sku: item, description: item, baseUnit: "EA", tracking: "none" as const };
      await governance.saveItems([{ ...plain, units: [], components: [] }]);
      const data = { item: itemId(item), location: locationId(place), quantity: quantity(units) };
      await say([{ type: "StockReceived", data }]);
    },
    async ask(asks) {
      const orders = await order(
        parts,
        asks.filter(({ isFirm }) => isFirm === true),
      );
      const holds = asks.filter(({ isFirm }) => isFirm !== true).map((ask) => hold(parts, ask));
      return [...orders, ...(await Promise.all(holds))];
    },
    async close(ids, how) {
      if (how === "ship") {
        await say((await reservationsOf(parts, ids)).map(shipmentOf));
        return ids.map(() => "done");
      }
      return Promise.all(ids.map((id) => release(parts, id)));
    },
    async books(item) {
      const [row] = await database.query<{ on_hand: number; promised: number }>(sql`
        select sum(available + held + allocated + picked + channel_reserved)::bigint as on_hand,
               sum(held + allocated)::bigint as promised
        from ledger.position where item_id = ${item} and location_id = any (${STOCK_PLACES}::text[])`);
      const [open] = await database.query<{ held: number }>(sql`
        select coalesce(sum(quantity), 0)::bigint as held from availability.reservation
        where item_id = ${item} and state in ('held', 'allocated')`);
      return { onHand: row?.on_hand ?? 0, promised: row?.promised ?? 0, held: open?.held ?? 0 };
    },
    async figure(channel, item) {
      const [figure] = (await availability.availability(channelId(channel), [item])) ?? [];
      return figure?.availableToPromise ?? 0;
    },
    stop: async () => undefined,
  };
}

/** Releases what a name stands for; gives the first refusal, or whether there was anything left to do. */
async function release(parts: Parts, id: string): Promise<string> {
  const own = (await reservationsOf(parts, [id])).map(({ reservationId }) => reservationId);
  const step = { step: "release" as const, reason: "compare", correlationId: "compare" };
  const answers = [...(await parts.availability.step(own, step)).values()];
  const [refusal] = answers.flatMap((answer) => (answer.done ? [] : [answer.refused.reason]));
  return refusal ?? (answers.some((answer) => answer.done && answer.already) ? "already" : "done");
}

async function hold({ availability }: Parts, { channel, lines }: Ask): Promise<Told> {
  const wanted = lines.map(({ item, units }, at) => ({
    lineId: lineId(String(at + 1)),
    item: { scheme: "id" as const, value: item },
    quantity: { value: units, unit: "EA" },
  }));
  const context = { clientId: "compare", correlationId: "compare" };
  const answer = await availability.reserve({ channelId: channelId(channel), lines: wanted }, context);
  if ("refused" in answer) return { units: 0, refused: answer.refused };
  return toldOf(answer.answer.reservations, nextId(answer.answer.reservations));
}

/** Orders that come at the same moment are promised together, as the product does it. */
async function order({ availability, database }: Parts, asks: readonly Ask[]): Promise<readonly Told[]> {
  const orders = asks.map(orderOf);
  const promises = await database.transaction((tx) => availability.promise(tx, orders));
  return promises.map(({ reservations }, at) => toldOf(reservations, orders[at]?.correlationId ?? ""));
}

function orderOf({ channel, lines }: Ask) {
  const id = nextName("order");
  const wanted = lines.map(({ item, units }, at) => ({
    lineId: lineId(String(at + 1)),
    itemId: itemId(item),
    quantity: quantity(units),
    orderedUnit: quantity(1),
    components: [{ itemId: itemId(item), quantity: 1 }],
  }));
  const request = {
    channelId: channelId(channel),
    policy: "all-or-nothing" as const,
    orderId: orderId(id),
    refused: [],
    lines: wanted,
  };
  return { accountId: accountId("shop"), request, expiresAt: undefined, correlationId: id };
}

function toldOf(reservations: readonly Reservation[], id: string): Told {
  const units = reservations.reduce((sum, each) => sum + each.quantity, 0);
  return reservations.length === 0 ? { units: 0, refused: "insufficient-stock" } : { units, id };
}

const nextId = (reservations: readonly Reservation[]): string =>
  reservations.map(({ reservationId }) => reservationId).join(" ");

/** The reservations that names stand for: an order's, or those of a hold. */
async function reservationsOf(
  { availability }: Parts,
  ids: readonly string[],
): Promise<readonly Reservation[]> {
  const found = ids.map(async (id) => {
    if (id.startsWith("order-")) return availability.reservationsOfOrder(id);
    const held = await Promise.all(id.split(" ").map((one) => availability.reservation(one)));
    return held.filter((one) => one !== undefined);
  });
  return (await Promise.all(found)).flat();
}

function shipmentOf({
  itemId: item,
  locationId: location,
  quantity: units,
  orderId: order,
  lineId: line,
}: Reservation): Fact {
  const orderLine = { orderId: order ?? orderId("none"), lineId: line };
  const cartons = [{ lines: [{ item, quantity: units, orderLine }] }];
  return { type: "ShipmentDispatched", data: { location, shipmentNumber: nextName("S"), cartons } };
}
