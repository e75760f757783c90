import { sql } from "../../../src/platform/index.ts";
import { only, type Plant, positionOf, reservationIn, run } from "./plant.ts";

export const orderFreePlants: readonly Plant[] = [
  {
    check: "stock-follows-facts",
    says: "a unit that count variance gave without a count",
    async plant(tx) {
      const shelf = await positionOf(tx, "nut");
      // Nobody has counted nuts, so there may be no account of their variance yet.
      await run(
        tx,
        `insert into ledger.position (item_id, location_id) values ('nut', 'count-variance') on conflict do nothing`,
      );
      const variance = await positionOf(tx, "nut", "count-variance");
      await tx.execute(sql`
        insert into ledger.transfer (from_position_id, from_status, to_position_id, to_status, quantity, reason, effective_at,
                                     recorded_at, event_number)
        select ${variance}, 'available', ${shelf}, 'quarantined', 1, 'count', e.effective_at, now(), e.number
        from backbone.event e join ledger.transfer t on t.event_number = e.number
        where t.to_position_id = ${shelf} and t.reason = 'receipt'`);
      await tx.execute(sql`
        update ledger.position set quarantined = quarantined + 1, version = version + 1 where position_id = ${shelf}`);
      await tx.execute(sql`
        update ledger.position set available = available - 1, uncovered = greatest(0, 1 - available), version = version + 1
        where position_id = ${variance}`);
      return { item_id: "nut", location_id: "wh-1", kind: "on-hand", live: -59, rebuilt: -60 };
    },
  },
  {
    check: "counts-are-the-last-word",
    says: "the lesser of two counts of one instant",
    async plant(tx) {
      const lesser = await only(
        tx.query<{ number: number; id: string }>(sql`
          select number, id from backbone.event where type = 'StockCounted' and data ->> 'item' = 'milk' order by id limit 1`),
      );
      const position_id = await positionOf(tx, "milk");
      await tx.execute(sql`
        update ledger.count set event_number = ${lesser.number}, in_order = ${lesser.id} where position_id = ${position_id}`);
      return { position_id, kept_fact: lesser.number };
    },
  },
  {
    check: "cases-are-counts",
    says: "an open case that keeps another number than was counted",
    async plant(tx) {
      await run(
        tx,
        `update ledger.count_case set state = 'open', counted = 34, closed_at = null, closed_by = null, closed_because = null`,
      );
      return { position_id: await positionOf(tx, "cork"), state: "open", kept: 34, told: 33 };
    },
  },
  {
    check: "reservation-states-follow-totals",
    says: "a reservation that is picked though nothing was",
    async plant(tx) {
      const reservation_id = await reservationIn(tx, "allocated");
      await run(tx, "alter table availability.reservation drop constraint open_states_match_fulfilment");
      await tx.execute(
        sql`update availability.reservation set state = 'picked' where reservation_id = ${reservation_id}`,
      );
      return { reservation_id, state: "picked", picked: 0 };
    },
  },
  {
    check: "lines-keep-what-is-due",
    says: "a shipment from elsewhere that is noted for another item",
    async plant(tx) {
      await run(tx, "update availability.early_fulfilment set item_id = 'nut' where order_id = 'o-11'");
      return { order_id: "o-11", line_id: "1", item_id: "widget", promised: 3, gone: 0, kept: 1 };
    },
  },
  {
    check: "streams-reach-the-log",
    says: "a stream that begins after a number of its facts",
    async plant(tx) {
      await run(tx, "update integration.stream set lowest = 6");
      return { account_id: "wms-1", stream: "day", lowest: 6, first_on_log: 5 };
    },
  },
  {
    check: "holes-are-reported",
    says: "a gap that was forgotten",
    async plant(tx) {
      await run(tx, "delete from integration.gap");
      return { account_id: "wms-1", stream: "day", missing: 2, numbers: "{[7,9)}" };
    },
  },
  {
    check: "gaps-are-missing",
    says: "a gap over a number that came",
    async plant(tx) {
      await run(tx, "update integration.gap set last = 9");
      return { account_id: "wms-1", stream: "day", first: 7, last: 9 };
    },
  },
  {
    check: "receipts-are-heard-of-lots",
    says: "a receipt of a lot that nobody has heard",
    async plant(tx) {
      const { event_number } = await only(
        tx.query<{ event_number: number }>(sql`
          delete from governance.lot_statement where item_id = 'milk' returning event_number`),
      );
      return { event_number, item_id: "milk", lot: "L 1", said: "2026-05-01" };
    },
  },
  {
    check: "lots-follow-receipts",
    says: "a lot with another day than its receipt says, of which nobody is told",
    async plant(tx) {
      await run(tx, "update governance.lot set expires_on = '2026-06-01', expiry_from_receipts = false");
      return { item_id: "milk", lot: "L 1", said: "2026-05-01", kept: "2026-06-01" };
    },
  },
];
