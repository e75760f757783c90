import { sql } from "../../../src/platform/index.ts";
import { factOf, only, type Plant, run, tellBehind } from "./plant.ts";

export const logPlants: readonly Plant[] = [
  {
    check: "log-ends-at-the-present",
    says: "a fact of a transaction that has not begun",
    async plant(tx) {
      const number = await factOf(tx, "StockPacked");
      await tx.execute(
        sql`update backbone.event set transaction = transaction + 1000000 where number = ${number}`,
      );
      return { number };
    },
  },
  {
    check: "numbers-were-handed-out",
    says: "a fact with a number that nobody was given",
    async plant(tx) {
      const number = await factOf(tx, "StockPacked");
      await run(tx, "alter table backbone.event disable trigger all");
      await tx.execute(sql`update backbone.event set number = number + 1000000 where number = ${number}`);
      await tx.execute(sql`
        update ledger.fact_outcome set event_number = event_number + 1000000 where event_number = ${number}`);
      return { number: number + 1_000_000 };
    },
  },
  {
    check: "readers-skip-nothing",
    says: "a reader beyond what is settled",
    async plant(tx) {
      const row = await only(
        tx.query<{ name: string; transaction: number }>(sql`
          insert into backbone.subscriber (name, transaction)
          select 'hasty', max(transaction) + 1000000 from backbone.event returning name, transaction`),
      );
      return row;
    },
  },
  {
    check: "sealed-facts-stand",
    says: "a fact that slipped in where the log was sealed",
    async plant(tx) {
      const number = await tellBehind(tx, { type: "AvailabilityPublished", source: "/crossdock", data: {} });
      await tx.execute(sql`update backbone.seal set number = ${number}`);
      return { number, sealed_in: null };
    },
  },
  {
    check: "seal-holds-together",
    says: "a leaf that is not the one that was signed",
    async plant(tx) {
      await tx.execute(sql`update backbone.seal_tile set hashes = sha256(hashes)`);
      return { level: null, problem: "the signed root of 1 facts is not that of the tree" };
    },
  },
];
