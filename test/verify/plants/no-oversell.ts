import { sql, type Transaction } from "../../../src/platform/index.ts";
import {
  applied,
  factOf,
  only,
  type Plant,
  positionOf,
  reservationIn,
  run,
  shift,
  tellBehind,
} from "./plant.ts";

/** The warehouse puts stock into a status that is ours alone to give. */
async function warehousePromises(tx: Transaction, to: "held" | "allocated") {
  const position_id = await positionOf(tx, "widget");
  const data = { item: "widget", location: "wh-1", quantity: 1, from: "available", to };
  const fact = await tellBehind(tx, { type: "StockStatusChanged", source: "/accounts/wms-1", data });
  await applied(tx, fact);
  await shift(tx, { position: position_id, from: "available", to, units: 1, reason: "status-change", fact });
  return { position_id };
}

/** A promise of milk after the day on which its lot expired, with its fact, its transfer and its balance. */
async function promiseExpired(tx: Transaction) {
  const made = await only(
    tx.query<{ position_id: number }>(sql`
      insert into availability.reservation
        (reservation_id, channel_id, line_id, position_id, item_id, location_id, lot, quantity, state, created_at, changed_at)
      select 'stale', 'web', '1', position_id, item_id, location_id, lot, 1, 'allocated',
             '2026-05-02T00:30:00Z', '2026-05-02T00:30:00Z'
      from ledger.position where item_id = 'milk' and location_id = 'wh-1' and lot = 'L 1'
      returning position_id`),
  );
  const named = { reservationId: "stale", channelId: "web", lineId: "1", itemId: "milk", locationId: "wh-1" };
  const fact = await tellBehind(tx, {
    ...{ type: "StockReserved", source: "/crossdock" },
    data: { ...named, lot: "L 1", quantity: 1, state: "allocated" },
  });
  await shift(tx, {
    ...{ position: made.position_id, from: "available", to: "allocated", units: 1, reason: "allocate" },
    ...{ fact, reservation: "stale" },
  });
}

/** A reservation of an order's line with its fact, its transfer and its balance, as if the order had been promised twice. */
async function reserveAgain(tx: Transaction, orderId: string) {
  const made = await only(
    tx.query<{ reservation_id: string; position_id: number; item_id: string; quantity: number }>(sql`
      insert into availability.reservation
        (reservation_id, channel_id, order_id, line_id, position_id, item_id, location_id, lot, quantity, state, created_at,
         changed_at)
      select 'second', channel_id, order_id, line_id, position_id, item_id, location_id, lot, 1, 'allocated', now(), now()
      from availability.reservation where order_id = ${orderId} order by reservation_id limit 1
      returning reservation_id, position_id, item_id, quantity`),
  );
  const fact = await tellBehind(tx, {
    type: "StockReserved",
    source: "/crossdock",
    data: {
      reservationId: "second",
      channelId: "web",
      orderId,
      lineId: "1",
      itemId: made.item_id,
      locationId: "wh-1",
      lot: "",
      quantity: 1,
      state: "allocated",
    },
  });
  await shift(tx, {
    position: made.position_id,
    from: "available",
    to: "allocated",
    units: 1,
    reason: "allocate",
    fact,
    reservation: "second",
  });
}

export const noOversellPlants: readonly Plant[] = [
  {
    check: "balances-are-covered",
    says: "a position below zero that no fact explains",
    async plant(tx) {
      const position_id = await positionOf(tx, "nut");
      await run(tx, "alter table ledger.position drop constraint no_oversell");
      await tx.execute(sql`update ledger.position set uncovered = 0 where position_id = ${position_id}`);
      return { position_id, uncovered: 0 };
    },
  },
  {
    check: "channel-reserved-is-fenced",
    says: "stock is set aside that the ledger does not keep",
    async plant(tx) {
      const position_id = await positionOf(tx, "widget");
      await tx.execute(sql`
        insert into availability.ring_fence (position_id, channel_id, item_id, location_id, lot, quantity)
        values (${position_id}, 'web', 'widget', 'wh-1', '', 2)`);
      return { position_id, balance: 0, promised: 2 };
    },
  },
  {
    check: "uncovered-is-exact",
    says: "room to oversell",
    async plant(tx) {
      const position_id = await positionOf(tx, "widget");
      await tx.execute(sql`update ledger.position set uncovered = 3 where position_id = ${position_id}`);
      return { position_id, uncovered: 3 };
    },
  },
  {
    check: "held-is-reserved",
    says: "held units that no hold accounts for",
    plant: (tx) => warehousePromises(tx, "held"),
  },
  {
    check: "allocated-is-reserved",
    says: "allocated units that no reservation waits for",
    plant: (tx) => warehousePromises(tx, "allocated"),
  },
  {
    check: "no-promise-oversold",
    says: "a promise that was posted before the stock came",
    async plant(tx) {
      const position_id = await positionOf(tx, "cork");
      await tx.execute(sql`
        update ledger.transfer set transfer_id = default where to_position_id = ${position_id} and reason = 'receipt'`);
      return { position_id, before: 0, after: -2 };
    },
  },
  {
    check: "lines-promised-within-order",
    says: "a line promised beyond what was ordered",
    async plant(tx) {
      await run(tx, "alter table orchestration.order_line drop constraint never_promised_beyond_the_order");
      await tx.execute(sql`update orchestration.order_line set ordered = 1 where order_id = 'o-5'`);
      await tx.execute(sql`
        update backbone.event
        set data = jsonb_set(jsonb_set(data, '{lines,0,ordered}', '1'), '{lines,0,short}', '-1')
        where number = ${await factOf(tx, "OrderPromised", "o-5")}`);
      return { order_id: "o-5", line_id: "1", ordered: 1, promised: 2 };
    },
  },
  {
    check: "lines-reserved-once",
    says: "an order line that was reserved twice",
    async plant(tx) {
      await reserveAgain(tx, "o-1");
      return { order_id: "o-1", line_id: "1", wanted: 4, reserved: 5 };
    },
  },
  {
    check: "no-expired-lot-promised",
    says: "a promise of a lot on the day after its last",
    async plant(tx) {
      await promiseExpired(tx);
      return { reservation_id: "stale", expires_on: "2026-05-01", promised_on: "2026-05-02" };
    },
  },
  {
    check: "reservations-match-positions",
    says: "a reservation on another position than it names",
    async plant(tx) {
      const reservation_id = await reservationIn(tx, "expired");
      const position_id = await positionOf(tx, "bolt");
      await tx.execute(sql`
        update availability.reservation set position_id = ${position_id} where reservation_id = ${reservation_id}`);
      return { reservation_id, position_id, item_id: "bolt" };
    },
  },
];
