import type { Queryable } from "./database-transaction.ts";
import { sql } from "./sql.ts";

/** One thing in the catalog, as statement text: `opening (lines) closing; after;`. */
export type SchemaObject = {
  schema: string;
  kind: string;
  name: string;
  opening: string;
  lines: string[];
  closing: string;
  after: string[];
};

/** Everything that is ours: no schema of PostgreSQL's own, nothing that an extension brought. */
export async function selectSchemaObjects(db: Queryable): Promise<SchemaObject[]> {
  const parts = await Promise.all([
    selectTypes(db),
    selectSequences(db),
    selectTables(db),
    selectViews(db),
    selectFunctions(db),
  ]);
  return parts
    .flat()
    .filter((object) => !object.schema.startsWith("pg_") && object.schema !== "information_schema");
}

async function selectTypes(db: Queryable): Promise<SchemaObject[]> {
  return await db.query<SchemaObject>(sql`
    select n.nspname::text as schema, 'type' as kind, t.typname::text as name,
           case t.typtype
             when 'e' then format('create type %I.%I as enum (%s)', n.nspname, t.typname, (
               select string_agg(quote_literal(e.enumlabel), ', ' order by e.enumsortorder)
               from pg_enum e where e.enumtypid = t.oid))
             else format('create domain %I.%I as %s%s', n.nspname, t.typname, format_type(t.typbasetype, t.typtypmod),
               case when t.typnotnull then ' not null' else '' end)
           end as opening,
           '{}'::text[] as lines,
           coalesce((
             select string_agg(format(' constraint %I %s', c.conname, pg_get_constraintdef(c.oid)), '' order by c.conname)
             from pg_constraint c where c.contypid = t.oid and c.contype = 'c'), '') as closing,
           '{}'::text[] as after
    from pg_type t join pg_namespace n on n.oid = t.typnamespace
    where t.typtype in ('e', 'd')
      and not exists (select from pg_depend d where d.objid = t.oid and d.deptype = 'e')`);
}

/** Sequences of their own; those of identity columns are shown with the column. */
async function selectSequences(db: Queryable): Promise<SchemaObject[]> {
  return await db.query<SchemaObject>(sql`
    select n.nspname::text as schema, 'sequence' as kind, c.relname::text as name,
           format('create sequence %I.%I as %s start %s increment %s cache %s', n.nspname, c.relname,
             format_type(s.seqtypid, null), s.seqstart, s.seqincrement, s.seqcache) as opening,
           '{}'::text[] as lines, '' as closing, '{}'::text[] as after
    from pg_sequence s join pg_class c on c.oid = s.seqrelid join pg_namespace n on n.oid = c.relnamespace
    where not exists (select from pg_depend d where d.objid = c.oid and d.deptype in ('i', 'e'))`);
}

/** Lines that hang on one table. */
type TableLines = { table: number; lines: string[] };

async function selectTables(db: Queryable): Promise<SchemaObject[]> {
  const [heads, columns, constraints, ...after] = await Promise.all([
    selectTableHeads(db),
    selectColumns(db),
    selectConstraints(db),
    selectIndexes(db),
    selectTriggers(db),
    selectComments(db),
  ]);
  const of = (table: number, found: readonly TableLines[]) =>
    found.find((each) => each.table === table)?.lines ?? [];
  return heads.map(({ table, partition, ...head }) => ({
    ...head,
    kind: "table",
    lines: partition ? [] : [...of(table, columns), ...of(table, constraints)],
    after: after.flatMap((found) => of(table, found)),
  }));
}

type TableHead = {
  table: number;
  schema: string;
  name: string;
  partition: boolean;
  opening: string;
  closing: string;
};

async function selectTableHeads(db: Queryable): Promise<TableHead[]> {
  return await db.query<TableHead>(sql`
    select c.oid as table, n.nspname::text as schema, c.relname::text as name, c.relispartition as partition,
           case when c.relispartition
             then format('create table %I.%I partition of %s %s', n.nspname, c.relname, p.inhparent::regclass,
               pg_get_expr(c.relpartbound, c.oid))
             else format('create %stable %I.%I', case c.relpersistence when 'u' then 'unlogged ' else '' end,
               n.nspname, c.relname)
           end as opening,
           case when c.relkind = 'p' then ' partition by ' || pg_get_partkeydef(c.oid) else '' end
             || coalesce(' with (' || array_to_string(c.reloptions, ', ') || ')', '') as closing
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    left join pg_inherits p on p.inhrelid = c.oid
    where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
      and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')`);
}

