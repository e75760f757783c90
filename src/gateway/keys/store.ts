import { type Queryable, sql } from "../../platform/index.ts";

/** An API key as it is stored. */
export type ApiKeyRow = {
  readonly key_id: string;
  readonly key_hash: Buffer;
  readonly client_id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly account_ids: readonly string[] | null;
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
};

export type ApiKeyToInsert = {
  readonly keyId: string;
  readonly keyHash: Uint8Array;
  readonly clientId: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly accountIds: readonly string[] | undefined;
  readonly createdAt: Date;
  readonly expiresAt: Date | undefined;
};

export function insertApiKey(db: Queryable, key: ApiKeyToInsert): Promise<number> {
  return db.execute(sql`
    insert into gateway.api_key (key_id, key_hash, client_id, name, scopes, account_ids, created_at, expires_at)
    values (${key.keyId}, ${key.keyHash}, ${key.clientId}, ${key.name}, ${key.scopes}::text[],
            ${key.accountIds ?? null}::text[], ${key.createdAt}, ${key.expiresAt ?? null})`);
}

export async function selectApiKey(db: Queryable, keyId: string): Promise<ApiKeyRow | undefined> {
  const [row] = await db.query<ApiKeyRow>(sql`
    select key_id, key_hash, client_id, name, scopes, account_ids, created_at, expires_at, revoked_at
    from gateway.api_key where key_id = ${keyId}`);
  return row;
}

/** Every key there is, newest first. */
export function selectApiKeys(db: Queryable, limit: number): Promise<ApiKeyRow[]> {
  return db.query<ApiKeyRow>(sql`
    select key_id, key_hash, client_id, name, scopes, account_ids, created_at, expires_at, revoked_at
    from gateway.api_key order by created_at desc, key_id limit ${limit}`);
}

/** Gives the number of keys that this has revoked: none when the key is unknown or was revoked before. */
export function revokeApiKey(db: Queryable, keyId: string, at: Date): Promise<number> {
  return db.execute(sql`
    update gateway.api_key set revoked_at = ${at} where key_id = ${keyId} and revoked_at is null`);
}
