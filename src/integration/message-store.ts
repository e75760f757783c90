import { type Queryable, sql, type Transaction } from "../platform/index.ts";
import type { PartToStore } from "./inbox.ts";

/** `stored` waits to be mapped; a person decides about `suspect` and `dead`, and has decided about `dismissed`. */
export type MessageState = "stored" | "mapped" | "suspect" | "dead" | "dismissed";

/** What the parts of one delivery have in common. */
export type DeliveryRow = {
  readonly accountId: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly correlationId: string;
  readonly at: Date;
};

export type StoredPartRow = {
  readonly message_id: string;
  readonly key: string;
  readonly body_hash: string;
  readonly state: MessageState;
  readonly correlation_id: string;
};

/** Stores the parts whose key is new. Parts whose key is known are left out, whatever their bytes. */
export function insertMessages(
  tx: Transaction,
  delivery: DeliveryRow,
  parts: readonly PartToStore[],
): Promise<StoredPartRow[]> {
  return tx.query<StoredPartRow>(sql`
    insert into integration.message
      (message_id, account_id, key, kind, headers, body, body_hash, correlation_id, received_at, not_before,
       delivery_count, state)
    select p.message_id, ${delivery.accountId}, p.key, p.kind, ${delivery.headers}, p.body, p.hash,
           ${delivery.correlationId}, ${delivery.at}, ${delivery.at}, p.count, 'stored'
    from unnest(${parts.map((p) => p.messageId)}::text[], ${parts.map((p) => p.key)}::text[],
                ${parts.map((p) => p.kind)}::text[], ${parts.map((p) => p.body)}::bytea[],
                ${parts.map((p) => p.hash)}::text[], ${parts.map((p) => p.count)}::int[])
      with ordinality as p (message_id, key, kind, body, hash, count, place)
    order by p.place
    on conflict do nothing
    returning message_id, key, body_hash, state, correlation_id`);
}

/**
 * Counts another delivery of messages that are stored already, key and bytes alike. One that is dead never had an effect, so its sender's
 * second attempt is taken as one: it is `revived`. Rows are locked in the order of their ids.
 */
export function countDeliveries(
  tx: Transaction,
  delivery: DeliveryRow,
  parts: readonly PartToStore[],
): Promise<(StoredPartRow & { readonly revived: boolean })[]> {
  return tx.query<StoredPartRow & { readonly revived: boolean }>(sql`
    with told_again as (
      select m.message_id, p.count, m.state = 'dead' as is_dead
      from unnest(${parts.map((p) => p.key)}::text[], ${parts.map((p) => p.hash)}::text[],
                  ${parts.map((p) => p.count)}::int[]) as p (key, hash, count)
      join integration.message m on m.account_id = ${delivery.accountId} and m.key = p.key and m.body_hash = p.hash
      order by m.message_id
      for no key update of m
    )
    update integration.message m
    set delivery_count = m.delivery_count + t.count, state = case when t.is_dead then 'stored' else m.state end,
        attempts = case when t.is_dead then 0 else m.attempts end, problem = case when t.is_dead then null else m.problem end,
        not_before = case when t.is_dead then ${delivery.at} else m.not_before end
    from told_again t where m.message_id = t.message_id
    returning m.message_id, m.key, m.body_hash, m.state, m.correlation_id, t.is_dead as revived`);
}

/** Stores parts whose key was used before with other bytes. A person decides about them. */
export function insertSuspects(
  tx: Transaction,
  delivery: DeliveryRow,
  parts: readonly PartToStore[],
): Promise<StoredPartRow[]> {
  return tx.query<StoredPartRow>(sql`
    insert into integration.message
      (message_id, account_id, key, kind, headers, body, body_hash, correlation_id, received_at, not_before,
       delivery_count, state, problem)
    select p.message_id, ${delivery.accountId}, p.key, p.kind, ${delivery.headers}, p.body, p.hash,
           ${delivery.correlationId}, ${delivery.at}, ${delivery.at}, p.count, 'suspect',
           'Message ' || coalesce(first.message_id, '?') || ' of ' || coalesce(to_char(first.received_at at time zone 'UTC',
             'YYYY-MM-DD HH24:MI:SS'), '?') || ' UTC has the same key and other bytes. Release this one if it is to count as well.'
    from unnest(${parts.map((p) => p.messageId)}::text[], ${parts.map((p) => p.key)}::text[],
                ${parts.map((p) => p.kind)}::text[], ${parts.map((p) => p.body)}::bytea[],
                ${parts.map((p) => p.hash)}::text[], ${parts.map((p) => p.count)}::int[])
      with ordinality as p (message_id, key, kind, body, hash, count, place)
    left join integration.message first
      on first.account_id = ${delivery.accountId} and first.key = p.key
         and first.state not in ('suspect', 'dismissed') and first.released_at is null
    order by p.place
    on conflict (account_id, key, body_hash) do update set delivery_count = message.delivery_count + excluded.delivery_count
    returning message_id, key, body_hash, state, correlation_id`);
}

