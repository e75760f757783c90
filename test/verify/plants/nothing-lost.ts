import assert from "node:assert/strict";
import { sql } from "../../../src/platform/index.ts";
import { factOf, only, type Plant, reservationIn, run, tellBehind } from "./plant.ts";

const reservationPlants: readonly Plant[] = [
  {
    check: "reservations-have-facts",
    says: "a reservation for another channel than the log says",
    plant: (tx) =>
      only(
        tx.query<{ reservation_id: string }>(sql`
          update backbone.event set data = jsonb_set(data, '{channelId}', '"retail"')
          where type = 'StockReserved' and data ->> 'orderId' = 'o-1'
          returning data ->> 'reservationId' as reservation_id`),
      ),
  },
  {
    check: "reservations-have-facts",
    says: "a hold that outlives what was promised",
    plant: (tx) =>
      only(
        tx.query<{ reservation_id: string }>(sql`
          update availability.reservation set expires_at = expires_at + interval '1 day'
          where reservation_id = (select min(reservation_id) from availability.reservation where state = 'held')
          returning reservation_id`),
      ),
  },
  {
    check: "position-changes-are-told-once",
    says: "a change of a position that there is not",
    async plant(tx) {
      const { number } = await only(
        tx.query<{ number: number }>(sql`
          update backbone.event set data = jsonb_set(data, '{positions,0,locationId}', '"wh-nowhere"')
          where number = (select min(number) from backbone.event where type = 'PositionsChanged') returning number`),
      );
      return { event_number: number, location_id: "wh-nowhere", problem: "there is no such position" };
    },
  },
  {
    check: "position-changes-are-told-once",
    says: "a change that was told twice",
    async plant(tx) {
      const { number, data } = await only(
        tx.query<{ number: number; data: { positions: object[] } }>(sql`
          select number, data from backbone.event where type = 'PositionsChanged' order by number limit 1`),
      );
      const again = await tellBehind(tx, {
        type: "PositionsChanged",
        source: "/crossdock",
        data: { positions: data.positions.slice(0, 1) },
      });
      assert.ok(again > number);
      return { event_number: again, problem: "this version was told before" };
    },
  },
  {
    check: "reservation-states-have-facts",
    says: "a released hold that calls itself expired",
    async plant(tx) {
      const { reservation_id } = await only(
        tx.query<{ reservation_id: string }>(sql`
          update availability.reservation set state = 'expired'
          where reservation_id = (select min(reservation_id) from availability.reservation
                                  where state = 'released' and expires_at is not null)
          returning reservation_id`),
      );
      return { reservation_id, state: "expired" };
    },
  },
  {
    check: "steps-have-transfers",
    says: "a transfer that says another step than its fact",
    plant: (tx) =>
      only(
        tx.query<{ event_number: number; reservation_id: string }>(sql`
          update ledger.transfer set reason = 'expire'
          where transfer_id = (select min(transfer_id) from ledger.transfer where reason = 'release')
          returning event_number, reservation_id`),
      ),
  },
  {
    check: "holds-live-to-their-expiry",
    says: "a hold that was ended before its time",
    async plant(tx) {
      const reservation_id = await reservationIn(tx, "expired");
      await tx.execute(sql`
        update availability.reservation set expires_at = expires_at + interval '1 day' where reservation_id = ${reservation_id}`);
      return { reservation_id };
    },
  },
];

