import { sql } from "../../../src/platform/index.ts";
import { keepMessage } from "../inbox.ts";
import { applied, factOf, nextNumber, only, type Plant, positionOf, run, shift } from "./plant.ts";

const factPlants: readonly Plant[] = [
  {
    check: "facts-stand-once",
    says: "an event that was appended twice",
    async plant(tx) {
      const copy = await nextNumber(tx);
      const row = await only(
        tx.query<{ source: string; id: string }>(sql`
          insert into backbone.event
            (number, transaction, source, id, type, effective_at, recorded_at, correlation_id, data)
          select ${copy}, transaction, source, id, type, effective_at, recorded_at, correlation_id, data
          from backbone.event where number = ${await factOf(tx, "StockPacked")} returning source, id`),
      );
      await applied(tx, copy);
      return { ...row, copies: 2 };
    },
  },
  {
    check: "facts-are-remembered",
    says: "a fact that would count again",
    async plant(tx) {
      const number = await factOf(tx, "StockPacked");
      await tx.execute(sql`delete from backbone.told where number = ${number}`);
      return { number };
    },
  },
  {
    check: "fingerprints-are-of-facts",
    says: "a business key that nothing has",
    async plant(tx) {
      const row = { account_id: "wms-1", kind: "StockReceived", fact_id: "never", message_id: "none" };
      await tx.execute(sql`
        insert into integration.fingerprint (fingerprint, account_id, kind, fact_id, message_id, counted_at, expires_at)
        values (decode(repeat('ab', 16), 'hex'), ${row.account_id}, ${row.kind}, ${row.fact_id}, ${row.message_id}, now(),
                now() + interval '1 day')`);
      return row;
    },
  },
  {
    check: "facts-have-one-outcome",
    says: "a fact that was taken twice",
    async plant(tx) {
      await run(tx, "alter table ledger.fact_outcome drop constraint fact_outcome_pkey cascade");
      const event_number = await factOf(tx, "StockPacked");
      await applied(tx, event_number);
      return { event_number, outcomes: 2 };
    },
  },
  {
    check: "only-applied-facts-move",
    says: "a claim that moved stock",
    async plant(tx) {
      const { event_number } = await only(
        tx.query<{ event_number: number }>(sql`select event_number from ledger.claim`),
      );
      const position = await positionOf(tx, "widget");
      const move = { position, units: 1, reason: "status-change", fact: event_number };
      await shift(tx, { ...move, from: "available", to: "damaged" });
      await shift(tx, { ...move, from: "damaged", to: "available" });
      return { event_number, outcome: "claim", transfers: 2 };
    },
  },
  {
    check: "facts-move-what-they-say",
    says: "a return that went to another status than it says",
    total: 2,
    async plant(tx) {
      const event_number = await factOf(tx, "StockReturned");
      await tx.execute(sql`
        update backbone.event set data = jsonb_set(data, '{status}', '"damaged"') where number = ${event_number}`);
      return { event_number, path: "return from customer available to wh-1 damaged", said: 2, moved: 0 };
    },
  },
  {
    check: "claims-are-kept",
    says: "a claim that was lost",
    plant: (tx) =>
      only(tx.query<{ event_number: number }>(sql`delete from ledger.claim returning event_number`)),
  },
];