async function selectColumns(db: Queryable): Promise<TableLines[]> {
  return await db.query<TableLines>(sql`
    select a.attrelid as table, array_agg(
             format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod))
             || case when a.attcollation <> y.typcollation then ' collate ' || a.attcollation::regcollation::text
                  else '' end
             || case when a.attnotnull then ' not null' else '' end
             || case
                  when a.attidentity = 'a' then ' generated always as identity'
                  when a.attidentity = 'd' then ' generated by default as identity'
                  when a.attgenerated = 's' then format(' generated always as (%s) stored', x.expression)
                  when a.attgenerated = 'v' then format(' generated always as (%s)', x.expression)
                  when x.expression is not null then ' default ' || x.expression
                  else '' end
             order by a.attnum) as lines
    from pg_attribute a
    join pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'p')
    join pg_type y on y.oid = a.atttypid
    left join lateral (
      select pg_get_expr(d.adbin, d.adrelid) as expression
      from pg_attrdef d where d.adrelid = a.attrelid and d.adnum = a.attnum) x on true
    where a.attnum > 0 and not a.attisdropped
    group by a.attrelid`);
}

/** Keys first. Not-null constraints are rows here since version 18; the columns show them already. */
async function selectConstraints(db: Queryable): Promise<TableLines[]> {
  return await db.query<TableLines>(sql`
    select c.conrelid as table, array_agg(format('constraint %I %s', c.conname, pg_get_constraintdef(c.oid))
             order by position(c.contype::text in 'pufcx'), c.conname) as lines
    from pg_constraint c
    where c.contype in ('p', 'u', 'f', 'c', 'x') and c.conislocal and c.conrelid <> 0
    group by c.conrelid`);
}

/** Those that no constraint shows already. */
async function selectIndexes(db: Queryable): Promise<TableLines[]> {
  return await db.query<TableLines>(sql`
    select i.indrelid as table, array_agg(pg_get_indexdef(i.indexrelid) order by i.indexrelid::regclass::text) as lines
    from pg_index i
    where not exists (select from pg_constraint c where c.conindid = i.indexrelid and c.contype in ('p', 'u', 'x'))
      and not exists (select from pg_inherits h where h.inhrelid = i.indexrelid)
    group by i.indrelid`);
}

async function selectTriggers(db: Queryable): Promise<TableLines[]> {
  return await db.query<TableLines>(sql`
    select t.tgrelid as table, array_agg(pg_get_triggerdef(t.oid) order by t.tgname) as lines
    from pg_trigger t where not t.tgisinternal and t.tgparentid = 0 group by t.tgrelid`);
}

async function selectComments(db: Queryable): Promise<TableLines[]> {
  return await db.query<TableLines>(sql`
    select d.objoid as table, array_agg(
             case when d.objsubid = 0 then format('comment on table %s is %L', d.objoid::regclass, d.description)
               else format('comment on column %s.%I is %L', d.objoid::regclass, a.attname, d.description) end
             order by d.objsubid) as lines
    from pg_description d
    left join pg_attribute a on a.attrelid = d.objoid and a.attnum = d.objsubid and d.objsubid > 0
    where d.classoid = 'pg_class'::regclass group by d.objoid`);
}

async function selectViews(db: Queryable): Promise<SchemaObject[]> {
  return await db.query<SchemaObject>(sql`
    select n.nspname::text as schema, 'view' as kind, c.relname::text as name,
           format('create %sview %I.%I as%s%s', case c.relkind when 'm' then 'materialized ' else '' end,
             n.nspname, c.relname, chr(10), pg_get_viewdef(c.oid)) as opening,
           '{}'::text[] as lines, '' as closing, '{}'::text[] as after
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('v', 'm') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
      and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')`);
}

async function selectFunctions(db: Queryable): Promise<SchemaObject[]> {
  return await db.query<SchemaObject>(sql`
    select n.nspname::text as schema, 'function' as kind,
           format('%s(%s)', p.proname, pg_get_function_identity_arguments(p.oid)) as name,
           rtrim(pg_get_functiondef(p.oid), E'\n ') as opening,
           '{}'::text[] as lines, '' as closing, '{}'::text[] as after
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where p.prokind in ('f', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
      and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')`);
}