/** A message that was claimed for mapping. */
export type ClaimedMessage = {
  readonly message_id: string;
  readonly account_id: string;
  readonly key: string;
  readonly kind: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly correlation_id: string;
  readonly received_at: Date;
  readonly attempts: number;
};

/**
 * Takes the messages that have waited longest, for this transaction: no more than `messages`, and no more bytes than `bytes`
 * beyond the first. What another process has taken is passed over.
 */
export function claimMessages(
  tx: Transaction,
  claim: { readonly messages: number; readonly bytes: number; readonly now: Date },
): Promise<ClaimedMessage[]> {
  return tx.query<ClaimedMessage>(sql`
    with claimed as (
      select message_id, not_before, octet_length(body) as bytes
      from integration.message
      where state = 'stored' and not_before <= ${claim.now}
      order by not_before, message_id
      limit ${claim.messages}
      for no key update skip locked
    ), measured as (
      select message_id, not_before, sum(bytes) over (order by not_before, message_id) - bytes as bytes_before from claimed
    )
    select m.message_id, m.account_id, m.key, m.kind, m.headers, m.body, m.correlation_id, m.received_at, m.attempts
    from measured c join integration.message m using (message_id)
    where c.bytes_before < ${claim.bytes}
    order by c.not_before, c.message_id`);
}

/** What became of a message's records. The four counts make up `records`. */
export type MessageCounts = {
  readonly messageId: string;
  readonly records: number;
  readonly applied: number;
  readonly duplicates: number;
  readonly ignored: number;
  readonly parked: number;
  /** Of the duplicates, those that the second layer recognised; of the applied ones, those that looked like duplicates. */
  readonly duplicatesByFingerprint: number;
  readonly appliedInDoubt: number;
  /** Of the applied ones, those about master data, which are no facts. */
  readonly appliedMaster: number;
};

/** Notes that messages were mapped, and what came of them. */
export function finishMessages(tx: Transaction, counts: readonly MessageCounts[], at: Date): Promise<number> {
  return tx.execute(sql`
    update integration.message m
    set state = 'mapped', mapped_at = ${at}, problem = null, records = c.records, applied = c.applied,
        duplicates = c.duplicates, ignored = c.ignored, parked = c.parked,
        duplicates_by_fingerprint = c.by_fingerprint, applied_in_doubt = c.in_doubt,
        applied_master = c.master
    from unnest(${counts.map((c) => c.messageId)}::text[], ${counts.map((c) => c.records)}::int[],
                ${counts.map((c) => c.applied)}::int[], ${counts.map((c) => c.duplicates)}::int[],
                ${counts.map((c) => c.ignored)}::int[], ${counts.map((c) => c.parked)}::int[],
                ${counts.map((c) => c.duplicatesByFingerprint)}::int[], ${counts.map((c) => c.appliedInDoubt)}::int[],
                ${counts.map((c) => c.appliedMaster)}::int[])
      as c (message_id, records, applied, duplicates, ignored, parked, by_fingerprint, in_doubt, master)
    where m.message_id = c.message_id`);
}

/** Notes that a stored message could not be mapped; with its last attempt it is dead. */
export function failMessage(
  database: Queryable,
  failure: {
    readonly messageId: string;
    readonly problem: string;
    readonly attemptsMax: number;
    readonly notBefore: Date;
  },
): Promise<number> {
  return database.execute(sql`
    update integration.message
    set attempts = attempts + 1, problem = ${failure.problem}, not_before = ${failure.notBefore},
        state = case when attempts + 1 >= ${failure.attemptsMax} then 'dead' else state end
    where message_id = ${failure.messageId} and state = 'stored'`);
}