const orderPlants: readonly Plant[] = [
  {
    check: "order-shipments-are-told",
    says: "a shipment that the order's channel was never told of",
    async plant(tx) {
      const { order_id } = await only(
        tx.query<{ order_id: string }>(sql`
          delete from backbone.event where number = (select min(number) from backbone.event where type = 'OrderShipped')
          returning data ->> 'orderId' as order_id`),
      );
      return { order_id };
    },
    total: 2,
  },
  {
    check: "order-shipments-are-told",
    says: "a telling of more than has left",
    async plant(tx) {
      const { order_id, line_id } = await only(
        tx.query<{ order_id: string; line_id: string }>(sql`
          update backbone.event set data = jsonb_set(data, '{lines,0,shipped}', '99')
          where number = (select min(number) from backbone.event where type = 'OrderShipped')
          returning data ->> 'orderId' as order_id, data #>> '{lines,0,lineId}' as line_id`),
      );
      return { order_id, line_id };
    },
  },
  {
    check: "orders-have-facts",
    says: "an order that was changed after it came",
    async plant(tx) {
      await run(
        tx,
        `update orchestration.customer_order set content = jsonb_set(content, '{placedAt}', '"2020-01-01T00:00:00Z"')
         where order_id = 'o-1'`,
      );
      return { order_id: "o-1", event_number: await factOf(tx, "OrderReceived", "o-1") };
    },
  },
  {
    check: "orders-have-facts",
    says: "an order that was read and not kept",
    async plant(tx) {
      const data = { orderId: "o-9", accountId: "shop-1", orderNumber: "o-9" };
      const event_number = await tellBehind(tx, { type: "OrderReceived", source: "/accounts/shop-1", data });
      return { order_id: "o-9", event_number, problem: "was received and not kept" };
    },
  },
  {
    check: "orders-have-facts",
    says: "an order under a taken number, left out without a word",
    async plant(tx) {
      const data = { orderId: "o-9", accountId: "shop-1", orderNumber: "o-1" };
      const event_number = await tellBehind(tx, { type: "OrderReceived", source: "/accounts/shop-1", data });
      return { order_id: "o-9", event_number, problem: "was received and not kept" };
    },
  },
  {
    check: "orders-are-promised-once",
    says: "a promise whose shortage does not add up",
    async plant(tx) {
      await tx.execute(sql`
        update backbone.event set data = jsonb_set(data, '{lines,0,short}', '1')
        where number = ${await factOf(tx, "OrderPromised", "o-1")}`);
      return { order_id: "o-1", line_id: "1" };
    },
  },
  {
    check: "orders-are-promised-once",
    says: "an order that was promised twice",
    async plant(tx) {
      const { data } = await only(
        tx.query<{ data: object }>(sql`
          select data || '{"lines": []}' as data from backbone.event
          where number = ${await factOf(tx, "OrderPromised", "o-1")}`),
      );
      await tellBehind(tx, { type: "OrderPromised", source: "/crossdock", data });
      return { order_id: "o-1", line_id: null, problem: "was promised 2 times" };
    },
  },
  {
    check: "promises-are-backed",
    says: "a kit whose part was not reserved",
    async plant(tx) {
      await run(
        tx,
        "update orchestration.order_line_part set per_unit = 3 where order_id = 'o-3' and item_id = 'nut'",
      );
      return { order_id: "o-3", line_id: "1", item_id: "nut", promised: 9, reserved: 6 };
    },
  },
  {
    check: "order-shipments-are-counted",
    says: "a part that was shipped by nobody",
    async plant(tx) {
      await run(
        tx,
        "update orchestration.order_line_part set shipped = 1 where order_id = 'o-3' and item_id = 'nut'",
      );
      return { order_id: "o-3", line_id: "1", item_id: "nut", kept: 1, told: 0 };
    },
  },
  {
    check: "early-shipments-are-kept",
    says: "a shipment whose order will never hear of it",
    plant: (tx) =>
      only(
        tx.query<{ order_id: string; event_number: number }>(sql`
          delete from orchestration.early_shipment where order_id = 'o-8' returning order_id, event_number`),
      ),
  },
  {
    check: "order-states-follow-lines",
    also: ["order-shipments-are-told"],
    says: "an order that has left and does not know it",
    async plant(tx) {
      await run(
        tx,
        "update orchestration.customer_order set state = 'partly-shipped' where order_id = 'o-1'",
      );
      return { order_id: "o-1", state: "partly-shipped" };
    },
  },
];

const messagePlants: readonly Plant[] = [
  {
    check: "messages-have-facts",
    says: "a message that claims a fact it did not cause",
    async plant(tx) {
      await run(
        tx,
        "update integration.message set applied = applied + 1, records = records + 1 where message_id = 'm-1'",
      );
      return { message_id: "m-1", applied: 3, facts: 2 };
    },
  },
  {
    check: "messages-have-facts",
    says: "a fact whose message is gone",
    async plant(tx) {
      const data = { item: "widget", location: "wh-1", quantity: 1 };
      const number = await tellBehind(tx, { type: "OrderCancelled", source: "/accounts/wms-1", data });
      await tx.execute(sql`update backbone.event set causation_id = 'm-9' where number = ${number}`);
      return { message_id: "m-9", state: null, applied: 0, facts: 1 };
    },
  },
  {
    check: "control-numbers-are-whole",
    says: "a control number that no document bears",
    async plant(tx) {
      await run(tx, "delete from integration.document where document_id = 'd-2'");
      return { account_id: "shop-1", first: 1, last: 3, used: 2, missing: "{[2,3)}" };
    },
  },
];

export const nothingLostPlants: readonly Plant[] = [...reservationPlants, ...orderPlants, ...messagePlants];
