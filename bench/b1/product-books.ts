import { type Database, sql } from "../../src/platform/index.ts";
import { LOCATION } from "./request.ts";

/** What the product's tables say of one sale. */
export type ProductBooks = {
  readonly available: number;
  readonly held: number;
  /** What all transfers of the position come to. */
  readonly transferred: { readonly available: number; readonly held: number };
  readonly promised: { readonly reservations: number; readonly units: number };
  /** Reservations that are named in the kept answer to an accepted key. */
  readonly acceptedReservations: number;
  readonly facts: number;
  readonly accepted: ReadonlySet<string>;
  readonly refused: ReadonlySet<string>;
};

type Keys = { readonly key: string; readonly outcome: string };

/** Reads the books of an item, and what was decided under keys that begin with `keyPrefix`. */
export async function readProductBooks(
  database: Database,
  { itemId, keyPrefix }: { readonly itemId: string; readonly keyPrefix: string },
): Promise<ProductBooks> {
  return await database.transaction(
    async (tx) => {
      const [position] = await tx.query<{ position_id: number; available: number; held: number }>(
        sql`select position_id, available, held from ledger.position
            where item_id = ${itemId} and location_id = ${LOCATION}`,
      );
      const [moved] = await tx.query<{ available: number; held: number }>(sql`
        select coalesce(sum(quantity * (to_status = 'available')::int - quantity * (from_status = 'available')::int), 0)::bigint
                 as available,
               coalesce(sum(quantity * (to_status = 'held')::int - quantity * (from_status = 'held')::int), 0)::bigint as held
        from (
          select to_status::text,
                 case when from_position_id = to_position_id then from_status::text else '' end as from_status, quantity
          from ledger.transfer where to_position_id = ${position?.position_id ?? 0}
        ) as moved`);
      const [promised] = await tx.query<{ reservations: number; units: number }>(sql`
        select count(*)::int as reservations, coalesce(sum(quantity), 0)::bigint as units
        from availability.reservation where item_id = ${itemId} and state = 'held'`);
      const [named] = await tx.query<{ count: number }>(sql`
        select count(*)::int as count
        from availability.admission a
        join availability.reservation r on r.reservation_id = a.answer #>> '{reservations,0,reservationId}'
        where a.key like ${`${keyPrefix}%`} and r.item_id = ${itemId}`);
      const [facts] = await tx.query<{ count: number }>(sql`
        select count(*)::int as count from backbone.event
        where type = 'StockReserved' and data ->> 'itemId' = ${itemId}`);
      const keys = await tx.query<Keys>(sql`
        select key, answer ->> 'outcome' as outcome from availability.admission where key like ${`${keyPrefix}%`}`);
      return {
        available: position?.available ?? 0,
        held: position?.held ?? 0,
        transferred: { available: moved?.available ?? 0, held: moved?.held ?? 0 },
        promised: { reservations: promised?.reservations ?? 0, units: promised?.units ?? 0 },
        acceptedReservations: named?.count ?? 0,
        facts: facts?.count ?? 0,
        accepted: keysOf(keys, "reserved"),
        refused: keysOf(keys, "rejected"),
      };
    },
    { isolation: "repeatable read", readOnly: true },
  );
}

function keysOf(keys: readonly Keys[], outcome: string): ReadonlySet<string> {
  return new Set(keys.filter((row) => row.outcome === outcome).map((row) => row.key));
}
