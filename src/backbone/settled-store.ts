import { type Queryable, sql } from "../platform/index.ts";
import type { LogPosition } from "./position.ts";
import type { SealableRow } from "./seal/leaf.ts";

/** A settled fact with its data as JSON, and about how many bytes that takes. */
export type SettledRow = SealableRow & { readonly bytes: number };

/** Where the next settled facts after a position stand, in log order. */
export async function selectPlacesAfter(
  database: Queryable,
  options: { readonly after: LogPosition; readonly limit: number; readonly elsewhere: readonly string[] },
): Promise<LogPosition[]> {
  const { after, limit, elsewhere } = options;
  // A row a transaction: most have written hundreds of facts, and a row is dear to read.
  const rows = await database.query<{ transaction: number; numbers: string }>(sql`
    select transaction, string_agg(number::text, ',' order by number) as numbers
    from (
      select transaction, number from backbone.event
      where (transaction, number) > (${after.transaction}::bigint, ${after.number}::bigint)
        and transaction < (select backbone.horizon(${elsewhere}::xid8[]))
      order by transaction, number
      limit ${limit}
    ) as page
    group by transaction order by transaction`);
  return rows.flatMap(({ transaction, numbers }) =>
    numbers.split(",").map((number) => ({ transaction, number: Number(number) })),
  );
}

/**
 * Facts by number, in log order, with everything that anybody reads of them. They end with the fact that brings their data to
 * `bytesMax` as stored, which is looked up without reading the data.
 */
export function selectSettledOf(
  database: Queryable,
  { numbers, bytesMax }: { readonly numbers: readonly number[]; readonly bytesMax: number },
): Promise<SettledRow[]> {
  return database.query<SettledRow>(sql`
    select number, transaction, source, id, type, effective_at, recorded_at, correlation_id, causation_id, stream,
           sequence_number, data::text as data, bytes,
           extract(microseconds from effective_at)::int % 1000 as effective_micros,
           extract(microseconds from recorded_at)::int % 1000 as recorded_micros
    from (
      select e.*, pg_column_size(data) as bytes,
             sum(pg_column_size(data)) over (order by transaction, number rows unbounded preceding) as bytes_so_far
      from backbone.event e where number = any (${numbers}::bigint[])
    ) as page
    where bytes_so_far - bytes < ${bytesMax}
    order by transaction, number`);
}

/**
 * The next settled facts after a position, of every type and with everything that anybody reads of them. The page ends with the fact
 * that brings its data to `bytesMax` as stored, which is looked up without reading the data.
 */
export function selectSettledAfter(
  database: Queryable,
  options: {
    readonly after: LogPosition;
    readonly limit: number;
    readonly bytesMax: number;
    readonly elsewhere: readonly string[];
  },
): Promise<SettledRow[]> {
  const { after, limit, bytesMax, elsewhere } = options;
  return database.query<SettledRow>(sql`
    select number, transaction, source, id, type, effective_at, recorded_at, correlation_id, causation_id, stream,
           sequence_number, data::text as data, bytes,
           extract(microseconds from effective_at)::int % 1000 as effective_micros,
           extract(microseconds from recorded_at)::int % 1000 as recorded_micros
    from (
      select *, pg_column_size(data) as bytes,
             sum(pg_column_size(data)) over (order by transaction, number rows unbounded preceding) as bytes_so_far
      from (
        select * from backbone.event
        where (transaction, number) > (${after.transaction}::bigint, ${after.number}::bigint)
          and transaction < (select backbone.horizon(${elsewhere}::xid8[]))
        order by transaction, number
        limit ${limit}
      ) as e
    ) as page
    where bytes_so_far - bytes < ${bytesMax}
    order by transaction, number`);
}
