import { sql } from "../../../src/platform/index.ts";
import { factOf, type Plant, run } from "./plant.ts";

export const nothingDisappearsPlants: readonly Plant[] = [
  {
    check: "stock-facts-have-an-end",
    says: "a stock fact that the ledger passed over",
    async plant(tx) {
      const number = await factOf(tx, "StockPacked");
      await tx.execute(sql`delete from ledger.fact_outcome where event_number = ${number}`);
      return { number, type: "StockPacked" };
    },
  },
  {
    check: "dead-letters-say-why",
    says: "a dead letter without a reason",
    async plant(tx) {
      const number = await factOf(tx, "StockPacked");
      await tx.execute(sql`
        insert into backbone.dead_letter (subscriber, number, reason, first_failed_at) values ('ledger', ${number}, ' ', now())`);
      return { subscriber: "ledger", number };
    },
  },
  {
    check: "messages-are-somewhere",
    says: "a message in a state that nobody looks after",
    async plant(tx) {
      await run(
        tx,
        "alter table integration.message drop constraint message_state_check",
        "update integration.message set state = 'lost' where message_id = 'm-3'",
      );
      return { message_id: "m-3", state: "lost" };
    },
  },
  {
    check: "messages-are-somewhere",
    says: "a message that was dismissed for no reason",
    async plant(tx) {
      await run(
        tx,
        "alter table integration.message drop constraint dismissed_for_a_reason",
        "update integration.message set dismissed_because = ' ' where message_id = 'm-6'",
      );
      return { message_id: "m-6", state: "dismissed" };
    },
  },
  {
    check: "messages-add-up",
    says: "a record that has no outcome",
    async plant(tx) {
      await run(
        tx,
        "alter table integration.message drop constraint every_record_is_accounted_for",
        "update integration.message set records = records + 1 where message_id = 'm-1'",
      );
      return { message_id: "m-1", records: 4, applied: 2, ignored: 1 };
    },
  },
  {
    check: "messages-keep-their-bytes",
    says: "a message whose bytes were changed",
    async plant(tx) {
      await run(tx, "update integration.message set body = 'forged' where message_id = 'm-1'");
      return { message_id: "m-1", account_id: "wms-1" };
    },
  },
  {
    check: "parked-records-say-why",
    says: "a parked record without a reason",
    async plant(tx) {
      await run(tx, "update integration.parked set reason = '' where message_id = 'm-2' and record = 1");
      return { message_id: "m-2", record: 1, state: "parked" };
    },
  },
  {
    check: "parked-records-are-counted",
    says: "a parked record that has gone",
    async plant(tx) {
      await run(tx, "delete from integration.parked where message_id = 'm-2' and record = 1");
      return { message_id: "m-2", counted: "2 parked, 1 applied, 0 duplicate, 1 ignored" };
    },
  },
];
