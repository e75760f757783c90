import { sql, type Transaction } from "../platform/index.ts";

/** A fingerprint that a fact claims: that it is the first to say so. */
export type FingerprintClaim = {
  /** In hexadecimal, as all fingerprints here: a text is cheaper to make, to compare and to send than its bytes. */
  readonly fingerprint: string;
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
): Promise<{ fingerprint: string }[]> {
  return tx.query<{ fingerprint: string }>(sql`
    insert into integration.fingerprint as known
      (fingerprint, account_id, kind, fact_id, message_id, counted_at, expires_at)
    select decode(c.fingerprint, 'hex'), c.account_id, c.kind, c.fact_id, c.message_id, c.counted_at, c.expires_at
    from unnest(${claims.map((c) => c.fingerprint)}::text[], ${claims.map((c) => c.accountId)}::text[],
                ${claims.map((c) => c.kind)}::text[], ${claims.map((c) => c.factId)}::text[],
                ${claims.map((c) => c.messageId)}::text[], ${claims.map((c) => c.countedAt)}::timestamptz[],
                ${claims.map((c) => c.expiresAt)}::timestamptz[])
      as c (fingerprint, account_id, kind, fact_id, message_id, counted_at, expires_at)
    on conflict (fingerprint) do update
      set fact_id = excluded.fact_id, message_id = excluded.message_id, counted_at = excluded.counted_at,
          expires_at = excluded.expires_at
      where known.expires_at <= excluded.counted_at
    returning encode(fingerprint, 'hex') as fingerprint`);
}

/** Who has a fingerprint: the fact that counted, and where it came from. */
export type FingerprintHolderRow = {
  readonly fingerprint: string;
  readonly fact_id: string;
  readonly message_id: string;
  readonly counted_at: Date;
};

export function selectFingerprints(
  tx: Transaction,
  fingerprints: readonly string[],
): Promise<FingerprintHolderRow[]> {
  return tx.query<FingerprintHolderRow>(sql`
    select encode(fingerprint, 'hex') as fingerprint, fact_id, message_id, counted_at from integration.fingerprint
    where fingerprint = any (array(select decode(f, 'hex') from unnest(${fingerprints}::text[]) as f))`);
}

/** Gives claims of this transaction up: what they were claimed for did not count. */
export function deleteFingerprints(tx: Transaction, fingerprints: readonly string[]): Promise<number> {
  return tx.execute(sql`
    delete from integration.fingerprint
    where fingerprint = any (array(select decode(f, 'hex') from unnest(${fingerprints}::text[]) as f))`);
}
