import type { Queryable } from "./database-transaction.ts";
import { sql } from "./sql.ts";

/*
 * Rows are locked in the order of their names, whoever takes or renews: two processes that touch the same ones then
 * wait for each other instead of for both. All times are the server's, so that no two processes' clocks are ever compared.
 */

/** Whose leases, which of them, and for how long from now. */
export type LeaseTerms = {
  readonly holder: string;
  readonly names: readonly string[];
  readonly forMs: number;
};

/** Takes leases that nobody holds, in the order given, `max` at most. Writes nothing while all of them are held. Gives their names. */
export function takeLeases(
  database: Queryable,
  { holder, names, forMs, max }: LeaseTerms & { readonly max: number },
): Promise<{ name: string }[]> {
  return database.query<{ name: string }>(sql`
    with free as (
      select w.name from unnest(${names}::text[]) with ordinality as w (name, rank)
      left join platform.lease l on l.name = w.name
      where l.until is null or l.until <= clock_timestamp()
      order by w.rank limit ${max}
    )
    insert into platform.lease (name, holder, until)
    select name, ${holder}, clock_timestamp() + ${forMs}::int * interval '1 millisecond' from free order by name
    on conflict (name) do update set holder = excluded.holder, until = excluded.until
      where lease.until <= clock_timestamp()
    returning name`);
}

/** Moves the end of leases on, of those that are still the holder's. Gives their names. */
export function renewLeases(
  database: Queryable,
  { holder, names, forMs }: LeaseTerms,
): Promise<{ name: string }[]> {
  return database.query<{ name: string }>(sql`
    with own as (
      select name from platform.lease
      where name = any (${names}::text[]) and holder = ${holder} and until > clock_timestamp()
      order by name for no key update
    )
    update platform.lease l set until = clock_timestamp() + ${forMs}::int * interval '1 millisecond'
    from own where l.name = own.name
    returning l.name`);
}

/** Whether a lease is its holder's now. In a transaction it stays so until the end: who wants to take it over waits. */
export async function holdsLease(database: Queryable, name: string, holder: string): Promise<boolean> {
  const rows = await database.query<{ name: string }>(sql`
    select name from platform.lease
    where name = ${name} and holder = ${holder} and until > clock_timestamp()
    for share`);
  return rows.length > 0;
}

/** Gives a lease back, so that anybody may take it at once. Does nothing when it is another's. */
export function deleteLease(database: Queryable, name: string, holder: string): Promise<number> {
  return database.execute(sql`delete from platform.lease where name = ${name} and holder = ${holder}`);
}
