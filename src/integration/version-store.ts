import { sql, type Transaction } from "../platform/index.ts";
import type { VersionRule } from "./version.ts";

/** Something that a source tells states of. */
export type EntityRow = { readonly accountId: string; readonly entity: string; readonly by: VersionRule };

/** Makes things known that are told of for the first time. */
export function insertMissingEntities(
  tx: Transaction,
  entities: readonly EntityRow[],
  at: Date,
): Promise<number> {
  return tx.execute(sql`
    insert into integration.version (account_id, entity, compared_by, changed_at)
    select e.*, ${at}
    from unnest(${entities.map((e) => e.accountId)}::text[], ${entities.map((e) => e.entity)}::text[],
                ${entities.map((e) => e.by)}::text[]) as e (account_id, entity, compared_by)
    order by 1, 2
    on conflict (account_id, entity) do nothing`);
}

/** The newest version of a thing that has counted. */
export type VersionRow = {
  readonly account_id: string;
  readonly entity: string;
  readonly compared_by: VersionRule;
  readonly newest: string | null;
  readonly fact_id: string | null;
  readonly content_hash: string | null;
};

/** Locks things in the order of account and name, until what is told of them has been decided. */
export function lockEntities(tx: Transaction, entities: readonly EntityRow[]): Promise<VersionRow[]> {
  return tx.query<VersionRow>(sql`
    select account_id, entity, compared_by, newest, fact_id, content_hash from integration.version
    where (account_id, entity) in (
      select * from unnest(${entities.map((e) => e.accountId)}::text[], ${entities.map((e) => e.entity)}::text[]))
    order by account_id, entity
    for update`);
}

/** Writes the newest versions. The things must be locked. */
export function updateVersions(tx: Transaction, versions: readonly VersionRow[], at: Date): Promise<number> {
  return tx.execute(sql`
    update integration.version v
    set compared_by = n.compared_by, newest = n.newest, fact_id = n.fact_id, content_hash = n.content_hash, changed_at = ${at}
    from unnest(${versions.map((v) => v.account_id)}::text[], ${versions.map((v) => v.entity)}::text[],
                ${versions.map((v) => v.compared_by)}::text[], ${versions.map((v) => v.newest)}::text[],
                ${versions.map((v) => v.fact_id)}::text[], ${versions.map((v) => v.content_hash)}::text[])
      as n (account_id, entity, compared_by, newest, fact_id, content_hash)
    where v.account_id = n.account_id and v.entity = n.entity`);
}