/** Puts a stored message off without counting an attempt: what is wrong is not the message. */
export function postponeMessage(
  database: Queryable,
  postponed: { readonly messageId: string; readonly problem: string; readonly notBefore: Date },
): Promise<number> {
  return database.execute(sql`
    update integration.message set problem = ${postponed.problem}, not_before = ${postponed.notBefore}
    where message_id = ${postponed.messageId} and state = 'stored'`);
}

/**
 * Lets a suspect, dead or dismissed message count after all. One that does not have its key, because another had it first or
 * because it was dismissed, is marked as released.
 */
export function releaseMessage(database: Queryable, messageId: string, at: Date): Promise<number> {
  return database.execute(sql`
    update integration.message
    set state = 'stored', released_at = case state when 'dead' then released_at else ${at} end, not_before = ${at},
        attempts = 0, problem = null
    where message_id = ${messageId} and state in ('suspect', 'dead', 'dismissed')`);
}

/** Decides that a suspect or dead message never counts. It keeps its bytes and what was wrong with it. */
export function dismissMessage(
  database: Queryable,
  dismissal: { readonly messageId: string; readonly because: string; readonly at: Date },
): Promise<number> {
  return database.execute(sql`
    update integration.message
    set state = 'dismissed', dismissed_at = ${dismissal.at}, dismissed_because = ${dismissal.because}
    where message_id = ${dismissal.messageId} and state in ('suspect', 'dead')`);
}

export type MessageStatusRow = {
  readonly message_id: string;
  readonly account_id: string;
  readonly key: string;
  readonly kind: string;
  readonly correlation_id: string;
  readonly received_at: Date;
  readonly delivery_count: number;
  readonly state: MessageState;
  readonly released_at: Date | null;
  readonly attempts: number;
  readonly mapped_at: Date | null;
  readonly dismissed_at: Date | null;
  readonly dismissed_because: string | null;
  readonly problem: string | null;
  readonly body_bytes: number;
  readonly records: number;
  readonly applied: number;
  readonly duplicates: number;
  readonly ignored: number;
  readonly parked: number;
};

export function selectMessages(
  database: Queryable,
  messageIds: readonly string[],
): Promise<MessageStatusRow[]> {
  return database.query<MessageStatusRow>(sql`
    select message_id, account_id, key, kind, correlation_id, received_at, delivery_count, state, released_at, attempts,
           mapped_at, dismissed_at, dismissed_because, problem, octet_length(body) as body_bytes, records, applied, duplicates, ignored, parked
    from integration.message where message_id = any (${messageIds}::text[]) order by message_id`);
}

/** A page of messages that a person must decide about, oldest first. */
export function selectTroubledMessages(
  database: Queryable,
  page: {
    readonly accountIds?: readonly string[] | undefined;
    readonly after: string;
    readonly limit: number;
  },
): Promise<MessageStatusRow[]> {
  return database.query<MessageStatusRow>(sql`
    select message_id, account_id, key, kind, correlation_id, received_at, delivery_count, state, released_at, attempts,
           mapped_at, dismissed_at, dismissed_because, problem, octet_length(body) as body_bytes, records, applied, duplicates, ignored, parked
    from integration.message
    where state in ('suspect', 'dead') and message_id > ${page.after}
      and (${page.accountIds ?? null}::text[] is null or account_id = any (${page.accountIds ?? null}::text[]))
    order by message_id limit ${page.limit}`);
}

export type RawMessageRow = {
  readonly message_id: string;
  readonly account_id: string;
  readonly key: string;
  readonly kind: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly received_at: Date;
};

/** A message's bytes as they arrived. */
export async function selectRawMessage(
  database: Queryable,
  messageId: string,
): Promise<RawMessageRow | undefined> {
  const [row] = await database.query<RawMessageRow>(sql`
    select message_id, account_id, key, kind, headers, body, received_at
    from integration.message where message_id = ${messageId}`);
  return row;
}

/** Which of the messages are still waiting to be mapped. */
export function selectUnmapped(
  database: Queryable,
  messageIds: readonly string[],
): Promise<{ message_id: string }[]> {
  return database.query<{ message_id: string }>(sql`
    select message_id from integration.message where message_id = any (${messageIds}::text[]) and state = 'stored'`);
}
