import { type Queryable, sql } from "../platform/index.ts";
import { selectLastChange } from "./master-store.ts";

/** Classes of items, as master data stood at a change of it. */
export type ItemClasses = {
  readonly at: number;
  /** By item; null where an item has none. */
  readonly of: ReadonlyMap<string, string | null>;
};

type ClassRow = { readonly item_id: string; readonly item_class: string | null };

/** The items of classes. What changes while they are read has a later number, and can be asked for after it. */
export async function itemsOfClasses(database: Queryable, classes: readonly string[]): Promise<ItemClasses> {
  const at = await selectLastChange(database);
  const rows = await database.query<ClassRow>(sql`
    select item_id, item_class from governance.item where item_class = any (${[...classes]}::text[])`);
  return { at, of: new Map(rows.map((row) => [row.item_id, row.item_class])) };
}

/** The items that have another class than at a change, each with the class that it has now. */
export async function itemsReclassed(database: Queryable, since: number): Promise<ItemClasses> {
  const at = await selectLastChange(database);
  if (at <= since) return { at, of: new Map() };
  const rows = await database.query<ClassRow>(sql`
    select i.item_id, i.item_class from governance.item i
    where i.item_id in (
      select c.item_id from governance.change c
      where c.change_id > ${since} and c.what = 'item' and c.before ->> 'item_class' is distinct from c.after ->> 'item_class')`);
  return { at, of: new Map(rows.map((row) => [row.item_id, row.item_class])) };
}

/** Those of the classes that some item has. */
export async function classesInUse(
  database: Queryable,
  classes: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await database.query<{ item_class: string }>(sql`
    select c.item_class from unnest(${[...classes]}::text[]) as c (item_class)
    where exists (select from governance.item i where i.item_class = c.item_class)`);
  return new Set(rows.map((row) => row.item_class));
}
