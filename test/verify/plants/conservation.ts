import { sql } from "../../../src/platform/index.ts";
import { factOf, only, type Plant, positionOf, run } from "./plant.ts";

export const conservationPlants: readonly Plant[] = [
  {
    check: "positions-equal-transfers",
    says: "units that changed their status without a transfer",
    async plant(tx) {
      const position_id = await positionOf(tx, "widget");
      await tx.execute(sql`
        update ledger.position set quarantined = quarantined - 1, damaged = damaged + 1 where position_id = ${position_id}`);
      return { position_id, differs: "quarantined 0 (transfers say 1), damaged 2 (transfers say 1)" };
    },
  },
  {
    check: "versions-count-transfers",
    says: "a change that no transfer made",
    async plant(tx) {
      const position_id = await positionOf(tx, "widget");
      const { version } = await only(
        tx.query<{ version: number }>(sql`
          update ledger.position set version = version + 1 where position_id = ${position_id} returning version`),
      );
      return { position_id, version, transfers: version - 1 };
    },
  },
  {
    check: "items-sum-to-zero",
    says: "a unit out of nowhere",
    also: ["positions-equal-transfers"],
    async plant(tx) {
      const position_id = await positionOf(tx, "widget", "count-variance");
      await tx.execute(
        sql`update ledger.position set picked = picked + 1 where position_id = ${position_id}`,
      );
      return { item_id: "widget", lot: "", sum: 1 };
    },
  },
  {
    check: "transfers-have-two-sides",
    says: "a transfer from a place to itself",
    async plant(tx) {
      await run(tx, "alter table ledger.transfer drop constraint transfer_moves_something");
      const position = await positionOf(tx, "widget");
      await tx.execute(sql`update ledger.position set version = version + 1 where position_id = ${position}`);
      return only(
        tx.query<{ transfer_id: number }>(sql`
          insert into ledger.transfer (from_position_id, from_status, to_position_id, to_status, quantity, reason, effective_at,
                                       recorded_at, event_number)
          select ${position}, 'available', ${position}, 'available', 1, 'count', effective_at, now(), number
          from backbone.event where number = ${await factOf(tx, "StockCounted")} returning transfer_id`),
      );
    },
  },
  {
    check: "transfers-have-facts",
    says: "a transfer whose fact has gone",
    plant: (tx) =>
      only(
        tx.query<{ transfer_id: number; event_number: number }>(sql`
          update ledger.transfer set event_number = 999999
          where transfer_id = (select min(transfer_id) from ledger.transfer where reason = 'count-correction')
          returning transfer_id, event_number`),
      ),
  },
  {
    check: "transfers-take-effect-in-time",
    says: "a receipt that took effect before it happened",
    async plant(tx) {
      const position = await positionOf(tx, "nut");
      return only(
        tx.query<{ transfer_id: number }>(sql`
          update ledger.transfer set effective_at = effective_at - interval '1 hour'
          where to_position_id = ${position} and reason = 'receipt' returning transfer_id`),
      );
    },
  },
  {
    check: "counts-hold",
    says: "a count that the transfers contradict",
    async plant(tx) {
      const position_id = await positionOf(tx, "widget");
      const row = await only(
        tx.query<{ event_number: number; counted: number }>(sql`
          update ledger.count set counted = counted - 1
          where position_id = ${position_id} and counted_at = (select min(counted_at) from ledger.count)
          returning event_number, counted`),
      );
      await tx.execute(sql`
        update backbone.event set data = jsonb_set(data, '{counted}', to_jsonb(${row.counted}::int))
        where number = ${row.event_number}`);
      return { position_id, ...row, on_hand: row.counted + 1 };
    },
  },
  {
    check: "receipt-lines-sum-receipts",
    says: "a receipt line that brought more than its receipts did",
    async plant(tx) {
      await tx.execute(sql`update ledger.receipt_line set received = received + 1 where item_id = 'screw'`);
      return { item_id: "screw", purchase_order: "PO-1", kept: "13 of 11", told: "12 of 11" };
    },
  },
  {
    check: "lanes-sum-transfers",
    says: "a transfer that was lost from the list",
    async plant(tx) {
      await tx.execute(sql`delete from ledger.lane_transfer where item_id = 'widget'`);
      return { item_id: "widget", kept: "nothing", told: "6 left, 5 arrived, 1 lost" };
    },
  },
  {
    check: "checkpoints-equal-transfers",
    says: "a checkpoint that was not told of what was learned later",
    total: 2,
    async plant(tx) {
      const position_id = await positionOf(tx, "screw");
      await tx.execute(sql`delete from ledger.checkpoint_change where position_id = ${position_id}`);
      return { position_id, kind: "available" };
    },
  },
];