const requestPlants: readonly Plant[] = [
  {
    check: "keys-are-decided-once",
    says: "a key with two answers",
    async plant(tx) {
      await run(tx, "alter table availability.admission drop constraint admission_pkey");
      await tx.execute(
        sql`insert into availability.admission select * from availability.admission where key = 'k-2'`,
      );
      return { client_id: "test", key: "k-2", answers: 2 };
    },
  },
  {
    check: "answers-have-their-effect",
    says: "an answer that promises more than was reserved",
    async plant(tx) {
      const { reservation_id } = await only(
        tx.query<{ reservation_id: string }>(sql`
          update availability.admission set answer = jsonb_set(answer::jsonb, '{reservations,0,quantity}', '30')
          where key = 'k-1' returning answer #>> '{reservations,0,reservationId}' as reservation_id`),
      );
      return { client_id: "test", key: "k-1", reservation_id, problem: "is not what was answered" };
    },
  },
  {
    check: "answers-have-their-effect",
    says: "an answer of success without a reservation",
    async plant(tx) {
      await tx.execute(sql`
        update availability.admission set answer = jsonb_set(answer::jsonb, '{outcome}', '"reserved"') where key = 'k-2'`);
      return { client_id: "test", key: "k-2", reservation_id: null };
    },
  },
  {
    check: "answers-have-their-effect",
    says: "an answer that somebody waits who does not",
    async plant(tx) {
      await tx.execute(sql`update availability.backorder set line_id = '2' where item_id = 'washer'`);
      return { client_id: "test", key: "k-3", reservation_id: null };
    },
  },
  {
    check: "fulfilment-equals-transfers",
    says: "a shipment that went out under no reservation",
    plant: (tx) =>
      only(
        tx.query<{ reservation_id: string }>(sql`
          with reservation as (select reservation_id from availability.reservation where order_id = 'o-1')
          update ledger.transfer t set reservation_id = null from reservation r
          where t.reservation_id = r.reservation_id and t.reason = 'shipment' returning r.reservation_id`),
      ),
  },
  {
    check: "order-lines-count-once",
    says: "a pick that was counted short",
    async plant(tx) {
      await tx.execute(sql`update availability.reservation set picked = 3 where order_id = 'o-1'`);
      return {
        order_id: "o-1",
        line_id: "1",
        said: "4 picked, 4 shipped, 0 put back, 0 not found",
        counted: "3 picked, 4 shipped, 0 put back, 0 not found",
      };
    },
  },
  {
    check: "order-lines-count-once",
    says: "a shipment ahead of its order that was forgotten",
    also: ["shelves-empty-once"],
    async plant(tx) {
      await run(tx, "delete from availability.early_fulfilment where order_id = 'o-8'");
      return {
        order_id: "o-8",
        said: "0 picked, 1 shipped, 0 put back, 0 not found",
        counted: "0 picked, 0 shipped, 0 put back, 0 not found",
      };
    },
  },
  {
    check: "shelves-empty-once",
    says: "a pick that moved what its shipment had moved before",
    async plant(tx) {
      const position = await positionOf(tx, "widget");
      const { number: fact } = await only(
        tx.query<{ number: number }>(sql`
          select number from backbone.event where type = 'StockPicked' and data #>> '{orderLine,orderId}' = 'o-2'`),
      );
      await shift(tx, { position, from: "available", to: "picked", units: 1, reason: "pick", fact });
      return { position_id: position };
    },
  },
  {
    check: "orders-come-once",
    says: "an order that came twice",
    async plant(tx) {
      await run(
        tx,
        "alter table orchestration.customer_order drop constraint order_number_is_unique_per_account",
        `update orchestration.customer_order
         set order_number = 'o-1', content = jsonb_set(content, '{orderNumber}', '"o-1"') where order_id = 'o-2'`,
      );
      await tx.execute(sql`
        update backbone.event set data = jsonb_set(data, '{orderNumber}', '"o-1"')
        where number = ${await factOf(tx, "OrderReceived", "o-2")}`);
      return { account_id: "shop-1", order_number: "o-1", order_ids: "o-1 o-2" };
    },
  },
  {
    check: "messages-are-trusted-once",
    says: "two messages believed under one key",
    async plant(tx) {
      await run(tx, "drop index integration.message_key_is_trusted_once");
      await keepMessage(tx, { id: "m-7", key: "m-1", state: "stored" });
      return { account_id: "wms-1", key: "m-1", message_ids: "m-1 m-7" };
    },
  },
];

export const exactlyOncePlants: readonly Plant[] = [...factPlants, ...requestPlants];
