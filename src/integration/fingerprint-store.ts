import { sql, type Transaction } from "../platform/index.ts";

/** A fingerprint that a fact claims: that it is the first to say so. */
export type FingerprintClaim = {
  readonly fingerprint: Buffer;
  readonly accountId: string;
  readonly kind: string;
  readonly factId: string;
  readonly messageId: string;
  readonly countedAt: Date;
  readonly expiresAt: Date;
};

/**
 * Claims fingerprints, each once and in ascending order, so that two transactions with the same ones wait for each other instead of
 * deadlocking. Gives those that were free: nobody had them, or whoever had them counted so long ago that it is forgotten. The others
 * stay locked until the end of the transaction, so that whoever has them now has them for good.
 */
export function claimFingerprints(
  tx: Transaction,
  claims: readonly FingerprintClaim[],
): Promise<{ fingerprint: Buffer }[]> {
  return tx.query<{ fingerprint: Buffer }>(sql`
    insert into integration.fingerprint as known
      (fingerprint, account_id, kind, fact_id, message_id, counted_at, expires_at)
    select * from unnest(${claims.map((c) => c.fingerprint)}::bytea[], ${claims.map((c) => c.accountId)}::text[],
                         ${claims.map((c) => c.kind)}::text[], ${claims.map((c) => c.factId)}::text[],
                         ${claims.map((c) => c.messageId)}::text[], ${claims.map((c) => c.countedAt)}::timestamptz[],
                         ${claims.map((c) => c.expiresAt)}::timestamptz[])
    on conflict (fingerprint) do update
      set fact_id = excluded.fact_id, message_id = excluded.message_id, counted_at = excluded.counted_at,
          expires_at = excluded.expires_at
      where known.expires_at <= excluded.counted_at
    returning fingerprint`);
}

/** Who has a fingerprint: the fact that counted, and where it came from. */
export type FingerprintHolderRow = {
  readonly fingerprint: Buffer;
  readonly fact_id: string;
  readonly message_id: string;
  readonly counted_at: Date;
};

export function selectFingerprints(
  tx: Transaction,
  fingerprints: readonly Buffer[],
): Promise<FingerprintHolderRow[]> {
  return tx.query<FingerprintHolderRow>(sql`
    select fingerprint, fact_id, message_id, counted_at from integration.fingerprint
    where fingerprint = any (${fingerprints}::bytea[])`);
}

/** Gives claims of this transaction up: what they were claimed for did not count. */
export function deleteFingerprints(tx: Transaction, fingerprints: readonly Buffer[]): Promise<number> {
  return tx.execute(sql`
    delete from integration.fingerprint where fingerprint = any (${fingerprints}::bytea[])`);
}
