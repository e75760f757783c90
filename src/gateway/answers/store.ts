import { type Queryable, sql } from "../../platform/index.ts";
import type { KeptAnswer, RequestKey } from "../services.ts";

export type KeyedAnswerRow = {
  readonly fingerprint: string;
  readonly status: number | null;
  readonly content_type: string | null;
  readonly location: string | null;
  readonly body: string | null;
};

/**
 * Claims a key: a new one, one whose claim was lost, or one whose answer has been kept long enough. Gives false when the key
 * is somebody's. A claim that was lost is only taken over by the same request.
 */
export async function upsertClaim(
  db: Queryable,
  wanted: RequestKey & {
    readonly fingerprint: string;
    readonly claim: string;
    readonly now: Date;
    readonly lostBefore: Date;
    readonly forgottenBefore: Date;
  },
): Promise<boolean> {
  const touched = await db.execute(sql`
    insert into gateway.keyed_answer as kept (client_id, key, fingerprint, claim, claimed_at)
    values (${wanted.clientId}, ${wanted.key}, ${wanted.fingerprint}, ${wanted.claim}, ${wanted.now})
    on conflict (client_id, key) do update
      set fingerprint = excluded.fingerprint, claim = excluded.claim, claimed_at = excluded.claimed_at,
          status = null, content_type = null, location = null, body = null
      where kept.claimed_at < ${wanted.forgottenBefore}
         or (kept.status is null and kept.claimed_at < ${wanted.lostBefore} and kept.fingerprint = excluded.fingerprint)`);
  return touched > 0;
}

export async function selectKeyedAnswer(db: Queryable, key: RequestKey): Promise<KeyedAnswerRow | undefined> {
  const [row] = await db.query<KeyedAnswerRow>(sql`
    select fingerprint, status, content_type, location, body
    from gateway.keyed_answer where client_id = ${key.clientId} and key = ${key.key}`);
  return row;
}

/** Keeps the answer of a run, unless another run has taken the key over. */
export function updateAnswer(
  db: Queryable,
  key: RequestKey,
  { claim, answer }: { readonly claim: string; readonly answer: KeptAnswer },
): Promise<number> {
  return db.execute(sql`
    update gateway.keyed_answer
    set status = ${answer.status}, content_type = ${answer.contentType}, location = ${answer.location ?? null},
        body = ${answer.body}
    where client_id = ${key.clientId} and key = ${key.key} and claim = ${claim} and status is null`);
}

export function deleteClaim(db: Queryable, key: RequestKey, claim: string): Promise<number> {
  return db.execute(sql`
    delete from gateway.keyed_answer
    where client_id = ${key.clientId} and key = ${key.key} and claim = ${claim} and status is null`);
}

/** Forgets the oldest answers, at most `limit`. Rows that somebody is claiming this moment are left to them. */
export function deleteOldAnswers(db: Queryable, before: Date, limit: number): Promise<number> {
  return db.execute(sql`
    delete from gateway.keyed_answer
    where (client_id, key) in (
      select client_id, key from gateway.keyed_answer where claimed_at < ${before}
      order by claimed_at limit ${limit} for update skip locked)`);
}
