import { randomBytes } from "node:crypto";
import { type AccountId, accountId } from "@crossdock/canonical";
import { type Clock, type Database, Terminal } from "../../platform/index.ts";
import { hashApiKey, KEY_ID_BYTES, KEY_SECRET_BYTES, makeApiKey, type StoredKey } from "../api-key.ts";
import { gatewayErrors } from "../errors.ts";
import { KEYS_REMEMBERED_MAX } from "../limits.ts";
import { ALL_SCOPES, isScope } from "../scope.ts";
import type { ApiKeysPort } from "../services.ts";
import { type ApiKeyRow, insertApiKey, revokeApiKey, selectApiKey, selectApiKeys } from "./store.ts";

/** A key to issue. Scopes are what it may do; none, and it may do nothing. */
export type ApiKeyToIssue = {
  readonly clientId: string;
  readonly name: string;
  readonly scopes: readonly string[];
  /** Absent: it may act for every account. */
  readonly accountIds?: readonly AccountId[];
  readonly expiresAt?: Date;
};

/** A key in a list. Its text cannot be had again. */
export type ApiKeySummary = Omit<StoredKey, "keyHash"> & { readonly name: string; readonly createdAt: Date };

/** API keys: issued once, found by their id, revoked. */
export type ApiKeys = ApiKeysPort & {
  /** Makes a key and gives its text, this one time. Throws `gateway.scope-unknown`. */
  issue(key: ApiKeyToIssue): Promise<{ readonly keyId: string; readonly text: string }>;
  /** Revokes a key; servers refuse it within seconds. Throws `gateway.key-unknown`. */
  revoke(keyId: string): Promise<void>;
  list(): Promise<readonly ApiKeySummary[]>;
};

/** Keeps API keys in the database. */
export function createApiKeys(options: { readonly database: Database; readonly clock: Clock }): ApiKeys {
  const { database, clock } = options;
  return {
    async issue(key) {
      refuseUnknownScopes(key.scopes);
      const made = makeApiKey({ id: randomBytes(KEY_ID_BYTES), secret: randomBytes(KEY_SECRET_BYTES) });
      await insertApiKey(database, {
        keyId: made.keyId,
        keyHash: hashApiKey(made.text),
        clientId: key.clientId,
        name: key.name,
        scopes: key.scopes,
        accountIds: key.accountIds,
        createdAt: clock.now(),
        expiresAt: key.expiresAt,
      });
      return made;
    },
    async find(keyId) {
      const row = await selectApiKey(database, keyId);
      return row === undefined ? undefined : { ...summaryOf(row), keyHash: row.key_hash };
    },
    async revoke(keyId) {
      if ((await revokeApiKey(database, keyId, clock.now())) > 0) return;
      throw new Terminal(gatewayErrors.keyUnknown, `there is no API key ${keyId} that could be revoked`);
    },
    async list() {
      return (await selectApiKeys(database, KEYS_REMEMBERED_MAX)).map(summaryOf);
    },
  };
}

function refuseUnknownScopes(scopes: readonly string[]): void {
  const unknown = scopes.filter((scope) => !isScope(scope));
  if (unknown.length === 0) return;
  const says = `${unknown.join(", ")} is no scope; there are ${ALL_SCOPES.join(", ")}`;
  throw new Terminal(gatewayErrors.scopeUnknown, says);
}

function summaryOf(row: ApiKeyRow): ApiKeySummary {
  return {
    keyId: row.key_id,
    clientId: row.client_id,
    name: row.name,
    scopes: row.scopes,
    accountIds: row.account_ids?.map(accountId),
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
    revokedAt: row.revoked_at ?? undefined,
  };
}
